"""Promises of bot/services/ask.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model import (
    Alert,
    DeliveryState,
    Entry,
    FeedSpec,
    FeedState,
    LedgerState,
    Outcome,
    Report,
    Stance,
)
from bot.services import ask as asking
from bot.services.ask import Ask
from bot.services.ingest import Ingest
from bot.services.subscribe import Subscriptions
from bot.services.upkeep import RETENTION
from bot.store import alerts, feeds, stories
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, fake_parse, make_body, make_entry, make_finding
from tests.store.making import make_grant, make_story, make_verdict, tell

DAY = timedelta(days=1)


@pytest.fixture
def ask(any_database: Database) -> Ask:
    return Ask(any_database)


def poll(database: Database, *found: Entry, name: str = "Example") -> list[Alert]:
    """What a feed brings, judged and recorded."""
    url = f"https://{name.lower()}.org/feed"
    with database.begin() as session:
        feed = feeds.find_by_url(session, url) or feeds.add(session, FeedSpec(url, name), NOW)
    ingest = Ingest(database, fake_parse, FakeDetector())
    return list(ingest.record(feed, make_body(*found, url=url), NOW).alerts)


def test_the_ledger_is_told_whole(ask: Ask, any_database: Database) -> None:
    """Every line, whatever its state."""
    lines = [make_grant("GB", since=NOW - DAY), make_grant("US", state=LedgerState.REVOKED)]
    with any_database.begin() as session:
        stories.save_grants(session, lines)
    assert ask.ledger() == lines


def test_an_authoritys_lines_have_sources(ask: Ask, any_database: Database) -> None:
    """A line without sources of its own has those of its story's reports; others keep theirs."""
    told = make_story(
        "s1",
        reports=tuple(Report("t", "en", "e.org", NOW, url) for url in ("https://e.org/1", "", "u")),
    )
    lines = [
        make_grant("US", story="s1"),
        make_grant("US", weapons=("HIMARS",), sources=("apnews.com",), story="s1"),
        make_grant("US", weapons=("ATACMS",), story="gone"),
        make_grant("GB"),
    ]
    with any_database.begin() as session:
        stories.save(session, [told])
        stories.save_grants(session, lines)
    assert {line.weapons: line.sources for line in ask.authority("US")} == {
        (): ("https://e.org/1", "u"),
        ("HIMARS",): ("apnews.com",),
        ("ATACMS",): (),
    }


def test_the_history_keeps_how_a_line_began(any_database: Database) -> None:
    """What was known before is told at its own date, once, also when the ledger has moved on."""
    began = make_grant("GB", since=NOW - 9 * DAY, seeded=True)
    still = make_grant("FR", since=NOW - 8 * DAY, seeded=True)
    moved = replace(began, state=LedgerState.REVOKED, since=NOW, story="s1", seeded=False)
    with any_database.begin() as session:
        stories.save(session, [make_story("s1", stance=Stance.REVOKED, actors=("GB",))])
        stories.save_grants(session, [moved, still])
    history = Ask(any_database, (began, still)).history()
    assert [(d.line.since, d.authorities, d.line.state) for d in history.decisions] == [
        (NOW - 9 * DAY, ("GB",), LedgerState.GRANTED),
        (NOW - 8 * DAY, ("FR",), LedgerState.GRANTED),
        (NOW, ("GB",), LedgerState.REVOKED),
    ]
    assert not history.cut


def test_a_long_history_begins_somewhere(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of very many decisions the newest are told, nothing older beside them, and it is said."""
    monkeypatch.setattr(asking, "DECIDED", 3)
    told = [make_story(f"s{n}", first_at=NOW + n * DAY) for n in range(4)]
    old = make_grant("GB", since=NOW, seeded=True)
    with any_database.begin() as session:
        stories.save(session, told)
    history = Ask(any_database, (old,)).history()
    assert [d.line.story for d in history.decisions] == ["s1", "s2", "s3"]
    assert history.cut


def test_a_newcomer_is_told_the_last_decision_that_holds(ask: Ask, any_database: Database) -> None:
    """The newest decision of the topics asked for; neither a hint nor what was taken back."""
    with any_database.begin() as session:
        first, _ = tell(session, "FR grants", story="s1")
        second, _ = tell(session, "GB grants", story="s2", topics=("weapons-restrictions",))
        tell(session, "DE hints", story="s3", stance=Stance.SIGNALLED)
    assert ask.watch().decision == second
    assert ask.watch(("strike-permission",)).decision == first
    assert ask.watch(("another",)).decision is None
    with any_database.begin() as session:
        alerts.mark_undone(session, replace(second.story, undone=LedgerState.CONTESTED), NOW)
    assert ask.watch().decision == first


def test_a_newcomer_is_told_how_the_watch_goes(ask: Ask, any_database: Database) -> None:
    """How many feeds are polled, paused ones apart, and when one last was read; None
    before that."""
    assert (ask.watch().feeds, ask.watch().read_at) == (0, None)
    with any_database.begin() as session:
        added = [
            feeds.add(session, FeedSpec(f"https://example.org/{n}", "Example"), NOW)
            for n in range(3)
        ]
        feeds.save(session, replace(added[0], last_success_at=NOW - DAY))
        feeds.save(session, replace(added[1], last_success_at=NOW))
        feeds.save(session, replace(added[2], state=FeedState.PAUSED))
    assert (ask.watch().feeds, ask.watch().read_at) == (2, NOW)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("taurus", [2]),
        ("TAURUS berlin", [2]),
        ("Німеччина", [2]),  # a country in another language than the headline's
        ("united states", [1]),
        ("reuters", [1]),  # the outlet of a later, silent report of that story
        ("example.org", [2, 1]),
        ("himars", []),
        ("taurus reuters", []),
        ("...", []),
    ],
)
def test_a_search_finds_stories_by_any_report(
    ask: Ask, any_database: Database, words: str, found: list[int]
) -> None:
    """Headline, countries, weapons or outlet hold all the words; each story is shown once, by its
    last alert with a sound, newest first."""
    first = make_verdict("Washington allows it")
    german = make_verdict("Berlin erlaubt Taurus", story="s2")
    german = replace(german, finding=make_finding("DE", weapons=("Taurus",)))
    later = make_verdict("Another headline", push=False)
    later = replace(later, entry=replace(later.entry, source="reuters.com"))
    with any_database.begin() as session:
        for verdict in (first, german, later):
            assert verdict.story
            stories.save(session, [verdict.story])
            alerts.add(session, verdict, NOW)
    result = ask.search(words)
    assert [alert.id for alert in result.alerts] == found
    assert (result.total, result.page, result.pages) == (len(found), 1, 1)
    assert not result.cut


def test_finds_are_paged(ask: Ask, any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages count from 1, newest first; one beyond the last is the last; a search that did not
    look at everything says so."""
    with any_database.begin() as session:
        for number in range(5):
            tell(session, f"US grants {number}", story=f"s{number}")
    first = ask.search("grants", 1, 2)
    assert ([a.id for a in first.alerts], first.total, first.pages) == ([5, 4], 5, 3)
    last = ask.search("grants", 99, 2)
    assert ([a.id for a in last.alerts], last.page) == ([1], 3)
    assert ask.search("grants", 0, 2) == first
    monkeypatch.setattr(asking, "SCANNED", 3)
    cut = ask.search("grants")
    assert (cut.total, cut.cut) == (3, True)


def test_a_page_is_traced_to_its_story(ask: Ask, any_database: Database) -> None:
    """The verdict, the story, the alert with a sound, and what became of it at the subscriber."""
    ann, _ = Subscriptions(any_database).subscribe("fake", "7", None, "en", NOW)
    (alert,) = poll(any_database, make_entry("a", "US grants it"))
    poll(any_database, make_entry("b", "US grants it too", source="other.org"), name="Other")
    trace = ask.trace(["https://nowhere.org/x", "http://www.example.org/b/"], NOW, ann.id)
    assert trace
    (kept,) = trace.kept
    assert (kept.outcome, kept.feed, kept.story) == (Outcome.JOINED, "Other", alert.story.id)
    assert trace.story
    assert len(trace.story.reports) == 2
    assert trace.alert == alert
    assert trace.told
    assert trace.told.state is DeliveryState.PENDING
    assert not trace.forgotten
    stranger = ask.trace(["https://example.org/a"], NOW)
    assert stranger
    assert (stranger.told, stranger.forgotten) == (None, False)


def test_old_deliveries_are_known_to_be_forgotten(ask: Ask, any_database: Database) -> None:
    """Where an alert is older than deliveries are kept, nobody is told that he wasn't told."""
    poll(any_database, make_entry("a", "US grants it"))
    trace = ask.trace(["https://example.org/a"], NOW + RETENTION + DAY, 99)
    assert trace
    assert trace.forgotten


def test_what_said_nothing_is_traced_too(ask: Ask, any_database: Database) -> None:
    """An irrelevant entry has its verdict, and no story; an unknown page has nothing."""
    poll(any_database, make_entry("a", "A bridge was opened"))
    trace = ask.trace(["https://example.org/a"], NOW)
    assert trace
    assert (trace.kept[0].outcome, trace.kept[0].reason) == (
        Outcome.IRRELEVANT,
        "reason.nothing_found",
    )
    assert (trace.story, trace.alert, trace.told) == (None, None, None)
    assert ask.trace(["https://example.org/b"], NOW) is None
    assert ask.trace([], NOW) is None
