"""From a page to its feeds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.discover import FoundFeed, find_feeds

PAGE = "https://news.example/world/page"


def test_announced_feeds_come_with_title_and_type() -> None:
    """Every rel=alternate of a feed's type, quoted or not, relative or not, each once."""
    html = b"""<head><base href='/feeds/'><LINK REL="alternate" TYPE="application/rss+xml"
        title="World &amp; UK" href="rss?a=1&amp;b=2"><link rel=alternate href=//cdn.example/atom
        type=application/atom+xml><link rel="alternate" type="application/feed+json" href="j.json">
        <link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" href="/feed.css">
        <link rel="alternate" type="application/rss+xml" href="rss?a=1&amp;b=2">
        <a href="/rss/other.xml">x</a>"""
    assert find_feeds(html, PAGE) == [
        FoundFeed("https://news.example/feeds/rss?a=1&b=2", "World & UK", "application/rss+xml"),
        FoundFeed("https://cdn.example/atom", "", "application/atom+xml"),
        FoundFeed("https://news.example/feeds/j.json", "", "application/feed+json"),
    ]


def test_links_that_look_like_feeds_are_the_second_choice() -> None:
    """Only words of their own count: feedback is no feed."""
    html = b"""<a href="/feedback">1</a><a href='/rss/all.xml#top'>2</a><a href=news.rdf>3</a>
        <a href="/tag/?format=rss">4</a><a href="javascript:feed()">5</a><a href="http://[/rss">6"""
    assert [found.url for found in find_feeds(html, PAGE)] == [
        "https://news.example/rss/all.xml",
        "https://news.example/world/news.rdf",
        "https://news.example/tag/?format=rss",
    ]


def test_usual_places_are_the_last_choice() -> None:
    """A page that says nothing gives guesses on its own host, which are marked as such."""
    found = find_feeds(b"<p>nothing</p>", PAGE)
    assert FoundFeed("https://news.example/rss.xml") in found
    assert {one.type for one in found} == {""}


@given(st.one_of(st.binary(), st.text().map(str.encode)), st.text())
def test_any_page_gives_addresses(html: bytes, base: str) -> None:
    """No page and no base raise; what comes is an address of the web."""
    assert all(found.url.startswith(("http://", "https://")) for found in find_feeds(html, base))


@pytest.mark.parametrize(
    "hostile", [b"<a ", b"<link ", b"<!--", b"<a href='", b"<link rel=x>", b"<"]
)
def test_pages_are_read_in_linear_time(hostile: bytes) -> None:
    """A megabyte of junk is done with quickly."""
    begun = time.process_time()
    find_feeds(hostile * (1_000_000 // len(hostile)), PAGE)
    assert time.process_time() - begun < 5
