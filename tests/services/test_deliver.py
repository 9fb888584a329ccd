"""Promises of bot/services/deliver.py and settle.py: each answer has its consequence."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import StoreError
from bot.core.model import Alert, AlertKind, DeliveryState, Level, Stance
from bot.core.ports import Gone, Message, Moved, Refused, RetryAt, Sent, Texts, Unknown
from bot.services.deliver import ATTEMPT, CLAIM, Deliver
from bot.services.settle import Settled
from bot.services.subscribe import Subscriptions
from bot.services.upkeep import Upkeep
from bot.store import outbox, sending
from bot.store.db import Database
from tests.fakes import NOW, RecordingMessenger, fake_render, fake_texts_for, until
from tests.store.making import join, joined, tell

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PENDING, SENT, UNKNOWN = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.UNKNOWN
CANCELLED, FAILED = DeliveryState.CANCELLED, DeliveryState.FAILED


@pytest.fixture
def messenger() -> RecordingMessenger:
    return RecordingMessenger()


def make_deliver(database: Database, *messengers: RecordingMessenger, **options: Any) -> Deliver:
    render = options.pop("render", fake_render)
    named = {each.name: each for each in messengers}
    return Deliver(database, named, fake_texts_for, render, **options)


@pytest.fixture
def deliver(any_database: Database, messenger: RecordingMessenger) -> Deliver:
    return make_deliver(any_database, messenger)


def told(database: Database, title: str = "US grants", **changes: Any) -> Alert:
    with database.begin() as session:
        return tell(session, title, **changes)[0]


def states(database: Database) -> dict[DeliveryState, int]:
    with database.read() as session:
        return outbox.count(session)


def heard(messenger: RecordingMessenger) -> list[str]:
    """What was sent: "address: headline"."""
    return [f"{to}: {message.html.split(' ', 2)[2]}" for to, _, message in messenger.sent]


# --- waiting for a turn -----------------------------------------------------------------------


async def test_what_waits_for_its_turn_is_not_attempted(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """A delivery whose turn is far off stays pending, unattempted, and goes out when it comes."""
    with any_database.begin() as session:
        join(session, "7")
    told(any_database)
    messenger.turns["7"] = RetryAt(NOW + MINUTE, "not yet")
    assert await deliver.run(NOW) == {PENDING: 1}
    assert not messenger.sent
    del messenger.turns["7"]
    assert await deliver.run(NOW + MINUTE) == {SENT: 1}


async def test_a_death_before_the_turn_loses_nothing(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """Who dies while waiting for a turn has attempted nothing: the next one sends it."""
    with any_database.begin() as session:
        join(session, "7")
    told(any_database)
    messenger.turns["7"] = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await deliver.run(NOW)
    assert states(any_database) == {PENDING: 1}
    del messenger.turns["7"]
    after = make_deliver(any_database, messenger)
    assert await after.run(NOW + MINUTE) == {SENT: 1}


# --- the ordinary ---------------------------------------------------------------------------


async def test_an_alert_reaches_everybody_once(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """Each subscriber gets it in his language, in his thread; another run sends nothing."""
    with any_database.begin() as session:
        join(session, "7", language="uk")
        join(session, "8")
    Subscriptions(any_database).subscribe("fake", "7", 12, "de", NOW)
    alert = told(any_database)
    assert await deliver.run(NOW) == {SENT: 3}
    assert sorted((to, thread or 0, m.html) for to, thread, m in messenger.sent) == [
        ("7", 0, f"#{alert.id} uk US grants"),
        ("7", 12, f"#{alert.id} de US grants"),
        ("8", 0, f"#{alert.id} en US grants"),
    ]
    assert await deliver.run(NOW) == {}
    assert len(messenger.sent) == 3


async def test_several_at_a_time_but_one_for_each_address(
    database: Database, messenger: RecordingMessenger
) -> None:
    """Sends overlap up to the limit; two alerts to one chat go one after the other."""
    joined(database, *map(str, range(6)))
    told(database)
    messenger.delay = 0.3
    running = asyncio.create_task(make_deliver(database, messenger, at_once=4).run(NOW))
    await until(lambda: messenger.at_once == 4)
    assert await running == {SENT: 6}
    assert messenger.most_at_once == 4
    alone = RecordingMessenger(delay=0.05)
    for story in ("2", "3"):
        told(database, story=story)
    for n in range(1, 6):
        Subscriptions(database).unsubscribe("fake", str(n), None, NOW)
    assert await make_deliver(database, alone, at_once=4).run(NOW) == {SENT: 2}
    assert alone.most_at_once == 1


async def test_a_hot_alert_overtakes_a_cold_backlog(
    database: Database, messenger: RecordingMessenger
) -> None:
    """A decision that comes while a backlog is being sent goes out next."""
    with database.begin() as session:
        for n in range(30):
            join(session, str(n), level=Level.SIGNALS)
    told(database, "cold", story="1", stance=Stance.SIGNALLED)
    messenger.delay = 0.01
    running = asyncio.create_task(make_deliver(database, messenger, at_once=2).run(NOW))
    await until(lambda: len(messenger.sent) >= 4)
    told(database, "hot", story="2")
    await running
    order = [line.partition(": ")[2] for line in heard(messenger)]
    hot = [n for n, title in enumerate(order) if title == "hot"]
    assert len(order) == 60
    assert hot[0] <= 10
    assert hot == list(range(hot[0], hot[0] + 30))


async def test_a_change_replies_to_what_it_changes(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """A later decision about the same thing comes with a sound, as a reply to the earlier one."""
    joined(any_database, "7")
    told(any_database)
    await deliver.run(NOW)
    told(any_database, "wider", story="s2", follows="s1", kind=AlertKind.UPDATE)
    await deliver.run(NOW)
    assert messenger.replied_to == [None, "m1"]
    assert not messenger.sent[1][2].silent


async def test_a_late_confirmation_is_news_to_those_who_waited(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """For a reader who waited for a second outlet, the update that brings it is a message of its
    own, with a sound."""
    with any_database.begin() as session:
        join(session, "7", confirmed=True)
    told(any_database)
    assert await deliver.run(NOW) == {}
    update = told(any_database, "two outlets", kind=AlertKind.UPDATE, push=False, sources=2)
    assert await deliver.run(NOW) == {SENT: 1}
    ((address, _, message),) = messenger.sent
    assert (address, message) == ("7", Message(f"#{update.id} en two outlets"))
    assert messenger.edited == []


async def test_an_update_edits_what_was_sent(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """A silent update changes the story's message in place; whoever has none gets nothing."""
    joined(any_database, "7")
    told(any_database)
    await deliver.run(NOW)
    joined(any_database, "8")
    update = told(any_database, "two sources", kind=AlertKind.UPDATE, push=False)
    assert await deliver.run(NOW) == {SENT: 1}
    ((address, message_id, message),) = messenger.edited
    assert (address, message_id) == ("7", "m1")
    assert message == Message(f"#{update.id} en two sources", silent=True)
    assert len(messenger.sent) == 1
    assert messenger.replied_to == [None]
    again = told(any_database, "official", kind=AlertKind.UPDATE)
    await deliver.run(NOW)
    assert {m.html for _, _, m in messenger.sent[1:]} == {
        f"#{again.id} en official",
    }


async def test_an_edit_without_a_message(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """When the news itself failed, its edit is not made into a message."""
    joined(any_database, "7")
    messenger.outcomes["7"] = [Refused("a bug")]
    told(any_database)
    told(any_database, "edit", kind=AlertKind.UPDATE, push=False)
    assert await deliver.run(NOW) == {FAILED: 1, CANCELLED: 1}
    assert messenger.edited == []


# --- answers --------------------------------------------------------------------------------


async def test_retry_at_exactly_then(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """A flooded chat is left alone until the moment named, with all that waits for it, over a
    restart too; other chats go on."""
    joined(any_database, "7", "8")
    messenger.outcomes["7"] = [RetryAt(NOW + 10_072 * timedelta(seconds=1), "flood"), Sent("m")]
    told(any_database, "first", story="1")
    told(any_database, "second", story="2")
    counts = await deliver.run(NOW)
    assert counts == {SENT: 2, PENDING: 1}
    restarted = make_deliver(any_database, messenger)
    assert await restarted.run(NOW + timedelta(seconds=10_070)) == {}
    assert await restarted.run(NOW + timedelta(seconds=10_073)) == {SENT: 2}
    assert len(messenger.sent) == 5


async def test_retry_everywhere(any_database: Database, messenger: RecordingMessenger) -> None:
    """When the whole bot is throttled nothing goes out through that messenger until then, over a
    restart too; another messenger goes on."""
    joined(any_database, "7", "8")
    other = RecordingMessenger("other")
    Subscriptions(any_database).subscribe("other", "9", None, "en", NOW)
    messenger.outcomes["7"] = messenger.outcomes["8"] = [
        RetryAt(NOW + 5 * MINUTE, "flood", everywhere=True),
        Sent("m"),
    ]
    told(any_database)
    assert (await make_deliver(any_database, messenger, other, at_once=1).run(NOW))[SENT] == 1
    assert len(messenger.sent) == 1
    restarted = make_deliver(any_database, messenger, other)
    assert await restarted.run(NOW + 4 * MINUTE) == {}
    assert (await restarted.run(NOW + 6 * MINUTE))[SENT] >= 1
    assert other.addresses() == ["9"]


async def test_what_is_in_hand_heeds_a_throttle_too(
    database: Database, messenger: RecordingMessenger
) -> None:
    """What was claimed before the whole bot was throttled goes out afterwards, at once."""
    joined(database, *"abcd")
    flood = RetryAt(NOW + MINUTE, "flood", everywhere=True)
    messenger.outcomes |= {address: [flood, Sent("m")] for address in "abcd"}
    told(database)
    assert await make_deliver(database, messenger, at_once=1).run(NOW) == {PENDING: 1}
    assert len(messenger.sent) == 1
    messenger.outcomes.clear()
    again = make_deliver(database, messenger)
    assert await again.run(NOW + MINUTE + timedelta(seconds=1)) == {SENT: 4}


async def test_retry_in_the_past_is_no_endless_loop(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """A messenger that says "again, at once" is asked again ever later."""
    joined(any_database, "7")
    messenger.outcomes["7"] = [RetryAt(NOW - MINUTE, "no connection")]
    told(any_database)
    tries = 0
    for second in range(0, 3600, 5):
        tries += sum((await deliver.run(NOW + timedelta(seconds=second + 1))).values())
    assert 5 <= tries <= 12


async def test_who_blocked_us_is_left_alone(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """Gone for good: the subscription ends, and nothing that waited is sent any more."""
    joined(any_database, "7", "8")
    messenger.outcomes["7"] = [Gone("blocked by the user")]
    told(any_database, story="1")
    told(any_database, story="2")
    await deliver.run(NOW)
    assert messenger.addresses().count("7") == 1
    assert states(any_database) == {SENT: 2, CANCELLED: 2}
    reader = Subscriptions(any_database).find("fake", "7", None)
    assert reader
    assert not reader.active


async def test_a_refusal_that_passes(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """A 403 of the kind that comes and goes deletes nobody: the alert is sent when it is over."""
    joined(any_database, "7")
    gone = Gone("can't send messages to the user", for_good=False)
    messenger.outcomes["7"] = [gone, gone, gone, Sent("m")]
    told(any_database)
    for hour in range(24):
        await deliver.run(NOW + timedelta(hours=hour))
    assert states(any_database) == {SENT: 1}
    reader = Subscriptions(any_database).find("fake", "7", None)
    assert reader
    assert (reader.active, reader.refusals) == (True, 0)


async def test_a_refusal_that_lasts(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """Five refusals in a row over three days end a subscription; four, or within a day, don't."""
    joined(any_database, "7")
    messenger.outcomes["7"] = [Gone("chat not found", for_good=False)]
    told(any_database)
    subscriptions = Subscriptions(any_database)
    ended = None
    for hour in range(24 * 7):
        await deliver.run(NOW + timedelta(hours=hour))
        reader = subscriptions.find("fake", "7", None)
        assert reader
        if not reader.active:
            ended = hour
            break
    assert ended
    assert 72 <= ended <= 96
    assert reader.refusals >= 5
    assert states(any_database) == {CANCELLED: 1}
    back, _ = subscriptions.subscribe("fake", "7", None, "en", NOW)
    assert back.refusals == 0


async def test_a_group_that_moved(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """The alert arrives once, at the new address, and so will the next."""
    joined(any_database, "-7")
    messenger.outcomes["-7"] = [Moved("-100")]
    told(any_database, story="1")
    await deliver.run(NOW)
    told(any_database, story="2")
    await deliver.run(NOW)
    assert messenger.addresses() == ["-7", "-100", "-100"]
    assert states(any_database) == {SENT: 2}


async def test_a_chat_that_keeps_moving(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """Two chats that each point at the other are followed ever more slowly, not for ever."""
    joined(any_database, "a")
    messenger.outcomes |= {"a": [Moved("b")], "b": [Moved("a")]}
    told(any_database)
    async with asyncio.timeout(60):
        await deliver.run(NOW)
    assert len(messenger.sent) <= 3
    assert states(any_database) == {PENDING: 1}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Refused("can't parse entities"), FAILED),
        (Unknown("timed out"), UNKNOWN),
        (ValueError("a bug of the messenger's"), UNKNOWN),
    ],
)
async def test_what_is_not_repeated(
    any_database: Database,
    messenger: RecordingMessenger,
    deliver: Deliver,
    outcome: Any,
    state: DeliveryState,
) -> None:
    """A message that is refused, or that may have arrived, is not sent again; others are."""
    joined(any_database, "7", "8")
    messenger.outcomes["7"] = [outcome]
    told(any_database)
    assert await deliver.run(NOW) == {SENT: 1, state: 1}
    assert await deliver.run(NOW + DAY) == {}
    assert len(messenger.sent) == 2


async def test_an_alert_that_cannot_be_rendered(
    any_database: Database, messenger: RecordingMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of ours costs that alert, is logged, and holds up nobody; nothing was sent."""

    def render(alert: Alert, texts: Texts) -> Message:
        if alert.entry.title == "odd":
            raise KeyError("no such text")
        return fake_render(alert, texts)

    joined(any_database, "7")
    told(any_database, "good", story="1")
    told(any_database, "odd", story="2")
    deliver = make_deliver(any_database, messenger, render=render)
    with caplog.at_level(logging.ERROR):
        assert await deliver.run(NOW) == {SENT: 1, FAILED: 1}
    assert heard(messenger) == ["7: good"]
    assert "a bug of ours" in caplog.text


async def test_who_unsubscribes_while_it_is_on_its_way(
    any_database: Database, messenger: RecordingMessenger
) -> None:
    """Between claim and attempt a cancelled delivery is let go; one that is to be repeated isn't
    repeated to somebody who has left."""
    joined(any_database, "7")
    told(any_database)
    subscriptions = Subscriptions(any_database)

    def render(alert: Alert, texts: Texts) -> Message:
        subscriptions.unsubscribe("fake", "7", None, NOW)
        return fake_render(alert, texts)

    assert await make_deliver(any_database, messenger, render=render).run(NOW) == {}
    assert messenger.sent == []
    assert states(any_database) == {CANCELLED: 1}


# --- trouble --------------------------------------------------------------------------------


@pytest.fixture
def failing_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Settling fails the first time; the list tells that it did."""
    failures: list[str] = []
    real = sending.settle

    def settle(*args: Any, **options: Any) -> None:
        if not failures:
            failures.append("failed")
            raise StoreError("database: no answer")
        real(*args, **options)

    monkeypatch.setattr("bot.store.sending.settle", settle)
    return failures


async def test_an_answer_is_written_down_at_the_second_try(
    database: Database, messenger: RecordingMessenger, failing_once: list[str]
) -> None:
    """A database that fails for a moment doesn't make a sent message unknown."""
    joined(database, "7")
    told(database)
    assert await make_deliver(database, messenger).run(NOW) == {SENT: 1}
    assert failing_once
    assert len(messenger.sent) == 1


async def test_a_database_that_fails_lets_what_is_under_way_end(
    database: Database, messenger: RecordingMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing more can be claimed, what was claimed is sent and settled, then it is told."""
    joined(database, "7", "8")
    told(database)
    claim, claims = sending.claim, 0

    def claim_once(*args: Any, **options: Any) -> Any:
        nonlocal claims
        claims += 1
        if claims > 1:
            raise StoreError("database: no answer")
        return claim(*args, **options)

    monkeypatch.setattr("bot.store.sending.claim", claim_once)
    messenger.delay = 0.02
    with pytest.raises(StoreError):
        await make_deliver(database, messenger).run(NOW)
    assert states(database) == {SENT: 2}


async def test_two_programs_share_the_outbox(any_url: str) -> None:
    """Two processes on one database send each delivery once between them."""
    databases = [Database(any_url), Database(any_url)]
    joined(databases[0], *map(str, range(40)))
    told(databases[0])
    messenger = RecordingMessenger(delay=0.002)
    senders = [make_deliver(each, messenger, at_once=3) for each in databases]
    await asyncio.gather(*(each.run(NOW) for each in senders))
    await senders[0].run(NOW)
    assert sorted(messenger.addresses(), key=int) == [str(n) for n in range(40)]
    assert states(databases[0]) == {SENT: 40}
    for database in databases:
        database.close()


async def test_a_process_that_dies_before_the_attempt(
    any_database: Database, messenger: RecordingMessenger, deliver: Deliver
) -> None:
    """What was only claimed is sent by the next one, as soon as the claim ends."""
    joined(any_database, "7")
    told(any_database)
    deliver._claim(NOW, set())
    successor = make_deliver(any_database, messenger)
    assert await successor.run(NOW + CLAIM / 2) == {}
    assert await successor.run(NOW + 2 * CLAIM) == {SENT: 1}


async def test_a_process_that_dies_in_the_attempt(
    any_database: Database, messenger: RecordingMessenger
) -> None:
    """What may have arrived is not sent again: it becomes unknown, and is counted."""
    joined(any_database, "7")
    told(any_database)
    messenger.delay = 60
    dying = asyncio.create_task(make_deliver(any_database, messenger).run(NOW))
    await until(lambda: messenger.sent)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    later = NOW + 2 * ATTEMPT
    successor = make_deliver(any_database, messenger)
    assert await successor.run(later) == {}
    assert Upkeep(any_database).run(later) == 1
    assert await successor.run(later) == {}
    assert states(any_database) == {UNKNOWN: 1}


async def test_stopping_lets_what_is_under_way_end(
    database: Database, messenger: RecordingMessenger
) -> None:
    """After ``stop`` nothing is begun; what was begun is settled, and the rest waits."""
    joined(database, *map(str, range(5)))
    told(database)
    messenger.delay = 0.05
    ended: list[Settled] = []
    deliver = make_deliver(database, messenger, at_once=2, told=ended.append)
    running = asyncio.create_task(deliver.run(NOW))
    await until(lambda: len(messenger.sent) == 2)
    deliver.stop()
    assert await running == {SENT: 2}
    assert [each.state for each in ended] == [SENT, SENT]
    assert states(database) == {SENT: 2, PENDING: 3}
    messenger.delay = 0
    assert await make_deliver(database, messenger).run(NOW + MINUTE / 60) == {SENT: 3}
