"""Tagged text, cut into clauses and segments.

A *clause* ends at a hard break: . ! ? ; a spaced dash, a colon (headlines put their source
there). A *segment* also ends at a word that closes a modifier's scope (but, while, after …:
ConText's termination terms, Harkema et al. 2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bot.core.lexicon import Grammar, Lexicon
from bot.core.tags import Tag
from bot.core.tokens import Text, Token


@dataclass(frozen=True)
class Marked:
    """A text with what the lexicon found in it."""

    text: Text
    tags: tuple[Tag, ...]
    grammar: Grammar

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return self.text.tokens

    @cached_property
    def by_concept(self) -> dict[str, list[Tag]]:
        found: dict[str, list[Tag]] = {}
        for tag in self.tags:
            found.setdefault(tag.concept, []).append(tag)
        return found

    @cached_property
    def segments(self) -> tuple[int, ...]:
        """The number of each token's segment."""
        breaks = {tag.first for tag in self.by_concept.get("break", ())}
        numbers: list[int] = []
        number, clause = 0, -1
        for at, token in enumerate(self.tokens):
            if token.clause != clause or at in breaks:
                number += 1
                clause = token.clause
            numbers.append(number)
        return tuple(numbers)

    def of(self, *concepts: str) -> list[Tag]:
        """The tags of some concepts, in order."""
        if len(concepts) == 1:
            return self.by_concept.get(concepts[0], [])
        found = [tag for concept in concepts for tag in self.by_concept.get(concept, ())]
        return sorted(found, key=lambda tag: tag.words)

    def words(self, first: int, last: int) -> str:
        """The text from one token to another, as written."""
        return self.text.raw[self.tokens[first].start : self.tokens[last].end]

    def stands_after(self, tag: Tag, words: frozenset[str]) -> bool:
        """Whether the word before a tag is one of some."""
        return tag.first > 0 and self.tokens[tag.first - 1].norm in words

    def same_clause(self, one: Tag, other: Tag) -> bool:
        return self.tokens[one.first].clause == self.tokens[other.first].clause

    def same_sentence(self, one: Tag, other: Tag) -> bool:
        return self.tokens[one.first].sentence == self.tokens[other.first].sentence

    def same_segment(self, one: Tag, other: Tag) -> bool:
        return self.segments[one.first] == self.segments[other.first]


def mark(text: Text, lexicon: Lexicon, retired: frozenset[str] = frozenset()) -> Marked:
    """The text with its concepts; the word of those who are ``retired`` binds nobody."""
    tags = lexicon.tag(text.tokens)
    if retired:
        tags = [_retire(tag) if tag.person in retired else tag for tag in tags]
    return Marked(text, tuple(tags), lexicon.grammar)


def _retire(tag: Tag) -> Tag:
    return tag._replace(concept="nonbinding", flags=frozenset(), value="")
