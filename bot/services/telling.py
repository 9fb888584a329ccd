"""Between the judge and the database: what is read for a verdict, and what one writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.judge import MEMORY, Judged, Memory, asked_for
from bot.core.model import Alert, Feed, Finding, Stance, Topic, Verdict
from bot.core.reworded import Changed
from bot.store import alerts, outbox, stories
from bot.store.db import Session


def topics_of(feed: Feed, topics: Sequence[Topic]) -> tuple[Topic, ...]:
    """Those of the topics that a feed serves, but for those that are switched off."""
    return tuple(
        topic for topic in topics if topic.enabled and (not feed.topics or topic.id in feed.topics)
    )


def recall(
    session: Session,
    judged: Sequence[Judged],
    changes: Sequence[tuple[Changed, tuple[Finding, ...]]],
    now: datetime,
) -> Memory:
    """The stories and ledger lines that these findings, and these changes of entries, can have to
    do with: no more is read, so that the cost doesn't grow with the store."""
    told = [changed.story for changed, _ in changes if changed.story]
    findings = [finding for each in judged for finding in each.findings]
    findings += [finding for _, found in changes for finding in found]
    if not findings and not told:
        return Memory()
    stances, actors = asked_for(findings)
    stances |= {stance for story in told for stance in (story.stance, Stance.NONE)}
    actors |= {actor for story in told for actor in story.actors}
    return Memory(
        stories.list_recent(session, now - MEMORY, stances), stories.list_grants(session, actors)
    )


def tell(
    session: Session, verdicts: Sequence[Verdict], now: datetime
) -> tuple[tuple[Alert, ...], int]:
    """Writes what verdicts make of stories and ledger, and puts their alerts into the outbox; says
    which, and how many deliveries that makes."""
    told_of = [story for v in verdicts for story in (v.story, v.follows) if story]
    stories.save(session, told_of)  # of one that is in here twice, the last state counts
    stories.save_grants(session, [grant for verdict in verdicts for grant in verdict.grants])
    told = tuple(
        alert
        for verdict in verdicts
        if verdict.kind
        for alert in (
            alerts.add(session, verdict, now),
            verdict.follows and alerts.mark_undone(session, verdict.follows, now),
        )
        if alert
    )
    return told, sum(outbox.fan_out(session, alert, now) for alert in told)
