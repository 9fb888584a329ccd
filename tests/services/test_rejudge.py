"""Promises of bot/services/rejudge.py: what a better detector would have told, and telling it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core.model import Entry, Feed, FeedSpec, Finding, Grant, Level, Stance, Tier, Topic
from bot.services.ingest import Ingest
from bot.services.rejudge import Comparison, Kind, Rejudge, Sending, to_json
from bot.store import alerts, entries, feeds, outbox, stories
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, fake_parse, make_body, make_entry, make_finding
from tests.store.making import joined, make_grant

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TOPICS = (Topic("strike-permission"),)
LATER = NOW + 2 * DAY

GRANTS = {"US grants": make_finding("US"), "GB grants": make_finding("GB")}
"""What the old detector knew. The new one knows "waves through" too."""
BETTER = GRANTS | {"GB waves through": make_finding("GB"), "US waves through": make_finding("US")}


class Past:
    """A database into which entries came, each in its own hour, judged by the old detector."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ingest = Ingest(database, fake_parse, FakeDetector(GRANTS), TOPICS)
        self.feeds: dict[str, Feed] = {}
        self.rows = 0

    def see(self, title: str, at: datetime, source: str = "example.org") -> Entry:
        """A feed of the source brings an entry, an hour after its first visit at the earliest."""
        if source not in self.feeds:
            with self.database.begin() as session:
                made = feeds.add(session, FeedSpec(f"https://{source}/feed", source), at)
            self.feeds[source] = self.ingest.record(made, make_body(), at - HOUR).feed
        self.rows += 1
        page = f"https://{source}/{self.rows}"
        found = make_entry(f"{self.rows}", title, url=page, published=at, source=source)
        self.feeds[source] = self.ingest.record(self.feeds[source], make_body(found), at).feed
        return found

    def rejudge(
        self,
        findings: dict[str, Finding],
        level: Level = Level.DECISIONS,
        seed: Sequence[Grant] = (),
    ) -> Rejudge:
        return Rejudge(self.database, FakeDetector(findings), TOPICS, level=level, seed=seed)

    def compare(
        self, findings: dict[str, Finding], since: datetime = NOW, **more: Any
    ) -> Comparison:
        return self.rejudge(findings, **more).compare(since, LATER)


@pytest.fixture
def past(any_database: Database) -> Past:
    return Past(any_database)


def titles(compared: Comparison, kind: Kind) -> list[str]:
    return [each.seen.entry.title for each in compared.of(kind)]


def everything(database: Database) -> list[object]:
    """All that a rejudging could write."""
    with database.read() as session:
        told = [alerts.find(session, number) for number in range(1, 9)]
        return [
            told,
            stories.list_recent(session, NOW - 99 * DAY),
            stories.list_grants(session),
            outbox.count(session),
        ]


# --- comparing ------------------------------------------------------------------------------


def test_the_same_detector_changes_nothing(past: Past) -> None:
    """What came comes again: stories, repetitions and ordinary news alike."""
    past.see("US grants it", NOW + HOUR)
    past.see("US grants it, they say", NOW + 2 * HOUR, "example.com")
    past.see("GB grants it", NOW + 3 * HOUR)
    past.see("Rain", NOW + 4 * HOUR)
    assert past.compare(GRANTS) == Comparison(entries=4, same=2)


def test_gained_and_lost_alerts_are_shown_and_nothing_is_written(past: Past) -> None:
    """What the new detector finds and the old did not, and the other way round, by entry."""
    past.see("US grants it", NOW + HOUR)
    past.see("GB waves through what was asked", NOW + 2 * HOUR)
    before = everything(past.database)
    steps: list[None] = []
    again = past.rejudge({"GB waves through": make_finding("GB")})
    compared = again.compare(NOW, LATER, lambda: steps.append(None))
    assert titles(compared, Kind.GAINED) == ["GB waves through what was asked"]
    assert titles(compared, Kind.LOST) == ["US grants it"]
    assert (compared.entries, compared.same, len(steps)) == (2, 0, 2)
    assert again.count(NOW, LATER) == 2
    assert everything(past.database) == before


def test_an_earlier_report_of_a_told_story_is_no_gain(past: Past) -> None:
    """When another report of the same decision would have come first, its story has moved."""
    past.see("US waves through what was asked", NOW + HOUR, "example.com")
    past.see("US grants it", NOW + 2 * HOUR)
    compared = past.compare(BETTER)
    assert titles(compared, Kind.MOVED) == ["US waves through what was asked", "US grants it"]
    assert compared.of(Kind.GAINED) == compared.of(Kind.LOST) == []


def test_a_level_has_its_alerts(past: Past) -> None:
    """Signals count for those who want to hear them."""
    past.see("GB waves through what was asked", NOW + HOUR)
    findings = {"GB waves through": make_finding("GB", Stance.SIGNALLED)}
    assert past.compare(findings).differing == ()
    assert len(past.compare(findings, level=Level.SIGNALS).of(Kind.GAINED)) == 1


def test_what_was_known_before_is_no_gain(past: Past) -> None:
    """Stories and ledger of before the beginning count: a repetition stays one."""
    past.see("US grants it", NOW + HOUR)
    past.see("US waves through what was asked", NOW + 5 * HOUR, "example.com")
    compared = past.compare(BETTER, NOW + 3 * HOUR)
    assert (compared.entries, compared.differing) == (1, ())


def test_a_first_visit_stays_a_first_visit(past: Past) -> None:
    """What was too old to be told when a feed was new is no gain."""
    with past.database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://new.example/feed", "new"), NOW)
    old = make_entry("a", "GB waves through what was asked", published=NOW - 2 * DAY)
    young = make_entry("b", "US waves through what was asked", published=NOW)
    past.ingest.record(feed, make_body(old, young), NOW + HOUR)
    assert titles(past.compare(BETTER), Kind.GAINED) == ["US waves through what was asked"]


def test_a_ledger_that_began_with_the_seed(past: Past) -> None:
    """What the seed knew is no gain, even if its line has changed since; a ledger that never had
    it knows nothing of it."""
    seed = [
        make_grant("GB", beneficiary="UA", territory="RU", since=NOW - 10 * DAY, seeded=True),
        make_grant("FR", since=NOW - 10 * DAY, seeded=True),
    ]
    past.see("GB waves through what was asked", NOW + HOUR)
    assert len(past.compare(BETTER, seed=seed).of(Kind.GAINED)) == 1
    with past.database.begin() as session:
        stories.save_grants(session, seed[1:])
    assert past.compare(BETTER, seed=seed).of(Kind.GAINED) == []


def test_a_report_that_was_taken_back_is_left_out(past: Past) -> None:
    """What its outlet has changed since was told rightly then, and is not lost."""
    entry = past.see("US grants strikes inside Russia", NOW + HOUR)
    taken_back = make_body(
        Entry(entry.keys, entry.url, "US holds strikes inside Russia", published=entry.published)
    )
    past.ingest.record(past.feeds["example.org"], taken_back, NOW + 2 * HOUR)
    assert past.compare(GRANTS) == Comparison(entries=1)


# --- sending --------------------------------------------------------------------------------


def test_what_was_gained_is_told_once_when_asked_for(past: Past) -> None:
    """Subscribers get it, marked as late; the row says why; the next comparison finds it told."""
    joined(past.database, "7", "8")
    late = past.see("GB waves through what was asked", NOW + HOUR)
    again = past.rejudge(BETTER)
    gained = again.compare(NOW, LATER).of(Kind.GAINED)
    assert again.send(gained, NOW, LATER) == Sending(alerts=1, deliveries=2)
    with past.database.read() as session:
        told = alerts.find(session, 1)
        assert told
        assert (told.at, told.push, told.change) == (LATER, True, "rejudged")
        assert (told.entry.title, told.entry.source) == (late.title, "example.org")
        assert told.entry.tier is Tier.OUTLET
        assert [line.authority for line in stories.list_grants(session)] == ["GB"]
    assert again.send(gained, NOW, LATER) == Sending(known=1)
    assert past.compare(BETTER) == Comparison(entries=1, same=1)


def test_what_was_told_meanwhile_is_not_told_again(past: Past) -> None:
    """A decision that another report told after the comparison is known."""
    joined(past.database, "7")
    past.see("GB waves through what was asked", NOW + HOUR)
    again = past.rejudge(BETTER)
    gained = again.compare(NOW, LATER).of(Kind.GAINED)
    past.see("GB grants it", NOW + 5 * HOUR, "example.com")
    assert again.send(gained, NOW, LATER) == Sending(known=1)


def test_what_was_published_long_before_is_not_told(past: Past) -> None:
    """The span that was asked for holds for the news itself, too."""
    past.see("Rain", NOW - 3 * DAY)
    old = make_entry("old", "GB waves through what was asked", published=NOW - 2 * DAY)
    past.ingest.record(past.feeds["example.org"], make_body(old), NOW + HOUR)
    again = past.rejudge(BETTER)
    gained = again.compare(NOW, LATER).of(Kind.GAINED)
    assert again.send(gained, NOW, LATER) == Sending(old=1)


def test_a_late_alert_does_not_undo_what_came_after(past: Past) -> None:
    """A line of the ledger that is younger than the news stays as it is."""
    past.see("GB waves through what was asked", NOW + HOUR)
    gained = past.compare(BETTER).of(Kind.GAINED)
    line = make_grant("GB", beneficiary="UA", territory="RU", since=NOW + 9 * DAY, scope=("x",))
    with past.database.begin() as session:
        stories.save_grants(session, [line])
    assert past.rejudge(BETTER).send(gained, NOW, LATER).alerts == 1
    with past.database.read() as session:
        assert stories.list_grants(session) == [line]


def test_a_forgotten_entry_is_not_told(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was pruned after the comparison is left alone."""
    past.see("GB waves through what was asked", NOW + HOUR)
    gained = past.compare(BETTER).of(Kind.GAINED)
    past.see("Rain", NOW + 2 * HOUR)
    monkeypatch.setattr(entries, "KEPT", 1)
    with past.database.begin() as session:
        assert entries.prune(session, past.feeds["example.org"].id, LATER) == 1
    assert past.rejudge(BETTER).send(gained, NOW, LATER) == Sending(known=1)


def test_as_json(past: Past) -> None:
    """Counts, and each entry with what was found then and what now."""
    past.see("GB waves through what was asked", NOW + HOUR)
    row = to_json(past.compare(BETTER), Sending(1, 2, 3, 4))
    assert row["counts"] == {"entries": 1, "same": 0, "gained": 1, "lost": 0, "moved": 0}
    assert row["sent"] == {"alerts": 1, "deliveries": 2, "known": 3, "old": 4}
    (gained,) = row["gained"]
    assert gained["was"] == {
        "stance": "none",
        "score": 0.0,
        "outcome": "irrelevant",
        "reason": "reason.nothing_found",
    }
    assert (gained["now"]["stance"], gained["now"]["score"]) == ("granted", 0.9)
    assert gained["title"] == "GB waves through what was asked"
