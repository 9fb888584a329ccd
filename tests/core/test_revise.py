"""What becomes of a known entry in other words (see also tests/services/test_changed.py)."""

from __future__ import annotations

from dataclasses import replace

from bot.core.judge import Memory, Policy
from bot.core.model import Entry, Finding, LedgerState, Outcome, Stance, Story
from bot.core.revise import Revised, revise
from bot.core.reworded import Changed
from bot.core.stories import join, open_story
from tests.core.making import MAY, after, entry, finding, grant

TOLD = entry("Biden lets Ukraine strike inside Russia")
STORY = open_story(finding(), TOLD, MAY, ())


def change(
    title: str,
    *findings: Finding,
    story: Story | None = STORY,
    was: Outcome = Outcome.NEWS,
    memory: Memory | None = None,
) -> Revised:
    """``TOLD``, which told ``story``, has another title now."""
    before = Entry((), TOLD.url, TOLD.title, published=MAY)
    now = replace(TOLD, title=title)
    changed = Changed(1, before, was, "reason.then", finding() if story else None, story, now)
    known = memory or Memory([story] if story else [], [grant(story=STORY.id)])
    (revised,) = revise([(changed, findings)], known, after(1), Policy())
    return revised


def test_a_recollection_that_waits_for_a_second_outlet_wakes_nobody() -> None:
    """A story that nobody was told of is edited and taken back in silence, and goes on waiting."""
    waiting = replace(STORY, waits=True)
    weapons = finding(weapons=("ATACMS",))
    verdict = change("Biden lets Ukraine use ATACMS", weapons, story=waiting).verdict
    assert (verdict.kind, verdict.story and verdict.story.waits) == (None, True)
    verdict = change("Biden won't let Ukraine strike inside Russia", story=waiting).verdict
    assert (verdict.kind, verdict.push) == (None, False)
    assert verdict.follows
    assert verdict.follows.undone is LedgerState.CONTESTED


def test_the_youngest_state_of_a_story_counts() -> None:
    """What the memory says of the entry's story is newer than what was read with the entry."""
    grown = join(STORY, finding(), entry("So it is", source="two.example"), MAY)
    lines = [grant(story=STORY.id)]
    revised = change("Nothing of the kind", memory=Memory([grown], lines))
    assert revised.left
    assert revised.left.story
    assert [report.source for report in revised.left.story.reports] == ["two.example"]
    assert revised.verdict.outcome is Outcome.IRRELEVANT


def test_a_story_out_of_memory_is_known_all_the_same() -> None:
    """The entry brings its own story along; without reports of it there is nothing to leave."""
    verdict = change("Biden lets Ukraine strike Russia", finding(), memory=Memory()).verdict
    assert (verdict.outcome, verdict.reason) == (Outcome.NEWS, "reason.then")
    assert verdict.story
    assert [report.title for report in verdict.story.reports] == [
        "Biden lets Ukraine strike Russia"
    ]
    elsewhere = replace(STORY, reports=())
    revised = change("Biden says no", finding(Stance.DENIED), story=elsewhere)
    assert revised.left is None
    assert revised.verdict.finding == finding(Stance.DENIED)


def test_changed_entries_see_each_other() -> None:
    """Two entries that become the same decision in one visit are one story."""
    findings = (finding(),)
    changes = []
    for number, source in enumerate(("one.example", "two.example")):
        now = entry("Biden lets Ukraine strike", source=source)
        before = replace(now, keys=(), title="Talks")
        changes.append((Changed(number, before, Outcome.IRRELEVANT, "", None, None, now), findings))
    revised = revise(changes, Memory(), after(0.1), Policy())
    assert [one.verdict.outcome for one in revised] == [Outcome.NEWS, Outcome.JOINED]


def test_a_finding_that_gets_sure_is_news() -> None:
    """The same finding, but above the threshold now: told; it was not when the threshold moved."""
    weak, sure = finding(score=0.55), finding(score=0.9)
    now = replace(TOLD, title="Biden does let Ukraine strike inside Russia")
    for was, outcome in ((weak, Outcome.NEWS), (sure, Outcome.IRRELEVANT)):
        before = Changed(1, TOLD, Outcome.IRRELEVANT, "reason.below_threshold", was, None, now)
        (revised,) = revise([(before, (sure,))], Memory(), after(0.1), Policy())
        assert revised.verdict.outcome is outcome
