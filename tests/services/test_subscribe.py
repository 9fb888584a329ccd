"""Promises of bot/services/subscribe.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.errors import UserError
from bot.core.model import DeliveryState, Level, Stance
from bot.services.subscribe import SubscriberCounts, Subscriptions
from bot.store import outbox
from bot.store.db import Database
from tests.fakes import NOW
from tests.store.making import tell

LATER = NOW + timedelta(days=1)


@pytest.fixture
def subscriptions(any_database: Database) -> Subscriptions:
    return Subscriptions(any_database)


def deliveries(database: Database) -> dict[DeliveryState, int]:
    with database.read() as session:
        return outbox.count(session)


def test_a_new_subscriber_gets_the_defaults(subscriptions: Subscriptions) -> None:
    """Subscribing says so once; the second time nothing changes."""
    subscriber, new = subscriptions.subscribe("fake", "7", None, "uk", NOW)
    assert new
    assert (subscriber.level, subscriber.topics, subscriber.language) == (
        Level.DECISIONS,
        (),
        "uk",
    )
    assert subscriptions.subscribe("fake", "7", None, "en", LATER) == (subscriber, False)
    assert subscriptions.find("fake", "7", None) == subscriber
    assert subscriptions.find("fake", "8", None) is None


def test_topics_of_a_forum_are_subscribers_of_their_own(subscriptions: Subscriptions) -> None:
    """Threads of one chat, and the same address elsewhere, don't get in each other's way."""
    first, _ = subscriptions.subscribe("fake", "7", None, "en", NOW)
    second, new = subscriptions.subscribe("fake", "7", 12, "en", NOW)
    third, _ = subscriptions.subscribe("other", "7", None, "en", NOW)
    assert new
    assert second.thread == 12
    assert len({first.id, second.id, third.id}) == 3
    assert subscriptions.unsubscribe("fake", "7", 12, NOW)
    assert subscriptions.counts() == SubscriberCounts(active=2, inactive=1)


def test_who_comes_back_finds_everything_in_place(subscriptions: Subscriptions) -> None:
    """Level, topics and language outlive an unsubscription."""
    subscriber, _ = subscriptions.subscribe("fake", "7", None, "en", NOW)
    subscriptions.change(
        subscriber.id, level=Level.SIGNALS, topics=("b", "a", "b"), language="uk", now=NOW
    )
    assert subscriptions.unsubscribe("fake", "7", None, NOW)
    assert not subscriptions.unsubscribe("fake", "7", None, NOW)
    assert not subscriptions.unsubscribe("fake", "8", None, NOW)
    back, new = subscriptions.subscribe("fake", "7", None, "en", LATER)
    assert new
    assert (back.level, back.topics, back.language) == (Level.SIGNALS, ("a", "b"), "uk")


def test_unsubscribing_cancels_what_was_waiting(
    any_database: Database, subscriptions: Subscriptions
) -> None:
    """Who has said no gets nothing more, also not when he comes back."""
    subscriptions.subscribe("fake", "7", None, "en", NOW)
    with any_database.begin() as session:
        tell(session)
    subscriptions.unsubscribe("fake", "7", None, NOW)
    subscriptions.subscribe("fake", "7", None, "en", LATER)
    assert deliveries(any_database) == {DeliveryState.CANCELLED: 1}


def test_changing_one_thing_leaves_the_rest(subscriptions: Subscriptions) -> None:
    """What isn't named stays; an empty tuple means all topics."""
    subscriber, _ = subscriptions.subscribe("fake", "7", None, "en", NOW)
    subscriptions.change(subscriber.id, topics=("a",), now=NOW)
    changed = subscriptions.change(subscriber.id, level=Level.EVERYTHING, now=NOW)
    assert (changed.level, changed.topics) == (Level.EVERYTHING, ("a",))
    assert subscriptions.change(subscriber.id, topics=(), now=NOW).topics == ()
    assert subscriptions.find("fake", "7", None) == subscriptions.change(subscriber.id, now=NOW)
    with pytest.raises(UserError, match=r"subscription\.unknown"):
        subscriptions.change(999, language="uk", now=NOW)


def test_a_language_can_be_chosen_before_subscribing(
    any_database: Database, subscriptions: Subscriptions
) -> None:
    """A chat that is only remembered gets no alerts, and keeps its language."""
    known = subscriptions.remember("fake", "7", None, "en", NOW)
    assert not known.active
    subscriptions.change(known.id, language="uk", now=NOW)
    assert subscriptions.remember("fake", "7", None, "en", NOW).language == "uk"
    with any_database.begin() as session:
        assert tell(session)[1] == 0
    subscriber, new = subscriptions.subscribe("fake", "7", None, "en", NOW)
    assert new
    assert subscriber.language == "uk"


def test_a_chat_that_moves_takes_everything_along(
    any_database: Database, subscriptions: Subscriptions
) -> None:
    """A group that becomes a supergroup is the same subscribers, threads and queue included."""
    subscriptions.subscribe("fake", "-7", None, "uk", NOW)
    subscriptions.subscribe("fake", "-7", 3, "uk", NOW)
    with any_database.begin() as session:
        tell(session)
    subscriptions.moved("fake", "-7", "-100", NOW)
    subscriptions.moved("fake", "-100", "-100", NOW)
    moved = subscriptions.find("fake", "-100", None)
    assert moved
    assert moved.language == "uk"
    assert subscriptions.find("fake", "-100", 3)
    assert subscriptions.find("fake", "-7", None) is None
    assert deliveries(any_database) == {DeliveryState.PENDING: 2}


def test_a_chat_that_moves_where_one_is_already(
    any_database: Database, subscriptions: Subscriptions
) -> None:
    """Two subscriptions become one, and nobody hears the same alert twice."""
    subscriptions.subscribe("fake", "old", None, "uk", NOW)
    with any_database.begin() as session:
        tell(session, "1", story="1")
    subscriptions.subscribe("fake", "new", None, "en", NOW)
    with any_database.begin() as session:
        tell(session, "2", story="2")
    subscriptions.moved("fake", "old", "new", NOW)
    assert subscriptions.counts() == SubscriberCounts(active=1, inactive=1)
    assert deliveries(any_database) == {DeliveryState.PENDING: 2, DeliveryState.CANCELLED: 1}


def test_a_chat_that_shut_us_out(any_database: Database, subscriptions: Subscriptions) -> None:
    """All subscriptions of the chat end, and what waited is cancelled; others go on."""
    for thread in (None, 3):
        subscriptions.subscribe("fake", "7", thread, "en", NOW)
    subscriptions.subscribe("fake", "8", None, "en", NOW)
    with any_database.begin() as session:
        tell(session)
    assert subscriptions.left("fake", "7", NOW) == 2
    assert subscriptions.left("fake", "7", NOW) == 0
    assert subscriptions.counts() == SubscriberCounts(active=1, inactive=2)
    assert deliveries(any_database) == {DeliveryState.PENDING: 1, DeliveryState.CANCELLED: 2}


def test_the_latest_alerts_of_a_level(any_database: Database, subscriptions: Subscriptions) -> None:
    """``latest`` shows what the level would have heard; ``alert`` finds one by its number."""
    with any_database.begin() as session:
        granted, _ = tell(session, "granted", story="1")
        denied, _ = tell(session, "denied", story="2", stance=Stance.DENIED)
    assert subscriptions.latest(5) == [denied, granted]
    assert subscriptions.latest(5, (), Level.DECISIONS) == [granted]
    assert subscriptions.latest(5, ("other",)) == []
    assert subscriptions.alert(denied.id) == denied
    for number in (0, 99, 10**30):
        assert subscriptions.alert(number) is None
