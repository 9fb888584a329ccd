"""Reads what a web page says of itself: its headline, its lead, its language."""

from __future__ import annotations

from html.parser import HTMLParser

from bot.core.model import Entry
from bot.core.text import canonical_url, clean_html, registrable_domain, shorten
from bot.feeds.encoding import to_utf8

LONGEST_PAGE = 256 * 1024  # bytes that are looked at: heads come first
LONGEST_TITLE, LONGEST_SUMMARY = 500, 4000

_TITLES = ("og:title", "twitter:title", "title")
_SUMMARIES = ("og:description", "description", "twitter:description")


def read_page(html: bytes, url: str, content_type: str = "") -> Entry:
    """The page as an entry: its meta tags (Open Graph), else its title; empty without either."""
    said = _Head()
    said.feed(to_utf8(html[:LONGEST_PAGE], content_type).decode("utf-8", "replace"))
    address = canonical_url(url)
    return Entry(
        keys=(address,),
        url=address,
        title=shorten(clean_html(_first(said.found, _TITLES)), LONGEST_TITLE),
        summary=shorten(clean_html(_first(said.found, _SUMMARIES)), LONGEST_SUMMARY),
        language=said.language[:2].lower() or None,
        source=registrable_domain(address),
    )


def _first(found: dict[str, str], names: tuple[str, ...]) -> str:
    return next((found[name] for name in names if found.get(name)), "")


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.language = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
        elif tag == "meta":
            name = (given.get("property") or given.get("name") or "").lower()
            self.found.setdefault(name, given.get("content", ""))
        elif tag == "title":
            self._in_title = "title" not in self.found

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.found["title"] = self.found.get("title", "") + data
