"""When an entry says something else than it did, and when it only looks different."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Entry, Outcome, Stance
from bot.core.reworded import (
    Changed,
    are_alike,
    essence,
    is_retitled,
    is_reworded,
    mark_of,
    place_of,
)
from bot.core.stories import join, open_story
from tests.core.making import MAY, entry, finding, shows


def said(title: str, summary: str = "") -> Entry:
    return Entry(keys=("k",), url="", title=title, summary=summary)


@pytest.mark.parametrize(
    ("before", "now", "reworded"),
    [
        (("US lets Kyiv strike",), ("US LETS Kyiv strike!",), False),
        (("US lets Kyiv strike",), ("US lets Kyiv strike - Reuters",), False),
        (("US lets Kyiv strike",), ("US will not let Kyiv strike",), True),
        (("Up to 80 km",), ("Up to 300 km",), True),
        (("A", "Updated 5 min ago"), ("A", "Updated 12 min ago"), False),
        (("A", "At 10:05 he spoke of F-16s"), ("A", "At 11:20 he spoke of F-35s"), True),
        (("A", "He said yes, and more"), ("A", "He said yes"), False),
        (("A", "He said yes"), ("A", ""), False),
        (("A", "He said yes"), ("A", "He said yes, and more"), True),
        (("A", ""), ("A", "He said no"), True),
    ],
)
def test_what_counts_as_other_words(
    before: tuple[str, ...], now: tuple[str, ...], reworded: bool
) -> None:
    """Looks, outlets, counters and cuts don't count; words do, and numbers in a headline."""
    assert is_reworded(said(*before), said(*now)) is reworded


@given(st.text(), st.text(), st.text(), st.text())
def test_what_is_not_reworded_for_its_mark_is_not_reworded(
    title: str, summary: str, other: str, more: str
) -> None:
    """Whatever the texts: equal marks mean that nothing else is said."""
    one, two = said(title, summary), said(other, more)
    assert not is_reworded(one, one)
    assert mark_of(one) == mark_of(said(title, summary))
    if mark_of(one) == mark_of(two):
        assert not is_reworded(one, two)


def test_a_counting_headline_is_the_same() -> None:
    """No message is edited for a number that stands alone; names of weapons are no numbers."""
    assert not is_retitled(said("War: 12 updates"), said("War: 13 updates"))
    assert is_retitled(said("F-16s cleared"), said("F-35s cleared"))


def test_a_common_heading_makes_no_likeness() -> None:
    """Headlines of a live page are compared without what they all begin with."""
    live = "Russia-Ukraine war live: {}"
    assert not are_alike(live.format("US allows deep strikes"), live.format("Kyiv hit by drones"))
    assert are_alike(live.format("US allows deep strikes"), live.format("US allowed no strikes"))
    assert are_alike("US allows deep strikes", "Correction: US allows no deep strikes")


def test_the_essence_of_a_finding() -> None:
    """Score and place in the text don't count, limits and how far it goes do; none is nothing."""
    one = finding()
    assert essence(one) == essence(finding(score=0.7, rules=("x",)))
    assert essence(one) != essence(finding(scope=("near Kharkiv",)))
    assert essence(one) != essence(finding(evidence=shows("longrange")))
    assert essence(finding(Stance.NONE)) == essence(None) == ()


def test_a_report_is_found_in_its_story() -> None:
    """By its address and its old words; by the new ones when a second feed brought them first."""
    first, second = entry("US lets Kyiv strike"), entry("Washington says yes", source="two.example")
    story = join(open_story(finding(), first, MAY, ()), finding(), second, MAY)

    def changed(before: str, now: str) -> Changed:
        old = Entry((), second.url, before)
        return Changed(1, old, Outcome.JOINED, "", None, story, Entry((), second.url, now))

    assert place_of(changed(second.title, "Other words"), story) == 1
    assert place_of(changed("Older words", second.title), story) == 1
    assert place_of(changed("Older words", "Other words"), story) is None
    assert place_of(changed(second.title, "Other words"), None) is None
