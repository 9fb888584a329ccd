"""What was seen, in order, with what was decided of it: for judging it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from bot.core.model import Entry, Finding, Outcome
from bot.store.codec import decode
from bot.store.db import Database, Session
from bot.store.tables import entries

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as it is kept (its keys, source and tier are not), and the verdict on it."""

    row: int
    feed: int
    at: datetime  # when it was first seen
    entry: Entry
    outcome: Outcome
    reason: str
    finding: Finding | None


def walk(database: Database, since: datetime, until: datetime) -> Iterator[Seen]:
    """The entries seen from ``since`` on and before ``until``, in the order in which they were.

    They are read page by page, each in a transaction of its own: what is held does not grow with
    their number, and nobody waits for the end.
    """
    at, row = since, 0
    while True:
        with database.read() as session:
            page = _read_page(session, at, row, until)
        yield from page
        if len(page) < _PAGE:
            return
        at, row = page[-1].at, page[-1].row


def _read_page(session: Session, at: datetime, row: int, until: datetime) -> list[Seen]:
    rows = session.execute(
        select(
            entries.c.id,
            entries.c.feed_id,
            entries.c.seen_at,
            entries.c.title,
            entries.c.url,
            entries.c.summary,
            entries.c.published,
            entries.c.language,
            entries.c.outcome,
            entries.c.reason,
            entries.c.finding,
        )
        .where(
            entries.c.seen_at >= at,
            or_(entries.c.seen_at > at, and_(entries.c.seen_at == at, entries.c.id > row)),
            entries.c.seen_at < until,
        )
        .order_by(entries.c.seen_at, entries.c.id)
        .limit(_PAGE)
    )
    return [
        Seen(
            row=each.id,
            feed=each.feed_id,
            at=each.seen_at,
            entry=Entry(
                keys=(),
                url=each.url,
                title=each.title,
                summary=each.summary,
                published=each.published,
                language=each.language,
            ),
            outcome=Outcome(each.outcome),
            reason=each.reason,
            finding=None if each.finding is None else decode(Finding, each.finding),
        )
        for each in rows
    ]


def list_beginnings(session: Session) -> dict[int, datetime]:
    """When the first entry that is kept of each feed was seen."""
    rows = session.execute(
        select(entries.c.feed_id, func.min(entries.c.seen_at).label("first")).group_by(
            entries.c.feed_id
        )
    )
    return {row.feed_id: row.first for row in rows}


def find_outcome(session: Session, row: int) -> Outcome | None:
    """What was decided of an entry by now; None when it is forgotten."""
    outcome = session.scalar(select(entries.c.outcome).where(entries.c.id == row))
    return None if outcome is None else Outcome(outcome)


def count(session: Session, since: datetime, until: datetime) -> int:
    """How many entries were seen from ``since`` on and before ``until``."""
    asked = select(func.count()).where(entries.c.seen_at >= since, entries.c.seen_at < until)
    return session.scalar(asked) or 0
