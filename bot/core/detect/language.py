"""Which lexicon reads a text: the feed's own word for it, checked against script and letters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.core.lexicon import Grammar

_SCRIPTS = {
    "latin": re.compile("[a-z]+"),
    "cyrillic": re.compile("[\u0400-\u04ff]+"),
    "greek": re.compile("[\u0370-\u03ff]+"),
    "hebrew": re.compile("[\u0590-\u05ff]+"),
    "arabic": re.compile("[\u0600-\u06ff]+"),
}


class Languages:
    """Tells a text's language by script, telling letters and function words."""

    def __init__(self, grammars: Mapping[str, Grammar]) -> None:
        self._grammars = grammars
        self._of_script: dict[str, list[str]] = defaultdict(list)
        for code, grammar in grammars.items():
            self._of_script[_script(" ".join(grammar.markers)) or "latin"].append(code)

    def choose(self, hint: str | None, words: Iterable[str]) -> str | None:
        """The language's code, or None when no lexicon fits the script.

        A hint is believed unless the script or the letters speak against it, or another
        language's function words outnumber its own two to one. ``words`` are folded: a foreign
        letter inside a name has no vote.
        """
        bag = list(words)
        text = " ".join(bag)
        script = _script(text)
        short = (hint or "").split("-")[0].lower()
        if script is None:
            return short if short in self._grammars else None
        codes = self._of_script.get(script, [])
        if short in codes and self._votes(short, bag) * 6 >= len(bag) and not self._told(codes):
            return short  # enough of its own function words: nothing can outvote it two to one
        letters = {c: sum(map(text.count, self._grammars[c].letters)) for c in self._told(codes)}
        most = sorted(letters, key=lambda code: -letters[code])[:2]
        if most and letters[most[0]] > sum(letters[code] for code in most[1:]):
            return most[0]
        votes = {code: self._votes(code, bag) for code in codes}
        best = max(votes, key=lambda c: (votes[c], c == short, c in ("en", "ru")), default=None)
        if best is not None and short in votes and votes[best] < 2 * votes[short] + 2:
            return short
        return best

    def _told(self, codes: list[str]) -> list[str]:
        """Those of some languages that have letters of their own."""
        return [code for code in codes if self._grammars[code].letters]

    def _votes(self, code: str, words: list[str]) -> int:
        return sum(map(self._grammars[code].markers.__contains__, words))


def _script(text: str) -> str | None:
    """The script of most of the letters."""
    counts = {name: sum(map(len, of.findall(text))) for name, of in _SCRIPTS.items()}
    name = max(counts, key=lambda one: counts[one])
    return name if counts[name] else None
