"""Promises of bot/store/outbox.py and sending.py: who gets what, in which order, and once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.core.model import AlertKind, DeliveryState, Level, Stance
from bot.store import alerts, outbox, sending, subscribers, tables
from bot.store.db import Database, Session
from bot.store.sending import Claimed
from tests.fakes import NOW
from tests.store.making import MINUTE, join, make_verdict, tell

PENDING, SENT, UNKNOWN = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.UNKNOWN
CANCELLED, ATTEMPTED = DeliveryState.CANCELLED, DeliveryState.ATTEMPTED


def claim(
    session: Session, limit: int = 99, minutes: float = 0, **options: object
) -> list[Claimed]:
    now = NOW + minutes * MINUTE
    usual: dict[str, object] = {"lease": "me", "until": now + MINUTE, "messengers": ["fake"]}
    return sending.claim(session, now, limit, **(usual | options))  # type: ignore[arg-type]


def goals(claimed: list[Claimed]) -> list[str]:
    """Who is to get what: "address:alert"."""
    return [f"{c.delivery.subscriber.address}:{c.delivery.alert.entry.title}" for c in claimed]


def send(session: Session, message: str = "m", minutes: float = 0) -> list[str]:
    """Claims what is due and sends it; says who got what."""
    claimed = claim(session, minutes=minutes)
    for each in claimed:
        until = NOW + (minutes + 5) * MINUTE
        assert sending.attempt(session, each.delivery.id, lease="me", until=until)
        sending.settle(session, each.delivery.id, SENT, NOW, message_id=message)
    return goals(claimed)


# --- who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stance", "levels"),
    [
        (Stance.GRANTED, {"decisions", "signals", "everything"}),
        (Stance.REVOKED, {"decisions", "signals", "everything"}),
        (Stance.DENIED, {"signals", "everything"}),
        (Stance.SIGNALLED, {"signals", "everything"}),
        (Stance.URGED, {"everything"}),
    ],
)
def test_a_level_hears_its_stances(
    any_database: Database, stance: Stance, levels: set[str]
) -> None:
    """News goes to the levels that want its stance."""
    with any_database.begin() as session:
        for level in Level:
            join(session, level.value, level=level)
        _, count = tell(session, stance=stance)
        assert {c.delivery.subscriber.address for c in claim(session)} == levels
        assert count == len(levels)


def test_a_subscriber_hears_his_topics(any_database: Database) -> None:
    """No topics means all; otherwise one in common is enough; who has left hears nothing."""
    with any_database.begin() as session:
        join(session, "all")
        join(session, "x", topics=("x",))
        join(session, "y", topics=("y", "z"))
        join(session, "gone", active=False)
        tell(session, topics=("x", "y"))
        assert {c.delivery.subscriber.address for c in claim(session)} == {"all", "x", "y"}
        _, count = tell(session, story="s2", topics=("x",))
        assert count == 2


def test_an_update_reaches_those_who_were_told(any_database: Database) -> None:
    """A correction goes to everybody who heard the news, whatever he wants to hear otherwise;
    an edit to nobody else; other stories don't count."""
    with any_database.begin() as session:
        join(session, "decisions")
        tell(session)
        tell(session, story="s2", stance=Stance.DENIED)
        join(session, "late signals", level=Level.SIGNALS)
        join(session, "late decisions")
        _, edits = tell(session, kind=AlertKind.UPDATE, push=False)
        _, corrected = tell(session, kind=AlertKind.CORRECTION, stance=Stance.DENIED)
        _, other = tell(session, story="s3", kind=AlertKind.CORRECTION, stance=Stance.DENIED)
        assert (edits, corrected, other) == (1, 2, 1)


def test_a_change_reaches_those_who_were_told_of_what_it_changes(any_database: Database) -> None:
    """A correction of an earlier story goes, as a reply to the message that told of it, to those
    who heard that one; a new story that follows it likewise finds that message."""
    with any_database.begin() as session:
        join(session, "decisions")
        tell(session, "first")
        send(session, "the first message")
        tell(session, "no!", story="s2", kind=AlertKind.CORRECTION, stance=Stance.DENIED,
             follows="s1")  # fmt: skip
        tell(session, "wider", story="s3", follows="s1")
        replies = {c.delivery.alert.entry.title: c for c in claim(session)}
        assert {title: c.earlier_message for title, c in replies.items()} == {
            "wider": "the first message"
        }
        sending.let_go(session, [c.delivery.id for c in replies.values()], lease="me")
        assert sorted(send(session) + send(session)) == ["decisions:no!", "decisions:wider"]


def test_whoever_waits_for_a_second_outlet_is_told_then(any_database: Database) -> None:
    """One outlet's word waits; when a second one tells it, those who waited get a message with a
    sound, once, and those who were told an edit."""
    with any_database.begin() as session:
        join(session, "at once")
        join(session, "careful", confirmed=True)
        join(session, "careful of signals only", confirmed=True, topics=("other",))
        _, first = tell(session, "one outlet")
        assert first == 1
        assert send(session) == ["at once:one outlet"]
        tell(session, "two outlets", kind=AlertKind.UPDATE, push=False, sources=2)
        found = {c.delivery.subscriber.address: c for c in claim(session)}
        assert {who: c.delivery.sound for who, c in found.items()} == {
            "at once": False,
            "careful": True,
        }
        assert found["careful"].earlier_message is None
        sending.let_go(session, [c.delivery.id for c in found.values()], lease="me")
        assert len(send(session)) == 2
        tell(session, "three outlets", kind=AlertKind.UPDATE, push=False, sources=3)
        assert [c.delivery.sound for c in claim(session)] == [False, False]


def test_a_careful_reader_hears_of_a_correction_at_once(any_database: Database) -> None:
    """Who waits for a second outlet waits with what changes a story too, but is never left with
    what its owner denies."""
    with any_database.begin() as session:
        join(session, "careful", confirmed=True)
        tell(session, sources=2)
        _, narrowed = tell(session, story="s2", kind=AlertKind.UPDATE, stance=Stance.REVOKED,
                           follows="s1")  # fmt: skip
        _, denied = tell(session, story="s3", kind=AlertKind.CORRECTION, stance=Stance.DENIED,
                         follows="s1")  # fmt: skip
        assert (narrowed, denied) == (0, 1)


def test_what_is_confirmed_from_the_start_waits_for_nobody(any_database: Database) -> None:
    """Readers who want two outlets get at once what two tell."""
    with any_database.begin() as session:
        join(session, "careful", confirmed=True)
        assert tell(session, sources=2)[1] == 1


def test_one_delivery_for_each_alert_and_subscriber(any_database: Database) -> None:
    """Fanning out the same alert again is refused by the database itself."""
    with any_database.begin() as session:
        join(session, "a")
        alert, _ = tell(session)
    with pytest.raises(Exception, match=r"(?i)unique"), any_database.begin() as session:
        outbox.fan_out(session, alert, NOW)


# --- in which order -------------------------------------------------------------------------


def test_the_hot_overtakes_the_cold(any_database: Database) -> None:
    """Decisions go before signals, signals before edits, and of these the newest first."""
    with any_database.begin() as session:
        join(session, "a", level=Level.SIGNALS)
        for name, stance in [
            ("old decision", Stance.GRANTED),
            ("signal", Stance.SIGNALLED),
            ("new decision", Stance.REVOKED),
        ]:
            tell(session, name, story=name, stance=stance)
        order = [goals(claim(session))[0].partition(":")[2] for _ in range(3)]
    assert order == ["new decision", "old decision", "signal"]


def test_one_at_a_time_for_each_address(any_database: Database) -> None:
    """A claim takes one delivery for each address, and none for those that are busy."""
    with any_database.begin() as session:
        for address in "abc":
            join(session, address)
        tell(session, "1", story="1")
        tell(session, "2", story="2")
        assert sorted(goals(claim(session, busy=["c"]))) == ["a:2", "b:2"]
        assert sorted(goals(claim(session, busy=["a", "c"]))) == ["b:1"]
        assert sorted(goals(claim(session, 1))) == ["c:2"]


def test_a_story_is_told_in_order(any_database: Database) -> None:
    """Whatever is more urgent: an update waits for what it updates, and an edit finds it."""
    with any_database.begin() as session:
        join(session, "a", level=Level.SIGNALS)
        tell(session, "signal", stance=Stance.SIGNALLED)
        tell(session, "edit", kind=AlertKind.UPDATE, push=False)
        tell(session, "decision", kind=AlertKind.UPDATE)
        assert send(session, "m1") == ["a:signal"]
        (edit,) = claim(session)
        assert edit.delivery.alert.entry.title == "edit"
        assert edit.earlier_message == "m1"
        assert claim(session) == []
        sending.settle(session, edit.delivery.id, SENT, NOW, message_id="m1")
        assert send(session, "m2") == ["a:decision"]
        tell(session, "edit 2", kind=AlertKind.UPDATE, push=False)
        (edit,) = claim(session)
        assert edit.earlier_message == "m2"


def test_a_later_edit_takes_the_place_of_an_earlier_one(any_database: Database) -> None:
    """Ten outlets that join a story while the queue is long cost one edit, not ten."""
    with any_database.begin() as session:
        join(session, "a")
        tell(session, "news")
        send(session)
        for n in range(10):
            tell(session, f"edit {n}", kind=AlertKind.UPDATE, push=False)
        assert goals(claim(session)) == ["a:edit 9"]
        assert outbox.count(session) == {SENT: 1, CANCELLED: 9, PENDING: 1}


# --- once -----------------------------------------------------------------------------------


def test_a_claim_is_exclusive_until_its_lease_ends(any_database: Database) -> None:
    """Nobody else gets a claimed delivery; when its claimer dies it is due again, and the dead
    one, should he come back, may not attempt it any more."""
    with any_database.begin() as session:
        join(session, "a")
        tell(session)
        (first,) = claim(session)
        assert claim(session, minutes=0.5, lease="other") == []
        (second,) = claim(session, minutes=2, lease="other")
        until = NOW + 5 * MINUTE
        assert second.delivery.id == first.delivery.id
        assert not sending.attempt(session, first.delivery.id, lease="me", until=until)
        assert sending.attempt(session, first.delivery.id, lease="other", until=until)
        assert not sending.attempt(session, first.delivery.id, lease="other", until=until)


def test_an_attempt_without_an_answer_becomes_unknown(any_database: Database) -> None:
    """It may have arrived: it is not sent again. An answer that comes late is believed."""
    with any_database.begin() as session:
        join(session, "a")
        tell(session)
        (claimed,) = claim(session)
        sending.attempt(session, claimed.delivery.id, lease="me", until=NOW + 5 * MINUTE)
        assert sending.release(session, NOW + 4 * MINUTE) == 0
        assert sending.release(session, NOW + 6 * MINUTE) == 1
        assert claim(session, minutes=999) == []
        assert outbox.count(session) == {UNKNOWN: 1}
        _, told = tell(session, kind=AlertKind.CORRECTION, stance=Stance.DENIED)
        assert told == 1, "who may have got the news is to get its correction"
        sending.settle(session, claimed.delivery.id, SENT, NOW, message_id="m")
        assert outbox.count(session) == {SENT: 1, PENDING: 1}


def test_what_was_sent_stays_sent(any_database: Database) -> None:
    """Nothing that comes after its settling brings a delivery back."""
    with any_database.begin() as session:
        join(session, "a")
        tell(session)
        (claimed,) = claim(session)
        sending.attempt(session, claimed.delivery.id, lease="me", until=NOW)
        sending.settle(session, claimed.delivery.id, SENT, NOW, message_id="m")
        sending.put_back(session, claimed.delivery.id, NOW, "late")
        sending.settle(session, claimed.delivery.id, UNKNOWN, NOW, error="late")
        sending.release(session, NOW + 99 * MINUTE)
        assert outbox.count(session) == {SENT: 1}
        assert claim(session) == []


def test_put_back_waits_for_its_time(any_database: Database) -> None:
    """A delivery that did not arrive is due again at the moment named, and counts its attempts;
    if its subscriber has left meanwhile, it is not."""
    with any_database.begin() as session:
        reader = join(session, "a")
        tell(session)
        (claimed,) = claim(session)
        sending.attempt(session, claimed.delivery.id, lease="me", until=NOW)
        sending.put_back(session, claimed.delivery.id, NOW + 3 * MINUTE, "flood")
        assert claim(session, minutes=2.9) == []
        (again,) = claim(session, minutes=3)
        assert again.delivery.attempts == 1
        subscribers.save(session, replace(reader, active=False), NOW)
        sending.put_back(session, claimed.delivery.id, NOW, "flood")
        assert outbox.count(session) == {CANCELLED: 1}


def test_claims_of_many_programs_never_meet(any_url: str) -> None:
    """Four senders over two connections attempt each delivery once."""
    databases = [Database(any_url), Database(any_url)]
    with databases[0].begin() as session:
        for n in range(80):
            join(session, str(n))
        tell(session)
    attempted: Counter[int] = Counter()

    def work(database: Database, lease: str) -> None:
        empty = 0
        while empty < 3:
            with database.begin() as session:
                claimed = claim(session, 5, lease=lease)
            empty = 0 if claimed else empty + 1
            for each in claimed:
                with database.begin() as session:
                    number = each.delivery.id
                    if sending.attempt(session, number, lease=lease, until=NOW + MINUTE):
                        attempted[number] += 1

    threads = [
        threading.Thread(target=work, args=(database, f"{i}{name}"))
        for i, database in enumerate(databases)
        for name in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(attempted) == 80
    assert set(attempted.values()) == {1}
    for database in databases:
        database.close()


# --- the rest -------------------------------------------------------------------------------


def test_what_waits_is_known(any_database: Database) -> None:
    """The oldest delivery that could have gone out tells how late the outbox is."""
    with any_database.begin() as session:
        join(session, "a")
        assert outbox.oldest_due(session, NOW) is None
        tell(session)
        assert outbox.oldest_due(session, NOW + MINUTE) == NOW
        assert outbox.oldest_due(session, NOW - MINUTE) is None


def test_old_deliveries_are_forgotten(any_database: Database) -> None:
    """What was settled long ago is pruned; what waits is not."""
    with any_database.begin() as session:
        join(session, "a")
        tell(session, "1", story="1")
        send(session)
        tell(session, "2", story="2")
        assert outbox.prune(session, NOW) == 0
        assert outbox.prune(session, NOW + MINUTE) == 1
        assert outbox.count(session) == {PENDING: 1}


def test_ten_thousand_are_told_in_a_second(database: Database) -> None:
    """The fan-out to 10,000 subscribers is one statement: seconds on the busiest machine."""
    with database.begin() as session:
        session.execute(
            insert(tables.subscribers),
            [
                {
                    "messenger": "fake",
                    "address": str(n),
                    "thread": 0,
                    "language": "en",
                    "level": "decisions",
                    "active": True,
                    "refusals": 0,
                    "joined_at": NOW,
                }
                for n in range(10_000)
            ],
        )
    with database.begin() as session:
        started = time.perf_counter()
        _, count = tell(session)
        assert time.perf_counter() - started < 10
        assert count == 10_000
        started = time.perf_counter()
        assert len(claim(session, 8)) == 8
        assert time.perf_counter() - started < 5
    verdict = make_verdict()
    with database.read() as session:
        (alert,) = alerts.list_latest(session, 1, set(Stance), ())
    assert alert.entry == verdict.entry
    assert alert.at - NOW < timedelta(seconds=1)
