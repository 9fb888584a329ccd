"""The ledger: who allows what, with which limits, and what a finding changes in it.

A *slot* is (authority, matter, beneficiary, territory); in it stand lines, one for each set of
weapons and limits, each in one of the states none → signalled → granted → contested → revoked.
Weapons and reach form lattices: of weapons by the names, of reach limited ⊂ deep ⊂ unlimited.
What a report does not say, it does not claim: an unknown weapon or reach never goes beyond what
is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product

from bot.core.model import Finding, Grant, LedgerState, Matter, Stance
from bot.core.reach import goes_beyond, reach_of

RETOLD = timedelta(days=14)
"""How long after it began a permission that is told again, and no further, is still the same
news. Told later *as news of the day* (not as standing), it has been affirmed anew."""

DISPUTED = timedelta(days=3)
"""How long a permission can be contested by its owner's denial. Later ones are of something else:
that Washington won't hear of deep strikes takes nothing from its leave to fire over the border."""

FORESEEN = timedelta(days=2)
"""A line that begins later than this after an entry is unknown to it (archives, late posts)."""

_ACTIVE = frozenset({LedgerState.GRANTED})
_UNDONE = frozenset({LedgerState.CONTESTED, LedgerState.REVOKED})
_SETTLED = _ACTIVE | _UNDONE


class Change(StrEnum):
    """What a finding makes of the ledger; the word is a catalogue key under ``change.``."""

    NEW = "new"  # the slot was empty
    WIDENED = "widened"  # goes beyond what was in force
    NARROWED = "narrowed"  # takes away from what was in force
    RENEWED = "renewed"  # in force again after it was contested or revoked
    REAFFIRMED = "reaffirmed"  # in force before, told again as news of the day
    RESTATED = "restated"  # in force already
    CONFIRMED = "confirmed"  # an official report of a story told before
    CONTRADICTED = "contradicted"  # its owner denies what was told


# When several authorities are told of at once, the change that says most is the finding's.
_WEIGHT = (
    Change.NEW,
    Change.RENEWED,
    Change.WIDENED,
    Change.NARROWED,
    Change.CONTRADICTED,
    Change.REAFFIRMED,
    Change.RESTATED,
)


@dataclass(frozen=True, slots=True)
class Weighing:
    """The change, the lines to write (insert or replace by ``line_key``) and, for what was known
    before, the id of the story that it was known from. No change: the ledger has no say."""

    change: Change | None = None
    grants: tuple[Grant, ...] = ()
    story: str = ""


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


def weigh(
    finding: Finding, grants: Iterable[Grant], at: datetime, story: str = "", dated: bool = True
) -> Weighing:
    """What ``finding``, told at ``at`` in the story with that id, changes in the ledger.

    Without a date of its own (``dated`` false) a repetition proves nothing: it is taken neither
    for an affirmation nor for a renewal. A finding that names no authority changes nothing.
    """
    known = [line for line in grants if line.since - at <= FORESEEN]
    found = [
        _weigh_one(finding, slot, [g for g in known if _same_slot(g, slot)], at, story, dated)
        for slot in _slots(finding)
    ]
    changes = [w.change for w in found if w.change]
    if not changes:
        return Weighing()
    change = min(changes, key=_WEIGHT.index)
    return Weighing(
        change,
        tuple(line for w in found for line in w.grants),
        next((w.story for w in found if w.change is change), ""),
    )


def learn(finding: Finding, grants: Iterable[Grant], at: datetime) -> tuple[Grant, ...]:
    """The lines that a permission told as standing adds: none where the ledger holds it already,
    or knows that it was contested or revoked since."""
    state = _STATES.get(finding.stance)
    if state is None:
        return ()
    known = [g for g in grants if g.state in _SETTLED and _touches(finding, g)]
    return tuple(
        _line(finding, slot, state, at, "")
        for slot in _slots(finding)
        if not any(
            _same_slot(g, slot) and (g.state in _UNDONE or _covers(g, finding)) for g in known
        )
    )


_STATES = {Stance.GRANTED: LedgerState.GRANTED, Stance.REVOKED: LedgerState.REVOKED}


@dataclass(frozen=True, slots=True)
class _Slot:
    authority: str
    matter: str
    beneficiary: str
    territory: str


def _slots(finding: Finding) -> Iterator[_Slot]:
    for authority, beneficiary, territory in product(
        finding.actors, finding.beneficiaries or ("",), finding.territory or ("",)
    ):
        if finding.matter is Matter.OTHER:
            return  # weapons alone have slots: chips and sanctions are not to silence each other
        yield _Slot(authority, finding.matter, beneficiary, territory)


def _same_slot(line: Grant, slot: _Slot) -> bool:
    return (
        line.authority == slot.authority
        and line.matter == slot.matter
        and (not line.beneficiary or not slot.beneficiary or line.beneficiary == slot.beneficiary)
        and (not line.territory or not slot.territory or line.territory == slot.territory)
    )


def _weigh_one(
    finding: Finding, slot: _Slot, lines: Sequence[Grant], at: datetime, story: str, dated: bool
) -> Weighing:
    match finding.stance:
        case Stance.GRANTED:
            return _grant(finding, slot, lines, at, story, dated)
        case Stance.REVOKED:
            return _revoke(finding, slot, lines, at, story, dated)
        case Stance.DENIED:
            return _deny(finding, lines, at)
        case Stance.SIGNALLED if not lines:
            line = _line(finding, slot, LedgerState.SIGNALLED, at, story)
            return Weighing(Change.NEW, (line,))
        case _:
            return Weighing()


def _grant(
    finding: Finding, slot: _Slot, lines: Sequence[Grant], at: datetime, story: str, dated: bool
) -> Weighing:
    touched = [g for g in lines if g.state in _SETTLED and _touches(finding, g)]
    active = [g for g in touched if g.state in _ACTIVE or not dated]
    covering = _covering(finding, active)
    if dated and touched and max(touched, key=_by_time).state in _UNDONE:
        change = Change.RENEWED
    elif covering:
        return _again(covering, at, story, dated)
    else:
        others = any(g.state in _ACTIVE for g in lines)
        change = Change.WIDENED if others else Change.NEW
    come_true = (
        replace(g, state=LedgerState.GRANTED, since=at, story=story)
        for g in lines
        if g.state is LedgerState.SIGNALLED and set(g.weapons) <= set(finding.weapons)
    )
    line = _line(finding, slot, LedgerState.GRANTED, at, story)
    return Weighing(change, (*come_true, line))


def _revoke(
    finding: Finding, slot: _Slot, lines: Sequence[Grant], at: datetime, story: str, dated: bool
) -> Weighing:
    touched = [g for g in lines if g.state in _SETTLED and _touches(finding, g)]
    ending = [g for g in touched if g.state is not LedgerState.REVOKED]
    covering = _covering(finding, [g for g in touched if g.state is LedgerState.REVOKED])
    if covering and (not ending or not dated):
        return _again(covering, at, story, dated)
    ended = (replace(g, state=LedgerState.REVOKED, since=at, story=story) for g in ending)
    line = _line(finding, slot, LedgerState.REVOKED, at, story)
    return Weighing(Change.NARROWED if ending else Change.NEW, (*ended, line))


def _deny(finding: Finding, lines: Sequence[Grant], at: datetime) -> Weighing:
    contested = tuple(
        replace(g, state=LedgerState.CONTESTED, since=at)
        for g in lines
        if g.state in _ACTIVE and abs(at - g.since) <= DISPUTED
        if _touches(finding, g) and _covers(g, finding)
    )
    return Weighing(Change.CONTRADICTED, contested) if contested else Weighing()


def _again(covering: Grant, at: datetime, story: str, dated: bool) -> Weighing:
    if dated and at - covering.since > RETOLD:
        return Weighing(Change.REAFFIRMED, (replace(covering, since=at, story=story),))
    return Weighing(Change.RESTATED, (), covering.story)


def _covering(finding: Finding, lines: Sequence[Grant]) -> Grant | None:
    """The youngest line that holds all of the finding; each weapon may stand in its own line."""
    for weapon in finding.weapons:
        one = replace(finding, weapons=(weapon,))
        if not any(_covers(line, one) for line in lines):
            return None
    whole = replace(finding, weapons=finding.weapons[:1])
    return max((line for line in lines if _covers(line, whole)), key=_by_time, default=None)


def _covers(line: Grant, finding: Finding) -> bool:
    """weapons(finding) ⊆ weapons(line) and reach(finding) ⊆ reach(line)."""
    return set(finding.weapons) <= set(line.weapons) and not goes_beyond(
        reach_of(finding), line.reach
    )


def _touches(finding: Finding, line: Grant) -> bool:
    """Whether the two may speak of the same weapons at all."""
    if set(finding.weapons) & set(line.without):
        return False
    return (
        not finding.weapons or not line.weapons or not set(finding.weapons).isdisjoint(line.weapons)
    )


def _line(finding: Finding, slot: _Slot, state: LedgerState, at: datetime, story: str) -> Grant:
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


def _by_time(line: Grant) -> datetime:
    return line.since
