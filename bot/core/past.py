"""What was known at a moment that is past, as far as it can be told from what is known now; and
a memory that goes on from there.

Stories are kept for good, but a line of the ledger forgets what it was before it changed. Where a
line has changed since, the stories of before and the seed say what it was; what none of them tells
was not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.judge import MEMORY, Judged, Memory, Policy, asked_for, judge
from bot.core.lines import STATES, UNDONE, line_key
from bot.core.model import Grant, Story, Verdict
from bot.core.placing import Bench
from bot.core.reach import goes_beyond, widest


def recall_past(
    stories: Iterable[Story], grants: Iterable[Grant], seed: Iterable[Grant], start: datetime
) -> Memory:
    """The memory as it was at ``start``, made of the one of now and of what was known before the
    bot began. The more of the stories before ``start`` are given, the better the ledger's past."""
    before = [story for story in stories if story.first_at < start]
    decided = [story for story in before if story.stance in STATES]
    known = list(grants)
    lines = {line_key(line): line for line in seed if line.since < start}
    lines |= {line_key(line): past for line in known if (past := _as_of(line, decided, start))}
    undone = {line.story for line in lines.values() if line.state in UNDONE}
    recent = [
        replace(
            story,
            reports=tuple(report for report in story.reports if report.at < start),
            undone=story.undone if story.id in undone else None,
        )
        for story in before
        if story.first_at >= start - MEMORY
    ]
    return Memory(recent, tuple(lines.values()))


def _as_of(line: Grant, decided: Sequence[Story], start: datetime) -> Grant | None:
    """The line as it was, or None where it is not known to have been there."""
    if line.since < start:
        return line
    told = [story for story in decided if _told(story, line)]
    if not told:
        return None
    last = max(told, key=lambda story: story.first_at)
    return replace(line, state=STATES[last.stance], since=last.first_at, story=last.id)


def _told(story: Story, line: Grant) -> bool:
    """Whether a story decided all of what a line says."""
    return (
        line.authority in story.actors
        and line.matter is story.matter
        and (not line.beneficiary or line.beneficiary in story.beneficiaries)
        and (not line.territory or line.territory in story.territory)
        and set(line.weapons) <= set(story.weapons)
        and not goes_beyond(line.reach, widest(report.reach for report in story.reports))
    )


class RollingMemory:
    """A memory that goes along with time and forgets what lies behind."""

    def __init__(self, memory: Memory) -> None:
        self._bench = Bench.of(memory.stories, memory.grants)

    def judge(self, entries: Sequence[Judged], at: datetime, policy: Policy) -> list[Verdict]:
        """The verdicts on entries that came at ``at``, never earlier than those before them."""
        verdicts = judge(entries, self._recall(entries, at), at, policy)
        for verdict in verdicts:
            self._bench.take(verdict)
        return verdicts

    def _recall(self, entries: Sequence[Judged], at: datetime) -> Memory:
        """As much as the judge asks for."""
        findings = [finding for entry in entries for finding in entry.findings]
        if not findings:
            return Memory()
        stances, actors = asked_for(findings)
        bench = self._bench
        bench.stories = {k: s for k, s in bench.stories.items() if s.first_at >= at - MEMORY}
        return Memory(
            [story for story in bench.stories.values() if story.stance in stances],
            [line for line in bench.lines.values() if line.authority in actors],
        )
