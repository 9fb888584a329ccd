"""Reads a feed's document: bytes in, entries out, no matter what the bytes are.

A pure function of its arguments, made to be run in a worker. Of a document only the items not
seen before are parsed: it is cut by bytes (``cut``), and feedparser gets the unseen ones inside
the document's own envelope. RSS, Atom and RDF are feedparser's business, JSON Feed ours.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from xml.sax import SAXException

import feedparser

from bot.core.model import Entry, Tier
from bot.core.ports import Body, Failure, FetchFault
from bot.core.text import clean_html, shorten
from bot.feeds.cut import Cut, cut, find_shared, hash_item, looks_whole, read_names
from bot.feeds.dates import read_date
from bot.feeds.encoding import to_utf8
from bot.feeds.entry import (
    LONGEST_TITLE,
    Context,
    make_entry,
    read_item,
    read_language,
    read_text,
)
from bot.feeds.jsonfeed import looks_like_json, read_json_feed
from bot.feeds.weigh import MAX_ENTRIES, choose_items, is_too_heavy

LONGEST_TTL = timedelta(days=1)

_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_FIRST_ELEMENT = re.compile(rb"<\w")
_PROLOG = 100_000  # bytes in which the root element is looked for

# What feedparser lets out when a document beats it. It promises none of these and no others.
_PARSER_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    SAXException,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a document holds that was not read before."""

    title: str
    language: str | None  # as the feed itself says
    entries: tuple[Entry, ...]  # in the order of the document
    item_hashes: frozenset[str]  # of all its items: hand them in as ``skip`` the next time
    skipped: int = 0  # items that couldn't be read, or were too many
    ttl: timedelta | None = None  # how long the feed asks not to be polled
    whole: bool = True  # False: the document was cut short; what stood whole was read


@dataclass(frozen=True, slots=True)
class _Batch:
    """What feedparser made of a document: the feed, and each item with what is shared of it."""

    feed: Mapping[str, Any]
    items: Sequence[tuple[Mapping[str, Any], tuple[bool, bool]]]
    hashes: frozenset[str] = frozenset()
    skipped: int = 0
    whole: bool = True


def parse_feed(
    body: Body,
    *,
    language: str | None = None,
    tier: Tier = Tier.OUTLET,
    skip: frozenset[str] = frozenset(),
    now: datetime | None = None,
) -> ParsedFeed | Failure:
    """The entries of a document whose items' hashes are not in ``skip``. Never raises.

    ``language`` is the operator's word and beats the feed's own. Dates more than a day after
    ``now`` (by default the moment the server's answer is dated) count as missing. A document
    that is no feed, nests deeper than ``MAX_DEPTH`` or declares XML entities is a ``Failure``.
    """
    context = Context(
        feed_url=body.url,
        language=language,
        tier=tier,
        now=now or read_date(body.headers.get("date", "")),
    )
    document = to_utf8(body.content, body.headers.get("content-type", ""), language)
    if looks_like_json(document):
        return _parse_json(document, context, skip)
    batch = _refuse(document) or _parse_xml(document, body.url, skip)
    if isinstance(batch, Failure):
        return batch
    context = replace(context, feed_language=read_language(read_text(batch.feed, "language")))
    entries = []
    for item, shared in batch.items:
        try:
            entry = make_entry(read_item(item), context, shared=shared)
        except _PARSER_FAULTS:
            entry = None
        if entry is not None:
            entries.append(entry)
    return ParsedFeed(
        title=shorten(clean_html(read_text(batch.feed, "title")), LONGEST_TITLE),
        language=context.feed_language,
        entries=tuple(entries),
        item_hashes=batch.hashes,
        skipped=batch.skipped + len(batch.items) - len(entries),
        ttl=_ttl(read_text(batch.feed, "ttl")),
        whole=batch.whole,
    )


def _parse_json(document: bytes, context: Context, skip: frozenset[str]) -> ParsedFeed | Failure:
    read = read_json_feed(document)
    if isinstance(read, Failure):
        return read
    context = replace(context, feed_language=read_language(read.language))
    hashes = [hash_item(repr(item).encode("utf-8", "replace")) for item in read.items]
    unseen = [item for item, known in zip(read.items, hashes, strict=True) if known not in skip]
    shared = find_shared((item.guid, item.link, item.title) for item in read.items)
    made = [
        make_entry(item, context, shared=(item.guid in shared, item.link in shared))
        for item in unseen[:MAX_ENTRIES]
    ]
    entries = tuple(entry for entry in made if entry is not None)
    title = shorten(clean_html(read.title), LONGEST_TITLE)
    skipped = len(unseen) - len(entries) + read.skipped
    return ParsedFeed(title, context.feed_language, entries, frozenset(hashes), skipped)


# --- documents ------------------------------------------------------------------------------


def _refuse(document: bytes) -> Failure | None:
    """What is no feed, or not safe to parse, told by a look at its beginning."""
    start = document[:_PROLOG]
    root, page = _ROOT.search(start), _HTML.search(start)
    if root is None or (page and page.start() < root.start()):
        kind = "a web page" if page else "neither RSS nor Atom nor JSON Feed"
        return Failure(FetchFault.NOT_A_FEED, f"this is {kind}")
    first = _FIRST_ELEMENT.search(start)
    prolog = start[: first.start()] if first else start
    if b"<!ENTITY" in prolog.upper():
        return Failure(FetchFault.UNPARSABLE, "declares XML entities, which may be a bomb")
    return None


def _parse_xml(document: bytes, url: str, skip: frozenset[str]) -> _Batch | Failure:
    pieces = cut(document)
    if pieces is None:
        return _parse_whole(document, url)
    if is_too_heavy(pieces.head + pieces.tail):
        return Failure(FetchFault.UNPARSABLE, "too much outside its items")
    hashes = [hash_item(item) for item in pieces.items]
    unseen = [n for n, known in enumerate(hashes) if known not in skip]
    chosen = choose_items(pieces.items, unseen)
    names = [read_names(item) for item in pieces.items] if chosen else []
    shared = find_shared(names)
    marks = [(names[n][0] in shared, names[n][1] in shared) for n in chosen]
    feed, items = _parse_items(pieces, chosen, url)
    if feed is None:
        return Failure(FetchFault.UNPARSABLE, "this is no feed that can be read")
    return _Batch(
        feed=feed,
        items=[(item, mark) for item, mark in zip(items, marks, strict=True) if item is not None],
        hashes=frozenset(hashes),
        skipped=len(unseen) - len(chosen) + items.count(None) + pieces.truncated,
        whole=not pieces.truncated and looks_whole(document),
    )


def _parse_items(
    pieces: Cut, chosen: list[int], url: str
) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any] | None]]:
    """What feedparser makes of the feed and of each chosen item; None where it gives up.

    If it gives up on all at once, each half is tried, so that one bad item costs only itself.
    """
    parsed = _feedparse(pieces.with_items(pieces.items[n] for n in chosen), url)
    if parsed is not None and len(parsed["entries"]) == len(chosen):
        return parsed["feed"], list(parsed["entries"])
    if len(chosen) < 2:
        return parsed and parsed["feed"], [None] * len(chosen)
    half = len(chosen) // 2
    feed, items = _parse_items(pieces, chosen[:half], url)
    other_feed, other_items = _parse_items(pieces, chosen[half:], url)
    return feed or other_feed, items + other_items


def _parse_whole(document: bytes, url: str) -> _Batch | Failure:
    """For documents that can't be cut: everything in them, read each time they change."""
    if is_too_heavy(document):
        return Failure(FetchFault.UNPARSABLE, "nested too deep, or too much that can't be cut")
    parsed = _feedparse(document, url)
    if parsed is None:
        return Failure(FetchFault.UNPARSABLE, "this is no feed that can be read")
    whole = looks_whole(document)
    entries = parsed["entries"] if whole else parsed["entries"][:-1]  # the last one may be cut
    names = [(read_text(e, "id"), read_text(e, "link"), read_text(e, "title")) for e in entries]
    shared = find_shared(names)
    marks = [(guid in shared, link in shared) for guid, link, _ in names]
    return _Batch(
        feed=parsed["feed"],
        items=list(zip(entries, marks, strict=True))[:MAX_ENTRIES],
        skipped=max(len(entries) - MAX_ENTRIES, 0) + len(parsed["entries"]) - len(entries),
        whole=whole,
    )


def _feedparse(document: bytes, url: str) -> Mapping[str, Any] | None:
    """feedparser's result, or None if it gave up or saw no feed.

    A stream, because bytes and text might be taken for the name of a file. Markup is not
    sanitised nor its links resolved: ``clean_html`` leaves nothing of either.
    """
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(document),
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except _PARSER_FAULTS:
        return None
    return parsed if parsed.get("version") else None


def _ttl(minutes: str) -> timedelta | None:
    if not (minutes.isascii() and minutes.strip().isdigit()):
        return None
    return min(timedelta(minutes=int(minutes.strip()[:6])), LONGEST_TTL)
