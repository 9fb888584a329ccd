"""Promises about entries that a feed words differently later: judged again, once for each text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.model import (
    Alert,
    AlertKind,
    Entry,
    Feed,
    FeedSpec,
    Grant,
    LedgerState,
    Outcome,
    Stance,
    Story,
    Topic,
)
from bot.services.ingest import Ingest, Recorded
from bot.store import feeds, rewordings, stories
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, fake_parse, make_body, make_entry, make_finding
from tests.store.making import joined

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TOLD = "US grants strikes inside Russia to Ukraine"
TAKEN_BACK = "US holds back strikes inside Russia from Ukraine"
"""Much the same words, and the fake detector finds nothing in it."""


class Desk:
    """A database with one subscriber and feeds that were polled before."""

    def __init__(self, database: Database, detector: Any = None) -> None:
        self.database, self.detector = database, detector or FakeDetector()
        self.ingest = Ingest(database, fake_parse, self.detector, (Topic("strike-permission"),))
        self.feeds: dict[str, Feed] = {}
        self.now = NOW
        joined(database, "7")

    def poll(self, *found: Entry, feed: str = "example.org") -> Recorded:
        """What a visit brings, five minutes after the last."""
        if feed not in self.feeds:
            with self.database.begin() as session:
                made = feeds.add(session, FeedSpec(f"https://{feed}/feed", feed), NOW)
            self.feeds[feed] = self.ingest.record(made, make_body(), NOW - HOUR).feed
        self.now += 5 * MINUTE
        recorded = self.ingest.record(self.feeds[feed], make_body(*found), self.now)
        self.feeds[feed] = recorded.feed
        return recorded

    def stories(self) -> dict[str, Story]:
        with self.database.read() as session:
            return {each.id: each for each in stories.list_recent(session, NOW - 99 * HOUR)}

    def ledger(self) -> list[Grant]:
        with self.database.read() as session:
            return stories.list_grants(session)


@pytest.fixture
def desk(any_database: Database) -> Desk:
    return Desk(any_database)


def kinds(recorded: Recorded) -> list[tuple[AlertKind, bool]]:
    return [(alert.kind, alert.push) for alert in recorded.alerts]


def outcomes(recorded: Recorded) -> list[tuple[Outcome, str]]:
    return [(verdict.outcome, verdict.reason) for verdict in recorded.changed]


def states(lines: Iterable[Grant]) -> set[LedgerState]:
    return {line.state for line in lines}


# --- raised ---------------------------------------------------------------------------------


def test_a_headline_that_becomes_a_decision_is_told(desk: Desk) -> None:
    """What said nothing and now tells a decision is an alert like that of a new entry, once."""
    desk.poll(make_entry("a", "US talks on and on"))
    recorded = desk.poll(make_entry("a", "US grants it after all"))
    assert outcomes(recorded) == [(Outcome.NEWS, "reason.new_decision")]
    assert kinds(recorded) == [(AlertKind.NEW, True)]
    assert recorded.deliveries == 1
    assert recorded.verdicts == ()
    again = desk.poll(make_entry("a", "US grants it after all"), make_entry("b", "weather"))
    assert (again.changed, again.alerts) == ((), ())


def test_a_changed_summary_is_judged_too(any_database: Database) -> None:
    """The headline may stay: what the summary tells counts."""

    class ReadsSummaries(FakeDetector):
        def detect(self, title: str, summary: str = "", *more: Any) -> Any:
            return super().detect(summary)

    desk = Desk(any_database, ReadsSummaries())
    desk.poll(make_entry("a", "Statement", summary="Talks go on"))
    recorded = desk.poll(make_entry("a", "Statement", summary="US grants it"))
    assert kinds(recorded) == [(AlertKind.NEW, True)]


def test_a_report_that_tells_another_decision_now_is_told(desk: Desk) -> None:
    """What had joined a story and now tells of somebody else's decision is news of its own; the
    story it left loses it as a source."""
    desk.poll(make_entry("a", "US grants it"))
    joining = make_entry("b", "US grants it, they say", source="example.com")
    desk.poll(joining, feed="example.com")
    (story,) = desk.stories().values()
    assert len(story.reports) == 2
    recorded = desk.poll(replace(joining, title="GB grants it"), feed="example.com")
    assert outcomes(recorded) == [(Outcome.NEWS, "reason.new_decision")]
    told = [alert.entry.title for alert in recorded.alerts if alert.push]
    assert told == ["GB grants it"]
    assert len(desk.stories()[story.id].reports) == 1
    assert kinds(recorded)[0] == (AlertKind.UPDATE, False)


# --- the same story -------------------------------------------------------------------------


def test_a_reworded_headline_is_an_edit_in_silence(desk: Desk) -> None:
    """The same decision in other words: the message gets the new headline, nobody is woken."""
    first = desk.poll(make_entry("a", "US grants it"))
    recorded = desk.poll(make_entry("a", "US grants it, White House says"))
    assert outcomes(recorded) == [(Outcome.NEWS, "reason.new_decision")]
    assert kinds(recorded) == [(AlertKind.UPDATE, False)]
    (edit,) = recorded.alerts
    assert edit.entry.title == "US grants it, White House says"
    assert edit.story.id == first.alerts[0].story.id
    assert [report.title for report in edit.story.reports] == [edit.entry.title]


def test_corrected_weapons_are_an_edit_in_silence(any_database: Database) -> None:
    """Weapons named wrongly: the message and the ledger say the right ones, without a sound; the
    line that nobody tells any more is contested."""
    wrong, right = make_finding(weapons=("ATACMS",)), make_finding(weapons=("HIMARS",))
    desk = Desk(any_database, FakeDetector({"ATACMS": wrong, "HIMARS": right}))
    desk.poll(make_entry("a", "Green light for ATACMS"))
    recorded = desk.poll(make_entry("a", "Green light for HIMARS"))
    assert outcomes(recorded) == [(Outcome.NEWS, "reason.reworded")]
    assert kinds(recorded) == [(AlertKind.UPDATE, False)]
    assert recorded.alerts[0].finding.weapons == ("HIMARS",)
    assert {(line.weapons, line.state) for line in desk.ledger()} == {
        (("ATACMS",), LedgerState.CONTESTED),
        (("HIMARS",), LedgerState.GRANTED),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"title": TOLD}, {"title": f"{TOLD.upper()} — Reuters"}),
        (
            {"title": TOLD, "summary": "Said on Monday"},
            {"title": TOLD, "summary": "said on MONDAY!"},
        ),
        ({"title": TOLD, "summary": "Said on Monday."}, {"title": TOLD}),
    ],
)
def test_trivial_edits_change_nothing(
    desk: Desk, before: dict[str, str], after: dict[str, str]
) -> None:
    """Case, punctuation, an outlet's name, a summary cut short: not even judged."""
    desk.poll(make_entry("a", **before))
    asked = len(desk.detector.asked)
    recorded = desk.poll(make_entry("a", **after))
    assert (recorded.changed, recorded.alerts) == ((), ())
    assert len(desk.detector.asked) == asked


# --- no end of it ---------------------------------------------------------------------------


def test_a_counter_costs_nothing(desk: Desk) -> None:
    """A summary that says at each poll how old it is, is judged once and for all."""
    for minutes in range(5, 60, 5):
        recorded = desk.poll(make_entry("a", TOLD, summary=f"Updated {minutes} min ago"))
    assert desk.detector.asked == [TOLD]
    assert (recorded.changed, recorded.alerts) == ((), ())


def test_a_counting_headline_edits_nothing(desk: Desk) -> None:
    """Numbers in the headline may matter, so they are judged, but no message is edited for them."""
    desk.poll(make_entry("a", f"{TOLD}, 1 comments"))
    for number in range(2, 6):
        recorded = desk.poll(make_entry("a", f"{TOLD}, {number} comments"))
        assert outcomes(recorded) == [(Outcome.NEWS, "reason.new_decision")]
        assert recorded.alerts == ()


def test_headlines_that_take_turns_are_judged_once_each(desk: Desk) -> None:
    """A feed that goes back and forth between two headlines sets off one edit."""
    desk.poll(make_entry("a", TOLD))
    told: list[Alert] = []
    for number in range(6):
        title = TOLD if number % 2 else f"{TOLD}, officials say"
        told += desk.poll(make_entry("a", title)).alerts
    assert [alert.push for alert in told] == [False]
    assert len(desk.detector.asked) == 2


def test_an_entry_that_never_rests_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many wordings an entry is not judged any more."""
    monkeypatch.setattr(rewordings, "MOST", 3)
    for word in "abcdefgh":
        desk.poll(make_entry("a", f"Nothing but {word * 3}"))
    assert len(desk.detector.asked) == 3


def test_one_guid_for_all_entries_makes_no_change(desk: Desk) -> None:
    """Where entries share a guid, none is taken for another one in new words."""
    made = [
        make_entry(name, f"{name} grants it", keys=("guid:x", f"link:{name}"))
        for name in ("US", "GB", "FR")
    ]
    for entry in made:
        recorded = desk.poll(*made[: made.index(entry) + 1])
        assert recorded.changed == ()
        assert kinds(recorded) == [(AlertKind.NEW, True)]
    assert desk.poll(*reversed(made), make_entry("z", "weather")).changed == ()


def test_a_live_page_that_moves_on_takes_nothing_back(desk: Desk) -> None:
    """One address, one headline after the other: what was told stays told."""
    desk.poll(make_entry("a", "US grants it"))
    recorded = desk.poll(make_entry("a", "Football: the results of the day"))
    assert outcomes(recorded) == [(Outcome.IRRELEVANT, "reason.nothing_found")]
    assert recorded.alerts == ()
    assert states(desk.ledger()) == {LedgerState.GRANTED}
    raised = desk.poll(make_entry("a", "GB grants something else entirely"))
    assert kinds(raised) == [(AlertKind.NEW, True)]


# --- taken back -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "stance"),
    [(TAKEN_BACK, Stance.NONE), ("US denies it", Stance.DENIED), ("US revokes it", Stance.REVOKED)],
)
def test_a_decision_that_its_only_report_takes_back(desk: Desk, title: str, stance: Stance) -> None:
    """Those who were told hear of it with a sound, the old message is marked in silence, and the
    ledger's lines are contested."""
    first = desk.poll(make_entry("a", TOLD)).alerts[0]
    recorded = desk.poll(make_entry("a", title))
    assert outcomes(recorded) == [(Outcome.NEWS, "reason.retracted")]
    correction, mark = recorded.alerts
    assert (correction.kind, correction.push) == (AlertKind.CORRECTION, True)
    assert (correction.follows, correction.finding.stance) == (first.story.id, stance)
    assert correction.entry.title == title
    assert (mark.kind, mark.push, mark.story.id) == (AlertKind.UPDATE, False, first.story.id)
    assert recorded.deliveries == 2
    marked = desk.stories()[first.story.id]
    assert (marked.undone, marked.reports) == (LedgerState.CONTESTED, ())
    assert LedgerState.GRANTED not in states(desk.ledger())


def test_what_was_taken_back_is_news_when_it_is_told_again(desk: Desk) -> None:
    """Another outlet's report of a decision that was taken back wakes people again."""
    desk.poll(make_entry("a", TOLD))
    desk.poll(make_entry("a", TAKEN_BACK))
    again = make_entry("b", "US grants it", source="example.com")
    recorded = desk.poll(again, feed="example.com")
    told = [(alert.change, alert.entry.title) for alert in recorded.alerts if alert.push]
    assert told == [("renewed", again.title)]


def test_a_correction_is_sent_once(desk: Desk) -> None:
    """Further edits of a report that was taken back correct nothing more."""
    desk.poll(make_entry("a", TOLD))
    desk.poll(make_entry("a", TAKEN_BACK))
    for more in ("for now", "for good"):
        assert desk.poll(make_entry("a", f"{TAKEN_BACK} {more}")).alerts == ()
    assert desk.poll(make_entry("a", TAKEN_BACK)).alerts == ()


def test_a_decision_that_others_tell_stands(desk: Desk) -> None:
    """One of two reports is changed: the story goes on with the other's headline, in silence."""
    desk.poll(make_entry("a", TOLD))
    other = make_entry("b", f"{TOLD} at last", source="example.com")
    desk.poll(other, feed="example.com")
    recorded = desk.poll(make_entry("a", TAKEN_BACK))
    assert kinds(recorded) == [(AlertKind.UPDATE, False)]
    assert recorded.alerts[0].entry.title == other.title
    (story,) = desk.stories().values()
    assert [report.source for report in story.reports] == ["example.com"]
    assert states(desk.ledger()) == {LedgerState.GRANTED}


def test_words_that_are_not_understood_take_nothing_back(any_database: Database) -> None:
    """A decision told in new words that might still tell it is left alone; what takes it back
    later is still seen."""
    doubtful = make_finding(stance=Stance.SIGNALLED, score=0.5)
    findings = {"grants": make_finding(), "may well": doubtful}
    desk = Desk(any_database, FakeDetector(findings))
    desk.poll(make_entry("a", TOLD))
    recorded = desk.poll(make_entry("a", TOLD.replace("grants", "may well grant")))
    assert recorded.alerts == ()
    assert states(desk.ledger()) == {LedgerState.GRANTED}
    assert kinds(desk.poll(make_entry("a", TAKEN_BACK))) == [
        (AlertKind.CORRECTION, True),
        (AlertKind.UPDATE, False),
    ]


def test_an_authority_named_wrongly_is_corrected(desk: Desk) -> None:
    """The same decision, but somebody else's: a correction that says whose it is."""
    first = desk.poll(make_entry("a", TOLD)).alerts[0]
    recorded = desk.poll(make_entry("a", TOLD.replace("US", "GB")))
    correction = recorded.alerts[0]
    assert (correction.kind, correction.push) == (AlertKind.CORRECTION, True)
    assert (correction.finding.actors, correction.follows) == (("GB",), first.story.id)
    assert {(line.authority, line.state) for line in desk.ledger()} == {
        ("US", LedgerState.CONTESTED),
        ("GB", LedgerState.GRANTED),
    }


def test_a_baseline_that_is_taken_back_wakes_nobody(any_database: Database) -> None:
    """Of what was never told nobody hears that it was wrong; the ledger learns it."""
    desk = Desk(any_database)
    with any_database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://old.example/feed", "old"), NOW)
    old = NOW - 30 * HOUR
    recorded = desk.ingest.record(feed, make_body(make_entry("a", TOLD, published=old)), NOW)
    assert [verdict.outcome for verdict in recorded.verdicts] == [Outcome.BASELINE]
    body = make_body(make_entry("a", TAKEN_BACK, published=old))
    again = desk.ingest.record(recorded.feed, body, NOW + HOUR)
    assert outcomes(again) == [(Outcome.BASELINE, "reason.retracted")]
    assert again.alerts == ()
    assert states(desk.ledger()) == {LedgerState.CONTESTED}


def test_a_failure_half_way_leaves_the_old_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the last step fails, the change is found again by the next visit."""
    desk.poll(make_entry("a", TOLD))
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.outbox.fan_out", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.poll(make_entry("a", TAKEN_BACK))
    assert kinds(desk.poll(make_entry("a", TAKEN_BACK)))[0] == (AlertKind.CORRECTION, True)
