"""One way to read an entry: with the lexicons alone, or with a topic's own words added to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.core.detect.clauses import Marked, mark
from bot.core.detect.frames import Frame, find_frames
from bot.core.lexicon import KEYWORD, Lexicon
from bot.core.model import Topic, TopicTerms
from bot.core.term import Entry
from bot.core.tokens import Text

GATE = frozenset(
    """permit lift widen resume entitled nolimit block suspend tighten revoke refuse limit used
    transfer
    """.split()
)
MATERIAL = frozenset(
    """weapon system strike longrange bases intelligence ownforces territory
    """.split()
)
DOMAINS = frozenset({"otherdomain", "aid"})
"""What speaks against the matter of weapons; a topic with frames of its own is such a domain."""


class Reading(NamedTuple):
    """What was found in an entry: title and lead with their concepts, and the frames of both."""

    title: Marked
    lead: Marked
    frames: list[Frame]


class Reader:
    """Reads with the lexicons as they are."""

    def __init__(self, lexicons: Mapping[str, Lexicon]) -> None:
        self._lexicons = lexicons
        self._gates = {
            code: (lexicon.bits(GATE), lexicon.bits(MATERIAL)) for code, lexicon in lexicons.items()
        }

    def read(
        self, heading: Text, summary: Text, code: str, retired: frozenset[str] = frozenset()
    ) -> Reading | None:
        """None when nothing touches the matter: most entries end at the cheap mask."""
        lexicon = self._lexicons[code]
        hints = lexicon.hints(heading.tokens) | lexicon.hints(summary.tokens)
        event, material = self._gates[code]
        return (
            _read(heading, summary, lexicon, retired)
            if hints & event and hints & material
            else None
        )


class TopicReader:
    """Reads entries that hold one of a topic's own words, with these words added.

    A word of a concept that we know just widens it. A concept of the topic's own stands where its
    frames put it: what is only lifted or tightened for a limit ("sanctions"), what is permitted,
    resumed or blocked for a weapon ("chips"), whose limits may be lifted too. So inflection, modes,
    weights and explanations are those of all entries.
    """

    def __init__(self, topic: Topic, lexicons: Mapping[str, Lexicon]) -> None:
        self.topic = topic
        self._frames = frozenset((frame.event, frame.object) for frame in topic.frames)
        self._lexicons = lexicons
        self._own = {code: self._entries(code) for code in lexicons}
        self._words = {
            code: lexicons[code].rebuilt(entries) for code, entries in self._own.items() if entries
        }
        self._widened: dict[str, Lexicon] = {}

    def read(
        self, heading: Text, summary: Text, code: str, retired: frozenset[str] = frozenset()
    ) -> Reading | None:
        """None when none of the topic's own words, or frames if it has some, is there."""
        words = self._words.get(code)
        if words is None or not any(
            words.hints(text.tokens) and words.tag(text.tokens) for text in (heading, summary)
        ):
            return None
        reading = _read(heading, summary, self._widen(code), retired)
        if reading is None or not self._frames:
            return reading
        frames = [frame for frame in reading.frames if self._is_own(frame, reading)]
        return reading._replace(frames=frames) if frames else None

    def _entries(self, code: str) -> list[Entry]:
        return [
            entry
            for terms in self.topic.terms
            if terms.language in ("", code)
            for entry in self._stand_in(terms)
        ]

    def _stand_in(self, terms: TopicTerms) -> list[Entry]:
        """The terms as entries of the concepts that they stand for."""
        events = {event for event, thing in self._frames if thing == terms.concept}
        if not events:
            concepts = [terms.concept]
        else:
            concepts = ["limit", "weapon"] if events <= {"lift", "tighten"} else ["weapon"]
        value = terms.concept if events else ""
        flags = frozenset({KEYWORD})
        return [Entry(c, terms.terms, flags, value, excluded=terms.excluded) for c in concepts]

    def _widen(self, code: str) -> Lexicon:
        """The language's lexicon with the topic's words: compiled when first needed."""
        if code not in self._widened:
            base = self._lexicons[code]
            kept = [e for e in base.entries if not (self._frames and e.concept in DOMAINS)]
            self._widened[code] = base.rebuilt([*self._own[code], *kept])
        return self._widened[code]

    def _is_own(self, frame: Frame, reading: Reading) -> bool:
        """Whether a frame is one of the topic's: its object, or another in the clause, is its."""
        if (frame.event, frame.object.value) in self._frames:
            return True
        part = reading.title if frame.part == "title" else reading.lead
        return any(
            (frame.event, tag.value) in self._frames and part.same_clause(tag, frame.tag)
            for tag in part.of("limit", "weapon")
        )


def _read(
    heading: Text, summary: Text, lexicon: Lexicon, retired: frozenset[str]
) -> Reading | None:
    title, lead = mark(heading, lexicon, retired), mark(summary, lexicon, retired)
    concepts = title.by_concept.keys() | lead.by_concept.keys()
    if GATE.isdisjoint(concepts) or MATERIAL.isdisjoint(concepts):
        return None
    return Reading(title, lead, [*find_frames(title), *find_frames(lead)])
