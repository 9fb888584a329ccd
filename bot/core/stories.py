"""Stories: which reports tell of one and the same real-world decision.

An entry tells a story when stance, matter and authority agree, no other slot contradicts, and
either it is close in time or, later and in one language, also close in words. Windows are
anchored at the story's first report, never at its last, so that reports cannot chain two
decisions together. A false merge is worse than a missed one: the alert that nobody gets is
invisible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.likeness import AGREEMENT, agreement, copies
from bot.core.model import Entry, Finding, Matter, Reach, Report, Stance, Story
from bot.core.reach import goes_beyond, reach_of

ANY_LANGUAGE = timedelta(days=2)
"""From the first report on, reports in any language tell the same decision."""

SAME_LANGUAGE = timedelta(days=14)
"""Up to here, a report has to agree in words with one in its own language."""

_OPPOSITE = {Stance.GRANTED: Stance.REVOKED, Stance.REVOKED: Stance.GRANTED}

MIXED = frozenset({Matter.STRIKE, Matter.TRANSFER, Matter.OWN})
"""Matters that short headlines leave open ("clears the missiles"), so that one may be misread."""

_EMBARGO = {Matter.TRANSFER, Matter.BASES}

REPORTS_KEPT = 60
"""Reports that a story keeps; more only move its ``last_at``."""

LIMITS_KEPT = 8
"""Limits and places that a story keeps, in the order in which they were told."""


def find_story(
    finding: Finding, entry: Entry, at: datetime, stories: Iterable[Story]
) -> Story | None:
    """The known story that this entry tells, or None.

    ``at`` is the entry's own time, or now when it has none. An undated entry may be as old as any
    of the stories: it belongs to one of the very same authorities, or one that it agrees with in
    words.
    """
    known = list(stories)
    opposite = [s for s in known if s.stance is _OPPOSITE.get(finding.stance)]
    best: tuple[tuple[float, ...], Story] | None = None
    for story in known:
        if story.stance is finding.stance and _holds(story, entry):
            return story  # the page itself, met again: in another feed, or under a new guid
        closeness = _closeness(finding, entry, at, story)
        if closeness is None or (best and closeness <= best[0]):
            continue
        if not (entry.published and _is_undone(story, finding, at, opposite)):
            best = (closeness, story)
    return best[1] if best else None


def is_copy(entry: Entry, finding: Finding, story: Story) -> bool:
    """Whether the entry's title is nearly word for word that of another outlet's report."""
    return any(
        report.language == finding.language
        and report.source != entry.source
        and copies(entry.title, report.title)
        for report in story.reports
    )


def open_story(finding: Finding, entry: Entry, at: datetime, taken: Collection[str]) -> Story:
    """A story that begins with this entry.

    Its id reads like ``US-2024-11-17-strike-granted``; ``taken`` are the ids in use, a clash
    gets ``-2`` and so on.
    """
    who = "-".join(finding.actors[:3]) or "XX"
    stem = f"{who}-{at:%Y-%m-%d}-{finding.matter}-{finding.stance}"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return Story(
        id=name,
        stance=finding.stance,
        matter=finding.matter,
        topics=finding.topics,
        actors=finding.actors,
        first_at=at,
        last_at=at,
        beneficiaries=finding.beneficiaries,
        weapons=finding.weapons,
        territory=finding.territory,
        scope=finding.scope[:LIMITS_KEPT],
        reports=(_report(finding, entry, at),),
    )


def join(story: Story, finding: Finding, entry: Entry, at: datetime) -> Story:
    """The story with this entry as one more report; its id and ``first_at`` never change.

    The other slots grow to the union of what was told. The actors don't: they are those of the
    first report that named any, since a neighbour mentioned along the way ("Washington and
    Berlin allow …") may decide for itself the next day.
    """
    fresh = _has_room(story) and not _holds(story, entry)
    return replace(
        story,
        topics=union(story.topics, finding.topics),
        actors=story.actors or finding.actors,
        last_at=max(story.last_at, at),
        beneficiaries=union(story.beneficiaries, finding.beneficiaries),
        weapons=union(story.weapons, finding.weapons),
        territory=union(story.territory, finding.territory),
        scope=union(story.scope, finding.scope)[:LIMITS_KEPT],
        reports=(
            (*story.reports, _report(finding, entry, at, copy=is_copy(entry, finding, story)))
            if fresh
            else story.reports
        ),
    )


def adds_source(story: Story, entry: Entry) -> bool:
    """Whether the entry's outlet is one more among those that the story keeps."""
    return _has_room(story) and all(entry.source != report.source for report in story.reports)


def _has_room(story: Story) -> bool:
    return len(story.reports) < REPORTS_KEPT


def _holds(story: Story, entry: Entry) -> bool:
    return any((r.url, r.title) == (entry.url, entry.title) for r in story.reports)


def _is_undone(story: Story, finding: Finding, at: datetime, opposite: Iterable[Story]) -> bool:
    """Whether the opposite was decided between the story and the entry: what is told now is then
    a decision of its own (shared on Monday, paused on Tuesday, shared again on Friday)."""
    return any(
        other.matter is finding.matter
        and story.first_at < other.first_at < at
        and _overlap(other.actors, finding.actors) > 0
        and not _at_odds(finding, other)
        for other in opposite
    )


def _closeness(
    finding: Finding, entry: Entry, at: datetime, story: Story
) -> tuple[float, ...] | None:
    """How well the entry fits the story (greater is better), or None when it doesn't.

    One report of the story must bear witness: agree with the entry on weapons, and be near
    enough in time or words.
    """
    if finding.stance is not story.stance or _is_of_another_topic(finding, story):
        return None
    apart = abs(at - story.first_at)
    near, undated = apart <= ANY_LANGUAGE, entry.published is None
    timely = near or undated or (apart <= SAME_LANGUAGE and not _goes_further(finding, story))
    shared = _overlap(finding.actors, story.actors)
    named = bool(finding.actors and story.actors)
    swapped = near and _is_swapped(finding, story)
    if not timely or (named and not shared and not swapped):
        return None
    mine = reach_of(finding)
    same = set(finding.actors) == set(story.actors)
    sure = (near and named) or (undated and same)
    at_odds = not swapped and _at_odds(finding, story)
    mixed = near and named and {finding.matter, story.matter} <= MIXED
    # an embargo on somebody is told by the arms it stops, or by the ports that it closes to them
    cut_off = (
        near
        and same
        and {finding.matter, story.matter} == _EMBARGO
        and _overlap(finding.beneficiaries, story.beneficiaries) > 0
    )
    best: tuple[float, ...] | None = None
    for report in story.reports:
        armed = _overlap(finding.weapons, report.weapons)
        if finding.weapons and report.weapons and not armed:
            continue
        same_language = report.language == finding.language
        worded = agreement(entry.title, report.title) if same_language else 0.0
        agrees = worded >= AGREEMENT
        if at_odds:
            fits = near and armed > 0
        elif finding.matter is not story.matter:
            unarmed = not finding.weapons and not report.weapons
            fits = near and (agrees or armed > 0 or ((mixed or cut_off) and unarmed))
        else:
            fits = sure or agrees or (near and armed > 0)
        if fits:
            as_far = mine is report.reach is not Reach.UNSAID
            closeness = (shared, armed, float(as_far), worded, -apart.total_seconds())
            best = max(best or closeness, closeness)
    return best


def _is_of_another_topic(finding: Finding, story: Story) -> bool:
    """Whether one of the two is of a topic with frames of its own, and the other isn't."""
    own = Matter.OTHER in (finding.matter, story.matter)
    return own and set(finding.topics).isdisjoint(story.topics)


def _is_swapped(finding: Finding, story: Story) -> bool:
    """Whether one of the two took the receiver of arms for the one who decides on them."""
    return finding.matter is story.matter is Matter.TRANSFER and (
        _overlap(finding.actors, story.beneficiaries) > 0
        or _overlap(finding.beneficiaries, story.actors) > 0
    )


def _at_odds(finding: Finding, story: Story) -> bool:
    """Whether the two speak of other parties. Who is helped and on whose soil are taken together,
    since headlines leave one out or let it pass for the other; unknown agrees with all."""
    mine = {*finding.beneficiaries, *finding.territory}
    theirs = {*story.beneficiaries, *story.territory}
    return bool(mine and theirs and mine.isdisjoint(theirs))


def _goes_further(finding: Finding, story: Story) -> bool:
    """Whether the entry reaches further than any report so far: days later, that is news."""
    mine = reach_of(finding)
    return all(goes_beyond(mine, report.reach) for report in story.reports)


def _report(finding: Finding, entry: Entry, at: datetime, *, copy: bool = False) -> Report:
    return Report(
        title=entry.title,
        language=finding.language,
        source=entry.source,
        at=at,
        url=entry.url,
        tier=entry.tier,
        weapons=finding.weapons,
        reach=reach_of(finding),
        copy=copy,
    )


def union(known: tuple[str, ...], told: tuple[str, ...]) -> tuple[str, ...]:
    """What was known, then what was told besides, each once."""
    return tuple(dict.fromkeys((*known, *told)))


def _overlap(one: Collection[str], other: Collection[str]) -> float:
    """Jaccard's coefficient of two sets."""
    first, second = set(one), set(other)
    return len(first & second) / len(first | second) if first and second else 0.0
