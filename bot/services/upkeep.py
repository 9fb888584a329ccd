"""Housekeeping, and how things stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import DeliveryState, FeedState
from bot.services.poll import TICK
from bot.store import entries, feeds, meta, outbox, privacy, sending
from bot.store.db import Database

RETENTION = timedelta(days=180)
"""How long entries and settled deliveries are kept. Stories, ledger and alerts are for good."""

LEFT_RETENTION = timedelta(days=90)
"""How long a chat is remembered that has its alerts off, shut us out or left."""

_PRUNE_EVERY = timedelta(days=1)
_PRUNED = "tick.prune"

TICK_LATE = timedelta(minutes=2)
OUTBOX_LATE = timedelta(minutes=5)
FAILING = 3  # visits in a row


@dataclass(frozen=True, slots=True)
class Health:
    """How things stand. ``troubles`` says what is late, in plain words; empty when all is well."""

    last_tick: datetime | None
    waiting_since: datetime | None  # the delivery that could have gone out longest ago
    feeds: Mapping[FeedState, int]
    failing: int  # active feeds whose last visits failed
    deliveries: Mapping[DeliveryState, int]
    entries_today: int  # in the last 24 hours
    troubles: tuple[str, ...]


class Upkeep:
    """Keeps the database in order. Synchronous: from async code, call it in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, now: datetime) -> int:
        """Settles what a dead process left attempted, and once a day forgets what is old. To be
        called about once a minute; says how many deliveries became unknown."""
        with self._database.begin() as session:
            lost = sending.release(session, now)
            last = meta.moments(session, _PRUNED).get("")
        if last is None or now - last >= _PRUNE_EVERY:
            self._prune(now)
        return lost

    def _prune(self, now: datetime) -> None:
        with self._database.read() as session:
            known = feeds.list_all(session, tuple(FeedState))
        for feed in known:  # a transaction each: nobody is to wait for long
            with self._database.begin() as session:
                entries.prune(session, feed.id, now - RETENTION)
        with self._database.begin() as session:
            outbox.prune(session, now - RETENTION)
            privacy.erase_left(session, now - LEFT_RETENTION)
            meta.mark(session, _PRUNED, now)

    def troubles(self, now: datetime) -> tuple[str, ...]:
        """What is late at ``now``, in plain words; cheap enough to be asked every second."""
        with self._database.read() as session:
            last_tick = meta.moments(session, TICK).get("")
            return _find_troubles(last_tick, outbox.oldest_due(session, now), now)

    def health(self, now: datetime) -> Health:
        """How things stand at ``now``."""
        with self._database.read() as session:
            last_tick = meta.moments(session, TICK).get("")
            waiting_since = outbox.oldest_due(session, now)
            active = feeds.list_all(session, (FeedState.ACTIVE,))
            return Health(
                last_tick=last_tick,
                waiting_since=waiting_since,
                feeds=feeds.count(session),
                failing=sum(feed.failures >= FAILING for feed in active),
                deliveries=outbox.count(session),
                entries_today=entries.count_since(session, now - timedelta(days=1)),
                troubles=_find_troubles(last_tick, waiting_since, now),
            )


def _find_troubles(
    last_tick: datetime | None, waiting_since: datetime | None, now: datetime
) -> tuple[str, ...]:
    troubles = []
    if last_tick is None:
        troubles.append("no feed was polled yet")
    elif now - last_tick > TICK_LATE:
        troubles.append(f"the last poll tick was {_minutes(now - last_tick)} min ago")
    if waiting_since and now - waiting_since > OUTBOX_LATE:
        troubles.append(f"a delivery has been waiting for {_minutes(now - waiting_since)} min")
    return tuple(troubles)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
