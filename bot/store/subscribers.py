"""Subscribers: the chats that want alerts, or did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, literal, select, update

from bot.core.model import Level, Subscriber
from bot.store.db import Session
from bot.store.tables import UtcDateTime, subscriber_topics, subscribers


def add(
    session: Session,
    messenger: str,
    address: str,
    thread: int | None,
    language: str,
    now: datetime,
    *,
    active: bool,
) -> Subscriber:
    """A new chat with the default level and all topics; it must be unknown (see ``find``)."""
    row = session.execute(
        insert(subscribers)
        .values(
            messenger=messenger,
            address=address,
            thread=thread or 0,
            language=language,
            level=Level.DECISIONS.value,
            active=active,
            refusals=0,
            joined_at=now,
        )
        .returning(*subscribers.c)
    ).one()
    return _read(row, ())


def find(session: Session, messenger: str, address: str, thread: int | None) -> Subscriber | None:
    """The chat at that address, whether it wants alerts or not."""
    return _one(
        session,
        subscribers.c.messenger == messenger,
        subscribers.c.address == address,
        subscribers.c.thread == (thread or 0),
    )


def find_by_id(session: Session, subscriber_id: int) -> Subscriber | None:
    """The chat of that number."""
    return _one(session, subscribers.c.id == subscriber_id)


def list_at(session: Session, messenger: str, address: str) -> list[Subscriber]:
    """All chats at an address: the topics of a forum have it in common."""
    rows = session.execute(
        select(subscribers)
        .where(subscribers.c.messenger == messenger, subscribers.c.address == address)
        .order_by(subscribers.c.id)
    ).all()
    return read_all(session, rows)


def save(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """Writes the chat as it is now; ``left_at`` follows ``active``."""
    session.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber.id)
        .values(
            address=subscriber.address,
            language=subscriber.language,
            level=subscriber.level.value,
            confirmed=subscriber.confirmed,
            active=subscriber.active,
            refusals=subscriber.refusals,
            refused_since=subscribers.c.refused_since if subscriber.refusals else None,
            left_at=None if subscriber.active else now,
        )
    )
    session.execute(
        delete(subscriber_topics).where(subscriber_topics.c.subscriber_id == subscriber.id)
    )
    if subscriber.topics:
        session.execute(
            insert(subscriber_topics),
            [
                {"subscriber_id": subscriber.id, "topic": topic}
                for topic in dict.fromkeys(subscriber.topics)
            ],
        )


def refuse(session: Session, subscriber_id: int, now: datetime) -> tuple[int, datetime] | None:
    """Counts one more refusal in a row; says how many there are, and since when. None for a chat
    that was erased meanwhile."""
    row = session.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(
            refusals=subscribers.c.refusals + 1,
            refused_since=func.coalesce(subscribers.c.refused_since, literal(now, UtcDateTime())),
        )
        .returning(subscribers.c.refusals, subscribers.c.refused_since)
    ).one_or_none()
    return None if row is None else (row.refusals, row.refused_since)


def accept(session: Session, subscriber_id: int) -> None:
    """A message arrived: the refusals in a row are over."""
    session.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id, subscribers.c.refusals > 0)
        .values(refusals=0, refused_since=None)
    )


def count(session: Session) -> tuple[int, int]:
    """How many chats want alerts, and how many have left."""
    rows = session.execute(
        select(subscribers.c.active, func.count()).group_by(subscribers.c.active)
    )
    numbers = {bool(active): number for active, number in rows}
    return numbers.get(True, 0), numbers.get(False, 0)


def read_all(session: Session, rows: Collection[Row[Any]]) -> list[Subscriber]:
    """The chats in rows that hold the columns of ``subscribers``, with their topics."""
    topics = _topics(session, [row.id for row in rows])
    return [_read(row, topics[row.id]) for row in rows]


def _one(session: Session, *conditions: Any) -> Subscriber | None:
    rows = session.execute(select(subscribers).where(*conditions).with_for_update()).all()
    found = read_all(session, rows)
    return found[0] if found else None


def _topics(session: Session, numbers: Iterable[int]) -> dict[int, tuple[str, ...]]:
    topics: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for number, topic in session.execute(
        select(subscriber_topics.c.subscriber_id, subscriber_topics.c.topic)
        .where(subscriber_topics.c.subscriber_id.in_(list(numbers)))
        .order_by(subscriber_topics.c.topic)
    ):
        topics[number] += (topic,)
    return topics


def _read(row: Row[Any], topics: tuple[str, ...]) -> Subscriber:
    return Subscriber(
        id=row.id,
        messenger=row.messenger,
        address=row.address,
        thread=row.thread or None,
        language=row.language,
        level=Level(row.level),
        topics=topics,
        confirmed=row.confirmed,
        active=row.active,
        refusals=row.refusals,
    )
