"""Explanations: the verdict on one entry, with all that led to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from bot.core.model import AlertKind, FeedSpec, Matter, Outcome, Topic
from bot.services.explain import explain, find_entry, recall, to_json
from bot.services.ingest import Ingest
from bot.store import feeds
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, fake_parse, make_body, make_entry

DETECTOR = FakeDetector()


def ingested(database: Database, *titles: str) -> None:
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    entries = [make_entry(f"e{n}", title) for n, title in enumerate(titles)]
    Ingest(database, fake_parse, DETECTOR).record(feed, make_body(*entries), NOW)


def test_on_an_empty_memory_a_decision_is_news() -> None:
    """Nothing known: the finding decides; age does not matter."""
    old = make_entry("a", "US grants it", published=NOW - timedelta(days=400))
    explained = explain(old, DETECTOR, NOW)
    assert explained.verdict.outcome is Outcome.NEWS
    assert explained.verdict.kind is AlertKind.NEW
    assert explained.ledger == ()


def test_what_is_known_is_taken_into_account(database: Database) -> None:
    """With the database's memory the same decision joins its story, and the ledger is shown."""
    ingested(database, "US grants it", "FR grants it")
    entry = replace(make_entry("b", "US grants it as well"), source="other.example")
    explained = explain(entry, DETECTOR, NOW, recall(database, NOW))
    assert explained.verdict.outcome is not Outcome.NEWS
    assert {grant.authority for grant in explained.ledger} == {"US"}


def test_topics_that_are_off_do_not_count() -> None:
    """A switched-off topic is no topic."""
    topics = (
        Topic("strike-permission", matters=(Matter.STRIKE,), enabled=False),
        Topic("weapons-restrictions", matters=(Matter.TRANSFER,)),
    )
    explained = explain(make_entry("a", "US grants it"), DETECTOR, NOW, topics=topics)
    assert explained.verdict.kind is None


def test_entries_are_found_by_address(database: Database) -> None:
    """An entry that a feed brought is known by its address, an unknown address is not."""
    ingested(database, "US grants it")
    found = find_entry(database, make_entry("e0").url)
    assert found
    assert found.title == "US grants it"
    assert find_entry(database, "https://example.org/none") is None


def test_the_json_is_complete() -> None:
    """Programs get everything that people are shown, whether something was found or not."""
    row = json.loads(json.dumps(to_json(explain(make_entry("a", "US grants it"), DETECTOR, NOW))))
    assert row["stance"] == "granted"
    assert row["findings"][0]["actors"] == ["US"]
    assert row["story"]["reports"] == ["https://example.org/a"]
    nothing = to_json(explain(make_entry("b", "Chairs"), DETECTOR, NOW))
    assert (nothing["stance"], nothing["story"], nothing["findings"]) == ("none", None, [])
