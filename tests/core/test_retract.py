"""When a report that was changed still stands by what it told, and when it doesn't."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.model import Entry, Finding, Matter, Outcome, Stance, Story
from bot.core.retract import (
    denies,
    is_doubtful,
    is_other,
    takes_back,
    tell_leaving,
    tell_nothing,
)
from bot.core.reworded import Changed
from bot.core.stories import join, open_story
from tests.core.making import MAY, entry, finding, grant

TOLD = "Biden lets Ukraine strike inside Russia"
ALIKE = "Biden won't let Ukraine strike inside Russia"
OTHER = "A dry summer in the south of France"
STORY = open_story(finding(), entry(TOLD), MAY, ())


def changed(now: str, story: Story = STORY) -> Changed:
    was = Entry((), entry(TOLD).url, TOLD)
    return Changed(1, was, Outcome.NEWS, "", finding(), story, entry(now))


@pytest.mark.parametrize(
    ("now", "found", "taken_back"),
    [
        (ALIKE, None, True),
        (OTHER, None, False),
        (ALIKE, finding(Stance.NONE, score=0.1), True),
        (ALIKE, finding(Stance.SIGNALLED, score=0.1), True),
        (OTHER, finding(Stance.SIGNALLED, score=0.1), False),
        (ALIKE, finding(Stance.SIGNALLED, score=0.5), False),
        (OTHER, finding(Stance.DENIED, score=0.1), True),
        (OTHER, finding(Stance.REVOKED), True),
        (OTHER, finding(Stance.DENIED, actors=("GB",)), False),
        (OTHER, finding(Stance.DENIED, actors=()), False),
        (OTHER, finding(Stance.DENIED, matter=Matter.TRANSFER), False),
        (ALIKE, finding(Stance.DENIED, actors=()), True),
        (ALIKE, finding(Stance.USED, score=0.1), False),
        (ALIKE, finding(Stance.REACTION, score=0.1), False),
        (ALIKE, finding(actors=("GB",)), True),
        (OTHER, finding(actors=("GB",)), False),
        (ALIKE, finding(Stance.REVOKED, standing=True), False),
    ],
)
def test_what_takes_a_decision_back(now: str, found: Finding | None, taken_back: bool) -> None:
    """The contrary by the same authority; something weaker, nothing or somebody else's in much the
    same words. Not what follows from it, what may be it, or other news."""
    assert takes_back(changed(now), found, STORY) is taken_back


def test_what_is_doubtful() -> None:
    """Something weaker that may well be a decision, in much the same words."""
    maybe = finding(Stance.SIGNALLED, score=0.5)
    assert is_doubtful(changed(ALIKE), maybe)
    assert not is_doubtful(changed(OTHER), maybe)
    assert not is_doubtful(changed(ALIKE), finding(Stance.SIGNALLED, score=0.1))
    assert not is_doubtful(changed(ALIKE), None)


@pytest.mark.parametrize(
    ("slots", "other", "with_others"),
    [
        ({}, False, False),
        ({"actors": ()}, False, False),
        ({"actors": ("GB",)}, True, True),
        ({"actors": ("GB", "US")}, False, False),
        ({"territory": ("CN",)}, True, True),
        ({"beneficiaries": ("UA",)}, False, False),
        ({"weapons": ("HIMARS",)}, False, True),
        ({"matter": Matter.TRANSFER}, False, False),
        ({"matter": Matter.INTELLIGENCE}, True, True),
    ],
)
def test_what_is_another_decision(slots: dict[str, Any], other: bool, with_others: bool) -> None:
    """Somebody else's, on another matter, for others; a weapon alone only where others tell it."""
    was = finding(beneficiaries=("UA",), territory=("RU",), weapons=("ATACMS",))
    story = open_story(was, entry(TOLD), MAY, ())
    told = {"beneficiaries": ("UA",), "territory": ("RU",)} | slots
    if slots.get("territory"):
        told["beneficiaries"] = ()
    assert is_other(finding(**told), story, was, alone=True) is other
    assert is_other(finding(**told), story, was, alone=False) is with_others


def test_an_authority_that_was_guessed_is_no_other() -> None:
    """Read off the weapon's supplier and named now: the same decision."""
    was = finding(actors=("GB",), inferred=("GB",))
    story = open_story(was, entry(TOLD), MAY, ())
    assert not is_other(finding(), story, was, alone=True)
    assert is_other(finding(), story, was, alone=False)


def test_a_receiver_taken_for_the_giver_is_no_other() -> None:
    """Arms that Kyiv "clears" are cleared by somebody else for Kyiv."""
    was = finding(matter=Matter.TRANSFER, actors=("UA",))
    story = open_story(was, entry(TOLD), MAY, ())
    now = finding(matter=Matter.TRANSFER, beneficiaries=("UA",))
    assert not is_other(now, story, was, alone=True)


def test_which_ledger_lines_a_finding_denies() -> None:
    """Those of others, with other weapons or ones that are left out now; what is unsaid denies
    nothing."""
    line = grant(beneficiary="UA", territory="RU", weapons=("ATACMS",))
    assert not denies(finding(), line)
    assert not denies(finding(weapons=("ATACMS", "HIMARS"), territory=("RU",)), line)
    others: tuple[dict[str, Any], ...] = (
        {"actors": ("GB",)},
        {"weapons": ("HIMARS",)},
        {"without": ("ATACMS",)},
        {"territory": ("CN",)},
        {"beneficiaries": ("PL",)},
    )
    for slots in others:
        assert denies(finding(**slots), line)
    assert not denies(finding(weapons=("HIMARS",)), grant())


def test_telling_that_nothing_is_told() -> None:
    """Of whom and what it was said, and that it is no decision."""
    nothing = tell_nothing(STORY)
    assert (nothing.stance, nothing.score, nothing.actors) == (Stance.NONE, 0.0, ("US",))


def test_telling_that_a_report_has_left() -> None:
    """The first of the other reports gives the headline; what only the one that left had told is
    gone. Nothing is told of what nobody saw."""
    was = finding(weapons=("ATACMS",), scope=("near Kharkiv",))
    other = entry("Washington says yes", source="two.example")
    story = join(open_story(was, entry(TOLD), MAY, ()), finding(), other, MAY)
    smaller = replace(story, reports=story.reports[1:], weapons=())
    left = tell_leaving(story, smaller, was, quiet=False)
    assert left.finding
    assert (left.entry.title, left.entry.url, left.story) == (other.title, other.url, smaller)
    assert (left.kind, left.push, left.finding.weapons, left.finding.scope) == (
        "update",
        False,
        (),
        (),
    )
    assert tell_leaving(story, smaller, was, quiet=True).kind is None
    assert tell_leaving(smaller, smaller, was, quiet=False).kind is None
