"""Promises of bot/store/asked.py, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.model import DeliveryState, FeedSpec, Outcome, Stance, Tier
from bot.core.whynot import Told
from bot.store import asked, entries, feeds, stories
from bot.store.db import Database
from bot.store.tables import deliveries
from tests.fakes import NOW, make_entry
from tests.store.making import join, make_story, make_verdict, tell

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "link",
    [
        "https://www.example.org/a?id=1",
        "http://example.org/a/?id=1&utm_source=x",
        "https://m.example.org/a?id=1#top",
    ],
)
def test_verdicts_are_found_by_any_twin_of_an_address(any_database: Database, link: str) -> None:
    """However the feed and the asker spell an address, the verdicts on that page are found: with
    feed, tier, outcome, reason, finding and story, newest first."""
    verdict = make_verdict("US grants it")
    first = replace(
        verdict, entry=replace(verdict.entry, url="https://www.example.org/a?utm_medium=y&id=1")
    )
    later = replace(
        first,
        entry=replace(first.entry, url="http://example.org/a?id=1", keys=("guid:2",)),
        outcome=Outcome.IRRELEVANT,
        finding=None,
        story=None,
    )
    with any_database.begin() as session:
        one = feeds.add(session, FeedSpec("https://a.org/f", "One", tier=Tier.OFFICIAL), NOW)
        two = feeds.add(session, FeedSpec("https://b.org/f", "Two"), NOW)
        entries.add(session, one.id, [first], NOW)
        entries.add(session, two.id, [later], NOW + DAY)
        young, old = asked.list_kept(session, link)
        assert asked.list_kept(session, "https://example.org/a?id=2") == []
    assert (young.feed, young.outcome, young.finding, young.story) == (
        "Two",
        Outcome.IRRELEVANT,
        None,
        "",
    )
    assert (old.feed, old.seen_at, old.reason) == ("One", NOW, first.reason)
    assert (old.finding, old.story) == (first.finding, "s1")
    assert (old.entry.title, old.entry.tier, old.entry.source) == (
        "US grants it",
        Tier.OFFICIAL,
        "example.org",
    )


def test_stories_are_found_by_name_and_stance(any_database: Database) -> None:
    """By ids however many; by stance the newest so many; by the time of their last report."""
    told = [make_story(f"s{n}", first_at=NOW + n * DAY, last_at=NOW + n * DAY) for n in range(4)]
    told[2] = replace(told[2], stance=Stance.URGED)
    with any_database.begin() as session:
        stories.save(session, told)
        names = ["s1", "s3", *(f"x{n}" for n in range(3000))]
        assert stories.find_all(session, names) == {"s1": told[1], "s3": told[3]}
        newest = asked.list_decided(session, (Stance.GRANTED, Stance.REVOKED), 2)
        assert [story.id for story in newest] == ["s3", "s1"]
        assert [s.id for s in asked.list_changed(session, NOW + 2 * DAY)] == ["s2", "s3"]
        assert list(asked.list_changed(session, None)) == told


def test_alerts_are_listed_by_time_and_story(any_database: Database) -> None:
    """All alerts since a time, silent ones too; of a story those with a sound."""
    with any_database.begin() as session:
        loud, _ = tell(session, "US grants a")
        silent, _ = tell(session, "US grants b", push=False)
        other, _ = tell(session, "US grants c", story="s2")
        assert list(asked.list_told(session, None)) == [loud, silent, other]
        assert list(asked.list_told(session, NOW)) == [loud, silent, other]
        assert list(asked.list_told(session, NOW + DAY)) == []
        assert asked.list_sounding(session, "s1") == [loud]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], None),
        ([DeliveryState.PENDING], DeliveryState.PENDING),
        ([DeliveryState.CANCELLED, DeliveryState.FAILED], DeliveryState.FAILED),
        ([DeliveryState.UNKNOWN, DeliveryState.PENDING], DeliveryState.UNKNOWN),
        ([DeliveryState.FAILED, DeliveryState.SENT, DeliveryState.SENT], DeliveryState.SENT),
    ],
)
def test_of_a_storys_deliveries_the_furthest_counts(
    any_database: Database, states: list[DeliveryState], told: DeliveryState | None
) -> None:
    """What became of a story's news at a subscriber: sent before unknown before pending …, the
    earliest of those; deliveries to others and of other stories say nothing."""
    with any_database.begin() as session:
        ann = join(session, "7")
        join(session, "8")
        tell(session, "other", story="s2")
        for number, state in enumerate(states):
            alert, _ = tell(session, f"US grants {number}")
            session.execute(
                deliveries.update()
                .where(deliveries.c.alert_id == alert.id, deliveries.c.subscriber_id == ann.id)
                .values(state=state.value, settled_at=NOW + number * DAY)
            )
        found = asked.find_told(session, ann.id, "s1")
    at: datetime = NOW + states.index(told) * DAY if told else NOW
    assert found == (Told(told, at) if told else None)


def test_a_search_sees_every_report_of_a_story(any_database: Database) -> None:
    """Of each alert, newest first and no more than asked: headline, outlet, weapons, countries."""
    with any_database.begin() as session:
        tell(session, "Перше «слово»")
        tell(session, "US grants b", push=False)
        tell(session, "US grants c", story="s2")
        lines = list(asked.scan(session, 2))
        assert [line.story for line in lines] == ["s2", "s1"]
        (*_, oldest) = asked.scan(session, 10)
    assert oldest.text.startswith("Перше «слово» example.org [")
    assert all(code in oldest.codes for code in ('"US"', '"UA"', '"RU"'))


def test_a_story_is_shown_by_its_last_sound(any_database: Database) -> None:
    """Of each story the number of the last alert with a sound, newest first."""
    with any_database.begin() as session:
        tell(session, "a")
        again, _ = tell(session, "b")
        tell(session, "c", push=False)
        other, _ = tell(session, "d", story="s2")
        names = {"s1", "s2", *(f"x{n}" for n in range(1500))}
        assert asked.list_last(session, names) == [other.id, again.id]
        assert asked.list_last(session, set()) == []


def test_an_entry_without_an_address_is_never_found(any_database: Database) -> None:
    """An entry that has no page is not every page that nobody knows."""
    with any_database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://a.org/f", "One"), NOW)
        verdict = replace(make_verdict(), entry=make_entry("a", url=""))
        entries.add(session, feed.id, [verdict], NOW)
        assert asked.list_kept(session, "") == []
