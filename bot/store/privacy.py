"""All that the database holds about one chat: to be shown to it, and to be erased.

What belongs to a chat hangs on its rows in ``subscribers`` by a foreign key, so a new table of
that kind is exported and erased without a word here. Alerts and stories name no chat.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, case, delete, func, select, tuple_, update

from bot.store.db import Session
from bot.store.tables import audit, deliveries, metadata, subscribers

ERASED = "deleted"
"""What stands in the audit trail in the place of a chat that was erased."""


class Held(NamedTuple):
    """How much is held: ``subscriptions`` (a forum has one a topic), ``alerts`` that were sent or
    wait, ``acts`` in the audit trail."""

    subscriptions: int
    alerts: int
    acts: int


def count(session: Session, messenger: str, address: str) -> Held:
    """How much is held about the chat at an address; all zero for one that is unknown."""
    there = _at(messenger, address)
    theirs = deliveries.c.subscriber_id.in_(select(subscribers.c.id).where(there))
    questions = (
        select(func.count()).select_from(subscribers).where(there),
        select(func.count()).select_from(deliveries).where(theirs),
        select(func.count()).select_from(audit).where(_names(messenger, address)),
    )
    return Held(*(session.scalar(question) or 0 for question in questions))


def read(session: Session, messenger: str, address: str) -> dict[str, Any]:
    """The rows themselves, by the names of their tables and columns, as JSON can hold them."""
    chats = _rows(session, subscribers, _at(messenger, address))
    for chat in chats:
        for table, owner in _belongings():
            rows = _rows(session, table, owner == chat["id"])
            for row in rows:
                del row[owner.name]
            chat[table.name] = rows
    return {"subscribers": chats, "audit": _rows(session, audit, _names(messenger, address))}


def erase(session: Session, messenger: str, address: str) -> None:
    """Deletes all rows of the chat, those of its forum topics included, what waits to be sent
    first of all; in the audit trail ``deleted`` takes its place.

    Whoever is sending to it just now finds nothing left to settle. The caller holds ``ingest``: a
    delivery made for the chat meanwhile would have nobody to belong to.
    """
    rows = select(subscribers.c.id).where(_at(messenger, address))
    numbers = list(session.scalars(rows.with_for_update()))  # before their deliveries, as settling
    for table, owner in reversed(_belongings()):
        session.execute(delete(table).where(owner.in_(numbers)))
    session.execute(delete(subscribers).where(subscribers.c.id.in_(numbers)))
    for name in _spoken_for(messenger, address):
        kept = f"{name.removesuffix(address)}{ERASED}"
        session.execute(update(audit).where(audit.c.actor == name).values(actor=kept))
    named = audit.c.subject.in_((address, *_spoken_for(messenger, address)))
    session.execute(update(audit).where(named).values(subject=ERASED))


def erase_left(session: Session, before: datetime) -> int:
    """Deletes the chats whose alerts have been off since then, in all of their topics; says how
    many rows that were."""
    since = func.coalesce(subscribers.c.left_at, subscribers.c.joined_at)
    gone = (
        select(subscribers.c.messenger, subscribers.c.address)
        .group_by(subscribers.c.messenger, subscribers.c.address)
        .having(func.max(case((subscribers.c.active, 1), else_=0)) == 0, func.max(since) < before)
    )
    return session.execute(
        delete(subscribers).where(
            ~subscribers.c.active,  # looked at once more where somebody comes back this moment
            tuple_(subscribers.c.messenger, subscribers.c.address).in_(gone),
        )
    ).rowcount


def _belongings() -> list[tuple[Table, Column[Any]]]:
    """The tables whose rows belong to a subscriber, and the column that says to whom."""
    return [
        (table, key.parent)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is subscribers
    ]


def _at(messenger: str, address: str) -> ColumnElement[bool]:
    return (subscribers.c.messenger == messenger) & (subscribers.c.address == address)


def _spoken_for(messenger: str, address: str) -> tuple[str, str]:
    """The chat's names in the audit trail: as a person, and as a chat that speaks for itself."""
    return f"{messenger}:{address}", f"{messenger}:chat:{address}"


def _names(messenger: str, address: str) -> ColumnElement[bool]:
    names = _spoken_for(messenger, address)
    return audit.c.actor.in_(names) | audit.c.subject.in_((address, *names))


def _rows(session: Session, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    found = session.execute(select(table).where(which).order_by(*table.primary_key))
    return [{name: _plain(value) for name, value in row.items()} for row in found.mappings()]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return int(value.total_seconds()) if isinstance(value, timedelta) else value
