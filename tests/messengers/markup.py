"""Telegram's HTML as its parser takes it (Bot API, "HTML style"): a strict reading for tests."""

from __future__ import annotations

import re
from html import unescape

TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler"}
_TOKEN = re.compile(r'<(/?)([a-z-]+)((?: [a-z]+(?:="[^"<>]*")?)*)>|&(#?\w+);|([^<&]+)', re.DOTALL)
_NAMED = {"lt", "gt", "amp", "quot"}


def parse(html: str) -> tuple[str, list[tuple[str, str, str]]]:
    """The text a reader sees, and each element as (tag, its text, href).

    Raises ValueError for what Telegram answers with "can't parse entities".
    """
    text, place = "", 0
    stack: list[tuple[str, int, str]] = []
    elements: list[tuple[str, str, str]] = []
    while place < len(html):
        token = _TOKEN.match(html, place)
        if token is None:
            raise ValueError(f"stray character at {place}: {html[place : place + 20]!r}")
        close, tag, attributes, entity, plain = token.groups()
        if plain:
            text += plain
        elif entity:
            if entity not in _NAMED and not entity.startswith("#"):
                raise ValueError(f"entity &{entity}; is not supported")
            text += unescape(token.group())
        elif tag not in TAGS:
            raise ValueError(f"tag <{tag}> is not supported")
        elif close:
            if not stack or stack[-1][0] != tag:
                raise ValueError(f"unexpected </{tag}>")
            _, start, href = stack.pop()
            elements.append((tag, text[start:], href))
        else:
            found = re.search(r'href="([^"]*)"', attributes)
            stack.append((tag, len(text), unescape(found[1]) if found else ""))
        place = token.end()
    if stack:
        raise ValueError(f"<{stack[-1][0]}> is never closed")
    return text, elements


def width(text: str) -> int:
    """UTF-16 units, as Telegram counts; a lone half of a pair can't be sent at all."""
    return len(text.encode("utf-16-le")) // 2
