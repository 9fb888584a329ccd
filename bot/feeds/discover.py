"""Finds the feeds of a web page: those it announces, those it links to, or likely guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

from bot.core.text import clean_html, shorten
from bot.feeds.encoding import to_utf8

LONGEST_PAGE = 1024 * 1024  # bytes that are looked at
MOST = 20  # feeds of one page

_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    }
)
_USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
# Single tags are cut out first, so that nothing in a page can slow down or confuse the parser.
_TAGS = re.compile(r"<(?:link|base|a)\s[^<>]*>", re.IGNORECASE)
_FEED_LIKE = re.compile(
    r"(?:^|[/._?=&-])(?:rss|atom|feeds?|rdf)(?:[0-9]*(?:[/._?=&-]|$))|\.(?:rss|atom|rdf)$",
    re.IGNORECASE,
)

_WORTH_READING = re.compile("rss|atom|feed|rdf|alternate|<base", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that a page may have. ``type`` is the media type it announces; empty: a guess."""

    url: str
    title: str = ""
    type: str = ""


def find_feeds(html: bytes, base_url: str) -> list[FoundFeed]:
    """The feeds of a page, best first.

    Feeds announced by ``<link rel="alternate">`` (HTML, "Link types"); if there are none, links
    whose addresses look like feeds; if there are none either, the usual places on the same host.
    None of them has been fetched.
    """
    page = to_utf8(html[:LONGEST_PAGE]).decode("utf-8", "replace")
    base = base_url
    announced: dict[str, FoundFeed] = {}
    linked: dict[str, FoundFeed] = {}
    for tag, attributes in _read_tags(page):
        href = attributes.get("href", "").strip()
        url = _resolve(base, href)
        if not url:
            continue
        if tag == "base":
            base = url
        elif tag == "link" and _announces_feed(attributes):
            title = shorten(clean_html(attributes.get("title", "")), 200)
            kind = attributes.get("type", "").lower()
            announced.setdefault(url, FoundFeed(url, title, kind))
        elif tag == "a" and _FEED_LIKE.search(href):
            linked.setdefault(url, FoundFeed(url))
    found = announced or linked
    if not found:
        guesses = (_resolve(base_url, path) for path in _USUAL_PATHS)
        found = {url: FoundFeed(url) for url in guesses if url}
    return list(found.values())[:MOST]


def _announces_feed(attributes: dict[str, str]) -> bool:
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    return "alternate" in attributes.get("rel", "").lower().split() and kind in _TYPES


def _resolve(base: str, href: str) -> str:
    try:
        url = urljoin(base, href).partition("#")[0] if href else ""
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) else ""


def _read_tags(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    for match in _TAGS.finditer(page):
        if not _WORTH_READING.search(match[0]):
            continue  # most links of a page
        parser = _Tag()
        parser.feed(match[0])
        if parser.name:
            yield parser.name, parser.attributes


class _Tag(HTMLParser):
    """One tag: its name and its attributes, names in lower case, entities undone."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self.attributes: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name = tag
        self.attributes = {name: value or "" for name, value in attrs}
