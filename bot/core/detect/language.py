"""Which lexicon reads a text: the feed's own word for it, checked against script and letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_UKRAINIAN = frozenset("іїєґ")
_RUSSIAN = frozenset("ыэъё")


def choose_language(
    hint: str | None,
    words: Iterable[str],
    raw: str,
    markers: Mapping[str, frozenset[str]],
) -> str | None:
    """The language's code, or None when no lexicon fits the script.

    A hint is believed unless the script or the letters speak against it, or another language's
    function words outnumber its own two to one.
    """
    text = raw.lower()
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in text)
    latin = sum("a" <= c <= "z" for c in text)
    if cyrillic > latin:
        ukrainian = sum(c in _UKRAINIAN for c in text)
        russian = sum(c in _RUSSIAN for c in text)
        if ukrainian != russian:
            return "uk" if ukrainian > russian else "ru"
        return hint if hint in ("uk", "ru") else "ru"
    if not latin:
        return hint if hint in markers else None
    bag = list(words)
    votes = {
        code: sum(word in marks for word in bag)
        for code, marks in markers.items()
        if code not in ("uk", "ru")
    }
    if not votes:
        return None
    best = max(votes, key=lambda code: (votes[code], code == hint, code == "en"))
    short = (hint or "").split("-")[0].lower()
    if short in votes and votes[best] < 2 * votes[short] + 2:
        return short
    return best
