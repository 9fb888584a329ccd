"""Promises of bot/services/ingest.py: one visit, one transaction."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.model import (
    AlertKind,
    DeliveryState,
    Entry,
    Feed,
    FeedSpec,
    FeedState,
    LedgerState,
    Outcome,
    Topic,
    Validators,
)
from bot.core.ports import Body, Failure, FetchFault, Unchanged
from bot.services.ingest import Ingest, Recorded, Visit
from bot.store import audit, entries, feeds, outbox, stories
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, FakeParsedFeed, fake_parse, make_body, make_entry
from tests.store.making import joined

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TOPICS = (Topic("strike-permission"), Topic("weapons-restrictions"))


def make_ingest(database: Database, detector: Any = None, **settings: Any) -> Ingest:
    topics = settings.pop("topics", TOPICS)
    return Ingest(database, fake_parse, detector or FakeDetector(), topics, **settings)


def plant(database: Database, url: str = "https://example.org/feed", **spec: Any) -> Feed:
    with database.begin() as session:
        return feeds.add(session, FeedSpec(url, "A feed", **spec), NOW)


def now_of(database: Database, feed: Feed) -> Feed:
    with database.read() as session:
        found = feeds.find(session, feed.id)
    assert found
    return found


def polled(database: Database, ingest: Ingest, *old: Entry, **spec: Any) -> Feed:
    """A feed whose first poll, an hour ago, is over."""
    feed = plant(database, **spec)
    return ingest.record(feed, make_body(*old), NOW - HOUR).feed


def outcomes(recorded: Recorded) -> dict[str, Outcome]:
    return {verdict.entry.title: verdict.outcome for verdict in recorded.verdicts}


def waiting(database: Database) -> dict[DeliveryState, int]:
    with database.read() as session:
        return outbox.count(session)


# --- entries --------------------------------------------------------------------------------


def test_news_is_told_once(any_database: Database) -> None:
    """A decision becomes an alert and a delivery; the same entry later is nothing at all."""
    joined(any_database, "7", "8")
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    entry = make_entry("a", "US grants")
    recorded = ingest.record(feed, make_body(entry, make_entry("b", "weather")), NOW)
    assert recorded.visit is Visit.READ
    assert outcomes(recorded) == {"US grants": Outcome.NEWS, "weather": Outcome.IRRELEVANT}
    assert [alert.kind for alert in recorded.alerts] == [AlertKind.NEW]
    assert recorded.deliveries == 2
    again = ingest.record(recorded.feed, make_body(entry), NOW + HOUR)
    assert (again.verdicts, again.alerts) == ((), ())
    assert waiting(any_database) == {DeliveryState.PENDING: 2}


def test_a_withdrawal_marks_the_message_that_told_the_permission(any_database: Database) -> None:
    """What is taken back wakes as an update of its own, and the old message is edited to say so,
    also for those who don't hear of refusals otherwise."""
    joined(any_database, "7")
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    ingest.record(feed, make_body(make_entry("a", "US grants")), NOW)
    with any_database.begin() as session:
        (granted,) = stories.list_recent(session, NOW - HOUR)
    later = NOW + 48 * HOUR
    taken = make_entry("b", "US revokes", published=later)
    recorded = ingest.record(now_of(any_database, feed), make_body(taken), later)
    update, mark = recorded.alerts
    assert (update.kind, update.push, update.follows) == (AlertKind.UPDATE, True, granted.id)
    assert (mark.push, mark.story.id, mark.change) == (False, granted.id, "revoked")
    assert mark.entry.title == "US grants"
    assert recorded.deliveries == 2
    with any_database.read() as session:
        (kept,) = [s for s in stories.list_recent(session, NOW - HOUR) if s.id == granted.id]
    assert kept.undone is LedgerState.REVOKED


def test_another_outlet_tells_the_same_story(any_database: Database) -> None:
    """The second feed's report joins the story: no second message, an edit at most."""
    joined(any_database, "7")
    ingest = make_ingest(any_database)
    first = polled(any_database, ingest)
    second = polled(any_database, ingest, url="https://example.com/feed")
    told = ingest.record(first, make_body(make_entry("a", "US grants")), NOW)
    joining = make_entry("b", "US grants it says", source="example.com")
    recorded = ingest.record(second, make_body(joining), NOW + MINUTE)
    assert outcomes(recorded) == {"US grants it says": Outcome.JOINED}
    assert [alert.push for alert in recorded.alerts] in ([], [False])
    with any_database.read() as session:
        (story,) = stories.list_recent(session, NOW - HOUR)
        assert len(story.reports) == 2
        assert stories.list_grants(session) != []
    assert told.alerts[0].story.id == story.id


def test_the_ledger_is_remembered(any_database: Database) -> None:
    """Weeks later, when the story is out of sight, an undated repetition is known for one."""
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    told = ingest.record(feed, make_body(make_entry("a", "US grants")), NOW)
    later = NOW + timedelta(days=60)
    again = make_entry("b", "US grants again", published=None)
    recorded = ingest.record(told.feed, make_body(again), later)
    assert outcomes(recorded) == {"US grants again": Outcome.KNOWN}
    assert recorded.alerts == ()


def test_a_first_poll_is_baseline(any_database: Database) -> None:
    """Of a feed's first document only what is younger than FIRST_POLL_MAX_AGE is told."""
    joined(any_database, "7")
    ingest = make_ingest(any_database, first_poll_max_age=2 * HOUR)
    young = make_entry("a", "US grants", published=NOW - HOUR)
    old = make_entry("b", "GB grants", published=NOW - 3 * HOUR)
    undated = make_entry("c", "FR grants", published=None)
    recorded = ingest.record(plant(any_database), make_body(young, old, undated), NOW)
    assert outcomes(recorded) == {
        "US grants": Outcome.NEWS,
        "GB grants": Outcome.BASELINE,
        "FR grants": Outcome.BASELINE,
    }
    assert len(recorded.alerts) == 1


def test_a_first_poll_that_failed_is_no_first_poll(any_database: Database) -> None:
    """The baseline is taken from the first document that could be read."""
    ingest = make_ingest(any_database)
    failed = ingest.record(plant(any_database), Failure(FetchFault.TIMEOUT), NOW)
    old = make_entry("a", "US grants", published=NOW - 48 * HOUR)
    recorded = ingest.record(failed.feed, make_body(old), NOW + HOUR)
    assert outcomes(recorded) == {"US grants": Outcome.BASELINE}


def test_a_feed_serves_its_topics_only(any_database: Database) -> None:
    """Findings on other topics than the feed's are nobody's; topics switched off are off."""
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest, topics=("weapons-restrictions",))
    recorded = ingest.record(feed, make_body(make_entry("a", "US grants")), NOW)
    assert outcomes(recorded) == {"US grants": Outcome.IRRELEVANT}
    off = make_ingest(any_database, topics=(replace(TOPICS[0], enabled=False),))
    feed = polled(any_database, off, url="https://example.com/feed")
    recorded = off.record(feed, make_body(make_entry("a", "US grants")), NOW)
    assert outcomes(recorded) == {"US grants": Outcome.IRRELEVANT}


def test_the_oldest_report_is_told_first(any_database: Database) -> None:
    """Whatever the document's order, a story begins with its earliest report."""
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    early = make_entry("a", "US grants first", published=NOW - 9 * MINUTE)
    late = make_entry("b", "US grants second", published=NOW - 1 * MINUTE, source="example.com")
    recorded = ingest.record(feed, make_body(late, early), NOW)
    assert [v.entry.title for v in recorded.verdicts] == ["US grants first", "US grants second"]
    assert recorded.alerts[0].entry.title == "US grants first"


def test_only_new_entries_are_detected(any_database: Database) -> None:
    """What is known costs no detecting."""
    detector = FakeDetector()
    ingest = make_ingest(any_database, detector)
    old = [make_entry(f"{n}") for n in range(5)]
    feed = polled(any_database, ingest, *old)
    ingest.record(feed, make_body(make_entry("new"), *old), NOW)
    assert detector.asked == [*"01234", "new"]


def test_a_replay_leaves_the_feed_alone(any_database: Database) -> None:
    """``take`` records entries as usual and touches nothing of the feed's own state."""
    ingest = make_ingest(any_database)
    feed = plant(any_database)
    recorded = ingest.take(feed, [make_entry("a", "US grants")], NOW)
    assert outcomes(recorded) == {"US grants": Outcome.NEWS}
    assert now_of(any_database, feed) == feed


# --- all or nothing -------------------------------------------------------------------------


def test_a_failure_half_way_leaves_nothing(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the last step fails, nothing was recorded, and the next visit brings it all again."""
    joined(any_database, "7")
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    body = make_body(make_entry("a", "US grants"), validators=Validators("new"))
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.outbox.fan_out", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ingest.record(feed, body, NOW)
    assert now_of(any_database, feed) == feed
    with any_database.read() as session:
        assert entries.count_since(session, NOW) == 0
        assert stories.list_recent(session, NOW - HOUR) == []
    assert len(ingest.record(feed, body, NOW + HOUR).alerts) == 1


def test_two_programs_record_at_once(any_url: str) -> None:
    """Two outlets that report one decision to two processes at the same moment: one alert."""
    databases = [Database(any_url), Database(any_url)]
    joined(databases[0], "7")
    ingests = [make_ingest(database) for database in databases]
    urls = [f"https://example.org/{n}" for n in range(6)]
    planted = [polled(databases[0], ingests[0], url=url) for url in urls]

    async def record_all() -> list[Recorded]:
        return await asyncio.gather(
            *(
                asyncio.to_thread(
                    ingests[n % 2].record,
                    feed,
                    make_body(make_entry(f"{n}", "US grants", source=f"{n}.example")),
                    NOW,
                )
                for n, feed in enumerate(planted)
            )
        )

    recorded = asyncio.run(record_all())
    told = [alert for each in recorded for alert in each.alerts if alert.push]
    assert len(told) == 1
    for database in databases:
        database.close()


def test_one_entry_recorded_by_two_programs(any_database: Database) -> None:
    """A feed whose lease ran out is visited by two: the second finds everything known."""
    joined(any_database, "7")
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    body = make_body(make_entry("a", "US grants"))
    assert len(ingest.record(feed, body, NOW).alerts) == 1
    second = ingest.record(feed, body, NOW)
    assert (second.verdicts, second.alerts) == ((), ())


# --- a feed's state -------------------------------------------------------------------------


def test_what_a_visit_leaves_behind(any_database: Database) -> None:
    """Validators verbatim, hashes, times and the next visit."""
    feed = plant(any_database)
    body = make_body(make_entry("a"), validators=Validators('W/"x"', "some date"))
    ingest = make_ingest(any_database, interval=10 * MINUTE)
    state = ingest.record(feed, body, NOW).feed
    assert state == now_of(any_database, feed)
    assert state.validators == Validators('W/"x"', "some date")
    assert state.body_hash == body.digest
    assert len(state.item_hashes) == 1
    assert (state.last_poll_at, state.last_success_at) == (NOW, NOW)
    assert state.next_poll_at
    assert 10 * MINUTE <= state.next_poll_at - NOW <= 11 * MINUTE


def test_the_same_bytes_are_not_parsed_but_their_validators_kept(any_database: Database) -> None:
    """A server that makes a new ETag for old bytes is asked with the new one next time."""
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest, make_entry("a"))
    body = make_body(make_entry("a"), validators=Validators("new"), max_age=HOUR)
    recorded = ingest.record(feed, body, NOW, Failure(FetchFault.UNPARSABLE, "was not asked"))
    assert recorded.visit is Visit.UNCHANGED
    assert recorded.feed.validators == Validators("new")
    assert recorded.feed.item_hashes == feed.item_hashes
    assert recorded.feed.next_poll_at
    assert recorded.feed.next_poll_at >= NOW + HOUR


def test_a_304_keeps_everything(any_database: Database) -> None:
    """Not modified: the feed is well, and what we know of it stays."""
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest, make_entry("a"))
    failed = ingest.record(feed, Failure(FetchFault.TIMEOUT, "10 s"), NOW).feed
    assert (failed.failures, failed.last_error) == (1, "timeout: 10 s")
    recorded = ingest.record(failed, Unchanged(Validators("e")), NOW)
    assert (recorded.visit, recorded.feed.failures) == (Visit.UNCHANGED, 0)
    assert recorded.feed.last_error is None
    assert (recorded.feed.body_hash, recorded.feed.validators.etag) == (feed.body_hash, "e")


def test_a_304_to_a_first_visit_is_a_fault(any_database: Database) -> None:
    """A server that says "unchanged" of what we never saw is no feed that is well."""
    recorded = make_ingest(any_database).record(
        plant(any_database), Unchanged(Validators("e")), NOW
    )
    assert recorded.visit is Visit.FAILED
    assert recorded.feed.validators == Validators()
    assert recorded.feed.last_success_at is None


def test_a_document_that_cannot_be_read(any_database: Database) -> None:
    """Neither its validators nor its hash are kept: once mended it is read, and nothing is
    announced again."""
    ingest = make_ingest(any_database)
    seen = make_entry("a", "US grants")
    feed = polled(any_database, ingest, seen)
    broken = make_body(validators=Validators("broken"), content=b"page", digest="d")
    recorded = ingest.record(feed, broken, NOW)
    assert recorded.failure == Failure(FetchFault.NOT_A_FEED)
    assert recorded.feed.validators == feed.validators
    assert recorded.feed.body_hash == feed.body_hash
    assert ingest.record(recorded.feed, make_body(seen), NOW + HOUR).alerts == ()


def test_a_document_that_was_cut_short(any_database: Database) -> None:
    """What stood whole is told; the rest is asked for again, without validators. A first visit
    that was cut short leaves the baseline to the next."""
    joined(any_database, "7")
    ingest = make_ingest(any_database)
    young = make_entry("a", "US grants")
    tail = make_entry("b", "GB grants", published=NOW - 48 * HOUR)
    body = make_body(young, validators=Validators("e"))
    cut = FakeParsedFeed((young,), frozenset({"h"}), whole=False)
    recorded = ingest.record(plant(any_database), body, NOW, cut)
    assert len(recorded.alerts) == 1
    assert recorded.feed.validators == Validators()
    assert recorded.feed.last_error == "broken: cut short"
    assert recorded.feed.failures == 0
    whole = ingest.record(recorded.feed, make_body(young, tail), NOW + HOUR)
    assert outcomes(whole) == {"GB grants": Outcome.BASELINE}
    assert whole.feed.last_error is None


def test_failures_back_off_and_end(any_database: Database) -> None:
    """Each failure in a row makes the wait longer; one good answer ends them. Retry-After is
    kept."""
    ingest = make_ingest(any_database, interval=5 * MINUTE)
    feed = polled(any_database, ingest, make_entry("a"))
    waits = []
    for _ in range(12):
        feed = ingest.record(feed, Failure(FetchFault.STATUS, "500", 500), NOW).feed
        assert feed.next_poll_at
        waits.append(feed.next_poll_at - NOW)
    assert waits == sorted(waits)
    assert waits[0] < 6 * MINUTE
    assert 23 * HOUR < waits[-1] < 25 * HOUR
    busy = Failure(FetchFault.THROTTLED, "429", 429, retry_after=2 * HOUR)
    well = ingest.record(feed, make_body(make_entry("b")), NOW).feed
    assert well.failures == 0
    throttled = ingest.record(well, busy, NOW).feed
    assert throttled.next_poll_at
    assert throttled.next_poll_at >= NOW + 2 * HOUR


def test_a_feed_that_is_gone(any_database: Database) -> None:
    """410 ends the polling of a feed; it stays to be seen."""
    feed = polled(any_database, ingest := make_ingest(any_database))
    recorded = ingest.record(feed, Failure(FetchFault.GONE, "410", 410), NOW)
    assert recorded.feed.state is FeedState.GONE
    with any_database.begin() as session:
        assert feeds.claim(session, NOW + 999 * HOUR, 9, NOW) == []


@pytest.mark.parametrize("state", [FeedState.PAUSED, FeedState.REMOVED])
@pytest.mark.parametrize(
    "result", [make_body(make_entry("a", "US grants")), Unchanged(Validators())]
)
def test_a_feed_that_was_taken_away_meanwhile(
    any_database: Database, state: FeedState, result: Body | Unchanged
) -> None:
    """What a visit brings of a feed that was paused or removed during it is dropped."""
    joined(any_database, "7")
    ingest = make_ingest(any_database)
    feed = polled(any_database, ingest)
    with any_database.begin() as session:
        feeds.save(session, replace(feed, state=state))
    recorded = ingest.record(feed, result, NOW)
    assert recorded.visit is Visit.DROPPED
    assert waiting(any_database) == {}
    assert now_of(any_database, feed) == replace(feed, state=state)


# --- redirects ------------------------------------------------------------------------------

NEW = "https://new.example/feed"


def visit(ingest: Ingest, feed: Feed, *moves: str | None) -> Feed:
    for n, target in enumerate(moves):
        body = make_body(make_entry(f"{n}"), digest=f"d{n}", moved_to=target)
        feed = ingest.record(feed, body, NOW).feed
    return feed


def test_a_permanent_redirect_that_holds_is_believed(any_database: Database) -> None:
    """The third time in a row the address changes; what was seen stays seen, the old address
    stays known."""
    ingest = make_ingest(any_database)
    seen = make_entry("seen", "US grants")
    feed = polled(any_database, ingest, seen)
    assert visit(ingest, feed, NEW, NEW).url == feed.url
    moved = visit(ingest, feed, NEW)
    assert (moved.url, moved.moved_to, moved.moved_times) == (NEW, None, 0)
    assert ingest.record(moved, make_body(seen), NOW).verdicts == ()
    with any_database.read() as session:
        found = feeds.find_by_url(session, feed.url)
        assert found
        assert found.id == feed.id
        assert audit.list_latest(session, 1)[0].action == "feed.moved"


@pytest.mark.parametrize("moves", [(NEW, NEW, None, NEW), (NEW, "https://x.example", NEW, NEW)])
def test_a_redirect_that_wavers_is_not_believed(
    any_database: Database, moves: tuple[str | None, ...]
) -> None:
    """A redirect that stops, or leads elsewhere, starts to count anew."""
    feed = polled(any_database, ingest := make_ingest(any_database))
    assert visit(ingest, feed, *moves).url == feed.url


def test_the_same_bytes_count_as_a_redirect_seen(any_database: Database) -> None:
    """A feed that never changes can move, too."""
    feed = polled(any_database, ingest := make_ingest(any_database), make_entry("a"))
    for _ in range(3):
        feed = ingest.record(feed, make_body(make_entry("a"), moved_to=NEW), NOW).feed
    assert feed.url == NEW


@pytest.mark.parametrize(
    ("there", "state", "url"),
    [
        (FeedState.ACTIVE, FeedState.REMOVED, "https://example.org/feed"),
        (FeedState.REMOVED, FeedState.ACTIVE, "https://example.org/feed"),
    ],
)
def test_moving_where_another_feed_is(
    any_database: Database, there: FeedState, state: FeedState, url: str
) -> None:
    """Two feeds never share an address: the one that is there goes on, or, if it was removed, the
    mover stays where it was."""
    ingest = make_ingest(any_database)
    feed, other = polled(any_database, ingest), plant(any_database, NEW)
    with any_database.begin() as session:
        feeds.save(session, replace(other, state=there))
    moved = visit(ingest, feed, NEW, NEW, NEW)
    assert (moved.state, moved.url) == (state, url)


# --- quick enough ---------------------------------------------------------------------------


def test_a_thousand_ordinary_entries_take_seconds_at_most(database: Database) -> None:
    """1,000 entries that say nothing are recorded in 5 seconds of CPU time, on any machine."""
    ingest = make_ingest(database)
    feed = plant(database)
    body = make_body(*(make_entry(f"entry {n}") for n in range(1000)))
    parsed = ingest.read(feed, body)
    started = time.process_time()
    recorded = ingest.record(feed, body, NOW, parsed)
    assert time.process_time() - started < 5
    assert len(recorded.verdicts) == 1000
