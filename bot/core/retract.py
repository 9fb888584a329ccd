"""What a report that was changed still stands by, compared with what it told before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.core.model import (
    AlertKind,
    Entry,
    Finding,
    Grant,
    Matter,
    Outcome,
    Stance,
    Story,
    Verdict,
)
from bot.core.reworded import Changed, are_alike, shown_of
from bot.core.stories import MIXED

DOUBT = 0.3
"""From this score on, an entry that is read as something weaker than a decision may still be one,
reworded: what it told before is left alone."""

_OPPOSITE = {Stance.GRANTED: Stance.REVOKED, Stance.REVOKED: Stance.GRANTED}
_WEAKER = frozenset({Stance.SIGNALLED, Stance.URGED, Stance.NONE})


def takes_back(changed: Changed, finding: Finding | None, story: Story) -> bool:
    """Whether the only report of a decision no longer stands by it, ``finding`` being the first
    of what is found in it now.

    It does when it says the contrary; and when it says something weaker, nothing, or the same of
    somebody else in much the same words. In other words, it has moved on to other news.
    """
    alike = are_alike(changed.before.title, changed.entry.title)
    if finding is None:
        return alike
    if finding.standing:
        return False
    if finding.stance in (Stance.DENIED, _OPPOSITE[story.stance]):
        own = finding.matter is story.matter and not _are_apart(finding.actors, story.actors)
        return alike or (own and bool(finding.actors))
    weaker = finding.stance in _WEAKER and finding.score < DOUBT
    return alike and (weaker or finding.stance is story.stance)


def is_doubtful(changed: Changed, finding: Finding | None) -> bool:
    """Whether the entry may tell the same decision in words that are not understood."""
    return (
        finding is not None
        and finding.stance in _WEAKER
        and finding.score >= DOUBT
        and are_alike(changed.before.title, changed.entry.title)
    )


def tell_nothing(story: Story) -> Finding:
    """That no decision is told any more, of those and of that of whom and what one was."""
    return Finding(
        stance=Stance.NONE,
        score=0.0,
        matter=story.matter,
        topics=story.topics,
        actors=story.actors,
        beneficiaries=story.beneficiaries,
        weapons=story.weapons,
        territory=story.territory,
        language=story.reports[0].language if story.reports else "en",
    )


def tell_leaving(story: Story, smaller: Story, told: Finding | None, *, quiet: bool) -> Verdict:
    """That a report has left a story which others still tell: an edit in silence, where anything
    is seen of it. ``told`` is what was found in the report then."""
    first = smaller.reports[0]
    headline = Entry(
        keys=(),
        url=first.url,
        title=first.title,
        published=first.at,
        language=first.language,
        source=first.source,
        tier=first.tier,
    )
    finding = told and replace(
        told,
        weapons=smaller.weapons,
        scope=(),
        without=(),
        evidence=(),
        rules=(),
        features=(),
        reason=None,
    )
    seen = finding is not None and shown_of(smaller) != shown_of(story) and not quiet
    kind = AlertKind.UPDATE if seen else None
    return Verdict(headline, Outcome.JOINED, "reason.joined", finding, smaller, kind)


def is_other(finding: Finding, story: Story, was: Finding | None, *, alone: bool) -> bool:
    """Whether a finding of the story's stance speaks of another decision: somebody else's, on
    another matter, for others; or, where others tell the story too, with other weapons.

    ``alone``: no other report tells it. What ``was`` found in it then, an authority that was only
    read off the weapon's supplier, was never told.
    """
    guessed = alone and was is not None and set(was.actors) <= set(was.inferred)
    mine, theirs = {finding.matter, story.matter}, set(story.actors)
    swapped = mine == {Matter.TRANSFER} and not theirs.isdisjoint(finding.beneficiaries)
    return (
        (len(mine) > 1 and not mine <= MIXED)
        or (not guessed and not swapped and _are_apart(finding.actors, story.actors))
        or _are_apart(
            (*finding.beneficiaries, *finding.territory), (*story.beneficiaries, *story.territory)
        )
        or (not alone and _are_apart(finding.weapons, story.weapons))
    )


def denies(finding: Finding, line: Grant) -> bool:
    """Whether what the finding tells is not what the line says; unsaid agrees with all."""
    return (
        _are_apart(finding.actors, (line.authority,))
        or _are_apart(finding.beneficiaries, (line.beneficiary,) if line.beneficiary else ())
        or _are_apart(finding.territory, (line.territory,) if line.territory else ())
        or _are_apart(finding.weapons, line.weapons)
        or not set(finding.without).isdisjoint(line.weapons)
    )


def _are_apart(one: Collection[str], other: Collection[str]) -> bool:
    return bool(one and other) and set(one).isdisjoint(other)
