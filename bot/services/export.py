"""The ledger, the stories and the alerts as JSON for other programs (docs/export.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.core.corroboration import corroborate
from bot.core.model import Alert, Difference, Grant, Story
from bot.store import asked, stories
from bot.store.db import Database


def export(database: Database, since: datetime | None = None) -> dict[str, Any]:
    """The whole ledger, and the stories and alerts of the time since then (None: all of them).

    A story counts as of that time when its last report is.
    """
    with database.read() as session:
        return {
            "ledger": [_grant(line) for line in stories.list_grants(session)],
            "stories": [_story(story) for story in asked.list_changed(session, since)],
            "alerts": [_alert(alert) for alert in asked.list_told(session, since)],
        }


def _grant(line: Grant) -> dict[str, Any]:
    return {
        "authority": line.authority,
        "beneficiary": line.beneficiary or None,
        "territory": line.territory or None,
        "matter": str(line.matter),
        "state": str(line.state),
        "since": _moment(line.since),
        "weapons": list(line.weapons),
        "without": list(line.without),
        "scope": list(line.scope),
        "reach": str(line.reach) or None,
        "story": line.story or None,
        "sources": list(line.sources),
        "seeded": line.seeded,
    }


def _story(story: Story) -> dict[str, Any]:
    attested = corroborate(story)
    return {
        "id": story.id,
        "stance": str(story.stance),
        "matter": str(story.matter),
        "topics": list(story.topics),
        "actors": list(story.actors),
        "beneficiaries": list(story.beneficiaries),
        "territory": list(story.territory),
        "weapons": list(story.weapons),
        "scope": list(story.scope),
        "first_at": _moment(story.first_at),
        "last_at": _moment(story.last_at),
        "undone": str(story.undone) if story.undone else None,
        "attested": str(attested.attested),
        "outlets": attested.outlets,
        "reports": [
            {
                "at": _moment(report.at),
                "title": report.title,
                "url": report.url or None,
                "source": report.source or None,
                "tier": str(report.tier),
                "language": report.language,
            }
            for report in story.reports
        ],
    }


def _alert(alert: Alert) -> dict[str, Any]:
    finding, entry = alert.finding, alert.entry
    return {
        "id": alert.id,
        "at": _moment(alert.at),
        "kind": str(alert.kind),
        "push": alert.push,
        "change": alert.change or None,
        "difference": _difference(alert.difference),
        "story": alert.story.id,
        "follows": alert.follows or None,
        "stance": str(finding.stance),
        "score": round(finding.score, 3),
        "matter": str(finding.matter),
        "topics": list(finding.topics),
        "actors": list(finding.actors),
        "beneficiaries": list(finding.beneficiaries),
        "territory": list(finding.territory),
        "weapons": list(finding.weapons),
        "without": list(finding.without),
        "scope": list(finding.scope),
        "title": entry.title,
        "url": entry.url or None,
        "source": entry.source or None,
        "tier": str(entry.tier),
        "published": _moment(entry.published) if entry.published else None,
    }


def _difference(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    return {
        "weapons": list(difference.weapons),
        "was": str(difference.was) or None,
        "now": str(difference.now) or None,
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
