"""A known entry that its feed words differently now, judged again: it may raise a story, stay in
its own, leave it, or take it back.

Detectors miss some rewordings, and live pages move on to other news under one address; neither is
a retraction. What an entry told is taken back only when it was the story's only report and now
says the contrary, or, in much the same words, something weaker or nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import ledger
from bot.core.judge import Judged, Memory, Policy, judge, remember
from bot.core.ledger import Change
from bot.core.lines import UNDONE, line_key
from bot.core.model import (
    DECISIONS,
    AlertKind,
    Finding,
    Grant,
    LedgerState,
    Outcome,
    Report,
    Story,
    Verdict,
)
from bot.core.retract import denies, is_doubtful, is_other, takes_back, tell_leaving, tell_nothing
from bot.core.reworded import Changed, essence, is_retitled, place_of, put, shown_of, without
from bot.core.stories import join, open_story

RETRACTED = "retracted"
"""The change of a correction whose cause is a report that was changed: a key under ``change.``."""

_QUIET = frozenset({Outcome.BASELINE, Outcome.STALE})  # of these nobody was told


@dataclass(frozen=True, slots=True)
class Revised:
    """The verdict that takes the place of the entry's old one. ``left``, when the entry has left
    a story that others still tell, is a verdict of no entry of its own that says so; what it
    holds is to be stored first."""

    verdict: Verdict
    left: Verdict | None = None


def revise(
    changes: Sequence[tuple[Changed, tuple[Finding, ...]]],
    memory: Memory,
    now: datetime,
    policy: Policy,
) -> list[Revised]:
    """What becomes of changed entries, in order, given what is found in them now; each sees what
    the earlier ones made of the memory.

    Beyond what ``judge`` asks for, the memory holds the ledger lines of the actors of the
    entries' old stories, and the recent stories of these stories' stances and of stance none.
    """
    revised = []
    for changed, findings in changes:
        one = _Revision(changed, findings, memory, now, policy).decide()
        memory = remember(memory, [verdict for verdict in (one.left, one.verdict) if verdict])
        revised.append(one)
    return revised


class _Revision:
    """One changed entry on its way to a verdict."""

    def __init__(
        self,
        changed: Changed,
        findings: tuple[Finding, ...],
        memory: Memory,
        now: datetime,
        policy: Policy,
    ) -> None:
        self.changed, self.entry, self.now, self.policy = changed, changed.entry, now, policy
        self.findings = findings
        known = {story.id: story for story in memory.stories}
        if changed.story:
            known.setdefault(changed.story.id, changed.story)
        self.memory = Memory(tuple(known.values()), memory.grants)
        self.story = known[changed.story.id] if changed.story else None
        waits = self.story is not None and self.story.waits
        self.quiet = waits or changed.outcome in _QUIET

    def decide(self) -> Revised:
        fresh, story = self._judge(self.memory), self.story
        place = place_of(self.changed, story)
        if not self._differs(fresh):
            return Revised(self._keep(fresh.finding, story, place))
        if story is None or place is None:
            return Revised(fresh)
        finding, others = fresh.finding, without(story.reports, place)
        if finding and finding.stance is story.stance:
            if fresh.outcome is Outcome.IRRELEVANT:  # not sure any more, or nobody's topic now
                return Revised(self._ignore(story))
            if not is_other(finding, story, self.changed.finding, alone=not others):
                return Revised(self._stay(story, place, finding))
        if others:
            return self._leave(story, others)
        if story.stance in DECISIONS and not story.undone:
            told = finding or next(iter(self.findings), None)
            if takes_back(self.changed, told, story):
                return Revised(self._retract(story))
            if is_doubtful(self.changed, told):
                return Revised(self._ignore(story))
        return Revised(fresh)

    def _judge(self, memory: Memory) -> Verdict:
        """The verdict on the entry as if it were new."""
        (verdict,) = judge([Judged(self.entry, self.findings)], memory, self.now, self.policy)
        return verdict

    def _differs(self, fresh: Verdict) -> bool:
        """Whether more than words has changed."""
        was, finding = self.changed.finding, fresh.finding
        if essence(was) != essence(finding):
            return True
        weak = self.changed.reason == "reason.below_threshold"
        sure = fresh.outcome is not Outcome.IRRELEVANT
        return bool(weak and sure and was and finding and finding.score > was.score)

    # --- the same story ---------------------------------------------------------------------

    def _keep(self, finding: Finding | None, story: Story | None, place: int | None) -> Verdict:
        """All as it was, in other words; a story's message shows those of its first report."""
        changed, edits = self.changed, False
        if story and place is not None:
            edits = place == 0 and is_retitled(changed.before, self.entry) and not self.quiet
            report = replace(story.reports[place], title=self.entry.title, url=self.entry.url)
            story = replace(story, reports=put(story.reports, place, report))
        kind = AlertKind.UPDATE if edits and finding else None
        return Verdict(self.entry, changed.outcome, changed.reason, finding, story, kind)

    def _ignore(self, story: Story) -> Verdict:
        """All as it was, words included: the new ones are not understood."""
        changed = self.changed
        before = replace(changed.before, keys=self.entry.keys)
        return Verdict(before, changed.outcome, changed.reason, changed.finding, story)

    def _stay(self, story: Story, place: int, finding: Finding) -> Verdict:
        """Still the story's decision, with other limits, weapons or parties: an edit in silence."""
        at, rest = story.reports[place].at, without(story.reports, place)
        disputed: tuple[Grant, ...] = ()
        if rest:
            told = join(replace(story, reports=rest), finding, self.entry, at)
            if len(told.reports) > len(rest):
                told = replace(told, reports=put(story.reports, place, told.reports[-1]))
        else:
            disputed = self._contest(story, finding)
            told = replace(
                open_story(finding, self.entry, at, ()),
                id=story.id,
                actors=finding.actors or story.actors,
                first_at=story.first_at,
                last_at=story.last_at,
                undone=story.undone,
                waits=story.waits,
            )
        seen = told != story and (place == 0 or shown_of(told) != shown_of(story))
        return Verdict(
            self.entry,
            self.changed.outcome,
            "reason.reworded",
            finding,
            told,
            AlertKind.UPDATE if seen and not self.quiet else None,
            grants=(*disputed, *self._details(finding, told, disputed)),
        )

    def _contest(self, story: Story, finding: Finding) -> tuple[Grant, ...]:
        """The story's ledger lines that the finding contradicts, as contested."""
        return tuple(
            self._contested(line)
            for line in self.memory.grants
            if line.story == story.id and line.state not in UNDONE and denies(finding, line)
        )

    def _contested(self, line: Grant) -> Grant:
        return replace(line, state=LedgerState.CONTESTED, since=self.now)

    def _details(
        self, finding: Finding, story: Story, disputed: Sequence[Grant]
    ) -> tuple[Grant, ...]:
        """The lines that the finding adds to its story's."""
        gone = {line_key(line) for line in disputed}
        lines = [line for line in self.memory.grants if line_key(line) not in gone]
        own = replace(finding, actors=tuple(a for a in finding.actors if a in story.actors))
        weighing = ledger.weigh(own, lines, story.first_at, story.id)
        if weighing.change not in (Change.NEW, Change.WIDENED):
            return ()
        source = self.entry.url or self.entry.source
        return tuple(replace(line, sources=(source,)) for line in weighing.grants)

    # --- out of the story -------------------------------------------------------------------

    def _leave(self, story: Story, others: tuple[Report, ...]) -> Revised:
        """Others still tell the story; the entry is judged as if it never had."""
        weapons = dict.fromkeys(weapon for report in others for weapon in report.weapons)
        smaller = replace(story, reports=others, weapons=tuple(weapons))
        verdict = self._judge(self._knowing(smaller))
        if verdict.story and verdict.story.id == story.id:
            seen = shown_of(verdict.story) != shown_of(story)
            return Revised(verdict if seen else replace(verdict, kind=None, push=False))
        if verdict.follows and verdict.follows.id == story.id:
            return Revised(verdict)  # which holds the smaller story
        left = tell_leaving(story, smaller, self.changed.finding, quiet=self.quiet)
        return Revised(verdict, left)

    def _retract(self, story: Story) -> Verdict:
        """The story has no report left: it is marked, its ledger lines are contested, and those
        who were told hear of it. Without reports no later entry joins it: that will be news."""
        marked = replace(story, reports=(), undone=LedgerState.CONTESTED)
        disputed = tuple(
            self._contested(line) for line in self.memory.grants if line.story == story.id
        )
        fresh = self._judge(self._knowing(marked, disputed))
        finding, told = fresh.finding, fresh.story
        if not (finding and told and fresh.outcome in (Outcome.NEWS, Outcome.JOINED)):
            finding = tell_nothing(story)
            told = open_story(finding, self.entry, self.now, {s.id for s in self.memory.stories})
        return Verdict(
            self.entry,
            self.changed.outcome if self.quiet else Outcome.NEWS,
            "reason.retracted",
            finding,
            told,
            None if self.quiet else AlertKind.CORRECTION,
            push=not self.quiet,
            change=RETRACTED,
            follows=marked,
            grants=(*disputed, *fresh.grants),
        )

    def _knowing(self, story: Story, lines: tuple[Grant, ...] = ()) -> Memory:
        """The memory with the story and the lines as they are given."""
        changed = Verdict(self.entry, Outcome.KNOWN, "", story=story, grants=lines)
        return remember(self.memory, [changed])
