"""The decider: what each new entry means, given the stories and the ledger known so far.

Pure: no clock, no I/O. Every entry is judged; caps belong to delivery. The steps, each of which
may settle the matter: nothing found → standing → baseline → stale → known story → ledger → news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core import ledger
from bot.core.ledger import Change
from bot.core.lines import line_key
from bot.core.model import (
    DECISIONS,
    THRESHOLD,
    AlertKind,
    Entry,
    Finding,
    Grant,
    LedgerState,
    Outcome,
    Stance,
    Story,
    Tier,
    Topic,
    Verdict,
)
from bot.core.stories import adds_source, find_story, is_copy, join, open_story

MEMORY = timedelta(days=21)
"""How far back the stories in ``Memory`` must reach: the widest window of ``stories`` and the
oldest entry that may still be news."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry with what the detector found in it, best finding first."""

    entry: Entry
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known: the stories of the last ``MEMORY`` (any order, all stances) and the ledger.

    ``grants`` are the lines of the actors that the findings name (or all lines), one for each
    ``lines.line_key``.
    """

    stories: Sequence[Story] = ()
    grants: Sequence[Grant] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The feed's circumstances. ``topics`` are those that the feed serves; empty: everything."""

    first_poll: bool = False
    first_poll_max_age: timedelta = timedelta(hours=24)
    stale_after: timedelta = timedelta(days=7)
    topics: tuple[Topic, ...] = ()


def judge(
    entries: Sequence[Judged], memory: Memory, now: datetime, policy: Policy = Policy()
) -> list[Verdict]:
    """One verdict for each entry, in order; each sees what the earlier ones made of the memory.

    Entries whose keys are known already are the caller's to leave out. Of each verdict the
    caller stores, when set: ``story``, then ``follows`` (insert or replace by ``id``), ``grants``
    (insert or replace by ``lines.line_key``), and an alert when ``kind`` is set.
    """
    bench = _Bench.of(memory)
    verdicts = []
    for judged in entries:
        verdict = _decide(judged, bench, now, policy)
        bench.take(verdict)
        verdicts.append(verdict)
    return verdicts


def remember(memory: Memory, verdicts: Sequence[Verdict]) -> Memory:
    """The memory with the stories and ledger lines of the verdicts added or replaced."""
    bench = _Bench.of(memory)
    for verdict in verdicts:
        bench.take(verdict)
    return Memory(tuple(bench.stories.values()), tuple(bench.lines.values()))


@dataclass(slots=True)
class _Bench:
    """The memory while a batch is being judged."""

    stories: dict[str, Story] = field(default_factory=dict)
    lines: dict[tuple[str, ...], Grant] = field(default_factory=dict)

    @classmethod
    def of(cls, memory: Memory) -> _Bench:
        return cls(
            {story.id: story for story in memory.stories},
            {line_key(grant): grant for grant in memory.grants},
        )

    def take(self, verdict: Verdict) -> None:
        for story in filter(None, (verdict.follows, verdict.story)):
            self.stories[story.id] = story
        self.lines |= {line_key(grant): grant for grant in verdict.grants}


def _decide(judged: Judged, bench: _Bench, now: datetime, policy: Policy) -> Verdict:
    entry = judged.entry
    at = min(entry.published or now, now)  # a date in the future is a wrong clock
    learnt = _attribute(_learn(judged.findings, bench, at), entry)
    finding = _choose(judged.findings, policy.topics)
    if finding and not finding.standing:
        finding = ledger.settle_stance(finding, bench.lines.values(), at)
    if finding is None or finding.stance is Stance.NONE:
        return Verdict(entry, Outcome.IRRELEVANT, "reason.nothing_found", grants=learnt)
    if why := _why_irrelevant(finding, policy.topics):
        return Verdict(entry, Outcome.IRRELEVANT, why, finding, grants=learnt)
    if finding.standing:
        return Verdict(entry, Outcome.KNOWN, "reason.standing", finding, grants=learnt)
    verdict = _place(entry, finding, at, bench, policy, now)
    return replace(verdict, grants=(*learnt, *verdict.grants))


def _choose(findings: Sequence[Finding], topics: Sequence[Topic]) -> Finding | None:
    """The entry's news: the first finding that a topic wants, else the first of all."""
    told = [f for f in findings if f.topics and not f.standing and f.stance is not Stance.NONE]
    wanted = [f for f in told if not _why_irrelevant(f, topics)]
    return next(iter((*wanted, *findings)), None)


def _why_irrelevant(finding: Finding, topics: Sequence[Topic]) -> str:
    """The reason for which no topic wants the finding, or nothing when one does.

    The threshold holds for decisions only: of the others a low score is no doubt, since the
    score is the chance of a decision.
    """
    thresholds = [t.threshold for t in topics if t.enabled and t.id in finding.topics]
    if topics and not thresholds:
        return "reason.no_topic"
    sure = finding.score >= min(thresholds, default=THRESHOLD)
    return "" if sure or finding.stance not in DECISIONS else "reason.below_threshold"


def _learn(findings: Sequence[Finding], bench: _Bench, at: datetime) -> tuple[Grant, ...]:
    """The ledger lines of permissions that the entry tells as standing."""
    learnt: dict[tuple[str, ...], Grant] = {}
    for finding in findings:
        if finding.standing:
            lines = (*bench.lines.values(), *learnt.values())
            learnt |= {line_key(g): g for g in ledger.learn(finding, lines, at)}
    return tuple(learnt.values())


def _place(
    entry: Entry, finding: Finding, at: datetime, bench: _Bench, policy: Policy, now: datetime
) -> Verdict:
    story = find_story(finding, entry, at, bench.stories.values())
    verdict = _join(entry, finding, at, story, bench) if story else _open(entry, finding, at, bench)
    age = now - at
    if policy.first_poll and (entry.published is None or age > policy.first_poll_max_age):
        return _silence(verdict, Outcome.BASELINE, "reason.baseline", fresh=age <= MEMORY / 2)
    if age > policy.stale_after:
        return _silence(verdict, Outcome.STALE, "reason.stale", fresh=False)
    return verdict


def _silence(verdict: Verdict, outcome: Outcome, reason: str, *, fresh: bool) -> Verdict:
    """The same verdict, learnt and told to nobody.

    An old entry opens no story: one of that day may lie beyond the memory, under the same id.
    """
    keeps = fresh or verdict.outcome is Outcome.JOINED
    return replace(
        verdict,
        outcome=outcome,
        reason=reason,
        kind=None,
        push=False,
        follows=None,
        story=verdict.story if keeps else None,
    )


def _join(entry: Entry, finding: Finding, at: datetime, story: Story, bench: _Bench) -> Verdict:
    """One more report of a known story: never a sound, at most an edit of what was sent."""
    reason, change, kind = "reason.joined", "", None
    if finding.stance in DECISIONS and _confirms(entry, story):
        reason, change, kind = "reason.confirmed", str(Change.CONFIRMED), AlertKind.UPDATE
    elif is_copy(entry, finding, story):
        reason = "reason.near_copy"
    elif adds_source(story, entry):
        reason, kind = "reason.joined_source", AlertKind.UPDATE
    return Verdict(
        entry,
        Outcome.JOINED,
        reason,
        finding,
        join(story, finding, entry, at),
        kind,
        change=change,
        grants=_details(entry, finding, at, story, bench),
    )


def _confirms(entry: Entry, story: Story) -> bool:
    return entry.tier is Tier.OFFICIAL and all(
        report.tier is not Tier.OFFICIAL for report in story.reports
    )


def _details(
    entry: Entry, finding: Finding, at: datetime, story: Story, bench: _Bench
) -> tuple[Grant, ...]:
    """The ledger lines that a further report adds to its story's: a weapon or a reach that the
    first ones left out. What was undone since then stays undone."""
    own = replace(finding, actors=tuple(a for a in finding.actors if a in story.actors))
    weighing = ledger.weigh(own, bench.lines.values(), at, story.id)
    if weighing.change not in {Change.NEW, Change.WIDENED, Change.CONTRADICTED}:
        return ()
    lines = (replace(line, since=story.first_at) for line in weighing.grants)
    return _attribute(lines, entry)


def _attribute(lines: Iterable[Grant], entry: Entry) -> tuple[Grant, ...]:
    """The lines with the page that they were read off."""
    return tuple(
        replace(line, sources=tuple(dict.fromkeys((*line.sources, entry.url or entry.source))))
        for line in lines
    )


_NEWS = {
    Stance.SIGNALLED: "reason.new_signal",
    Stance.DENIED: "reason.new_denial",
    Stance.URGED: "reason.new_plea",
    Stance.USED: "reason.new_strike",
    Stance.REACTION: "reason.new_reaction",
}


_UNDOES = {Change.NARROWED: LedgerState.REVOKED, Change.CONTRADICTED: LedgerState.CONTESTED}
"""What a change makes of the story that it changes."""


def _open(entry: Entry, finding: Finding, at: datetime, bench: _Bench) -> Verdict:
    """No known story: news, unless the ledger holds it already."""
    story = open_story(finding, entry, at, bench.stories)
    weighing = ledger.weigh(
        finding, bench.lines.values(), at, story.id, dated=entry.published is not None
    )
    change = weighing.change or Change.NEW
    if change is Change.RESTATED:
        known = bench.stories.get(weighing.story)
        told = join(known, finding, entry, at) if known else None
        return Verdict(entry, Outcome.KNOWN, "reason.restated", finding, told, change=change)
    corrects = change is Change.CONTRADICTED
    follows = bench.stories.get(weighing.story)
    if follows and (undone := _UNDOES.get(change)):
        follows = replace(follows, undone=undone)
    kind = AlertKind.CORRECTION if corrects else AlertKind.UPDATE if follows else AlertKind.NEW
    decided = "reason.new_decision" if change is Change.NEW else f"reason.{change}"
    return Verdict(
        entry,
        Outcome.NEWS,
        decided if finding.stance in DECISIONS or corrects else _NEWS[finding.stance],
        finding,
        story,
        kind,
        push=True,
        change=change,
        difference=weighing.difference,
        follows=follows,
        grants=_attribute(weighing.grants, entry),
    )
