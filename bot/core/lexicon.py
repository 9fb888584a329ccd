"""Concepts and terms, compiled for look-up.

A *term* is a pattern over folded words::

    allow            that word                 allow*     that stem and an ending of up to the
    allow*2          … of up to 2 letters                 language's default length
    *beschränk*      inside a (German) compound
    =US              exactly as written, case and all
    green light      words in a row            give|gave  either
    cut .. off       up to 2 words between     lift ... ban   up to 5 words between
    ?the             that word or nothing      <limit>    any word that carries the concept

An *entry* is a set of terms that show one concept, with flags and a value (a state's code, a
weapon's name). Multi-word terms win over the shorter ones they cover; entries of the concept
``pseudo`` blank the words they match (NegEx's pseudo-triggers, Chapman et al. 2001).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.core.detect.tokens import Token, fold

PSEUDO = "pseudo"
OBJECTS = frozenset(
    """strike employ weapon system longrange transfer territory bases intelligence ownforces
    actor
    """.split()
)
"""Concepts of what is acted on, and by whom."""
_JOINT = re.compile(r"[-'’ʼ]")
_GAPS = {"..": 2, "...": 5}
_ATOM = re.compile(r"^(?P<open>\*?)(?P<word>[^*\s]+?)(?P<close>\*?)(?P<length>\d*)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """Terms of one concept. ``example`` must show the concept, ``counter`` must not."""

    concept: str
    terms: tuple[str, ...]
    flags: frozenset[str] = frozenset()
    value: str = ""
    excluded: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()


class Tag(NamedTuple):
    """A term found: ``words`` are the indices of the tokens that matched, gaps left out."""

    concept: str
    words: tuple[int, ...]
    flags: frozenset[str]
    value: str

    @property
    def first(self) -> int:
        return self.words[0]

    @property
    def last(self) -> int:
        return self.words[-1]


class TermError(ValueError):
    """A term that can't be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Position:
    atoms: frozenset[int]
    gap: int  # words that may stand before it
    optional: bool


@dataclass(frozen=True, slots=True)
class _Term:
    entry: Entry
    positions: tuple[_Position, ...]
    needs: tuple[frozenset[int], ...]  # what its further words must be


class _Word(NamedTuple):
    """What one word may show: looked up once, then remembered."""

    atoms: frozenset[int]
    singles: tuple[Entry, ...]
    multis: tuple[_Term, ...]
    hints: int


class Lexicon:
    """The compiled terms of one language (with the shared names). Look-ups are memoised."""

    def __init__(self, language: str, entries: Iterable[Entry], *, ending: int = 4) -> None:
        self.language, self._ending = language, ending
        self.entries = tuple(entries)
        self._ids: dict[tuple[str, str, int], int] = {}
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._prefix: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._infix: list[tuple[str, int]] = []
        self._raw: dict[str, list[int]] = defaultdict(list)
        self._concepts: dict[str, int] = {}
        self._singles: dict[int, list[Entry]] = defaultdict(list)  # by the (first) atom
        self._multis: dict[int, list[_Term]] = defaultdict(list)
        self._referring: dict[int, list[_Term]] = defaultdict(list)
        self._memo: dict[str, _Word] = {}
        self._hints: dict[int, int] = defaultdict(int)  # atom → bits of the concepts it may show
        self._bits: dict[str, int] = {}
        self._excluded: dict[int, tuple[_Matcher, ...]] = {}
        for entry in self.entries:
            for term in entry.terms:
                for variant in _spell_out(term):
                    self._add(entry, variant)
        self._longest = max(map(len, self._prefix), default=0)

    # --- compiling ---------------------------------------------------------------------------

    def _add(self, entry: Entry, term: str) -> None:
        positions: list[_Position] = []
        gap, refers = 0, False
        for part in term.split():
            if part in _GAPS:
                gap = _GAPS[part]
                continue
            optional = part.startswith("?")
            atoms = set()
            for choice in _choices(part):
                refers |= choice.startswith("<")
                atoms.add(self._atom(choice, term))
            positions.append(_Position(frozenset(atoms), gap, optional))
            gap = 0
        if not positions or positions[0].optional or gap:
            raise TermError(f"{term!r} must begin with a word that has to be there")
        bit = self._bits.setdefault(entry.concept, 1 << len(self._bits))
        for position in positions:
            for atom in position.atoms:
                self._hints[atom] |= bit
        needs = tuple(p.atoms for p in positions[1:] if not p.optional)
        compiled = _Term(entry, tuple(positions), needs)
        for atom in positions[0].atoms:
            if refers:
                self._referring[atom].append(compiled)
            elif len(positions) == 1:
                self._singles[atom].append(entry)
            else:
                self._multis[atom].append(compiled)
        if entry.excluded and len(positions) == 1:
            matchers = tuple(_Matcher(fold_pattern(e), self._ending) for e in entry.excluded)
            for atom in positions[0].atoms:
                self._excluded[atom] = self._excluded.get(atom, ()) + matchers

    def _atom(self, choice: str, term: str) -> int:
        if choice.startswith("<") and choice.endswith(">"):
            concept = choice[1:-1]
            return self._concepts.setdefault(concept, self._new(("<", concept, 0)))
        if choice.startswith("="):
            atom = self._new(("=", choice[1:], 0))
            if atom not in self._raw[choice[1:]]:
                self._raw[choice[1:]].append(atom)
            return atom
        found = _ATOM.match(choice)
        if not found:
            raise TermError(f"{choice!r} in {term!r} is not a word, a stem* or a <concept>")
        word = fold(found["word"])
        if not word.isalnum():
            raise TermError(
                f"{choice!r} in {term!r} can never match: words hold letters and digits"
            )
        if found["open"]:
            if len(word) < 4:
                raise TermError(f"{choice!r} is too short to be looked for inside words")
            atom = self._new(("i", word, 0))
            if (word, atom) not in self._infix:
                self._infix.append((word, atom))
            return atom
        if found["close"]:
            if len(word) < 2:
                raise TermError(f"the stem {choice!r} is too short")
            length = int(found["length"] or self._ending)
            atom = self._new(("p", word, length))
            if (length, atom) not in self._prefix[word]:
                self._prefix[word].append((length, atom))
            return atom
        word += found["length"]
        atom = self._new(("e", word, 0))
        if atom not in self._exact[word]:
            self._exact[word].append(atom)
        return atom

    def _new(self, key: tuple[str, str, int]) -> int:
        return self._ids.setdefault(key, len(self._ids))

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
        for token in tokens:
            mask |= self._word(token).hints
        return mask

    def tag(self, tokens: Sequence[Token]) -> list[Tag]:
        """All the terms in a text, those covered by a longer one and blanked ones left out."""
        words = [self._word(token) for token in tokens]
        atoms = [word.atoms for word in words]
        present = frozenset().union(*atoms)
        tags: list[Tag] = []
        for at, word in enumerate(words):
            for entry in word.singles:
                tags.append(Tag(entry.concept, (at,), entry.flags, entry.value))
            for term in word.multis:
                if not any(need.isdisjoint(present) for need in term.needs) and (
                    found := _match(term, atoms, tokens, at)
                ):
                    tags.append(_tag(term.entry, found))
        kept = _prefer_longer(tags)
        if self._concepts:
            kept += self._refer(kept, atoms, tokens)
        kept.sort(key=lambda tag: tag.words)
        return kept

    def _refer(
        self, tags: list[Tag], atoms: list[frozenset[int]], tokens: Sequence[Token]
    ) -> list[Tag]:
        """The terms that name other concepts, over what the first pass found."""
        shown = list(atoms)
        for tag in tags:
            ref = self._concepts.get(tag.concept)
            if ref is not None:
                for word in tag.words:
                    shown[word] |= {ref}
        present = frozenset().union(*shown)
        return [
            _tag(term.entry, found)
            for at, held in enumerate(shown)
            for atom in held & self._referring.keys()
            for term in self._referring[atom]
            if not any(need.isdisjoint(present) for need in term.needs)
            and (found := _match(term, shown, tokens, at))
        ]

    def _word(self, token: Token) -> _Word:
        """What a word may show. Words are remembered (up to 100,000 of them)."""
        key = f"={token.raw}" if token.raw in self._raw else token.norm
        known = self._memo.get(key)
        if known is None:
            if len(self._memo) > 100_000:
                self._memo.clear()
            known = self._memo[key] = self._look_up(token.norm, self._raw.get(token.raw, []))
        return known

    def _look_up(self, word: str, raw: list[int]) -> _Word:
        found = [*raw, *self._exact.get(word, ())]
        for size in range(2, min(len(word), self._longest) + 1):
            for length, atom in self._prefix.get(word[:size], ()):
                if len(word) - size <= length:
                    found.append(atom)
        if len(word) > 5:
            found.extend(atom for stem, atom in self._infix if stem in word)
        atoms = [
            atom
            for atom in dict.fromkeys(found)
            if not any(m.matches(word) for m in self._excluded.get(atom, ()))
        ]
        hints = 0
        for atom in atoms:
            hints |= self._hints[atom]
        return _Word(
            frozenset(atoms),
            tuple(entry for atom in atoms for entry in self._singles.get(atom, ())),
            tuple(term for atom in atoms for term in self._multis.get(atom, ())),
            hints,
        )


def _match(
    term: _Term, atoms: Sequence[frozenset[int]], tokens: Sequence[Token], at: int
) -> tuple[int, ...] | None:
    """The words of the term that begins at a token; gaps never cross a sentence's end."""
    words = [at]
    here = at + 1
    sentence = tokens[at].sentence
    for position in term.positions[1:]:
        for spot in range(here, min(here + position.gap + 1, len(atoms))):
            if not position.atoms.isdisjoint(atoms[spot]):
                if tokens[spot].sentence != sentence:
                    return None
                words.append(spot)
                here = spot + 1
                break
        else:
            if not position.optional:
                return None
    return tuple(words)


def _choices(part: str) -> list[str]:
    """The alternatives of a position; ``<a|b>`` is ``<a>|<b>``."""
    body = part.removeprefix("?")
    if body.startswith("<") and body.endswith(">"):
        return [f"<{concept}>" for concept in body[1:-1].split("|")]
    return body.split("|")


def _spell_out(term: str) -> list[str]:
    """A term whose alternatives hold several words ("nod|go-ahead"), as terms that don't: texts
    are split at hyphens and apostrophes, so terms must be too."""
    parts = term.split()
    for at, part in enumerate(parts):
        if part.startswith(("<", "?<")):
            continue
        choices = _choices(part)
        several = [c for c in choices if _JOINT.search(c) and not c.startswith("=")]
        if not several:
            continue
        single = [c for c in choices if c not in several]
        mark = "?" if part.startswith("?") else ""
        variants = [" ".join(mark + w for w in _JOINT.split(c) if w) for c in several]
        if single:
            variants.append(mark + "|".join(single))
        return [
            spelt
            for variant in variants
            for spelt in _spell_out(" ".join([*parts[:at], variant, *parts[at + 1 :]]))
        ]
    return [term]


class _Matcher:
    """One single-word pattern, for the words that an entry leaves out."""

    __slots__ = ("ending", "prefix", "word")

    def __init__(self, pattern: str, ending: int) -> None:
        self.word, star, length = pattern.partition("*")
        self.prefix, self.ending = bool(star), int(length or ending)

    def matches(self, word: str) -> bool:
        if not self.prefix:
            return word == self.word
        return word.startswith(self.word) and len(word) - len(self.word) <= self.ending


def fold_pattern(pattern: str) -> str:
    word, star, length = pattern.partition("*")
    return f"{fold(word)}{star}{length}"


def _tag(entry: Entry, words: tuple[int, ...]) -> Tag:
    return Tag(entry.concept, words, entry.flags, entry.value)


def _prefer_longer(found: list[Tag]) -> list[Tag]:
    """Drops what a longer term covers, and everything that a pseudo-trigger blanks.

    What is acted on (``OBJECTS``) is kept inside a longer term of another kind: "free to strike"
    shows a permission and a strike.
    """
    longest: dict[tuple[int, str], int] = {}  # (token, kind) → words of its longest term
    blank: dict[int, int] = {}  # the same for pseudo-triggers, which win a tie
    for tag in found:
        size = len(tag.words)
        for word in tag.words:
            if tag.concept == PSEUDO:
                blank[word] = max(size, blank.get(word, 0))
            else:
                key = (word, _kind(tag.concept))
                longest[key] = max(size, longest.get(key, 0))
    kept: dict[tuple[str, tuple[int, ...], str], Tag] = {}
    for tag in found:
        size, kind = len(tag.words), _kind(tag.concept)
        if (
            tag.concept != PSEUDO
            and any(longest[word, kind] <= size for word in tag.words)
            and all(blank.get(word, 0) < size for word in tag.words)
        ):
            kept.setdefault((tag.concept, tag.words, tag.value), tag)
    return list(kept.values())


def _kind(concept: str) -> str:
    return concept if concept in OBJECTS else ""
