"""The language in which terms are written, and how one is read.

A *term* is a pattern over folded words::

    allow            that word                 allow*     that stem and an ending of up to the
    allow*2          … of up to 2 letters                 language's default length
    *beschränk*      inside a (German) compound
    =US              exactly as written, case and all
    green light      words in a row            give|gave  either
    cut .. off       up to 2 words between     lift ... ban   up to 5 words between
    hebt .... auf    up to 10 words between (German verb brackets)
    ?the             that word or nothing      <limit>    any word that carries the concept

Texts are split at hyphens and, in Latin letters, at apostrophes, and so are terms. An optional word
that is there is taken: nothing is tried twice, so that a look-up costs its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bot.core.tokens import fold

_BAR = re.compile(r"\|(?![^<]*>)")  # outside <…>
_JOINT = re.compile(r"[-'’ʼ]")
_INNER = re.compile(r"(?<=[\u0400-\u04ff])['’ʼ](?=[\u0400-\u04ff])")  # a letter's own: розв'язав
_GAPS = {"..": 2, "...": 5, "....": 10}
_ATOM = re.compile(r"^(?P<open>\*?)(?P<word>[^*\s]+?)(?P<close>\*?)(?P<length>\d*)$")


class TermError(ValueError):
    """A term that can't be read; the message says what is wrong with it."""


class Atom(NamedTuple):
    """What one word of a text is held against."""

    kind: str  # exact, stem, inside, raw, concept
    word: str
    ending: int = 0  # letters that may follow a stem


class Place(NamedTuple):
    """One word of a term: its alternatives, and how many words may stand before it."""

    atoms: frozenset[Atom]
    gap: int
    optional: bool


@lru_cache(maxsize=131_072)
def read_term(term: str, ending: int) -> tuple[tuple[Place, ...], ...]:
    """The forms of a term (several where an alternative holds several words).

    ``ending`` is the language's own length of an ending. Raises TermError.
    """
    spelt = _spell_out(_INNER.sub("", term))
    return tuple(tuple(_places(form, term, ending)) for form in spelt)


@lru_cache(maxsize=131_072)
def read_word(word: str, ending: int) -> Atom:
    """One word of a term. Raises TermError."""
    if word.startswith("<") and word.endswith(">"):
        return Atom("concept", word[1:-1])
    if word.startswith("="):
        return Atom("raw", word[1:])
    found = _ATOM.match(word)
    if not found:
        raise TermError(f"{word!r} is not a word, a stem* or a <concept>")
    folded = fold(found["word"])
    if not folded.isalnum():
        raise TermError(f"{word!r} can never match: words hold letters and digits")
    if found["open"]:
        if len(folded) < 4:
            raise TermError(f"{word!r} is too short to be looked for inside words")
        return Atom("inside", folded)
    if found["close"]:
        if len(folded) < 2:
            raise TermError(f"the stem {word!r} is too short")
        return Atom("stem", folded, int(found["length"] or ending))
    return Atom("exact", folded + found["length"])


def _places(form: str, term: str, ending: int) -> Iterator[Place]:
    gap, first, last = 0, True, False
    for part in form.split():
        if part in _GAPS:
            gap = _GAPS[part]
            continue
        optional = part.startswith("?")
        if first and optional:
            break
        yield Place(frozenset(read_word(c, ending) for c in _choices(part)), gap, optional)
        gap, first, last = 0, False, True
    if first or gap or not last:
        raise TermError(f"{term!r} must begin and end with a word")


def _choices(part: str) -> list[str]:
    """The alternatives of a position; ``<a|b>`` is ``<a>|<b>``."""
    found: list[str] = []
    for choice in _BAR.split(part.removeprefix("?")):
        if choice.startswith("<") and choice.endswith(">"):
            found += [f"<{concept}>" for concept in choice[1:-1].split("|")]
        else:
            found.append(choice)
    return found


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
