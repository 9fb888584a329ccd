"""Which lexicon reads a text: the feed's own word for it, checked against script and letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_UKRAINIAN, _RUSSIAN = "іїєґ", "ыэъё"  # letters that tell the two apart
_CYRILLIC, _LATIN = re.compile("[\u0400-\u04ff]+"), re.compile("[a-z]+")


def choose_language(
    hint: str | None,
    words: Iterable[str],
    markers: Mapping[str, frozenset[str]],
) -> str | None:
    """The language's code, or None when no lexicon fits the script.

    A hint is believed unless the script or the letters speak against it, or another language's
    function words outnumber its own two to one. ``words`` are folded: a foreign letter inside a
    name has no vote.
    """
    bag = list(words)
    text = " ".join(bag)
    cyrillic = sum(map(len, _CYRILLIC.findall(text)))
    latin = sum(map(len, _LATIN.findall(text)))
    if cyrillic > latin:
        ukrainian = sum(map(text.count, _UKRAINIAN))
        russian = sum(map(text.count, _RUSSIAN))
        if ukrainian != russian:
            return "uk" if ukrainian > russian else "ru"
        return hint if hint in ("uk", "ru") else "ru"
    if not latin:
        return hint if hint in markers else None
    short = (hint or "").split("-")[0].lower()
    if (
        short in markers
        and short not in ("uk", "ru")
        and _votes(bag, markers[short]) * 6 >= len(bag)
    ):
        return short  # enough of its own function words: nothing can outvote it two to one
    votes = {code: _votes(bag, m) for code, m in markers.items() if code not in ("uk", "ru")}
    if not votes:
        return None
    best = max(votes, key=lambda code: (votes[code], code == short, code == "en"))
    if short in votes and votes[best] < 2 * votes[short] + 2:
        return short
    return best


def _votes(words: list[str], marks: frozenset[str]) -> int:
    return sum(map(marks.__contains__, words))
