"""What a text shows: the terms found in it, and which of them are kept.

Multi-word terms win over the shorter ones they cover; the concept ``pseudo`` blanks the words it
matches (NegEx's pseudo-triggers, Chapman et al. 2001).
"""

from __future__ import annotations

from typing import NamedTuple

PSEUDO = "pseudo"
OBJECTS = frozenset(
    """strike employ weapon system longrange transfer territory bases intelligence ownforces
    limit actor
    """.split()
)
"""Concepts of what is acted on, and by whom."""
CONCEPTS = OBJECTS | frozenset(
    """permit lift widen resume entitled nolimit block suspend tighten revoke refuse used
    policy neg plea hedge consider future imperative cond hist longago attrib decide shift explain
    react disavow only except question official nonbinding labour sport otherdomain aid break date
    pseudo
    """.split()
)
"""Every concept that a lexicon may name; what each shows is told in bot/lexicons/README.md."""
ASIDES = frozenset({"longago", "except", "imperative", "date"})
"""Concepts that words show beside another one, and don't take from it."""
_KINDS = {concept: concept for concept in OBJECTS | ASIDES}  # all others take from each other


class Tag(NamedTuple):
    """A term found: ``words`` are the indices of the tokens that matched, gaps left out."""

    concept: str
    words: tuple[int, ...]
    flags: frozenset[str]
    value: str
    person: str = ""  # whose name it is

    @property
    def first(self) -> int:
        return self.words[0]

    @property
    def last(self) -> int:
        return self.words[-1]


def prefer_longer(found: list[Tag]) -> list[Tag]:
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
                key = (word, _KINDS.get(tag.concept, ""))
                longest[key] = max(size, longest.get(key, 0))
    kept: dict[tuple[str, tuple[int, ...], str], Tag] = {}
    for tag in found:
        size, kind = len(tag.words), _KINDS.get(tag.concept, "")
        if (
            tag.concept != PSEUDO
            and any(longest[word, kind] <= size for word in tag.words)
            and all(blank.get(word, 0) < size for word in tag.words)
        ):
            kept.setdefault((tag.concept, tag.words, tag.value), tag)
    return list(kept.values())
