"""Ordinary news in own words: hand-written headlines, and templates with every filling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from bot.marked import Node, load_marked

HERE = Path(__file__).parent / "ordinary"
BLOCK = ("headlines", "who", "what")


def load_ordinary() -> tuple[tuple[str, str], ...]:
    """(language, headline) of everything that must not alert, each once, in a fixed order."""
    return tuple(dict.fromkeys((*_written(), *_generated())))


def _written() -> Iterator[tuple[str, str]]:
    for path in sorted(HERE.glob("??.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield path.stem, line


def _generated() -> Iterator[tuple[str, str]]:
    for language, blocks in load_marked(HERE / "templates.yaml").mapping().items():
        for block in blocks.items():
            for headline in _fill(block):
                yield language, headline


def _fill(block: Node) -> Iterator[str]:
    keys = block.mapping(BLOCK, required=BLOCK)
    for headline, who, what in product(*(keys[name].texts(name) for name in BLOCK)):
        yield headline.format(who=who, what=what)
