"""Feeds: what to poll, when, and what the last poll left behind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update

from bot.core.model import Feed, FeedSpec, FeedState, Tier, Validators
from bot.store.db import Session
from bot.store.tables import LARGEST, feeds, former_urls


def add(session: Session, spec: FeedSpec, now: datetime) -> Feed:
    """A new feed, due at once. Its address must be unknown (see ``find_by_url``)."""
    row = session.execute(
        insert(feeds)
        .values(
            url=spec.url,
            name=spec.name,
            language=spec.language,
            tier=spec.tier.value,
            every=spec.every,
            topics=list(spec.topics),
            state=FeedState.ACTIVE.value,
            item_hashes=[],
            next_poll_at=now,
            failures=0,
            moved_times=0,
            added_at=now,
        )
        .returning(*feeds.c)
    ).one()
    return _read(row)


def find(session: Session, feed_id: int) -> Feed | None:
    """The feed of that number, whatever its state; nobody else changes it until the end of a
    writing transaction."""
    if feed_id > LARGEST:
        return None
    row = session.execute(
        select(feeds).where(feeds.c.id == feed_id).with_for_update()
    ).one_or_none()
    return None if row is None else _read(row)


def find_by_url(session: Session, *urls: str) -> Feed | None:
    """The feed that has one of these addresses, or had it before it moved; whatever its state."""
    former = select(former_urls.c.feed_id).where(former_urls.c.url.in_(urls))
    rows = session.execute(
        select(feeds).where(or_(feeds.c.url.in_(urls), feeds.c.id.in_(former))).order_by(feeds.c.id)
    ).all()
    return _read(min(rows, key=lambda row: row.url not in urls)) if rows else None


def list_all(session: Session, states: Collection[FeedState]) -> list[Feed]:
    """The feeds in these states, in the order in which they were added."""
    rows = session.execute(select(feeds).where(feeds.c.state.in_(states)).order_by(feeds.c.id))
    return [_read(row) for row in rows]


def count(session: Session) -> dict[FeedState, int]:
    """How many feeds are in each state."""
    rows = session.execute(select(feeds.c.state, func.count()).group_by(feeds.c.state))
    return {FeedState(state): number for state, number in rows}


def find_last_success(session: Session) -> datetime | None:
    """When a feed was last read, changed or not; None before the first time."""
    at: datetime | None = session.execute(select(func.max(feeds.c.last_success_at))).scalar_one()
    return at


def claim(
    session: Session, now: datetime, limit: int, until: datetime, busy: Collection[int] = ()
) -> list[Feed]:
    """Up to ``limit`` feeds whose time has come, longest due first; nobody else is given them
    until they are saved or ``until`` is past. ``busy`` are feeds to leave alone all the same."""
    rows = session.execute(
        select(feeds)
        .where(
            feeds.c.state == FeedState.ACTIVE,
            feeds.c.next_poll_at <= now,
            feeds.c.id.not_in(busy),
            or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now),
        )
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        session.execute(
            update(feeds).where(feeds.c.id.in_([row.id for row in rows])).values(lease_until=until)
        )
    return [_read(row) for row in rows]


def save(session: Session, feed: Feed) -> None:
    """Writes the feed as it is now (its number and address apart) and ends its lease."""
    session.execute(
        update(feeds)
        .where(feeds.c.id == feed.id)
        .values(
            name=feed.name,
            language=feed.language,
            tier=feed.tier.value,
            every=feed.every,
            topics=list(feed.topics),
            state=feed.state.value,
            etag=feed.validators.etag,
            last_modified=feed.validators.last_modified,
            body_hash=feed.body_hash,
            item_hashes=sorted(feed.item_hashes),
            next_poll_at=feed.next_poll_at,
            last_poll_at=feed.last_poll_at,
            last_success_at=feed.last_success_at,
            failures=feed.failures,
            last_error=feed.last_error,
            moved_to=feed.moved_to,
            moved_times=feed.moved_times,
            lease_until=None,
        )
    )


def move(session: Session, feed: Feed, url: str, now: datetime) -> None:
    """Gives the feed a new address, which no other feed may have; the old one stays known."""
    session.execute(delete(former_urls).where(former_urls.c.url.in_([url, feed.url])))
    session.execute(insert(former_urls).values(url=feed.url, feed_id=feed.id, left_at=now))
    session.execute(update(feeds).where(feeds.c.id == feed.id).values(url=url))


def release(session: Session, feed_id: int) -> None:
    """Ends the lease of a feed that was not polled after all."""
    session.execute(update(feeds).where(feeds.c.id == feed_id).values(lease_until=None))


def _read(row: Row[Any]) -> Feed:
    return Feed(
        id=row.id,
        url=row.url,
        name=row.name,
        language=row.language,
        tier=Tier(row.tier),
        every=row.every,
        topics=tuple(row.topics),
        state=FeedState(row.state),
        validators=Validators(row.etag, row.last_modified),
        body_hash=row.body_hash,
        item_hashes=frozenset(row.item_hashes),
        next_poll_at=row.next_poll_at,
        last_poll_at=row.last_poll_at,
        last_success_at=row.last_success_at,
        failures=row.failures,
        last_error=row.last_error,
        moved_to=row.moved_to,
        moved_times=row.moved_times,
    )
