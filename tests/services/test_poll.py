"""Promises of bot/services/poll.py: every due feed is visited, whatever the others do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import StoreError
from bot.core.model import Feed, FeedSpec, Validators
from bot.core.ports import Body, Failure, FetchFault, FetchResult
from bot.services.ingest import Ingest, Recorded, Visit
from bot.services.poll import LEASE, Poll
from bot.services.upkeep import Upkeep
from bot.store import feeds
from bot.store.db import Database
from tests.fakes import (
    NOW,
    FakeDetector,
    FakeFetch,
    fake_parse,
    fake_parse_aside,
    make_body,
    make_entry,
    until,
)
from tests.store.making import joined

MINUTE = timedelta(minutes=1)


def plant(database: Database, *names: str) -> list[Feed]:
    with database.begin() as session:
        return [
            feeds.add(session, FeedSpec(f"https://example.org/{name}", name), NOW) for name in names
        ]


def make_poll(database: Database, network: FakeFetch, **options: Any) -> Poll:
    ingest = Ingest(database, fake_parse, FakeDetector())
    return Poll(database, network, ingest, options.pop("parse", fake_parse_aside), **options)


def url(name: str) -> str:
    return f"https://example.org/{name}"


def visits(recorded: list[Recorded]) -> dict[str, Visit]:
    return {each.feed.name: each.visit for each in recorded}


def after(seconds: float, result: FetchResult) -> Callable[[], Awaitable[FetchResult]]:
    async def answer() -> FetchResult:
        await asyncio.sleep(seconds)
        return result

    return answer


def now_of(database: Database, feed: Feed) -> Feed:
    with database.read() as session:
        found = feeds.find(session, feed.id)
    assert found
    return found


async def test_a_round(any_database: Database) -> None:
    """Due feeds are visited with their validators; the next round finds nothing due."""
    joined(any_database, "7")
    plant(any_database, "a", "b")
    body = make_body(make_entry("1", "US grants"), validators=Validators("e"))
    network = FakeFetch({url("a"): body, url("b"): make_body(make_entry("2"))})
    heard: list[Recorded] = []
    poll = make_poll(any_database, network, told=heard.append)
    recorded = await poll.run(NOW)
    assert visits(recorded) == {"a": Visit.READ, "b": Visit.READ}
    assert sum(each.deliveries for each in recorded) == 1
    assert heard == recorded
    assert await poll.run(NOW + MINUTE) == []
    await poll.run(NOW + 10 * MINUTE)
    assert dict(network.asked[2:])[url("a")] == Validators("e")
    assert Upkeep(any_database).health(NOW).last_tick == NOW + 10 * MINUTE


async def test_an_unchanged_body_is_not_parsed(database: Database) -> None:
    """The same bytes end a visit before the parser sees them; their new validators are kept."""
    parsed: list[Body] = []

    async def parse(body: Body, **options: Any) -> Any:
        parsed.append(body)
        return fake_parse(body, **options)

    (feed,) = plant(database, "a")
    body = make_body(make_entry("1"))
    network = FakeFetch({url("a"): [body, replace(body, validators=Validators("new"))]})
    poll = make_poll(database, network, parse=parse)
    await poll.run(NOW)
    (second,) = await poll.run(NOW + 10 * MINUTE)
    assert len(parsed) == 1
    assert second.visit is Visit.UNCHANGED
    assert now_of(database, feed).validators == Validators("new")


async def test_only_unseen_items_reach_the_parser(database: Database) -> None:
    """Of a changed body the parser is told what it need not read again."""
    skipped: list[frozenset[str]] = []

    async def parse(body: Body, **options: Any) -> Any:
        skipped.append(options["skip"])
        return fake_parse(body, **options)

    plant(database, "a")
    first, second = make_entry("1"), make_entry("2")
    network = FakeFetch({url("a"): [make_body(first), make_body(first, second)]})
    poll = make_poll(database, network, parse=parse)
    await poll.run(NOW)
    (recorded,) = await poll.run(NOW + 10 * MINUTE)
    assert [len(each) for each in skipped] == [0, 1]
    assert [v.entry.title for v in recorded.verdicts] == ["2"]


async def test_one_feed_never_stops_the_round(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A fetcher, a parser or a detector that raises costs its own feed one failed visit, which is
    logged, counted, and asked again later; the others are visited as if nothing had happened."""
    bad_fetch, bad_parse, _ = plant(database, "bad fetch", "bad parse", "good")
    network = FakeFetch(
        {
            url("bad fetch"): ValueError("a bug"),
            url("bad parse"): replace(make_body(), content=b"boom", digest="x"),
            url("good"): make_body(make_entry("1")),
        }
    )
    with caplog.at_level(logging.ERROR):
        recorded = await make_poll(database, network).run(NOW)
    assert visits(recorded) == {
        "bad fetch": Visit.FAILED,
        "bad parse": Visit.FAILED,
        "good": Visit.READ,
    }
    assert now_of(database, bad_fetch).last_error == "internal: ValueError"
    assert now_of(database, bad_parse).failures == 1
    assert "a bug of ours" in caplog.text


async def test_a_slow_feed_delays_no_other(database: Database) -> None:
    """While a feed keeps us waiting, the others are recorded, and so are those that come due in
    the next tick; the slow one is not visited twice."""
    plant(database, "slow", "quick", "quick too")
    network = FakeFetch(
        {
            url("slow"): after(0.5, make_body(make_entry("1"))),
            url("quick"): make_body(make_entry("2")),
            url("quick too"): make_body(make_entry("3")),
        }
    )
    heard: list[str] = []
    poll = make_poll(database, network, at_once=2, told=lambda each: heard.append(each.feed.name))
    first = asyncio.create_task(poll.run(NOW))
    await until(lambda: len(heard) == 2)
    assert not first.done()
    second = await poll.run(NOW + 10 * MINUTE)
    assert "slow" not in [each.feed.name for each in second]
    assert {each.feed.name for each in second} == {"quick", "quick too"}
    assert visits(await first).keys() == {"slow", "quick", "quick too"}
    assert heard.count("slow") == 1


async def test_no_more_at_once_than_allowed(database: Database) -> None:
    """The limit on visits under way holds, over overlapping rounds too."""
    names = [str(n) for n in range(20)]
    plant(database, *names)
    under_way, most = 0, 0

    async def answer() -> FetchResult:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return Failure(FetchFault.TIMEOUT)

    poll = make_poll(database, FakeFetch({url(name): answer for name in names}), at_once=3)
    rounds = await asyncio.gather(poll.run(NOW), poll.run(NOW), poll.run(NOW))
    assert most == 3
    assert sorted(each.feed.name for done in rounds for each in done) == sorted(names)


async def test_two_programs_share_the_feeds(any_url: str) -> None:
    """Two processes on one database visit each due feed once between them."""
    databases = [Database(any_url), Database(any_url)]
    names = [str(n) for n in range(30)]
    plant(databases[0], *names)
    network = FakeFetch({url(name): make_body(make_entry(name)) for name in names})
    polls = [make_poll(each, network, at_once=4) for each in databases]
    rounds = await asyncio.gather(*(poll.run(NOW) for poll in polls))
    rounds += await asyncio.gather(*(poll.run(NOW) for poll in polls))
    assert sorted(each.feed.name for done in rounds for each in done) == sorted(names)
    assert len(network.asked) == len(names)
    for database in databases:
        database.close()


async def test_a_dead_programs_feed_is_taken_over(database: Database) -> None:
    """A visit that was begun and never recorded is begun again when its lease ends."""
    plant(database, "a")
    network = FakeFetch({url("a"): after(60, make_body(make_entry("1")))})
    dying = asyncio.create_task(make_poll(database, network).run(NOW))
    await until(lambda: network.asked)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    network.answer(url("a"), make_body(make_entry("1")))
    assert await make_poll(database, network).run(NOW + LEASE / 2) == []
    assert visits(await make_poll(database, network).run(NOW + 2 * LEASE)) == {"a": Visit.READ}


async def test_what_cannot_be_recorded_comes_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the database fails at the end of a visit, the next one brings the same."""
    joined(database, "7")
    plant(database, "a")
    body = make_body(make_entry("1", "US grants"))
    poll = make_poll(database, FakeFetch({url("a"): body}))

    def fail(*_: object) -> None:
        raise StoreError("database: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("bot.store.feeds.save", fail)
        assert await poll.run(NOW) == []
    assert "the disk is full" in caplog.text
    (recorded,) = await poll.run(NOW + 2 * LEASE)
    assert recorded.deliveries == 1


async def test_a_database_that_cannot_be_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round without a database is a StoreError; afterwards all slots are free again."""
    plant(database, "a")
    poll = make_poll(database, FakeFetch({url("a"): make_body(make_entry("1"))}), at_once=1)

    def fail(*_: object) -> None:
        raise StoreError("database: no answer")

    with monkeypatch.context() as patch:
        patch.setattr("bot.store.feeds.claim", fail)
        with pytest.raises(StoreError):
            await poll.run(NOW)
    assert len(await poll.run(NOW)) == 1


async def test_stopping_lets_visits_end(database: Database) -> None:
    """After ``stop`` nothing is begun, and what was begun is recorded."""
    plant(database, "a", "b")
    network = FakeFetch({url(name): after(0.1, make_body(make_entry(name))) for name in "ab"})
    poll = make_poll(database, network, at_once=1)
    running = asyncio.create_task(poll.run(NOW))
    await until(lambda: network.asked)
    poll.stop()
    assert visits(await running) == {"a": Visit.READ}
    assert await poll.run(NOW) == []


async def test_the_wait_begins_when_the_answer_came(database: Database) -> None:
    """Retry-After counts from the answer, however long that took."""
    (feed,) = plant(database, "a")
    busy = Failure(FetchFault.THROTTLED, "429", 429, retry_after=60 * MINUTE)
    await make_poll(database, FakeFetch({url("a"): after(0.2, busy)})).run(NOW)
    due = now_of(database, feed).next_poll_at
    assert due
    assert due >= NOW + 60 * MINUTE + timedelta(seconds=0.2)
