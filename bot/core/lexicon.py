"""Concepts and terms, compiled for look-up.

An *entry* is a set of terms (see ``pattern``) that show one concept, with flags and a value (a
state's code, a weapon's name). What of the terms found is kept is said in ``tags``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import OSA

from bot.core.pattern import Atom, Place, read_term, read_word
from bot.core.tags import PSEUDO, Tag, prefer_longer
from bot.core.term import Entry, Spot, Term, make_tag, match, may_match, rarest
from bot.core.tokens import Token

FUZZY_FROM = 6  # letters from which on a name may hold a slip
KEYWORD = "keyword"  # the flag of a topic's own words
FUZZY = frozenset({"person", KEYWORD})


@dataclass(frozen=True, slots=True)
class Grammar:
    """What else must be known of a language; all of it is data of its file."""

    language: str = ""
    markers: frozenset[str] = frozenset()  # function words that tell the language
    letters: str = ""  # letters that only it has among the languages of its script
    towards: frozenset[str] = frozenset()  # words before the one who receives or is struck
    into: frozenset[str] = frozenset()  # words before a place
    negation_after: int = 0  # words after its verb at which a negation may stand
    farther: float = 1.0  # how much farther modifiers reach: long brackets, many small words


class _Word(NamedTuple):
    """What one word may show: looked up once, then remembered."""

    atoms: frozenset[int]
    singles: tuple[Entry, ...]
    multis: tuple[int, ...]  # numbers of terms
    hints: int


class Lexicon:
    """The compiled terms of one language (with the shared names). Look-ups are memoised."""

    def __init__(
        self, entries: Iterable[Entry], *, ending: int = 4, grammar: Grammar = Grammar()
    ) -> None:
        self.entries, self.grammar, self._ending = tuple(entries), grammar, ending
        self._ids: dict[Atom, int] = {}
        self._exact: dict[str, int] = {}
        self._stems: dict[str, list[tuple[int, int]]] = defaultdict(list)  # (ending, atom)
        self._inside: list[tuple[str, int]] = []
        self._raw: dict[str, int] = {}
        self._concepts: dict[str, int] = {}
        self._singles: dict[int, list[Entry]] = defaultdict(list)  # by the (first) atom
        self._terms: list[Term] = []  # of several words
        self._multis: dict[int, list[int]] = defaultdict(list)  # by the atoms of their rarest word
        self._referring: dict[int, list[Term]] = defaultdict(list)
        self._excluded: dict[int, list[Atom]] = defaultdict(list)
        self._memo: dict[str, _Word] = {}
        self._hints: dict[int, int] = defaultdict(int)  # atom → bits of the concepts it may show
        self._bits: dict[str, int] = {}
        for entry in self.entries:
            excluded = [read_word(word, ending) for word in entry.excluded]
            for term in entry.terms:
                for places in read_term(term, ending):
                    self._add(entry, places, excluded)
        self._longest = max(map(len, self._stems), default=0)
        self._spellings = self._fuzzy_names()

    def rebuilt(self, entries: Iterable[Entry]) -> Lexicon:
        """A lexicon of the same language over other entries."""
        return Lexicon(entries, ending=self._ending, grammar=self.grammar)

    # --- compiling ---------------------------------------------------------------------------

    def _add(self, entry: Entry, places: tuple[Place, ...], excluded: list[Atom]) -> None:
        compiled = tuple(
            Spot(frozenset(map(self._number, p.atoms)), p.gap, p.optional) for p in places
        )
        bit = self._bits.setdefault(entry.concept, 1 << len(self._bits))
        key = compiled[rarest(places)].atoms
        for atom in key:
            self._hints[atom] |= bit
        refers = any(atom.kind == "concept" for place in places for atom in place.atoms)
        needs = tuple(place.atoms for place in compiled if not place.optional)
        term = Term(entry, compiled, needs)
        if refers:
            for atom in compiled[0].atoms:
                self._referring[atom].append(term)
        elif len(compiled) == 1:
            for atom in key:
                self._singles[atom].append(entry)
                self._excluded[atom] += excluded
        else:
            self._terms.append(term)
            for atom in key:
                self._multis[atom].append(len(self._terms) - 1)

    def _number(self, atom: Atom) -> int:
        known = self._ids.get(atom)
        if known is not None:
            return known
        number = self._ids[atom] = len(self._ids)
        match atom.kind:
            case "exact":
                self._exact[atom.word] = number
            case "stem":
                self._stems[atom.word].append((atom.ending, number))
            case "inside":
                self._inside.append((atom.word, number))
            case "raw":
                self._raw[atom.word] = number
            case _:
                self._concepts[atom.word] = number
        return number

    def _fuzzy_names(self) -> dict[str, list[tuple[str, int, int]]]:
        """(word, ending, atom) of the names that may be misspelt, by their first letter.

        People, weapons and keywords only: one letter parts countries (Iran, Iraq) and verbs.
        """
        names: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
        for atom, number in self._ids.items():
            owners = self._singles.get(number, ())
            if len(atom.word) >= FUZZY_FROM and any(
                entry.concept == "system" or entry.flags & FUZZY for entry in owners
            ):
                names[atom.word[0]].append((atom.word, atom.ending, number))
        return names

    # --- looking up --------------------------------------------------------------------------

    def bits(self, concepts: Iterable[str]) -> int:
        """A mask of concepts, to hold against ``hints``."""
        mask = 0
        for concept in concepts:
            mask |= self._bits.get(concept, 0)
        return mask

    def hints(self, tokens: Iterable[Token]) -> int:
        """A mask of the concepts that the words may show, alone or in a longer term: a cheap
        upper bound, by which most entries are let go without a closer look."""
        mask = 0
        for word in self._words(tokens):
            mask |= word.hints
        return mask

    def tag(self, tokens: Sequence[Token]) -> list[Tag]:
        """All the terms in a text, those covered by a longer one and blanked ones left out."""
        words = self._words(tokens)
        atoms = [word.atoms for word in words]
        where: dict[int, list[int]] = {}
        for at, held in enumerate(atoms):
            for atom in held:
                where.setdefault(atom, []).append(at)
        tags = [make_tag(entry, (at,)) for at, word in enumerate(words) for entry in word.singles]
        for number in sorted({number for word in words for number in word.multis}):
            term = self._terms[number]
            if may_match(term, where):
                starts = {at for atom in term.needs[0] if atom in where for at in where[atom]}
                tags += [
                    make_tag(term.entry, found)
                    for at in sorted(starts)
                    if (found := match(term, atoms, tokens, at))
                ]
        kept = prefer_longer(tags)
        if self._concepts:
            blank = {word for tag in tags if tag.concept == PSEUDO for word in tag.words}
            kept += self._refer(kept, atoms, where, tokens, blank)
        kept.sort(key=lambda tag: tag.words)
        return kept

    def _refer(
        self,
        tags: list[Tag],
        atoms: list[frozenset[int]],
        where: dict[int, list[int]],
        tokens: Sequence[Token],
        blank: set[int],
    ) -> list[Tag]:
        """The terms that name other concepts, over what the first pass found and didn't blank."""
        for tag in tags:
            ref = self._concepts.get(tag.concept)
            if ref is not None:
                for word in tag.words:
                    atoms[word] |= {ref}
                    where.setdefault(ref, []).append(word)
        return [
            make_tag(term.entry, found)
            for atom in where.keys() & self._referring.keys()
            for term in self._referring[atom]
            if may_match(term, where)
            for at in sorted(set(where[atom]))
            if (found := match(term, atoms, tokens, at)) and blank.isdisjoint(found)
        ]

    def _words(self, tokens: Iterable[Token]) -> list[_Word]:
        """What each word may show. Words are remembered (up to 100,000 of them)."""
        memo, found = self._memo, []
        for token in tokens:
            raw, norm = token.raw, token.norm
            # a contraction's part is written as another word: the do of "don't", not Don
            key = raw if len(raw) == len(norm) else f"{norm} {raw}"
            known = memo.get(key)
            if known is None:
                if len(memo) > 100_000:
                    memo.clear()
                known = memo[key] = self._look_up(token)
            found.append(known)
        return found

    def _look_up(self, token: Token) -> _Word:
        word = token.norm
        found = [self._raw[token.raw]] if token.raw in self._raw else []
        if word in self._exact:
            found.append(self._exact[word])
        for size in range(2, min(len(word), self._longest) + 1):
            for ending, atom in self._stems.get(word[:size], ()):
                if len(word) - size <= ending:
                    found.append(atom)
        if len(word) > 5:
            found.extend(atom for stem, atom in self._inside if stem in word)
        if not found and len(word) >= FUZZY_FROM and token.raw[:1].isupper():
            found += self._guess_name(word)
        atoms = [atom for atom in dict.fromkeys(found) if not self._leaves_out(atom, word)]
        hints = 0
        for atom in atoms:
            hints |= self._hints[atom]
        return _Word(
            frozenset(atoms),
            tuple(entry for atom in atoms for entry in self._singles.get(atom, ())),
            tuple(number for atom in atoms for number in self._multis.get(atom, ())),
            hints,
        )

    def _guess_name(self, word: str) -> list[int]:
        """The one name that a misspelt word is an edit away from, if there is just one."""
        near = {
            atom
            for name, ending, atom in self._spellings.get(word[0], ())
            for size in range(max(len(name) - 1, len(word) - ending), len(word) + 1)
            if OSA.distance(word[:size], name, score_cutoff=1) == 1
        }
        return list(near) if len(near) == 1 else []

    def _leaves_out(self, atom: int, word: str) -> bool:
        return any(
            word == out.word
            or (
                out.kind == "stem"
                and word.startswith(out.word)
                and len(word) - len(out.word) <= out.ending
            )
            for out in self._excluded.get(atom, ())
        )
