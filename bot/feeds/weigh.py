"""Keeps what would overwhelm feedparser away from it: bombs of nesting, of tags, of items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.feeds.cut import find_date
from bot.feeds.dates import read_date

MAX_ENTRIES = 500  # of one visit, the newest; the rest counts as skipped
MAX_WEIGHT = 30_000  # handed to feedparser at once: about a second
MAX_BYTES = 4 * 1024 * 1024  # likewise
MAX_DEPTH = 200  # of elements; feedparser needs seconds for thousands
FLAT = 200  # a piece with fewer "<" than that can't be deeper

_TAG = re.compile(
    rb"""(?P<text><!\[CDATA\[.*?(?:\]\]>|\Z) | <!--.*?(?:-->|\Z))
    | <(?:(?P<end>/)|(?P<start>[A-Za-z_:])(?:(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)?)?""",
    re.VERBOSE | re.DOTALL,
)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def measure(piece: bytes) -> tuple[int, int]:
    """Depth of the elements in a piece of XML and its weight: no less than either, and cheaply.

    A tag weighs one; feedparser takes a microsecond or so for an escape or an attribute, but some
    25 for a tag.
    """
    weight = (piece.count(b"&") + piece.count(b"=")) // 8
    if (tags := piece.count(b"<")) <= FLAT:
        return tags, tags + weight
    depth = deepest = 0
    for tag in _TAG.finditer(piece):
        if tag["text"]:
            continue
        weight += 1
        if tag["end"]:
            depth = max(depth - 1, 0)
        elif tag["start"] and not tag[0].endswith(b"/>"):
            depth += 1
            deepest = max(deepest, depth)
        if deepest > MAX_DEPTH or weight > MAX_WEIGHT:
            break  # enough is known
    return deepest, weight


def is_too_heavy(piece: bytes) -> bool:
    """Whether feedparser would need more than about a second for it."""
    depth, weight = measure(piece)
    return depth > MAX_DEPTH or weight > MAX_WEIGHT or len(piece) > MAX_BYTES


def choose_items(items: Sequence[bytes], unseen: list[int]) -> list[int]:
    """Which of the unseen items are parsed: the newest, as many as the limits allow."""
    if len(unseen) > MAX_ENTRIES:
        newest = sorted(
            unseen, key=lambda n: read_date(find_date(items[n])) or _LONG_AGO, reverse=True
        )
        unseen = newest[:MAX_ENTRIES]
    chosen, bytes_left, weight_left = [], MAX_BYTES, MAX_WEIGHT
    for n in unseen:
        depth, weight = measure(items[n])
        if depth <= MAX_DEPTH and len(items[n]) <= bytes_left and weight <= weight_left:
            chosen.append(n)
            bytes_left -= len(items[n])
            weight_left -= weight
    return sorted(chosen)
