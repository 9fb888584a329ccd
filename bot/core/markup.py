"""Foreign text inside Telegram's HTML: cleaned, clipped, escaped, and taken out again.

Telegram counts UTF-16 units of the text as it is shown, after entity parsing (Bot API, "HTML
style"). This is the only place where something is escaped for a message of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape
from itertools import groupby
from urllib.parse import urlsplit

TEXT_LIMIT = 4096
"""UTF-16 units of a message after entity parsing (Bot API, sendMessage)."""

_URL_LIMIT = 2048
_BROKEN = re.compile(r"[\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")  # halves, bidi
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def clean(text: str, units: int) -> str:
    """Foreign text on one line, within ``units``, without control and bidi characters."""
    return clip(_fold(text).strip(), units)


def safe(text: str, units: int) -> str:
    """Clean text, escaped for the inside of an element."""
    return escape(clean(text, units), quote=False)


def link(url: str, inner: str) -> str:
    """``inner`` (escaped already) as a link, or alone where ``url`` can be none."""
    return f'<a href="{escape(url)}">{inner}</a>' if inner and is_link(url) else inner


def is_link(url: str) -> bool:
    """Whether Telegram takes ``url`` for a link or a button: web, a dotted host, no user."""
    if len(url) > _URL_LIMIT or _fold(url) != url or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (host or "") and "@" not in parts.netloc


def mark(text: str, spans: Iterable[tuple[int, int]], units: int) -> str:
    """``text`` escaped, the spans bold; a long one is shown from shortly before the first span."""
    counts = bytearray(len(text))
    for start, end in spans:
        for place in range(max(start, 0), min(end, len(text))):
            counts[place] = 1
    first = counts.find(1)
    start = max(first - 80, 0) if first > units // 2 and _width(text) > units else 0
    window = _cut(text[start:], units)
    runs = groupby(range(start, start + len(window)), key=lambda place: counts[place])
    shown = ["…"] if start else []
    for bold, places in runs:
        chunk = escape(_fold("".join(text[place] for place in places)), quote=False)
        shown.append(f"<b>{chunk}</b>" if bold else chunk)
    if start + len(window) < len(text):
        shown.append("…")
    return "".join(shown).strip()


def plain(html: str) -> str:
    """The same message without markup, links as "words (address)": for consoles and fall-backs."""
    spelled = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 (\1)", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", spelled))


def clip(text: str, units: int) -> str:
    """``text`` within ``units`` of UTF-16, cut at a word where there is one, with an ellipsis."""
    if _width(text) <= units:
        return text
    kept = _cut(text, units - 1)
    words = kept.rpartition(" ")[0]
    return (words if 2 * len(words) > len(kept) else kept).rstrip(" \u200d,;:–—-") + "…"


def _fold(text: str) -> str:
    """Without broken and direction-changing characters; every run of blanks is one space."""
    return _BLANK.sub(" ", _BROKEN.sub("", text))


def _width(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str, units: int) -> str:
    """The longest head of ``text`` within ``units`` of UTF-16, no pair cut in half."""
    head = text[:units].encode("utf-16-le", "surrogatepass")[: 2 * units]
    return head.decode("utf-16-le", "ignore")
