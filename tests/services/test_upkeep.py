"""Promises of bot/services/upkeep.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.model import DeliveryState, FeedSpec, FeedState, Outcome, Verdict
from bot.services.poll import TICK
from bot.services.subscribe import Subscriptions
from bot.services.upkeep import LEFT_RETENTION, RETENTION, Upkeep
from bot.store import alerts, entries, feeds, meta, outbox, sending
from bot.store.db import Database
from tests.fakes import NOW, make_entry
from tests.store.making import joined, tell

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_how_things_stand(any_database: Database) -> None:
    """Health counts feeds, deliveries and entries, and names what is late."""
    upkeep = Upkeep(any_database)
    assert upkeep.troubles(NOW) == ("no feed was polled yet",)
    joined(any_database, "7")
    with any_database.begin() as session:
        for n, state in enumerate([FeedState.ACTIVE, FeedState.ACTIVE, FeedState.PAUSED]):
            feed = feeds.add(session, FeedSpec(f"https://example.org/{n}", "Feed"), NOW)
            feeds.save(session, replace(feed, state=state, failures=n * 3))
        verdict = Verdict(make_entry("a"), Outcome.IRRELEVANT, "reason.nothing_found")
        entries.add(session, feed.id, [verdict], NOW)
        meta.mark(session, TICK, NOW)
        tell(session)
    health = upkeep.health(NOW + MINUTE)
    assert health.troubles == upkeep.troubles(NOW + MINUTE) == ()
    assert (health.last_tick, health.waiting_since) == (NOW, NOW)
    assert health.feeds == {FeedState.ACTIVE: 2, FeedState.PAUSED: 1}
    assert health.failing == 1
    assert health.deliveries == {DeliveryState.PENDING: 1}
    assert health.entries_today == 1
    assert upkeep.health(NOW + 2 * DAY).entries_today == 0
    assert upkeep.troubles(NOW + 10 * MINUTE) == (
        "the last poll tick was 10 min ago",
        "a delivery has been waiting for 10 min",
    )


def test_old_things_are_forgotten_once_a_day(any_database: Database) -> None:
    """Entries and settled deliveries go after the retention; alerts and stories stay."""
    upkeep = Upkeep(any_database)
    joined(any_database, "7")
    with any_database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/", "Feed"), NOW)
        old = [
            Verdict(make_entry(f"{n}"), Outcome.IRRELEVANT, "reason.nothing_found")
            for n in range(entries.KEPT + 5)
        ]
        entries.add(session, feed.id, old, NOW)
        alert, _ = tell(session)
        (claimed,) = sending.claim(session, NOW, 1, lease="me", until=NOW, messengers=["fake"])
        sending.settle(session, claimed.delivery.id, DeliveryState.SENT, NOW, message_id="m")

    def left() -> tuple[int, int]:
        with any_database.read() as session:
            return entries.count_since(session, NOW), sum(outbox.count(session).values())

    almost = NOW + RETENTION - MINUTE
    upkeep.run(almost)
    assert left() == (entries.KEPT + 5, 1)
    upkeep.run(almost + 2 * MINUTE)
    assert left() == (entries.KEPT + 5, 1), "once a day is enough"
    upkeep.run(almost + DAY)
    assert left() == (entries.KEPT, 0)
    with any_database.read() as session:
        assert alerts.find(session, alert.id) == alert


def test_chats_that_left_are_erased(any_database: Database) -> None:
    """A chat whose alerts have been off for 90 days, in every topic, goes with its deliveries."""
    subscriptions, upkeep = Subscriptions(any_database), Upkeep(any_database)
    chats = [("blocked", None), ("back", None), ("there", None), ("forum", 1), ("forum", 2)]
    for address, thread in chats:
        subscriptions.subscribe("fake", address, thread, "en", NOW)
    subscriptions.remember("fake", "looked", None, "en", NOW)
    with any_database.begin() as session:
        tell(session)
    for address in ("blocked", "back"):
        subscriptions.left("fake", address, NOW)
    subscriptions.unsubscribe("fake", "forum", 1, NOW)

    def known(address: str, thread: int | None = None) -> bool:
        return subscriptions.find("fake", address, thread) is not None

    almost = NOW + LEFT_RETENTION
    upkeep.run(almost)
    assert all(known(*chat) for chat in [*chats, ("looked", None)])
    subscriptions.subscribe("fake", "back", None, "en", almost)
    upkeep.run(almost + DAY)
    assert not known("blocked")
    assert not known("looked")
    assert all(known(*chat) for chat in chats[1:])
    with any_database.read() as session:
        assert sum(outbox.count(session).values()) == len(chats) - 1
