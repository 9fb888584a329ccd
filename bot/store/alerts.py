"""Alerts: the news that was told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from bot.core.model import Alert, AlertKind, Difference, Entry, Finding, Stance, Story, Verdict
from bot.store.codec import decode, encode
from bot.store.db import Session
from bot.store.tables import LARGEST, alerts

_PAGE = 100


def add(session: Session, verdict: Verdict, now: datetime) -> Alert:
    """The alert that a verdict with a ``kind`` calls for. Its story must be stored already."""
    assert verdict.kind
    assert verdict.finding
    assert verdict.story
    row = session.execute(
        insert(alerts)
        .values(
            story_id=verdict.story.id,
            kind=verdict.kind.value,
            stance=verdict.finding.stance.value,
            push=verdict.push,
            at=now,
            change=verdict.change,
            difference=verdict.difference and encode(verdict.difference),
            follows=verdict.follows and verdict.follows.id,
            story=encode(verdict.story),
            finding=encode(verdict.finding),
            entry=encode(verdict.entry),
        )
        .returning(*alerts.c)
    ).one()
    return read(row)


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
