"""The ledger: who allows what, with which limits, and what a finding changes in it.

A *slot* is (authority, matter, beneficiary, territory); in it stand lines, one for each set of
weapons and limits, each in one of the states none → signalled → granted → contested → revoked.
Weapons and reach form lattices: of weapons by the names, of reach limited ⊂ deep ⊂ unlimited.
What a report does not say, it does not claim: an unknown weapon or reach never goes beyond what
is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.lines import (
    ACTIVE,
    SETTLED,
    STATES,
    UNDONE,
    Slot,
    by_time,
    covering,
    covers,
    is_in,
    is_known,
    make_line,
    slots_of,
    touches,
)
from bot.core.model import Difference, Finding, Grant, LedgerState, Matter, Stance
from bot.core.reach import reach_of, widest

RETOLD = timedelta(days=14)
"""How long after it began a permission that is told again, and no further, is still the same
news. Told later *as news of the day* (not as standing), it has been affirmed anew."""

LONG_STANDING = timedelta(days=180)
"""From this age on one outlet's word that a permission is news is not enough: somebody recalls it.
Two make it news."""

DISPUTED = timedelta(days=3)
"""How long a permission can be contested by its owner's denial. Later ones are of something else:
that Washington won't hear of deep strikes takes nothing from its leave to fire over the border."""

_CAPS = frozenset({"block", "tighten"})
"""Events that keep things as they are where nothing had been granted."""


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
    """The change, the lines to write (insert or replace by ``line_key``) and, where something was
    known before, the id of the story that it was known from and the difference. No change: the
    ledger has no say."""

    change: Change | None = None
    grants: tuple[Grant, ...] = ()
    story: str = ""
    difference: Difference | None = None
    waits: bool = False  # to be told when a second outlet tells it, too


def weigh(
    finding: Finding, grants: Iterable[Grant], at: datetime, story: str = "", dated: bool = True
) -> Weighing:
    """What ``finding``, told at ``at`` in the story with that id, changes in the ledger.

    Without a date of its own (``dated`` false) a repetition proves nothing: it is taken neither
    for an affirmation nor for a renewal. A finding that names no authority changes nothing.
    """
    known = [line for line in grants if is_known(line, at)]
    found = [
        _weigh_one(finding, slot, [g for g in known if is_in(g, slot)], at, story, dated)
        for slot in slots_of(finding)
    ]
    changes = [w.change for w in found if w.change]
    if not changes:
        return Weighing()
    change = min(changes, key=_WEIGHT.index)
    first = next(w for w in found if w.change is change)
    return replace(first, grants=tuple(line for w in found for line in w.grants))


def settle_stance(finding: Finding, grants: Iterable[Grant], at: datetime) -> Finding:
    """The finding as what it comes to, given what is in force.

    Strikes need a permission: a cap on them ("blocks", "limits") where none is in force leaves
    things as they are, and is a denial. Trade is free until it is bound: a ban on it is always a
    revocation, and so is a withdrawal, a halt, a suspension of anything. Words of refusal ("won't
    allow") stay a denial though something is in force: they nearly always speak of more than that.
    """
    caps = finding.stance is Stance.REVOKED and finding.event in _CAPS
    strikes = finding.matter is Matter.STRIKE and (finding.weapons or finding.territory)
    if not (caps and strikes and finding.actors):
        return finding
    in_force = any(
        line.state in ACTIVE
        and line.authority in finding.actors
        and line.matter is finding.matter
        and is_known(line, at)
        for line in grants
    )
    return finding if in_force else replace(finding, stance=Stance.DENIED)


def learn(finding: Finding, grants: Iterable[Grant], at: datetime) -> tuple[Grant, ...]:
    """The lines that a permission told as standing adds: none where the ledger holds it already,
    or knows that it was contested or revoked since."""
    state = STATES.get(finding.stance)
    if state is None:
        return ()
    known = [g for g in grants if g.state in SETTLED and touches(finding, g)]
    return tuple(
        make_line(finding, slot, state, at, "")
        for slot in slots_of(finding)
        if not any(is_in(g, slot) and (g.state in UNDONE or covers(g, finding)) for g in known)
    )


def _weigh_one(
    finding: Finding, slot: Slot, lines: Sequence[Grant], at: datetime, story: str, dated: bool
) -> Weighing:
    match finding.stance:
        case Stance.GRANTED:
            return _grant(finding, slot, lines, at, story, dated)
        case Stance.REVOKED:
            return _revoke(finding, slot, lines, at, story, dated)
        case Stance.DENIED:
            return _deny(finding, lines, at)
        case Stance.SIGNALLED if not lines:
            line = make_line(finding, slot, LedgerState.SIGNALLED, at, story)
            return Weighing(Change.NEW, (line,))
        case _:
            return Weighing()


def _grant(
    finding: Finding, slot: Slot, lines: Sequence[Grant], at: datetime, story: str, dated: bool
) -> Weighing:
    touched = [g for g in lines if g.state in SETTLED and touches(finding, g)]
    active = [g for g in touched if g.state in ACTIVE or not dated]
    held = covering(finding, active)
    if dated and touched and max(touched, key=by_time).state in UNDONE:
        change = Change.RENEWED
    elif held:
        return _again(held, at, story, dated)
    else:
        change = Change.WIDENED if _told_before(lines) else Change.NEW
    come_true = (
        _turn(g, LedgerState.GRANTED, at, story)
        for g in lines
        if g.state is LedgerState.SIGNALLED and set(g.weapons) <= set(finding.weapons)
    )
    line = make_line(finding, slot, LedgerState.GRANTED, at, story)
    before = touched if change is Change.RENEWED else _told_before(lines)
    difference = _difference(finding, before) if change is Change.WIDENED else None
    return Weighing(change, (*come_true, line), _last_story(before), difference)


def _revoke(
    finding: Finding, slot: Slot, lines: Sequence[Grant], at: datetime, story: str, dated: bool
) -> Weighing:
    touched = [g for g in lines if g.state in SETTLED and touches(finding, g)]
    ending = [g for g in touched if g.state is not LedgerState.REVOKED]
    held = covering(finding, [g for g in touched if g.state is LedgerState.REVOKED])
    if held and (not ending or not dated):
        return _again(held, at, story, dated)
    ended = (_turn(g, LedgerState.REVOKED, at, story) for g in ending)
    line = make_line(finding, slot, LedgerState.REVOKED, at, story)
    if not ending:
        return Weighing(Change.NEW, (line,))
    lost = Difference(finding.weapons, widest(g.reach for g in ending))
    return Weighing(Change.NARROWED, (*ended, line), _last_story(ending), lost)


def _deny(finding: Finding, lines: Sequence[Grant], at: datetime) -> Weighing:
    contested = tuple(
        _turn(g, LedgerState.CONTESTED, at, g.story)
        for g in lines
        if g.state in ACTIVE and abs(at - g.since) <= DISPUTED
        if touches(finding, g) and covers(g, finding)
    )
    if not contested:
        return Weighing()
    return Weighing(Change.CONTRADICTED, contested, _last_story(contested))


def _told_before(lines: Sequence[Grant]) -> list[Grant]:
    return [line for line in lines if line.state in ACTIVE]


def _last_story(lines: Sequence[Grant]) -> str:
    """The story of the youngest line that came from one."""
    told = [line for line in lines if line.story]
    return max(told, key=by_time).story if told else ""


def _difference(finding: Finding, before: Sequence[Grant]) -> Difference:
    """What the finding allows beyond the lines in force before it."""
    had = {weapon for line in before for weapon in line.weapons}
    return Difference(
        tuple(weapon for weapon in finding.weapons if weapon not in had),
        widest(line.reach for line in before),
        reach_of(finding),
    )


def _turn(line: Grant, state: LedgerState, at: datetime, story: str) -> Grant:
    """The line in another state, by a report: it is no longer what the seed says."""
    return replace(line, state=state, since=at, story=story, seeded=False, sources=())


def _again(held: Grant, at: datetime, story: str, dated: bool) -> Weighing:
    if dated and at - held.since > RETOLD:
        told_anew = (_turn(held, held.state, at, story),)
        return Weighing(Change.REAFFIRMED, told_anew, waits=at - held.since > LONG_STANDING)
    return Weighing(Change.RESTATED, (), held.story)
