"""Why one entry is judged as it is: what was found in it, the story, the ledger, the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.core.judge import MEMORY, Judged, Memory, Policy, judge
from bot.core.model import Entry, Finding, Grant, Topic, Verdict
from bot.services.handed import Detects
from bot.store import entries, stories
from bot.store.db import Database

_ALL_TIME = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with all that led to it. ``ledger`` is what the actors had allowed before."""

    entry: Entry
    findings: tuple[Finding, ...]
    verdict: Verdict
    ledger: tuple[Grant, ...]


def explain(
    entry: Entry,
    detector: Detects,
    now: datetime,
    memory: Memory | None = None,
    topics: Sequence[Topic] = (),
) -> Explanation:
    """Judge an entry against what is known. However old it is, it is judged as if it were new."""
    found = detector.detect(entry.title, entry.summary, entry.language, entry.published or now)
    policy = Policy(stale_after=_ALL_TIME, topics=tuple(topic for topic in topics if topic.enabled))
    memory = memory or Memory()
    (verdict,) = judge([Judged(entry, found)], memory, now, policy)
    actors = {actor for finding in found for actor in finding.actors}
    ledger = tuple(grant for grant in memory.grants if grant.authority in actors)
    return Explanation(entry, found, verdict, ledger)


def recall(database: Database, now: datetime) -> Memory:
    """What the database knows: the recent stories and the ledger."""
    with database.read() as session:
        return Memory(stories.list_recent(session, now - MEMORY), stories.list_grants(session))


def find_entry(database: Database, url: str) -> Entry | None:
    """The entry with that address, if one of the feeds ever brought it."""
    with database.read() as session:
        return entries.find_by_url(session, url)


def to_json(explained: Explanation) -> dict[str, Any]:
    """The explanation as ``why --json`` prints it."""
    verdict, finding, story = explained.verdict, explained.verdict.finding, explained.verdict.story
    return {
        "title": explained.entry.title,
        "url": explained.entry.url,
        "outcome": str(verdict.outcome),
        "reason": verdict.reason,
        "kind": str(verdict.kind) if verdict.kind else None,
        "push": verdict.push,
        "change": verdict.change,
        "stance": str(finding.stance) if finding else "none",
        "score": round(finding.score, 3) if finding else 0.0,
        "findings": [_finding(each) for each in explained.findings],
        "story": (
            {
                "id": story.id,
                "since": story.first_at.isoformat(),
                "reports": [report.url or report.title for report in story.reports],
            }
            if story
            else None
        ),
        "ledger": [_grant(grant) for grant in explained.ledger],
        "learnt": [_grant(grant) for grant in verdict.grants],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "stance": str(finding.stance),
        "score": round(finding.score, 3),
        "matter": str(finding.matter),
        "topics": list(finding.topics),
        "actors": list(finding.actors),
        "inferred": list(finding.inferred),
        "beneficiaries": list(finding.beneficiaries),
        "weapons": list(finding.weapons),
        "without": list(finding.without),
        "territory": list(finding.territory),
        "scope": list(finding.scope),
        "when": finding.when,
        "standing": finding.standing,
        "language": finding.language,
        "evidence": [
            {
                "part": e.part,
                "start": e.start,
                "end": e.end,
                "text": e.text,
                "concept": e.concept,
                "slot": e.slot,
            }
            for e in finding.evidence
        ],
        "rules": list(finding.rules),
        "reason": (
            {
                "mode": finding.reason.mode,
                "event": finding.reason.event,
                "object": finding.reason.object,
                "modifier": finding.reason.modifier,
                "neighbour": str(finding.reason.neighbour),
            }
            if finding.reason
            else None
        ),
        "features": {name: round(weight, 3) for name, weight in finding.features},
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "authority": grant.authority,
        "beneficiary": grant.beneficiary,
        "matter": str(grant.matter),
        "state": str(grant.state),
        "since": grant.since.isoformat(),
        "territory": grant.territory,
        "weapons": list(grant.weapons),
        "scope": list(grant.scope),
    }
