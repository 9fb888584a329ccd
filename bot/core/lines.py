"""The ledger's lines: which slot one stands in, what it holds, what it has to do with a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

from bot.core.model import Finding, Grant, LedgerState, Matter, Stance
from bot.core.reach import goes_beyond, reach_of

FORESEEN = timedelta(days=2)
"""A line that begins later than this after an entry is unknown to it (archives, late posts)."""

SETTLED_NEWS = timedelta(days=3)
"""A seeded line is unknown to entries of its own days: an archive that tells of the decision itself
tells news, and one that recalls it later doesn't."""

ACTIVE = frozenset({LedgerState.GRANTED})
UNDONE = frozenset({LedgerState.CONTESTED, LedgerState.REVOKED})
SETTLED = ACTIVE | UNDONE

STATES = {Stance.GRANTED: LedgerState.GRANTED, Stance.REVOKED: LedgerState.REVOKED}
"""What a decision makes of a line."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Who decides on what, for whom, on whose soil; empty: not said."""

    authority: str
    matter: str
    beneficiary: str
    territory: str


def slots_of(finding: Finding) -> Iterator[Slot]:
    """The slots that a finding speaks of."""
    for authority, beneficiary, territory in product(
        finding.actors, finding.beneficiaries or ("",), finding.territory or ("",)
    ):
        if finding.matter is Matter.OTHER:
            return  # weapons alone have slots: chips and sanctions are not to silence each other
        yield Slot(authority, finding.matter, beneficiary, territory)


def is_in(line: Grant, slot: Slot) -> bool:
    """Whether a line stands in a slot; what is not said agrees with all."""
    return (
        line.authority == slot.authority
        and line.matter == slot.matter
        and (not line.beneficiary or not slot.beneficiary or line.beneficiary == slot.beneficiary)
        and (not line.territory or not slot.territory or line.territory == slot.territory)
    )


def line_key(grant: Grant) -> tuple[str, ...]:
    """The identity of a ledger line: its slot, its weapons and its reach."""
    return (
        grant.authority,
        grant.matter,
        grant.beneficiary,
        grant.territory,
        "|".join(sorted(grant.weapons)),
        grant.reach,
    )


def is_known(line: Grant, at: datetime) -> bool:
    """Whether a line was there for an entry of that time to be held against."""
    return at - line.since >= SETTLED_NEWS if line.seeded else line.since - at <= FORESEEN


def covering(finding: Finding, lines: Sequence[Grant]) -> Grant | None:
    """The youngest line that holds all of the finding; each weapon may stand in its own line."""
    for weapon in finding.weapons:
        one = replace(finding, weapons=(weapon,))
        if not any(covers(line, one) for line in lines):
            return None
    whole = replace(finding, weapons=finding.weapons[:1])
    return max((line for line in lines if covers(line, whole)), key=by_time, default=None)


def covers(line: Grant, finding: Finding) -> bool:
    """weapons(finding) ⊆ weapons(line) and reach(finding) ⊆ reach(line)."""
    return set(finding.weapons) <= set(line.weapons) and not goes_beyond(
        reach_of(finding), line.reach
    )


def touches(finding: Finding, line: Grant) -> bool:
    """Whether the two may speak of the same weapons at all."""
    if set(finding.weapons) & set(line.without):
        return False
    return (
        not finding.weapons or not line.weapons or not set(finding.weapons).isdisjoint(line.weapons)
    )


def make_line(finding: Finding, slot: Slot, state: LedgerState, at: datetime, story: str) -> Grant:
    """The line that a finding writes into a slot."""
    return Grant(
        authority=slot.authority,
        matter=finding.matter,
        state=state,
        since=at,
        beneficiary=slot.beneficiary,
        territory=slot.territory,
        weapons=finding.weapons,
        scope=finding.scope,
        story=story,
        without=finding.without,
        reach=reach_of(finding),
    )


def by_time(line: Grant) -> datetime:
    """Since when a line stands: the key by which the youngest is found."""
    return line.since
