"""How far a permission goes: limited ⊂ deep ⊂ unlimited."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model import Finding, Matter, Reach


def reach_of(finding: Finding) -> Reach:
    """How far what was found goes, read off the concepts that show it.

    The wording of limits is not compared: it comes in many languages, and a place in one is a
    reason in another. That there is a limit counts.
    """
    shown = {evidence.concept for evidence in finding.evidence if not evidence.slot}
    if "nolimit" in shown:
        return Reach.UNLIMITED
    if finding.scope:
        return Reach.LIMITED
    strikes = finding.matter is Matter.STRIKE
    return Reach.DEEP if strikes and "longrange" in shown else Reach.UNSAID


def widest(reaches: Iterable[Reach]) -> Reach:
    """The widest of some; none given: unsaid."""
    return max(reaches, key=_WIDTH.__getitem__, default=Reach.UNSAID)


def goes_beyond(one: Reach, other: Reach) -> bool:
    """Whether the first reach is wider. An unsaid one claims nothing and allows no more than a
    limited one."""
    return _WIDTH[one] > max(_WIDTH[other], _WIDTH[Reach.LIMITED])


_WIDTH = {reach: width for width, reach in enumerate(Reach)}  # as the model orders them
