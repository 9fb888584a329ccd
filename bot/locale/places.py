"""States and alliances by the names that people type, in any language that we speak."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from babel import Locale
from rapidfuzz.distance import OSA

from bot.core.search import fold_text, make_haystack
from bot.locale import LANGUAGES, texts_for

_ALLIANCES = ("NATO",)
_NO_STATES = frozenset({"EZ", "QO", "XA", "XB", "ZZ"})  # CLDR's other two-letter codes
_WITH_OTHER_NAMES = ("US", "GB", "EU", "UN", "NATO", "AE", "RU", "UA", "TR", "CZ", "NL")
_FORGIVING = 4  # letters from which on a name may be misspelt


def find_country(words: str, known: Collection[str] = ()) -> str | None:
    """The code of the state or alliance that ``words`` name, by code or by name, or None.

    One letter may be wrong, missing, too many or swapped with its neighbour. Of two that are
    equally near, one of the ``known`` wins.
    """
    wanted = fold_text(words.replace(".", ""))  # "U.S."
    if not wanted:
        return None
    nearest: dict[str, int] = {}
    for code, names in _names().items():
        for name in names:
            most = 1 if min(len(name), len(wanted)) >= _FORGIVING else 0
            apart = OSA.distance(name, wanted, score_cutoff=most)
            if apart <= most:
                nearest[code] = min(apart, nearest.get(code, apart))
    return min(nearest, key=lambda code: (nearest[code], code not in known), default=None)


@cache
def list_names() -> dict[str, str]:
    """All names of each state and alliance, ready to be searched (see ``core/search``)."""
    return {code: make_haystack(" ".join(names)) for code, names in _names().items()}


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """The folded names of each code, the code itself among them."""
    states = [
        code
        for code in map(str, Locale("en").territories)
        if len(code) == 2 and code.isalpha() and code not in _NO_STATES
    ]
    return {code: tuple(_names_of(code)) for code in (*states, *_ALLIANCES)}


def _names_of(code: str) -> dict[str, None]:
    written = [code]
    for language in LANGUAGES:
        texts = texts_for(language)
        written.append(texts.country(code))
        if code in _WITH_OTHER_NAMES:
            written += texts.say(f"country.{code}.also").split(", ")
    return dict.fromkeys(map(fold_text, written))
