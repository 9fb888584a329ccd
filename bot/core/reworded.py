"""A known entry in other words: whether its feed says something else of it than before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from bot.core.likeness import AGREEMENT, agreement
from bot.core.model import Entry, Finding, Outcome, Report, Stance, Story
from bot.core.reach import reach_of
from bot.core.text import normalise_title


@dataclass(frozen=True, slots=True)
class Changed:
    """A known entry: its row's number, what was decided of it, and what it says now.

    Of ``before``, keys, source and tier are not known. ``story`` is the one that it told.
    """

    row: int
    before: Entry
    outcome: Outcome
    reason: str
    finding: Finding | None
    story: Story | None
    entry: Entry


def is_reworded(before: Entry, now: Entry) -> bool:
    """Whether an entry says something else than it did, as far as that can be seen without
    understanding it.

    Not when only case, punctuation, an outlet's name, or numbers in the summary ("updated 5 min
    ago") differ, nor when only the summary was cut: what is not said any more is not taken back.
    """
    if normalise_title(before.title) != normalise_title(now.title):
        return True
    return countless(now.summary) not in countless(before.summary)


def mark_of(entry: Entry) -> str:
    """A digest of what ``is_reworded`` looks at: texts that say the same have the same."""
    words = f"{normalise_title(entry.title)}\n{countless(entry.summary)}"
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


# Numbers that stand alone: those in names of weapons (F-16, S300) stay.
_COUNT = re.compile(r"(?<![\w-])\d[\d.,:]*(?![\w-])")


def countless(text: str) -> str:
    """A text reduced to its words, without the numbers that may count or tell the time."""
    return normalise_title(_COUNT.sub(" ", text))


def is_retitled(before: Entry, now: Entry) -> bool:
    """Whether the title is another one, numbers aside: one that only counts is the same."""
    return countless(before.title) != countless(now.title)


def are_alike(one: str, other: str) -> bool:
    """Whether two titles agree in words; a heading that both have ("War live: …") aside."""
    first, second = one.partition(":"), other.partition(":")
    if first[2] and second[2] and countless(first[0]) == countless(second[0]):
        one, other = first[2], second[2]
    return agreement(one, other) >= AGREEMENT


def essence(finding: Finding | None) -> tuple[object, ...]:
    """What counts of a finding: not its score, nor where in the text it was found. Nothing for
    one of stance none."""
    if finding is None or finding.stance is Stance.NONE:
        return ()
    return (
        finding.stance,
        finding.matter,
        finding.standing,
        reach_of(finding),
        frozenset(finding.topics),
        frozenset(finding.actors),
        frozenset(finding.beneficiaries),
        frozenset(finding.territory),
        frozenset(finding.weapons),
        frozenset(finding.without),
        frozenset(map(normalise_title, finding.scope)),
    )


# --- its place in a story -------------------------------------------------------------------


def place_of(changed: Changed, story: Story | None) -> int | None:
    """Which of the story's reports the entry is; by its new words, when it stands in a second
    feed that was read before."""
    for title in (changed.before.title, changed.entry.title):
        for place, report in enumerate(story.reports if story else ()):
            if (report.url, report.title) == (changed.before.url, title):
                return place
    return None


def put(reports: tuple[Report, ...], place: int, report: Report) -> tuple[Report, ...]:
    """The reports with another one in that place."""
    return (*reports[:place], report, *reports[place + 1 :])


def without(reports: tuple[Report, ...], place: int) -> tuple[Report, ...]:
    """The reports but for that one."""
    return (*reports[:place], *reports[place + 1 :])


def shown_of(story: Story) -> tuple[object, ...]:
    """What a message shows of a story's slots and reports."""
    return (
        story.actors,
        story.beneficiaries,
        story.territory,
        story.weapons,
        story.scope,
        {report.source for report in story.reports},
        story.reports[:1],
    )
