"""JSON Feed, versions 1 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.core.ports import Failure, FetchFault
from bot.feeds.dates import read_date
from bot.feeds.entry import Found

LONGEST = 4 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class JsonFeed:
    """A document of this format, its items still raw."""

    title: str
    language: str
    items: tuple[Found, ...]
    skipped: int  # items that are none


def looks_like_json(document: bytes) -> bool:
    """Whether this can be a JSON object rather than XML."""
    return document[:1_000].lstrip()[:1] == b"{"


def read_json_feed(document: bytes) -> JsonFeed | Failure:
    """The feed in a JSON document, or why there is none."""
    if len(document) > LONGEST:
        return Failure(FetchFault.TOO_LARGE, f"JSON of more than {LONGEST // 1024} kB")
    try:
        data = json.loads(document)
    except (ValueError, RecursionError):
        return Failure(FetchFault.UNPARSABLE, "broken JSON")
    if not isinstance(data, dict) or "jsonfeed.org" not in _text(data, "version"):
        return Failure(FetchFault.NOT_A_FEED, "JSON, but no JSON Feed")
    items = data.get("items")
    listed = items if isinstance(items, list) else []
    found = tuple(_read_item(item) for item in listed if isinstance(item, dict))
    return JsonFeed(_text(data, "title"), _text(data, "language"), found, len(listed) - len(found))


def _read_item(item: dict[str, Any]) -> Found:
    return Found(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        summary=_text(item, "summary", "content_text", "content_html"),
        published=read_date(_text(item, "date_published", "date_modified")),
        language=_text(item, "language"),
    )


def _text(item: dict[str, Any], *names: str) -> str:
    """The first of these members that holds text. Ids may be numbers in version 1."""
    for name in names:
        value = item.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value
    return ""
