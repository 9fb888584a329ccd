"""The decider: what each new entry means, given the stories and the ledger known so far.

Pure: no clock, no I/O. Every entry is judged; caps belong to delivery. The steps, each of which
may settle the matter: nothing found → standing → baseline → stale → known story → ledger → news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core import ledger
from bot.core.lines import line_key
from bot.core.model import (
    DECISIONS,
    THRESHOLD,
    Entry,
    Finding,
    Grant,
    Outcome,
    Stance,
    Story,
    Topic,
    Verdict,
)
from bot.core.placing import Bench, attribute, place

MEMORY = timedelta(days=21)
"""How far back the stories in ``Memory`` must reach: the widest window of ``stories`` and the
oldest entry that may still be news."""


SETTLING = frozenset({Stance.GRANTED, Stance.REVOKED, Stance.DENIED})
RELATED = {
    stance: frozenset({stance}) | (SETTLING if stance in SETTLING else frozenset())
    for stance in Stance
}
"""The stances of the stories that a finding can have to do with: what decides or refuses may change
or undo what was decided, and a cap may turn out a denial; the rest are told for themselves."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry with what the detector found in it, best finding first."""

    entry: Entry
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known: the stories of the last ``MEMORY`` (any order, all stances) and the ledger.

    The stories may be left out whose stance is not ``RELATED`` to one of the findings'. ``grants``
    are the lines of the actors that the findings name (or all lines), one for each
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


def asked_for(findings: Iterable[Finding]) -> tuple[set[Stance], set[str]]:
    """Of a memory, the stories of which stances and the ledger lines of which authorities must be
    there to judge these findings."""
    stances: set[Stance] = set()
    actors: set[str] = set()
    for finding in findings:
        stances |= RELATED[finding.stance]
        actors.update(finding.actors)
    return stances, actors


def judge(
    entries: Sequence[Judged], memory: Memory, now: datetime, policy: Policy = Policy()
) -> list[Verdict]:
    """One verdict for each entry, in order; each sees what the earlier ones made of the memory.

    Entries whose keys are known already are the caller's to leave out. Of each verdict the
    caller stores, when set: ``story``, then ``follows`` (insert or replace by ``id``), ``grants``
    (insert or replace by ``lines.line_key``), and an alert when ``kind`` is set.
    """
    bench = Bench.of(memory.stories, memory.grants)
    verdicts = []
    for judged in entries:
        verdict = _decide(judged, bench, now, policy)
        bench.take(verdict)
        verdicts.append(verdict)
    return verdicts


def remember(memory: Memory, verdicts: Sequence[Verdict]) -> Memory:
    """The memory with the stories and ledger lines of the verdicts added or replaced."""
    bench = Bench.of(memory.stories, memory.grants)
    for verdict in verdicts:
        bench.take(verdict)
    return Memory(tuple(bench.stories.values()), tuple(bench.lines.values()))


def _decide(judged: Judged, bench: Bench, now: datetime, policy: Policy) -> Verdict:
    entry = judged.entry
    at = min(entry.published or now, now)  # a date in the future is a wrong clock
    learnt = attribute(_learn(judged.findings, bench, at), entry)
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


def _learn(findings: Sequence[Finding], bench: Bench, at: datetime) -> tuple[Grant, ...]:
    """The ledger lines of permissions that the entry tells as standing."""
    learnt: dict[tuple[str, ...], Grant] = {}
    for finding in findings:
        if finding.standing:
            lines = (*bench.lines.values(), *learnt.values())
            learnt |= {line_key(g): g for g in ledger.learn(finding, lines, at)}
    return tuple(learnt.values())


def _place(
    entry: Entry, finding: Finding, at: datetime, bench: Bench, policy: Policy, now: datetime
) -> Verdict:
    verdict = place(entry, finding, at, bench)
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
