"""Promises of bot/store/entries.py: what was seen is seen, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.core.model import Entry, FeedSpec, Outcome, Verdict
from bot.core.text import entry_keys
from bot.store import entries, feeds
from bot.store.db import Database, Session
from tests.fakes import NOW, make_entry

DAY = timedelta(days=1)


@pytest.fixture
def session(any_database: Database) -> Iterator[Session]:
    with any_database.begin() as session:
        for n in (1, 2):
            feeds.add(session, FeedSpec(f"https://example.org/{n}", "Feed"), NOW)
        yield session


def see(session: Session, *found: Entry, feed: int = 1) -> list[str]:
    """The titles that were new, recorded now."""
    new = entries.list_unknown(session, feed, found)
    verdicts = [Verdict(entry, Outcome.IRRELEVANT, "reason.nothing_found") for entry in new]
    entries.add(session, feed, verdicts, NOW)
    return [entry.title for entry in new]


def named(title: str, *, guid: str | None = None, link: str | None = None, day: int = 0) -> Entry:
    published = NOW + day * DAY
    return make_entry(
        title, keys=entry_keys(guid, link, title, published), published=published, url=link or ""
    )


LONG = "Germany permits strikes with its weapons near Kharkiv"


def test_an_entry_is_new_once(session: Session) -> None:
    """The same entry is known at the next visit, and twice in one document it counts once."""
    entry = named(LONG, guid="g", link="https://example.org/a")
    assert see(session, entry, entry) == [LONG]
    assert see(session, entry) == []


def test_feeds_do_not_share_identities(session: Session) -> None:
    """Two feeds may give the same guid: each entry is known in its own feed only."""
    entry = named(LONG, guid="1")
    assert see(session, entry) == see(session, entry, feed=2) == [LONG]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({"guid": "a", "link": "https://e.org/x"}, {"guid": "b", "link": "https://e.org/x"}),
        ({"guid": "a", "link": "https://e.org/x"}, {"guid": "a", "link": "https://f.org/y"}),
        ({"guid": "a", "link": "https://e.org/x"}, {"guid": "b", "link": "https://f.org/y"}),
        ({"link": "http://www.e.org/x?utm_source=rss"}, {"link": "https://e.org/x"}),
        ({}, {}),
    ],
)
def test_changed_identities_announce_nothing(
    session: Session, first: dict[str, str], again: dict[str, str]
) -> None:
    """New guids, new links, or both at once: the same headline of the same day is known."""
    assert see(session, named(LONG, **first)) == [LONG]
    assert see(session, named(LONG, **again)) == []


def test_an_edited_headline_is_known(session: Session) -> None:
    """Under the same guid and link a new wording is the same entry."""
    see(session, named(LONG, guid="a", link="https://e.org/x"))
    assert see(session, named(LONG + " today", guid="a", link="https://e.org/x")) == []


def test_a_guid_that_all_entries_share_hides_nothing(session: Session) -> None:
    """A feed that gives one guid to all its entries keeps all of them, later ones too."""
    first = [
        named(f"Story {n} of the same guid", guid="x", link=f"https://e.org/{n}") for n in "abc"
    ]
    assert len(see(session, *first)) == 3
    later = named("Story d of the same guid", guid="x", link="https://e.org/d")
    assert see(session, *first, later) == [later.title]


def test_a_link_that_all_entries_share_hides_nothing(session: Session) -> None:
    """A live page: one link, many entries."""
    first = [
        named(f"Minute {n}: something happened", guid=n, link="https://e.org/live") for n in "ab"
    ]
    assert len(see(session, *first)) == 2
    later = named("Minute c: permission granted", guid="c", link="https://e.org/live")
    assert see(session, later, *first) == [later.title]


def test_the_same_short_title_on_another_day_is_new(session: Session) -> None:
    """A weekly column is not one entry."""
    assert see(session, named("Daily briefing", guid="1", link="https://e.org/1")) != []
    assert see(session, named("Daily briefing", guid="2", link="https://e.org/2", day=1)) != []


def test_without_identity_nothing_is_recorded(session: Session) -> None:
    """An entry without any key, which would be news at every visit, is left out."""
    assert see(session, make_entry("a", keys=())) == []


def test_odd_letters_in_an_entry(session: Session) -> None:
    """NUL and half letters in every field don't keep an entry from being recorded."""
    odd = "a\0\ud83d"
    entry = make_entry("a", odd, url=odd, summary=odd, language=odd, keys=("guid:1",))
    assert len(see(session, entry)) == 1


def test_old_entries_are_forgotten_but_for_the_newest(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pruning spares what is young and what may still be in the feed; the rest is forgotten."""
    monkeypatch.setattr(entries, "KEPT", 3)
    names = [f"{n}" for n in range(10)]
    see(session, *map(make_entry, names))
    see(session, make_entry("other feed"), feed=2)
    assert entries.prune(session, 1, NOW) == 0
    assert entries.prune(session, 1, NOW + DAY) == 7
    assert entries.prune(session, 2, NOW + DAY) == 0
    assert see(session, *map(make_entry, names)) == names[:7]
    assert entries.count_since(session, NOW) == 11


def test_an_entry_is_found_by_any_twin_of_its_address(session: Session) -> None:
    """However an address is spelt, the newest entry of that page is found; others are not."""
    see(session, make_entry("a", "Old", url="https://www.example.org/a?b=1"))
    see(session, make_entry("b", "New", url="http://example.org/a/?b=1&utm_source=x"))
    found = entries.find_by_url(session, "https://m.example.org/a?b=1#part")
    assert found
    assert (found.title, found.url) == ("New", "http://example.org/a/?b=1&utm_source=x")
    assert entries.find_by_url(session, "https://example.org/a?b=2") is None
