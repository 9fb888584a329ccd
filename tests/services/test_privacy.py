"""Promises of bot/services/privacy.py."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.core.model import Delivery, DeliveryState
from bot.core.ports import Gone, Moved, RetryAt, SendOutcome, Sent, Unknown
from bot.services.privacy import Held, Privacy
from bot.services.settle import settle
from bot.services.subscribe import Subscriptions
from bot.store import audit, outbox, sending
from bot.store.db import Database, hold
from bot.store.tables import metadata, subscribers
from tests.fakes import NOW, until
from tests.store.making import tell

CHAT, OTHER = "-1009876543210", "-1005550001112"
HOUR = timedelta(hours=1)


def mentions(database: Database, words: str) -> list[str]:
    """Every column of every table that holds the words, in a text, in JSON or as a number."""
    with database.read() as session:
        return sorted(
            {
                f"{table.name}.{column}"
                for table in metadata.sorted_tables
                for row in session.execute(select(table)).mappings()
                for column, value in row.items()
                if words in json.dumps(value, default=str)
            }
        )


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has, of those that have any."""
    with database.read() as session:
        counts = {t.name: len(session.execute(select(t)).all()) for t in metadata.sorted_tables}
    return {name: number for name, number in counts.items() if number}


def claim(database: Database, address: str) -> Delivery:
    """The delivery that waits for an address, in the hands of a sender."""
    with database.begin() as session:
        claimed = sending.claim(
            session, NOW, 9, lease="me", until=NOW + HOUR, messengers=["telegram"]
        )
        for each in claimed:
            if each.delivery.subscriber.address == address:
                sending.attempt(session, each.delivery.id, lease="me", until=NOW + HOUR)
                return each.delivery
    raise AssertionError(f"nothing waits for {address}")


def live(database: Database) -> None:
    """Two chats with all that a chat can leave behind; the answer to a message of a third says that
    it is now the first."""
    subscriptions = Subscriptions(database)
    for address, thread in [(CHAT, None), (CHAT, 5), (OTHER, None), ("-42", None)]:
        reader, _ = subscriptions.subscribe("telegram", address, thread, "uk", NOW)
        subscriptions.change(reader.id, topics=("strike-permission",), now=NOW)
    with database.begin() as session:
        tell(session)
    delivery = claim(database, "-42")
    subscriptions.unsubscribe("telegram", "-42", None, NOW)
    with database.begin() as session:
        settle(session, delivery, Moved(CHAT), NOW)
        for actor in (f"telegram:{CHAT}", f"telegram:chat:{CHAT}", f"telegram:{OTHER}"):
            audit.record(session, NOW, actor, "feed.added", "https://example.org/feed")
        audit.record(session, NOW, "shell", "admin.added", CHAT)


def test_what_is_erased_is_nowhere(any_database: Database) -> None:
    """After it no column of any table holds the chat's id, and nothing of others is lost."""
    live(any_database)
    assert mentions(any_database, CHAT) == ["audit.actor", "audit.subject", "subscribers.address"]
    before = rows(any_database)
    privacy = Privacy(any_database)
    assert privacy.erase("telegram", CHAT)
    assert mentions(any_database, CHAT) == []
    assert privacy.held("telegram", CHAT) == Held(0, 0, 0)
    assert Subscriptions(any_database).find("telegram", CHAT, 5) is None
    assert privacy.held("telegram", OTHER) == Held(1, 1, 1)
    gone = {name: before[name] - number for name, number in rows(any_database).items()}
    assert {name: number for name, number in gone.items() if number} == {
        "subscribers": 2,
        "subscriber_topics": 2,
        "deliveries": 2,
    }
    with any_database.read() as session:
        acts = [(act.actor, act.subject) for act in audit.list_latest(session, 9)]
    assert acts == [
        ("shell", "deleted"),
        (f"telegram:{OTHER}", "https://example.org/feed"),
        ("telegram:chat:deleted", "https://example.org/feed"),
        ("telegram:deleted", "https://example.org/feed"),
    ]


def test_a_chat_of_another_messenger_is_another_chat(any_database: Database) -> None:
    """The same id elsewhere, and an id that only begins alike, are left alone."""
    subscriptions, privacy = Subscriptions(any_database), Privacy(any_database)
    for messenger, address in [("telegram", "7"), ("telegram", "77"), ("console", "7")]:
        subscriptions.subscribe(messenger, address, None, "en", NOW)
        with any_database.begin() as session:
            audit.record(session, NOW, f"{messenger}:{address}", "feed.added", "a feed")
    assert privacy.erase("telegram", "7")
    assert privacy.held("telegram", "77") == privacy.held("console", "7") == Held(1, 0, 1)


def test_an_unknown_chat_has_nothing_to_erase(any_database: Database) -> None:
    """Where nothing is held nothing is done, and the document's lists are empty."""
    privacy = Privacy(any_database)
    assert not privacy.erase("telegram", CHAT)
    document = json.loads(privacy.export("telegram", CHAT, NOW))
    assert (document["subscribers"], document["audit"]) == ([], [])


def test_the_document_holds_all_of_it(any_database: Database) -> None:
    """Every row of the chat's, every column of it, those of each table that belongs to a
    subscriber; nothing of another chat."""
    live(any_database)
    document = json.loads(Privacy(any_database).export("telegram", CHAT, NOW))
    assert document["made_at"] == "2024-05-30T12:00:00Z"
    assert [chat["thread"] for chat in document["subscribers"]] == [0, 5]
    for chat in document["subscribers"]:
        belongings = {
            table.name
            for table in metadata.sorted_tables
            if any(key.column.table is subscribers for key in table.foreign_keys)
        }
        assert set(chat) == {column.name for column in subscribers.columns} | belongings
        assert chat["subscriber_topics"] == [{"topic": "strike-permission"}]
        (delivery,) = chat["deliveries"]
        assert delivery["story_id"] == "s1"
        assert delivery["state"] == "pending"
        assert delivery["next_try_at"] == "2024-05-30T12:00:00Z"
    assert [line["action"] for line in document["audit"]] == [
        "feed.added",
        "feed.added",
        "admin.added",
    ]
    assert OTHER not in json.dumps(document)


def test_nothing_hangs_on_a_chat_at_second_hand() -> None:
    """A table whose rows belong to a chat refers to ``subscribers`` itself: only there the
    document and the erasing look."""
    direct = {
        table
        for table in metadata.sorted_tables
        if any(key.column.table is subscribers for key in table.foreign_keys)
    }
    assert direct
    assert [
        table.name
        for table in metadata.sorted_tables
        if table not in direct and any(key.column.table in direct for key in table.foreign_keys)
    ] == []


@pytest.mark.parametrize(
    "outcome",
    [
        Sent("m1"),
        Gone("blocked", for_good=True),
        Gone("no rights", for_good=False),
        Moved("-1"),
        RetryAt(NOW + HOUR, "flood"),
        Unknown("no answer"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_an_answer_that_comes_too_late(any_database: Database, outcome: SendOutcome) -> None:
    """Whoever was sending while the chat was erased settles nothing, and brings nothing back."""
    Subscriptions(any_database).subscribe("telegram", CHAT, None, "en", NOW)
    with any_database.begin() as session:
        tell(session)
    delivery = claim(any_database, CHAT)
    assert Privacy(any_database).erase("telegram", CHAT)
    with any_database.begin() as session:
        settle(session, delivery, outcome, NOW)
    assert mentions(any_database, CHAT) == []
    assert not {"subscribers", "deliveries"} & set(rows(any_database))


def test_what_was_claimed_is_not_sent(any_database: Database) -> None:
    """A sender that has an erased chat's delivery in its hands may not attempt it."""
    Subscriptions(any_database).subscribe("telegram", CHAT, None, "en", NOW)
    with any_database.begin() as session:
        tell(session)
        (claimed,) = sending.claim(
            session, NOW, 1, lease="me", until=NOW + HOUR, messengers=["telegram"]
        )
    Privacy(any_database).erase("telegram", CHAT)
    with any_database.begin() as session:
        assert not sending.attempt(session, claimed.delivery.id, lease="me", until=NOW + HOUR)


async def test_an_alert_recorded_meanwhile(postgres_url: str) -> None:
    """Erasing waits for an alert that is being recorded, so that neither breaks the other."""
    database = Database(postgres_url)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def is_waiting() -> bool:
        with database.read() as session:
            return bool(session.scalar(waiting))

    try:
        Subscriptions(database).subscribe("telegram", CHAT, None, "en", NOW)
        with database.begin() as session:
            hold(session, "ingest")
            erasing = asyncio.create_task(
                asyncio.to_thread(Privacy(database).erase, "telegram", CHAT)
            )
            await until(is_waiting)
            _, deliveries = tell(session)
        assert deliveries == 1
        assert await erasing
        with database.read() as session:
            assert outbox.count(session).get(DeliveryState.PENDING) is None
    finally:
        database.close()
