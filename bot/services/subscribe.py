"""Who gets which alerts: what a chat asks for itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.errors import UserError
from bot.core.model import LEVEL_STANCES, Alert, Level, Subscriber
from bot.store import alerts, outbox, subscribers
from bot.store.db import Database, Session


@dataclass(frozen=True, slots=True)
class SubscriberCounts:
    """Chats that get alerts, and chats that once did or only chose a language."""

    active: int
    inactive: int


class Subscriptions:
    """What chats ask for. Synchronous: from async code, call it in a thread.

    ``thread`` is the topic of a forum, None elsewhere: each topic is a subscriber of its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def subscribe(
        self, messenger: str, address: str, thread: int | None, language: str, now: datetime
    ) -> tuple[Subscriber, bool]:
        """Alerts are on from now on; the second value says whether they were off.

        A chat that comes back finds its level, topics and language as it left them.
        """
        with self._database.begin() as session:
            known = subscribers.find(session, messenger, address, thread)
            if known is None:
                added = subscribers.add(
                    session, messenger, address, thread, language, now, active=True
                )
                return added, True
            if known.active:
                return known, False
            back = replace(known, active=True, refusals=0)
            subscribers.save(session, back, now)
            return back, True

    def unsubscribe(self, messenger: str, address: str, thread: int | None, now: datetime) -> bool:
        """Alerts are off, and what was waiting is not sent any more; False if they were off."""
        with self._database.begin() as session:
            known = subscribers.find(session, messenger, address, thread)
            if known is None or not known.active:
                return False
            switch_off(session, known, now, "unsubscribed")
            return True

    def find(self, messenger: str, address: str, thread: int | None) -> Subscriber | None:
        """The chat, whether its alerts are on (``active``) or off; None if we never met."""
        with self._database.read() as session:
            return subscribers.find(session, messenger, address, thread)

    def remember(
        self, messenger: str, address: str, thread: int | None, language: str, now: datetime
    ) -> Subscriber:
        """The chat; one that we never met is noted with its language, its alerts off, so that it
        can be ``change``d before it subscribes."""
        with self._database.begin() as session:
            known = subscribers.find(session, messenger, address, thread)
            return known or subscribers.add(
                session, messenger, address, thread, language, now, active=False
            )

    def change(
        self,
        subscriber_id: int,
        *,
        level: Level | None = None,
        topics: tuple[str, ...] | None = None,
        confirmed: bool | None = None,
        language: str | None = None,
        now: datetime,
    ) -> Subscriber:
        """The chat with what is given changed; no topics (``()``) means all of them.

        UserError ``subscription.unknown`` when the chat was deleted meanwhile.
        """
        with self._database.begin() as session:
            known = subscribers.find_by_id(session, subscriber_id)
            if known is None:
                raise UserError("subscription.unknown")
            changed = replace(
                known,
                level=known.level if level is None else level,
                topics=known.topics if topics is None else topics,
                confirmed=known.confirmed if confirmed is None else confirmed,
                language=known.language if language is None else language,
            )
            subscribers.save(session, changed, now)
            return changed

    def moved(self, messenger: str, old: str, new: str, now: datetime) -> None:
        """A group got another address; its subscriptions and what waits for it come along."""
        with self._database.begin() as session:
            move(session, messenger, old, new, now)

    def left(self, messenger: str, address: str, now: datetime) -> int:
        """The chat shut us out: all its alerts are off; says how many subscriptions that ended."""
        with self._database.begin() as session:
            there = [s for s in subscribers.list_at(session, messenger, address) if s.active]
            for subscriber in there:
                switch_off(session, subscriber, now, "the chat shut us out")
            return len(there)

    def latest(
        self, limit: int, topics: Collection[str] = (), level: Level = Level.EVERYTHING
    ) -> list[Alert]:
        """The last alerts of these topics (none: of all) that this level hears, newest first."""
        with self._database.read() as session:
            return alerts.list_latest(session, limit, LEVEL_STANCES[level], topics)

    def alert(self, alert_id: int) -> Alert | None:
        """The alert of that number, as a button names it."""
        with self._database.read() as session:
            return alerts.find(session, alert_id)

    def counts(self) -> SubscriberCounts:
        """How many chats there are."""
        with self._database.read() as session:
            return SubscriberCounts(*subscribers.count(session))


def switch_off(session: Session, subscriber: Subscriber, now: datetime, why: str) -> None:
    """Ends a subscription and cancels what waits for it."""
    subscribers.save(session, replace(subscriber, active=False), now)
    outbox.cancel(session, subscriber.id, now, why)


def move(session: Session, messenger: str, old: str, new: str, now: datetime) -> None:
    """Gives every subscription at an address a new one. Where one is there already, it stays and
    takes over what was waiting."""
    if old == new:
        return
    for subscriber in subscribers.list_at(session, messenger, old):
        there = subscribers.find(session, messenger, new, subscriber.thread)
        if there is None:
            subscribers.save(session, replace(subscriber, address=new), now)
            continue
        if subscriber.active and not there.active:
            subscribers.save(session, replace(there, active=True), now)
        outbox.hand_over(session, subscriber.id, there.id, now)
        switch_off(session, subscriber, now, "the chat moved to one that is subscribed")
