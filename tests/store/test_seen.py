"""Promises of bot/store/seen.py: what was seen, in order, whatever its number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.model import Entry, FeedSpec, Outcome, Verdict
from bot.store import entries, feeds, seen
from bot.store.db import Database
from tests.fakes import NOW, make_entry, make_finding

HOUR = timedelta(hours=1)


def add(database: Database, *batches: tuple[int, list[Entry]]) -> None:
    """Records entries, each batch so many hours after ``NOW``."""
    with database.begin() as session:
        feed = feeds.find_by_url(session, "https://e.org") or feeds.add(
            session, FeedSpec("https://e.org", "Feed"), NOW
        )
        for hours, batch in batches:
            verdicts = [Verdict(e, Outcome.IRRELEVANT, "reason.nothing_found") for e in batch]
            entries.add(session, feed.id, verdicts, NOW + hours * HOUR)


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
def test_entries_come_in_the_order_in_which_they_were_seen(
    any_database: Database, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Each once, those of one moment in the order of their rows, whatever the page's size."""
    monkeypatch.setattr(seen, "_PAGE", page)
    late, early = [make_entry(name) for name in "cd"], [make_entry(name) for name in "ab"]
    add(any_database, (2, late), (1, early), (0, [make_entry("z")]), (3, [make_entry("e")]))
    walked = seen.walk(any_database, NOW + HOUR, NOW + 3 * HOUR)
    assert [each.entry.title for each in walked] == ["a", "b", "c", "d"]
    with any_database.read() as session:
        assert seen.count(session, NOW + HOUR, NOW + 3 * HOUR) == 4


def test_what_is_known_of_a_seen_entry(any_database: Database) -> None:
    """The entry's words and times, and what was decided of it."""
    finding = make_finding()
    entry = make_entry("a", "US grants it", summary="So it is")
    with any_database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://e.org", "Feed"), NOW)
        told = Verdict(entry, Outcome.JOINED, "reason.joined", finding)
        entries.add(session, feed.id, [told], NOW)
    (found,) = seen.walk(any_database, NOW, NOW + HOUR)
    assert (found.feed, found.at, found.outcome, found.reason, found.finding) == (
        feed.id,
        NOW,
        Outcome.JOINED,
        "reason.joined",
        finding,
    )
    assert (found.entry.title, found.entry.summary) == ("US grants it", "So it is")
    assert (found.entry.url, found.entry.published) == (entry.url, entry.published)
    with any_database.read() as session:
        assert seen.find_outcome(session, found.row) is Outcome.JOINED
        assert seen.find_outcome(session, found.row + 1) is None


def test_when_a_feed_began(any_database: Database) -> None:
    """The moment of a feed's first entry that is kept."""
    add(any_database, (2, [make_entry("b")]), (1, [make_entry("a")]))
    with any_database.read() as session:
        assert list(seen.list_beginnings(session).values()) == [NOW + HOUR]
