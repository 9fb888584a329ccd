"""Promises of bot/store/stories.py and alerts.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model import AlertKind, LedgerState, Report, Stance
from bot.store import alerts, stories
from bot.store.db import Database
from tests.fakes import NOW, make_entry
from tests.store.making import make_grant, make_story, make_verdict, tell

DAY = timedelta(days=1)


def test_a_story_is_replaced_by_its_later_self(any_database: Database) -> None:
    """A story is stored once, as it stands now; those that began long ago are not recalled."""
    old = make_story("old", first_at=NOW - 9 * DAY)
    first = make_story("new", reports=(Report("Дозвіл", "uk", "example.org", NOW),))
    now = replace(first, weapons=("ATACMS",), last_at=NOW + DAY)
    with any_database.begin() as session:
        stories.save(session, [old, first])
        stories.save(session, [first, now])
        stories.save(session, [])
        assert stories.list_recent(session, NOW - 10 * DAY) == [old, now]
        assert stories.list_recent(session, NOW - DAY) == [now]


def test_a_ledger_line_is_replaced_by_its_later_self(any_database: Database) -> None:
    """The same permission is one line, whose state changes; another weapon is another line."""
    granted = make_grant(weapons=("ATACMS",))
    revoked = replace(granted, state=LedgerState.REVOKED, since=NOW + DAY)
    other = make_grant(weapons=("Storm Shadow",))
    with any_database.begin() as session:
        stories.save_grants(session, [granted, other])
        stories.save_grants(session, [revoked])
        stories.save_grants(session, [])
        assert stories.list_grants(session) == [other, revoked]


def test_ledger_lines_are_taken_out_by_what_they_are_of(any_database: Database) -> None:
    """A line goes with all that it says, whatever state it is in; the others stay."""
    granted, other = make_grant(weapons=("ATACMS",)), make_grant(weapons=("SCALP",))
    with any_database.begin() as session:
        stories.save_grants(session, [granted, other])
        stories.remove_grants(session, [replace(granted, state=LedgerState.REVOKED)])
        assert stories.list_grants(session) == [other]
        stories.remove_grants(session, [])
        assert stories.list_grants(session) == [other]


def test_an_alert_is_read_as_it_was_told(any_database: Database) -> None:
    """An alert keeps the story, finding and entry of its moment, odd letters included."""
    verdict = replace(make_verdict(), entry=make_entry("a", "NUL \0 and half \ud83d"))
    assert verdict.story
    with any_database.begin() as session:
        stories.save(session, [verdict.story])
        alert = alerts.add(session, verdict, NOW)
        stories.save(session, [replace(verdict.story, weapons=("ATACMS",))])
        assert alerts.find(session, alert.id) == alert
        assert alert.story == verdict.story
        assert alert.finding == verdict.finding
        assert alerts.find(session, 99) is None


@pytest.mark.parametrize(
    ("limit", "stances", "topics", "expected"),
    [
        (9, set(Stance), (), ["e", "c", "b", "a"]),
        (2, set(Stance), (), ["e", "c"]),
        (9, {Stance.GRANTED}, (), ["e", "b", "a"]),
        (9, set(Stance), ("y",), ["e", "b"]),
        (9, set(Stance), ("none",), []),
    ],
)
def test_the_latest_alerts(
    any_database: Database,
    limit: int,
    stances: set[Stance],
    topics: tuple[str, ...],
    expected: list[str],
) -> None:
    """The newest come first, of the stances and topics asked for; edits are no alerts."""
    with any_database.begin() as session:
        tell(session, "a", topics=("x",))
        tell(session, "b", topics=("x", "y"))
        tell(session, "c", topics=("x",), stance=Stance.DENIED)
        tell(session, "d", topics=("x", "y"), kind=AlertKind.UPDATE, push=False)
        tell(session, "e", topics=("y",))
        found = alerts.list_latest(session, limit, stances, topics)
        assert [alert.entry.title for alert in found] == expected
