"""Subscription lists in OPML 2.0 (opml.org): how people carry their feeds from reader to reader."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

import listparser

from bot.core.errors import UserError
from bot.core.model import FeedSpec, Tier
from bot.core.text import canonical_url, clean_html, shorten
from bot.feeds.encoding import to_utf8
from bot.feeds.guard import check_url, redact

LONGEST_FILE = 2 * 1024 * 1024
LONGEST_NAME = 100

_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# Only these tags are handed to the library: of anything else (an open comment …) its parser can
# make hours of work. Quantifiers are possessive, so the search is linear.
_TAGS = re.compile(rb"""</?(?:opml|outline)\b(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""", re.IGNORECASE)
_ADDRESS = re.compile(r"""\sxmlurl\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_FAULTS = (AttributeError, LookupError, TypeError, ValueError)  # of the library, on bad nesting


@dataclass(frozen=True, slots=True)
class RefusedOutline:
    """A line of a list that was not taken, and why: the key and parameters of a reply."""

    line: int
    url: str  # shortened, without credentials
    error: UserError


@dataclass(frozen=True, slots=True)
class Opml:
    """What a list holds: the feeds that may be taken, in its order, and those that may not."""

    feeds: tuple[FeedSpec, ...]
    refused: tuple[RefusedOutline, ...]


def read_opml(data: bytes, *, allow_private: bool = False) -> Opml:
    """The feeds of a list.

    A name is the outline's text, or the host; a category named like a tier ("official") sets the
    tier. Raises ``UserError``: ``opml.too_large`` (``limit`` in kB), ``opml.doctype`` for a file
    that declares a document type (a bomb may hide in it), ``opml.unreadable`` for what is no OPML
    and ``opml.empty`` for a list without feeds. Single wrong outlines don't stop the others; they
    are refused with the error of ``check_url``, or ``opml.twice``.
    """
    if len(data) > LONGEST_FILE:
        raise UserError("opml.too_large", limit=LONGEST_FILE // 1024)
    document = to_utf8(data)
    if _DECLARATION.search(document):
        raise UserError("opml.doctype")
    tags = list(_TAGS.finditer(document))
    try:
        found = listparser.parse(b"".join(tag[0] for tag in tags))
    except _FAULTS as error:
        raise UserError("opml.unreadable") from error
    if not found.version.startswith("opml"):
        raise UserError("opml.unreadable")
    if not found.feeds:
        raise UserError("opml.empty")
    return _sort_out(found.feeds, _find_lines(document, tags), allow_private)


def _find_lines(document: bytes, tags: list[re.Match[bytes]]) -> dict[str, list[int]]:
    """In which lines each address stands."""
    lines: dict[str, list[int]] = defaultdict(list)
    line, position = 1, 0
    for tag in tags:
        line += document.count(b"\n", position, tag.start())
        position = tag.start()
        if match := _ADDRESS.search(tag[0].decode("utf-8", "replace")):
            lines[unescape(match[1] or match[2] or "").strip()].append(line)
    return lines


def _sort_out(
    outlines: Iterable[dict[str, Any]], lines: dict[str, list[int]], allow_private: bool
) -> Opml:
    feeds: list[FeedSpec] = []
    refused: list[RefusedOutline] = []
    taken: set[str] = set()
    for outline in outlines:
        first, *others = lines.get(outline["url"]) or [1]
        error = None
        try:
            url = check_url(outline["url"], allow_private)
        except UserError as wrong:
            error = wrong
        else:
            if canonical_url(url) in taken:
                error = UserError("opml.twice", url=redact(url))
            else:
                taken.add(canonical_url(url))
                feeds.append(_make_spec(url, outline))
        if error:
            refused.append(RefusedOutline(first, redact(outline["url"]), error))
        again = error or UserError("opml.twice", url=redact(outline["url"]))
        refused += [RefusedOutline(line, redact(outline["url"]), again) for line in others]
    return Opml(tuple(feeds), tuple(sorted(refused, key=lambda one: one.line)))


def _make_spec(url: str, outline: dict[str, Any]) -> FeedSpec:
    name = shorten(clean_html(outline.get("title", "")), LONGEST_NAME)
    tiers = [Tier(tag) for tag in outline.get("tags", ()) if tag in frozenset(Tier)]
    return FeedSpec(
        url=url,
        name=name or urlsplit(url).hostname or url,
        tier=tiers[0] if tiers else Tier.OUTLET,
    )


def write_opml(feeds: Iterable[FeedSpec], title: str = "Greenlight") -> str:
    """A list that other readers, and ``read_opml``, can read."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{escape(title)}</title></head>",
        "  <body>",
    ]
    for feed in feeds:
        attributes = {
            "type": "rss",
            "text": feed.name,
            "xmlUrl": feed.url,
            "language": feed.language,
            "category": f"/{feed.tier}",
        }
        said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
        lines.append(f"    <outline{said}/>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])
