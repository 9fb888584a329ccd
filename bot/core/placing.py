"""Where an entry that tells something belongs: into a known story, or into a new one, and what the
ledger makes of it. Pure; ``judge`` decides before whether it is to be placed at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core import ledger
from bot.core.corroboration import corroborate
from bot.core.ledger import Change
from bot.core.lines import line_key
from bot.core.model import (
    DECISIONS,
    AlertKind,
    Entry,
    Finding,
    Grant,
    LedgerState,
    Outcome,
    Stance,
    Story,
    Tier,
    Verdict,
)
from bot.core.stories import ANY_LANGUAGE, adds_source, find_story, is_copy, join, open_story


@dataclass(slots=True)
class Bench:
    """The memory while a batch is being judged."""

    stories: dict[str, Story] = field(default_factory=dict)
    lines: dict[tuple[str, ...], Grant] = field(default_factory=dict)

    @classmethod
    def of(cls, stories: Iterable[Story], grants: Iterable[Grant]) -> Bench:
        return cls(
            {story.id: story for story in stories},
            {line_key(grant): grant for grant in grants},
        )

    def take(self, verdict: Verdict) -> None:
        """What a verdict makes of it."""
        for story in filter(None, (verdict.follows, verdict.story)):
            self.stories[story.id] = story
        self.lines |= {line_key(grant): grant for grant in verdict.grants}


def place(entry: Entry, finding: Finding, at: datetime, bench: Bench) -> Verdict:
    """The verdict on an entry that is young enough to be news."""
    story = find_story(finding, entry, at, bench.stories.values())
    return _join(entry, finding, at, story, bench) if story else _open(entry, finding, at, bench)


def _join(entry: Entry, finding: Finding, at: datetime, story: Story, bench: Bench) -> Verdict:
    """One more report of a known story: never a sound, at most an edit of what was sent."""
    told = join(story, finding, entry, at)
    if story.waits:
        if corroborate(told).confirmed:
            return _break_silence(entry, finding, at, replace(told, waits=False), bench)
        # nobody was told of it: nothing it names may count as known
        return Verdict(entry, Outcome.JOINED, "reason.joined", finding, told)
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
        told,
        kind,
        change=change,
        grants=_details(entry, finding, at, story, bench),
    )


def _break_silence(
    entry: Entry, finding: Finding, at: datetime, story: Story, bench: Bench
) -> Verdict:
    """A second outlet tells as news what was taken for a recollection: now it is told."""
    weighing = ledger.weigh(finding, bench.lines.values(), at, story.id)
    return Verdict(
        entry,
        Outcome.NEWS,
        "reason.reaffirmed",
        finding,
        story,
        AlertKind.NEW,
        push=True,
        change=Change.REAFFIRMED,
        grants=attribute(weighing.grants, entry),
    )


def _confirms(entry: Entry, story: Story) -> bool:
    return entry.tier is Tier.OFFICIAL and all(
        report.tier is not Tier.OFFICIAL for report in story.reports
    )


def _details(
    entry: Entry, finding: Finding, at: datetime, story: Story, bench: Bench
) -> tuple[Grant, ...]:
    """The ledger lines that a further report adds to its story's: a weapon or a reach that the
    first ones left out. What was undone since then stays undone."""
    own = replace(finding, actors=tuple(a for a in finding.actors if a in story.actors))
    weighing = ledger.weigh(own, bench.lines.values(), at, story.id)
    if weighing.change not in {Change.NEW, Change.WIDENED, Change.CONTRADICTED}:
        return ()
    lines = (replace(line, since=story.first_at) for line in weighing.grants)
    return attribute(lines, entry)


def attribute(lines: Iterable[Grant], entry: Entry) -> tuple[Grant, ...]:
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


def _told_just_now(finding: Finding, at: datetime, bench: Bench) -> Story | None:
    """A story of these days by the same authority about the same matter: what is covered anyway is
    not affirmed anew by another outlet that words it otherwise."""
    return next(
        (
            story
            for story in bench.stories.values()
            if story.stance is finding.stance
            and story.matter is finding.matter
            and abs(at - story.first_at) <= ANY_LANGUAGE
            and not set(story.actors).isdisjoint(finding.actors)
        ),
        None,
    )


_UNDOES = {Change.NARROWED: LedgerState.REVOKED, Change.CONTRADICTED: LedgerState.CONTESTED}
"""What a change makes of the story that it changes."""


def _open(entry: Entry, finding: Finding, at: datetime, bench: Bench) -> Verdict:
    """No known story: news, unless the ledger holds it already."""
    story = open_story(finding, entry, at, bench.stories)
    weighing = ledger.weigh(
        finding, bench.lines.values(), at, story.id, dated=entry.published is not None
    )
    change = weighing.change or Change.NEW
    known = bench.stories.get(weighing.story)
    if change is Change.REAFFIRMED and (twin := _told_just_now(finding, at, bench)):
        change, known = Change.RESTATED, twin
    if weighing.waits and change is Change.REAFFIRMED and entry.tier is not Tier.OFFICIAL:
        waiting = replace(story, waits=True)
        return Verdict(
            entry, Outcome.KNOWN, "reason.long_standing", finding, waiting, change=change
        )
    if change is Change.RESTATED:
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
        grants=attribute(weighing.grants, entry),
    )
