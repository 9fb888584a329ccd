"""Promises of bot/store/rewordings.py: which known entries say something new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.core.model import Entry, FeedSpec, Outcome, Verdict
from bot.core.text import entry_keys
from bot.store import entries, feeds, rewordings, stories
from bot.store.db import Database, Session
from tests.fakes import NOW, make_entry, make_finding
from tests.store.making import make_story

DAY = timedelta(days=1)
LONG = "Germany permits strikes with its weapons near Kharkiv"


@pytest.fixture
def session(any_database: Database) -> Iterator[Session]:
    with any_database.begin() as session:
        for n in (1, 2):
            feeds.add(session, FeedSpec(f"https://example.org/{n}", "Feed"), NOW)
        yield session


def made(title: str, guid: str = "", link: str = "", summary: str = "", day: int = 0) -> Entry:
    published = NOW + day * DAY
    keys = entry_keys(guid, link, title, published)
    return make_entry(title, keys=keys, published=published, url=link, summary=summary)


def see(session: Session, *found: Entry, feed: int = 1) -> None:
    new = entries.list_unknown(session, feed, found)
    entries.add(session, feed, [irrelevant(entry) for entry in new], NOW)


def irrelevant(entry: Entry) -> Verdict:
    return Verdict(entry, Outcome.IRRELEVANT, "reason.nothing_found")


def changed(session: Session, *found: Entry, feed: int = 1) -> list[str]:
    """The titles that were in place of those that say something new."""
    return [each.before.title for each in rewordings.list_changed(session, feed, found)]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (made(LONG, "a", "https://e.org/x"), made("Germany says no", "a", "https://e.org/x")),
        (made(LONG, "a", "https://e.org/x"), made(LONG, "b", "https://e.org/x", "Not so")),
        (made(LONG, "a", "https://e.org/x"), made(LONG, "a", "https://e.org/y", "Not so", day=9)),
        (made("Statement", "a"), made("Statement", "a", summary="Not so")),
        (made("Statement"), made("Statement", summary="Not so")),
    ],
)
def test_a_known_entry_that_says_something_new(session: Session, before: Entry, now: Entry) -> None:
    """Two keys, or one and the title, say that it is the same; what it says is new."""
    see(session, before)
    assert entries.list_unknown(session, 1, [now]) == []
    assert changed(session, now) == [before.title]
    assert changed(session, now, feed=2) == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (made(LONG, "a", "https://e.org/x"), made(LONG, "a", "https://e.org/x")),
        (made(LONG, "a", "https://e.org/x"), made("Germany says no", "a", "https://e.org/y")),
        (made(LONG, "a", "https://e.org/x"), made(LONG, "b", "https://e.org/y", "Another one")),
    ],
)
def test_the_same_words_or_not_surely_the_same_entry(
    session: Session, before: Entry, now: Entry
) -> None:
    """Nothing new; one key alone; one title on one day under two addresses: no change."""
    see(session, before)
    assert changed(session, now) == []


def test_a_shared_guid_makes_no_change(session: Session) -> None:
    """Where one guid goes from entry to entry, each is known by what is its own."""
    first, second = (made(f"{n}: {LONG}", "x", f"https://e.org/{n}") for n in "ab")
    see(session, first)
    see(session, second)
    assert changed(session, first, second) == []
    edited = made(f"b: not so, {LONG}", "x", "https://e.org/b")
    assert changed(session, edited) == [second.title]
    assert changed(session, made("Not so", "x", "https://e.org/a")) == []


def test_what_is_kept_of_a_changed_entry(session: Session) -> None:
    """The verdict on it with finding and story, for the judge."""
    story, finding = make_story("s1"), make_finding()
    stories.save(session, [story])
    entry = made(LONG, "a", "https://e.org/x", "So it is")
    told = Verdict(entry, Outcome.NEWS, "reason.new_decision", finding, story)
    entries.add(session, 1, [told], NOW)
    now = made("Germany says no", "a", "https://e.org/x")
    (found,) = rewordings.list_changed(session, 1, [now, now])
    assert (found.outcome, found.reason) == (Outcome.NEWS, "reason.new_decision")
    assert (found.finding, found.story, found.entry) == (finding, story, now)
    assert (found.before.title, found.before.summary) == (entry.title, entry.summary)


def test_a_change_is_written_and_known_from_then_on(session: Session) -> None:
    """The row says the new words and verdict, is found under the new address and keys, and no
    wording that was judged is new again."""
    before = made(LONG, "a", "https://e.org/x")
    see(session, before)
    now = made("Germany permits no strikes with its weapons", "a", "https://e.org/x")
    now = made(now.title, "a", "https://e.org/x", "Not so")
    (found,) = rewordings.list_changed(session, 1, [now])
    rewordings.change(session, 1, found, irrelevant(now))
    kept = entries.find_by_url(session, "https://e.org/x")
    assert kept
    assert (kept.title, kept.summary) == (now.title, "Not so")
    assert changed(session, before) == changed(session, now) == []
    assert entries.list_unknown(session, 1, [made(now.title, "b", "https://e.org/z")]) == []
    assert entries.count_since(session, NOW) == 1


def test_keys_of_others_are_left_to_them(session: Session) -> None:
    """A change takes no key away from another entry; two entries may say the same."""
    first, second = made(LONG, "a", "https://e.org/a"), made("Statement", "b", "https://e.org/b")
    see(session, first, second)
    now = made(LONG, "b", "https://e.org/b", "Not so")
    (found,) = rewordings.list_changed(session, 1, [now])
    assert found.before.title == "Statement"
    rewordings.change(session, 1, found, irrelevant(now))
    also = made(LONG, "a", "https://e.org/a", "Not so")
    assert changed(session, also) == [LONG]
    (found,) = rewordings.list_changed(session, 1, [also])
    rewordings.change(session, 1, found, irrelevant(also))
    assert changed(session, now, also) == []


def test_pruning_takes_the_marks_along(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten entry leaves nothing behind that could be in the way of a new one."""
    monkeypatch.setattr(entries, "KEPT", 1)
    before = made(LONG, "a", "https://e.org/x")
    see(session, before)
    now = made("Germany says no", "a", "https://e.org/x")
    (found,) = rewordings.list_changed(session, 1, [now])
    rewordings.change(session, 1, found, irrelevant(now))
    see(session, made("Something later", "z"))
    assert entries.prune(session, 1, NOW + DAY) == 1
    assert entries.list_unknown(session, 1, [before]) == [before]
