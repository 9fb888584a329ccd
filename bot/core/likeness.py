"""How alike two headlines are, in words. Within one language only."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache

from rapidfuzz import fuzz

from bot.core.text import normalise_title

AGREEMENT = 0.30
"""Cosine of the titles' character 3- to 5-grams from which on two titles agree in words."""

COPY = 90.0
"""rapidfuzz token_sort_ratio from which on a title is a near copy. (token_set_ratio would give
100 to a mere subset; other numbers still pass at 90 and are compared apart.)"""


def agreement(one: str, other: str) -> float:
    """How far two titles agree in words, 0 to 1: cosine of their character n-grams.

    Character n-grams forgive inflection, which whole words don't, and need no word lists.
    """
    first, second = _grams(one), _grams(other)
    if len(second) < len(first):
        first, second = second, first
    return sum(weight * second.get(gram, 0.0) for gram, weight in first.items())


def copies(title: str, other: str) -> bool:
    """Whether two titles are nearly word for word the same, numbers included."""
    one, two = normalise_title(title), normalise_title(other)
    return fuzz.token_sort_ratio(one, two) >= COPY and _numbers(one) == _numbers(two)


def _numbers(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d+", text))


@lru_cache(maxsize=4096)
def _grams(title: str) -> dict[str, float]:
    """The character 3- to 5-grams inside a title's words, log-weighted, at unit length."""
    counts: Counter[str] = Counter()
    for word in normalise_title(title).split():
        padded = f" {word} "
        for size in (3, 4, 5):
            counts.update(padded[i : i + size] for i in range(len(padded) - size + 1))
    weights = {gram: 1.0 + math.log(count) for gram, count in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {gram: weight / length for gram, weight in weights.items()}
