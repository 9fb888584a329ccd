"""What was known at a past moment, told from what is known now."""

from __future__ import annotations

from dataclasses import replace

from bot.core.judge import MEMORY, Judged, Policy
from bot.core.model import Grant, LedgerState, Outcome, Stance, Story
from bot.core.past import RollingMemory, recall_past
from bot.core.stories import join, open_story
from tests.core.making import MAY, after, entry, finding, grant, told

START = after(0)


def opened(days: float, stance: Stance = Stance.GRANTED, **slots: object) -> Story:
    return open_story(finding(stance, **slots), entry(at=after(days)), after(days), ())


def lines(
    *known: Grant, stories: tuple[Story, ...] = (), seed: tuple[Grant, ...] = ()
) -> list[Grant]:
    return list(recall_past(stories, known, seed, START).grants)


def test_what_began_before_was_known() -> None:
    """Lines of before are what they were; what came later was not known."""
    old, new = grant(days=-30, weapons=("ATACMS",)), grant(days=3)
    assert lines(old, new) == [old]


def test_a_line_that_changed_since_was_what_its_stories_say() -> None:
    """A permission that was withdrawn or affirmed anew later was in force before."""
    before = opened(-30)
    for state in LedgerState.REVOKED, LedgerState.CONTESTED, LedgerState.GRANTED:
        assert lines(grant(state, days=3), stories=(before,)) == [grant(days=-30, story=before.id)]
    revoked = opened(-20, Stance.REVOKED)
    assert lines(grant(days=3), stories=(before, revoked)) == [
        grant(LedgerState.REVOKED, days=-20, story=revoked.id)
    ]


def test_what_no_story_told_was_not_known() -> None:
    """Another weapon, authority or beneficiary than a story's, or a wider reach, was news."""
    before = opened(-30)
    for line in (
        grant(days=3, weapons=("ATACMS",)),
        grant(days=3, authority="GB"),
        grant(days=3, beneficiary="UA"),
        grant(days=3, territory="RU"),
    ):
        assert lines(line, stories=(before,)) == []


def test_the_seed_was_known() -> None:
    """A seeded line that has changed since is what the seed says."""
    seeded = grant(days=-300, seeded=True)
    assert lines(grant(days=3), seed=(seeded,)) == [seeded]
    assert lines(grant(days=-3), seed=(seeded,)) == [grant(days=-3)]
    assert lines(seed=(grant(days=3, seeded=True),)) == []


def test_stories_are_those_of_before() -> None:
    """Young ones alone, without the reports that came later, or what undid them later."""
    young, ancient, later = opened(-2), opened(-MEMORY.days - 1), opened(1)
    grown = join(young, finding(), entry("Later", after(1), "two.example"), after(1))
    undone = replace(grown, undone=LedgerState.CONTESTED)
    (known,) = recall_past([undone, ancient, later], (), (), START).stories
    assert (known.id, known.reports, known.undone) == (young.id, young.reports, None)
    contested = grant(LedgerState.CONTESTED, days=-1, story=young.id)
    (known,) = recall_past([undone], [contested], (), START).stories
    assert known.undone is LedgerState.CONTESTED


def test_a_memory_that_goes_along() -> None:
    """It learns what it judges, and forgets stories after three weeks."""
    memory = RollingMemory(recall_past((), (), (), START))
    first = told("Biden lets Ukraine strike inside Russia", after(0))
    again = told("Biden lets Ukraine strike in Russia", after(0.1), "two.example")
    outcomes = [
        memory.judge([each], at, Policy())[0].outcome
        for each, at in ((first, after(0)), (again, after(0.1)))
    ]
    assert outcomes == [Outcome.NEWS, Outcome.JOINED]
    assert memory.judge([Judged(entry("Weather", after(1)))], after(1), Policy())[0].story is None
    late = told("Biden lets Ukraine strike inside Russia", MAY + 2 * MEMORY, "three.example")
    (verdict,) = memory.judge([late], MAY + 2 * MEMORY, Policy())
    assert (verdict.outcome, verdict.change) == (Outcome.NEWS, "reaffirmed")
