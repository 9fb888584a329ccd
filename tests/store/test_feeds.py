"""Promises of bot/store/feeds.py."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from bot.core.model import Feed, FeedSpec, FeedState, Tier, Validators
from bot.store import feeds
from bot.store.db import Database
from tests.fakes import NOW

MINUTE = timedelta(minutes=1)


def plant(database: Database, count: int) -> list[Feed]:
    with database.begin() as session:
        return [
            feeds.add(session, FeedSpec(f"https://example.org/{n}", f"Feed {n}"), NOW)
            for n in range(count)
        ]


def claim(database: Database, limit: int = 10, *, minutes: int = 0) -> list[int]:
    now = NOW + minutes * MINUTE
    with database.begin() as session:
        return [feed.id for feed in feeds.claim(session, now, limit, now + 2 * MINUTE)]


def test_a_feed_is_read_as_it_was_saved(any_database: Database) -> None:
    """Every field of a feed survives the database."""
    spec = FeedSpec("https://example.org/f", "Вісті", "uk", Tier.OFFICIAL, 5 * MINUTE, ("a", "b"))
    with any_database.begin() as session:
        feed = feeds.add(session, spec, NOW)
        changed = replace(
            feed,
            state=FeedState.PAUSED,
            validators=Validators('W/"é"', "Thu, 30 May 2024 12:00:00 GMT"),
            body_hash="abc",
            item_hashes=frozenset({"x", "y"}),
            last_poll_at=NOW,
            last_success_at=NOW,
            failures=3,
            last_error="timeout",
            moved_to="https://example.com/f",
            moved_times=2,
        )
        feeds.save(session, changed)
        assert feeds.find(session, feed.id) == changed
        assert feeds.list_all(session, [FeedState.PAUSED]) == [changed]
        assert feeds.count(session) == {FeedState.PAUSED: 1}
        assert feeds.find(session, 99) is None


def test_due_feeds_are_claimed_once(any_database: Database) -> None:
    """A claimed feed is nobody else's until it is saved or its lease ends."""
    planted = [feed.id for feed in plant(any_database, 3)]
    assert claim(any_database, 2) == planted[:2]
    assert claim(any_database) == planted[2:]
    assert claim(any_database, minutes=1) == []
    assert claim(any_database, minutes=3) == planted


def test_only_what_is_due_is_claimed(any_database: Database) -> None:
    """Feeds that are paused, gone, removed, or not yet due are left alone."""
    due, later, *others = plant(any_database, 5)
    with any_database.begin() as session:
        feeds.save(session, replace(later, next_poll_at=NOW + MINUTE))
        states = (FeedState.PAUSED, FeedState.GONE, FeedState.REMOVED)
        for feed, state in zip(others, states, strict=True):
            feeds.save(session, replace(feed, state=state))
    assert claim(any_database) == [due.id]


def test_claims_of_many_programs_never_meet(any_url: str) -> None:
    """Four claimers over two connections share the feeds out, none twice, none forgotten."""
    databases = [Database(any_url), Database(any_url)]
    planted = plant(databases[0], 60)
    taken: Counter[int] = Counter()

    def work(database: Database) -> None:
        while batch := claim(database, 4):
            taken.update(batch)

    threads = [threading.Thread(target=work, args=(each,)) for each in databases for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A claimer that found the rest locked may have gone home early: what is left is still due.
    taken.update(claim(databases[0], 60))
    assert taken == Counter(feed.id for feed in planted)
    for database in databases:
        database.close()


def test_a_feed_is_known_by_every_address_it_had(any_database: Database) -> None:
    """After moves, also back to an old address, all its addresses lead to the feed."""
    (feed,) = plant(any_database, 1)
    with any_database.begin() as session:
        feeds.move(session, feed, "https://b.example/", NOW)
        moved = feeds.find(session, feed.id)
        assert moved
        assert moved.url == "https://b.example/"
        feeds.move(session, moved, feed.url, NOW)
        for url in (feed.url, "https://b.example/"):
            found = feeds.find_by_url(session, url)
            assert found
            assert found.id == feed.id
        assert feeds.find_by_url(session, "https://c.example/") is None
