"""Text → tokens with offsets into the original, folded so that spellings of one word meet.

Folding: NFKC and casefold; Latin accents off (a missing accent must not matter); Russian ё as е;
letters of the other script that only look alike are mapped to the script of their word
("АТACMS"); soft hyphens and zero-width marks out. Hyphenated words are split, English
contractions opened ("won't" → will not), elided French and Italian articles cut off.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_CYRILLIC, _LATIN = "асеокрхуіјАВЕКМНОРСТХІУ", "aceokpxyijABEKMHOPCTXIY"  # look-alikes
_CYRILLIC_TWINS = str.maketrans(_CYRILLIC, _LATIN)
_LATIN_TWINS = str.maketrans(_LATIN, _CYRILLIC)
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"))
_APOSTROPHES = "'’ʼ`´"
_WORD = r"EE\. ?UU\b\.?|(?:[^\W\d_]\.){2,}|[^\W_]+(?:[\u00ad\u200b\u200d'’ʼ`´][^\W_]+)*"
_TOKEN = re.compile(rf"({_WORD})|[.!?…;:,\u2013\u2014|\n«»\"“”„()/-]+")
_MONTH = re.compile(r" (Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)")
_CLAUSE_END = re.compile("[:\u2013\u2014]")
_CONTRACTED = {"t": "not", "ll": "will", "s": "", "re": "are", "ve": "have", "d": "", "m": "am"}
_IRREGULAR = {"won't": "will", "can't": "can", "shan't": "shall"}


class Token(NamedTuple):
    """A word of the text: ``norm`` is folded, ``raw`` as written, ``clause`` its number."""

    norm: str
    raw: str
    start: int
    end: int
    clause: int
    sentence: int


def fold(word: str) -> str:
    """One word's folded form. Idempotent."""
    return _fold(word)


@lru_cache(maxsize=65_536)
def _fold(word: str) -> str:
    if word.isascii():
        return word.lower().replace(".", "").replace(" ", "")
    word = unicodedata.normalize("NFKC", word).translate(_INVISIBLE).replace(".", "")
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in word)
    if cyrillic and cyrillic < sum(c.isalpha() for c in word):
        # two scripts in one word: whichever way leaves a single script is the one meant
        latinised = word.translate(_CYRILLIC_TWINS)
        word = latinised if _is_latin(latinised) else word.translate(_LATIN_TWINS)
        cyrillic = 0 if _is_latin(word) else cyrillic
    word = word.casefold()
    if cyrillic:
        word = unicodedata.normalize("NFC", word).replace("ё", "е").replace("\u0301", "")
        return "".join(c for c in word if c not in _APOSTROPHES)
    word = unicodedata.normalize("NFKD", word.translate(_STROKES))
    return "".join(c for c in word if not (unicodedata.combining(c) or c.isspace()))


def _is_latin(word: str) -> bool:
    return not any("\u0400" <= c <= "\u04ff" for c in word)


@lru_cache(maxsize=65_536)
def _pieces(raw: str) -> tuple[tuple[str, int, int], ...]:
    """(norm, from, to) of the words that one written word holds."""
    cut = next((i for i, c in enumerate(raw) if c in _APOSTROPHES), -1)
    if cut < 0 or "\u0400" <= raw[0] <= "\u04ff":
        return ((fold(raw), 0, len(raw)),)
    head, tail = raw[:cut], raw[cut + 1 :]
    low = tail.lower()
    if low in _CONTRACTED:
        meaning = _CONTRACTED[low]
        if low == "t":
            head = _IRREGULAR.get(head.lower() + "'t") or (
                head[:-1] if head.lower().endswith("n") else head
            )
        first = (fold(head), 0, cut)
        return (first, (meaning, cut, len(raw))) if meaning else ((fold(head), 0, cut),)
    return ((fold(head), 0, cut), *((n, cut + 1 + a, cut + 1 + b) for n, a, b in _pieces(tail)))


@dataclass(frozen=True, slots=True)
class Text:
    """A tokenised part of an entry. ``questions`` are the sentences that end in a question mark;
    ``colons`` the clauses that a colon or a dash closes (a headline's attribution)."""

    part: str
    raw: str
    tokens: tuple[Token, ...]
    questions: frozenset[int]
    commas: frozenset[int]  # indices of tokens that a comma follows


_SENTENCE_END = frozenset(".!?…\n;|")


def tokenise(raw: str, part: str, limit: int = 6_000) -> Text:
    """Splits a text in time linear in its length; what is past ``limit`` characters is not read."""
    tokens: list[Token] = []
    questions: set[int] = set()
    commas: set[int] = set()
    clause = sentence = 0
    text = raw[:limit]
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if found.lastindex:  # a word
            start = found.start()
            for norm, a, b in _pieces(mark):
                tokens.append(Token(norm, mark[a:b], start + a, start + b, clause, sentence))
        elif mark == ",":
            commas.add(len(tokens) - 1)
        elif not _SENTENCE_END.isdisjoint(mark):
            if _ends_nothing(mark, text, found.end(), tokens):
                continue
            if "?" in mark:
                questions.add(sentence)
            sentence += 1
            clause += 1
        elif _CLAUSE_END.search(mark) or (mark == "-" and text[found.start() - 1] == " "):
            clause += 1
    return Text(part, raw, tuple(tokens), frozenset(questions), frozenset(commas))


def _ends_nothing(mark: str, text: str, end: int, tokens: list[Token]) -> bool:
    """Whether a full stop stands inside a number, an abbreviation or a German date."""
    if mark != ".":
        return False
    inside = end < len(text) and not text[end].isspace()
    date = bool(tokens) and tokens[-1].norm.isdigit() and _MONTH.match(text, end)
    return inside or bool(date)
