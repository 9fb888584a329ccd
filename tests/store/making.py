"""Rows to begin with, for tests of the store and the services."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.model import (
    Alert,
    AlertKind,
    Grant,
    LedgerState,
    Level,
    Matter,
    Outcome,
    Report,
    Stance,
    Story,
    Subscriber,
    Verdict,
)
from bot.store import alerts, outbox, stories, subscribers
from bot.store.db import Database, Session
from tests.fakes import NOW, make_entry, make_finding


def make_story(name: str = "s1", **changes: Any) -> Story:
    fields: dict[str, Any] = {
        "id": name,
        "stance": Stance.GRANTED,
        "matter": Matter.STRIKE,
        "topics": ("strike-permission",),
        "actors": ("US",),
        "first_at": NOW,
        "last_at": NOW,
    }
    return Story(**(fields | changes))


def make_reports(outlets: int) -> tuple[Report, ...]:
    return tuple(
        Report(f"Headline {n}", "en", f"outlet{n}.example", NOW) for n in range(1, outlets + 1)
    )


def make_grant(authority: str = "US", **changes: Any) -> Grant:
    fields: dict[str, Any] = {"matter": Matter.STRIKE, "state": LedgerState.GRANTED, "since": NOW}
    return Grant(authority, **(fields | changes))


def make_verdict(
    title: str = "US grants",
    *,
    story: str = "s1",
    kind: AlertKind = AlertKind.NEW,
    push: bool = True,
    stance: Stance = Stance.GRANTED,
    topics: tuple[str, ...] = ("strike-permission",),
    follows: str = "",
    sources: int = 1,
) -> Verdict:
    """A verdict in a story that so many outlets tell. An edit is an official confirmation: only
    that puts its own headline in the place of the first."""
    return Verdict(
        make_entry(title),
        Outcome.NEWS,
        "reason.new_decision",
        finding=make_finding(stance=stance, topics=topics),
        story=make_story(story, reports=make_reports(sources)),
        kind=kind,
        push=push,
        change="" if push else "confirmed",
        follows=make_story(follows) if follows else None,
    )


def tell(session: Session, title: str = "US grants", **changes: Any) -> tuple[Alert, int]:
    """An alert with its deliveries, and how many these are."""
    verdict = make_verdict(title, **changes)
    assert verdict.story
    stories.save(session, [verdict.story])
    alert = alerts.add(session, verdict, NOW)
    return alert, outbox.fan_out(session, alert, NOW)


def join(
    session: Session,
    address: str,
    *,
    level: Level = Level.DECISIONS,
    topics: tuple[str, ...] = (),
    **changes: Any,
) -> Subscriber:
    """A subscriber who wants that."""
    added = subscribers.add(session, "fake", address, None, "en", NOW, active=True)
    wanted = replace(added, level=level, topics=topics, **changes)
    subscribers.save(session, wanted, NOW)
    return wanted


def joined(database: Database, *addresses: str) -> None:
    with database.begin() as session:
        for address in addresses:
            join(session, address)


MINUTE = timedelta(minutes=1)
