"""Cuts a feed's document into its items, by bytes, so that only those not seen yet need parsing.

Works on UTF-8. A cut is made only where it is certain: an item never ends inside a CDATA section
or a comment, and items don't nest. In doubt there is no cut (``cut`` gives None) and the whole
document is to be parsed. Everything here is linear in the length of the document.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import AnyStr

_FIRST_ITEM = re.compile(rb"<(item|entry)(?=[\s>/])")
_TAG_END = re.compile(rb"\s*>")
_COMMENT, _CDATA = b"<!--", b"<![CDATA["
_CLOSES = {_COMMENT: b"-->", _CDATA: b"]]>"}
_DATE = re.compile(
    rb"<(?:pubDate|published|updated|dc:date|date)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?([^<\]]*)"
)

_ENDINGS = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel|html)\s*>|\}\s*$", re.IGNORECASE)


def looks_whole(document: bytes) -> bool:
    """Whether a feed's document reaches its end; read in any encoding."""
    return _ENDINGS.search(document[-4_096:].replace(b"\0", b"")) is not None


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in pieces: ``head + b"".join(items) + tail``, less what stood between items."""

    head: bytes
    items: tuple[bytes, ...]
    tail: bytes
    truncated: bool  # the document ends inside an item, which was left out

    def with_items(self, items: Iterable[bytes]) -> bytes:
        """A document of the same envelope with these items only."""
        return b"".join((self.head, *items, self.tail))


def cut(document: bytes) -> Cut | None:
    """The document in pieces, or None where cutting it isn't safe or there are no items."""
    first = _FIRST_ITEM.search(document)
    if first is None or _leaves_open(head := document[: first.start()]):
        return None
    opening, closing = b"<" + first[1], b"</" + first[1]
    items: list[bytes] = []
    start, bang = first.start(), document.find(b"<!", first.start())
    while True:
        end = document.find(closing, start)
        while 0 <= bang < end:  # a section, in which an end tag would be text
            shut = _find_close(document, bang)
            if shut < 0 or shut > end:
                end = document.find(closing, shut) if shut >= 0 else -1
            bang = document.find(b"<!", shut) if shut >= 0 else -1
        if end < 0:  # this item has no end: either the document was cut off here, or it is odd
            return None if looks_whole(document) else Cut(head, tuple(items), b"", truncated=True)
        following = _find_tag(document, opening, start + len(opening))
        tag_end = _TAG_END.match(document, end + len(closing))
        if tag_end is None or 0 <= following < end:
            return None  # another name, nested items, or one without an end
        items.append(document[start : tag_end.end()])
        if following < 0:
            return Cut(head, tuple(items), document[tag_end.end() :], truncated=False)
        if 0 <= bang < following:
            return None  # a section between items
        start = following


def _find_tag(document: bytes, opening: bytes, start: int) -> int:
    """Where a start tag stands that is called just so ("<items" is none of "<item"), or -1."""
    while (start := document.find(opening, start)) >= 0:
        after = start + len(opening)
        if document[after : after + 1] in (b" ", b">", b"\n", b"\t", b"\r", b"/"):
            return start
        start = after
    return -1


def _find_close(document: bytes, bang: int) -> int:
    """Where the CDATA section or comment that begins at ``bang`` ends, or -1."""
    for opens, closes in _CLOSES.items():
        if document.startswith(opens, bang):
            return document.find(closes, bang)
    return -1


def _leaves_open(head: bytes) -> bool:
    """Whether a CDATA section or a comment that begins in ``head`` doesn't end there."""
    return any(head.rfind(opens) > head.rfind(closes) for opens, closes in _CLOSES.items())


def hash_item(item: bytes) -> str:
    """96 bits that stand for the bytes of an item."""
    return hashlib.sha256(item).hexdigest()[:24]


def read_names(item: bytes) -> tuple[bytes, bytes, bytes]:
    """Guid, link and title of an item as they stand there, tags and all; empty if missing."""
    guid = _find_element(item, b"guid") or _find_element(item, b"id")
    return guid, _find_element(item, b"link"), _find_element(item, b"title")


def _find_element(item: bytes, name: bytes) -> bytes:
    start = item.find(b"<" + name)
    if start < 0:
        return b""
    end = item.find(b">", start)
    if item[end - 1 : end] != b"/":
        end = item.find(b"</" + name, end)
    return item[start:end] if end >= 0 else item[start:]


def find_shared(names: Iterable[tuple[AnyStr, AnyStr, AnyStr]]) -> frozenset[AnyStr]:
    """Of (guid, link, title) of many items: guids and links that go with different titles.

    Such a name is no identity: feeds give every item the guid "1", or the link to a home page.
    """
    seen: dict[AnyStr, set[AnyStr]] = defaultdict(set)
    for guid, link, title in names:
        if guid:
            seen[guid].add(title or link)
        if link and link != guid:
            seen[link].add(title or guid)
    return frozenset(name for name, titles in seen.items() if len(titles) > 1)


def find_date(item: bytes) -> str:
    """The first date of an item as it stands there, or an empty string."""
    match = _DATE.search(item)
    return match[1].decode("utf-8", "replace").strip() if match else ""
