"""Long answers as pages that a phone shows at once, turned by buttons.

Pure. Pages are measured in rows of a phone's screen; Telegram's own limit is further away than
any page grows, provided that each line was clipped (see ``markup.safe``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape

from bot.core.text import utf16_length

SCREEN = 24
"""Rows that a phone shows at once, the buttons below left out."""

_COLUMNS = 38  # letters in a row, about


@dataclass(frozen=True, slots=True)
class Page:
    """A page's HTML, and whose lines it holds, in order."""

    html: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together. The heading is repeated where a page cuts them in two; an empty
    one is left out. ``key`` says whose they are."""

    key: str
    head: str
    lines: Sequence[str]


def paginate(title: str, blocks: Iterable[Block], rows: int = SCREEN) -> tuple[Page, ...]:
    """The blocks on pages of ``rows`` rows, each opened by the title; no blocks, no pages.

    A block that finds no room on a begun page, but would on one of its own, opens the next one. A
    line that is longer than a page has one to itself.
    """
    pages: list[tuple[list[str], dict[str, None]]] = []
    room = left = rows - count_rows(title)
    for block in blocks:
        whole = sum(count_rows(line) for line in (block.head, *block.lines)) + 1
        headed = False
        for line in block.lines:
            moves = not headed and left < whole <= room  # to a page that takes all of it
            fresh = not pages or moves or (left < room and count_rows(line) > left)
            if fresh:
                pages.append(([title], {}))
                left = room
            lines, keys = pages[-1]
            if fresh or not headed:
                headed = True
                opening = ["", block.head] if block.head else [""] if fresh else []
                lines += opening
                left -= sum(map(count_rows, opening))
            lines.append(line)
            left -= count_rows(line)
            keys.setdefault(block.key)
    return tuple(Page("\n".join(lines).strip(), tuple(keys)) for lines, keys in pages)


def cut_back(lines: Sequence[str], rows: int = SCREEN) -> list[list[str]]:
    """The lines in their order on pages of ``rows`` rows, of which the last one is filled first.
    Between two lines an empty one finds room."""
    pages: list[list[str]] = []
    left = 0
    for line in reversed(lines):
        size = count_rows(line) + 1  # and an empty one above it
        if not pages or size > left:
            pages.append([])
            left = rows
        pages[-1].append(line)
        left -= size
    return [page[::-1] for page in reversed(pages)]


def count_rows(html: str) -> int:
    """How many rows of a phone's screen a piece of HTML takes."""
    shown = unescape(re.sub(r"<[^>]*>", "", html))
    return sum(1 + utf16_length(line) // _COLUMNS for line in shown.split("\n"))
