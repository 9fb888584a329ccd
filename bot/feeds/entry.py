"""Makes a clean ``Entry`` of what a parser found in an item, whatever the format."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model import Entry, Tier
from bot.core.text import clean_html, entry_keys, registrable_domain, shorten, tidy_url
from bot.feeds.dates import read_date

LONGEST_TITLE = 500
LONGEST_SUMMARY = 4_000
OLDEST = datetime(1995, 1, 1, tzinfo=UTC)  # no feed is older; 1970 is a clock without a battery
TOLERANCE = timedelta(days=1)  # of clocks and time zones; a later date is wrong

_AGGREGATOR = "https://news.google.com/"
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?")
_MISNAMED = {"ua": "uk", "gb": "en", "us": "en"}  # countries where languages are asked for


@dataclass(frozen=True, slots=True)
class Found:
    """An item as its format has it: raw text, possibly with markup, possibly empty."""

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    language: str | None = None
    source_url: str = ""  # RSS 2.0 <source>: where an aggregator has it from
    source_name: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What an item's surroundings say of it."""

    feed_url: str
    language: str | None = None  # as the operator says
    feed_language: str | None = None  # as the feed says
    tier: Tier = Tier.OUTLET
    now: datetime | None = None


def make_entry(
    found: Found, context: Context, *, shared: tuple[bool, bool] = (False, False)
) -> Entry | None:
    """The entry, or None if there is nothing in it to tell it by.

    ``shared`` says whether its guid and its link stand in other items too: then they are not
    among its keys, or two different entries would be taken for one.
    """
    link = tidy_url(found.link or found.guid)
    link = link if link.startswith(("http://", "https://")) else ""
    title, summary = clean_html(found.title), clean_html(found.summary)
    source = registrable_domain(link or context.feed_url)
    if link.startswith(_AGGREGATOR) and found.source_url:
        # Its text is a list of other outlets' headlines, its title ends with the outlet's name.
        source, summary = registrable_domain(found.source_url), ""
        title = title.removesuffix(f" - {clean_html(found.source_name)}")
    title = shorten(title or summary, LONGEST_TITLE)
    published = check_date(found.published, context.now)
    keys = entry_keys(
        None if shared[0] else found.guid,
        None if shared[1] else found.link,
        title,
        published,
    )
    if not keys or not (title or link):
        return None
    return Entry(
        keys=keys,
        url=link,
        title=title,
        summary=shorten(summary, LONGEST_SUMMARY),
        published=published,
        language=context.language or read_language(found.language) or context.feed_language,
        source=source,
        tier=context.tier,
    )


def check_date(date: datetime | None, now: datetime | None) -> datetime | None:
    """The date in UTC, or None if it can't be true."""
    if date is None or date < OLDEST:
        return None
    if now is not None and date > now + TOLERANCE:
        return None
    return date.astimezone(UTC)


def read_language(text: str | None) -> str | None:
    """The language of a tag such as "en-GB" (BCP 47) in two or three letters."""
    match = _LANGUAGE.fullmatch((text or "").strip().lower())
    return _MISNAMED.get(match[1], match[1]) if match else None


def read_item(item: Mapping[str, Any]) -> Found:
    """An item as feedparser gives it (an RSS item, an Atom entry)."""
    source, detail = item.get("source"), item.get("title_detail")
    content = item.get("content") or [{}]
    return Found(
        guid=read_text(item, "id"),
        link=read_text(item, "feedburner_origlink") or read_text(item, "link"),
        title=read_text(item, "title"),
        summary=read_text(item, "summary") or read_text(content[0], "value"),
        published=_find_date(item),
        language=read_text(detail, "language") if detail else None,
        source_url=read_text(source, "href") if source else "",
        source_name=read_text(source, "title") if source else "",
    )


def _find_date(item: Mapping[str, Any]) -> datetime | None:
    for name in ("published", "updated", "created"):
        if name in item:  # asked for directly, feedparser warns and makes one up
            moment = _moment(item.get(f"{name}_parsed")) or read_date(read_text(item, name))
            if moment is not None:
                return moment
    return None


def _moment(parts: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, OSError):
        return None


def read_text(mapping: Mapping[str, Any], key: str) -> str:
    """The text under ``key``, or an empty string."""
    value = mapping.get(key)
    return value if isinstance(value, str) else ""
