"""Alerts: the news that was told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from bot.core.model import (
    Alert,
    AlertKind,
    Difference,
    Entry,
    Finding,
    Stance,
    Story,
    Verdict,
)
from bot.core.updates import mend
from bot.store.codec import decode, encode
from bot.store.db import Session
from bot.store.tables import LARGEST, alerts

_PAGE = 100


def add(session: Session, verdict: Verdict, now: datetime) -> Alert:
    """The alert that a verdict with a ``kind`` calls for. Its story must be stored already.

    A silent one edits what was sent: it keeps the headline of the story's last alert, unless the
    authority itself has spoken now, and adds what is new in weapons and limits.
    """
    assert verdict.kind
    assert verdict.finding
    assert verdict.story
    alert = Alert(
        id=0,
        kind=verdict.kind,
        at=now,
        story=verdict.story,
        finding=verdict.finding,
        entry=verdict.entry,
        change=verdict.change,
        push=verdict.push,
        difference=verdict.difference,
        follows=verdict.follows.id if verdict.follows else "",
    )
    last = None if alert.push else find_last(session, alert.story.id)
    return _insert(session, alert if last is None else mend(last, alert))


def mark_undone(session: Session, story: Story, now: datetime) -> Alert | None:
    """The silent alert by which the message that told of a story is marked as undone; None when
    nobody was told of it, or it says so already."""
    last, undone = find_last(session, story.id), story.undone
    if last is None or undone is None or undone is last.story.undone:
        return None
    marked = replace(last, kind=AlertKind.UPDATE, push=False, at=now, story=story, follows="")
    return _insert(session, replace(marked, change=undone.value))


def find_last(session: Session, story_id: str) -> Alert | None:
    """The newest alert of a story."""
    row = session.execute(
        select(alerts).where(alerts.c.story_id == story_id).order_by(alerts.c.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else read(row)


def _insert(session: Session, alert: Alert) -> Alert:
    row = session.execute(
        insert(alerts)
        .values(
            story_id=alert.story.id,
            kind=alert.kind.value,
            stance=alert.finding.stance.value,
            push=alert.push,
            at=alert.at,
            change=alert.change,
            difference=alert.difference and encode(alert.difference),
            follows=alert.follows or None,
            story=encode(alert.story),
            finding=encode(alert.finding),
            entry=encode(alert.entry),
        )
        .returning(alerts.c.id)
    ).one()
    return replace(alert, id=row.id)


def find(session: Session, alert_id: int) -> Alert | None:
    """The alert of that number."""
    if alert_id > LARGEST:
        return None
    row = session.execute(select(alerts).where(alerts.c.id == alert_id)).one_or_none()
    return None if row is None else read(row)


def list_latest(
    session: Session, limit: int, stances: Collection[Stance], topics: Collection[str]
) -> list[Alert]:
    """The last alerts that made a sound, newest first, of these stances and of any of these
    topics (none given: of all)."""
    found: list[Alert] = []
    rows = session.execute(
        select(alerts)
        .where(alerts.c.push, alerts.c.stance.in_(stances))
        .order_by(alerts.c.id.desc())
        .execution_options(yield_per=_PAGE)
    )
    for row in rows:
        alert = read(row)
        if not topics or not set(topics).isdisjoint(alert.finding.topics):
            found.append(alert)
            if len(found) == limit:
                break
    rows.close()
    return found


def read(row: Row[Any]) -> Alert:
    """The alert in a row that holds the columns of ``alerts``."""
    return Alert(
        id=row.id,
        kind=AlertKind(row.kind),
        at=row.at,
        story=decode(Story, row.story),
        finding=decode(Finding, row.finding),
        entry=decode(Entry, row.entry),
        change=row.change,
        push=row.push,
        difference=None if row.difference is None else decode(Difference, row.difference),
        follows=row.follows or "",
    )
