"""A term, compiled, and how it is found in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.core.pattern import Place, TermError
from bot.core.tags import Tag
from bot.core.tokens import Token


@dataclass(frozen=True, slots=True)
class Entry:
    """Terms of one concept. ``example`` must show the concept, ``counter`` must not."""

    concept: str
    terms: tuple[str, ...]
    flags: frozenset[str] = frozenset()
    value: str = ""
    person: str = ""  # whose names the terms are
    excluded: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()


class Spot(NamedTuple):
    """One word of a term: what it may be, as numbers; how many words may stand before it."""

    atoms: frozenset[int]
    gap: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A term of an entry as its spots; ``needs`` are those that may not be left out."""

    entry: Entry
    places: tuple[Spot, ...]
    needs: tuple[frozenset[int], ...]


def rarest(places: tuple[Place, ...]) -> int:
    """Which word of a term is met least often: the one whose shortest form is the longest. Where
    it is not in a text, the term isn't."""
    lengths = [
        0
        if place.optional or any(atom.kind == "concept" for atom in place.atoms)
        else min(len(atom.word) for atom in place.atoms)
        for place in places
    ]
    longest = max(range(len(places)), key=lambda at: lengths[at])
    if not lengths[longest]:
        raise TermError("a term needs a word of its own beside <concepts>")
    return longest


def may_match(term: Term, where: Mapping[int, list[int]]) -> bool:
    """Whether every word that a term needs is somewhere in the text."""
    for need in term.needs:
        for atom in need:
            if atom in where:
                break
        else:
            return False
    return True


def match(
    term: Term, atoms: Sequence[frozenset[int]], tokens: Sequence[Token], at: int
) -> tuple[int, ...] | None:
    """The words of the term that begins at a token; gaps never cross a clause's end."""
    words = [at]
    here = at + 1
    clause = tokens[at].clause
    for place in term.places[1:]:
        for spot in range(here, min(here + place.gap + 1, len(atoms))):
            if not place.atoms.isdisjoint(atoms[spot]):
                if tokens[spot].clause != clause:
                    return None
                words.append(spot)
                here = spot + 1
                break
        else:
            if not place.optional:
                return None
    return tuple(words)


def make_tag(entry: Entry, words: tuple[int, ...]) -> Tag:
    """What an entry's term shows where it was found."""
    return Tag(entry.concept, words, entry.flags, entry.value, entry.person)
