"""Lists of feeds, in and out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import UserError
from bot.core.model import FeedSpec, Tier
from bot.feeds.opml import LONGEST_FILE, read_opml, write_opml

LIST = """<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="News">
  <outline type="rss" text="A &amp; B > C" xmlUrl="https://a.example/rss?x=1&amp;y=2"/>
  <outline text="Ministry" xmlUrl="mod.example/feed" category="/official,/europe"/>
  <outline text="again" xmlUrl="http://www.a.example/rss?y=2&amp;x=1"/>
  <outline text="and again" xmlUrl="https://a.example/rss?x=1&amp;y=2"/>
</outline>
<outline xmlUrl="file:///etc/passwd"/>
<outline xmlUrl="http://u:secret@b.example/?token=secret"/>
<outline xmlUrl='http://10.0.0.1/'/>
<outline title="Назва" text="" xmlUrl="https://c.example/"/>
<outline xmlUrl="https://nameless.example/feed"/>
</body></opml>"""


def test_good_outlines_become_feeds() -> None:
    """Names are clean, a category that is a tier sets it, a nameless feed is called by its host."""
    assert read_opml(LIST.encode()).feeds == (
        FeedSpec("https://a.example/rss?x=1&y=2", "A & B > C"),
        FeedSpec("https://mod.example/feed", "Ministry", tier=Tier.OFFICIAL),
        FeedSpec("https://c.example/", "Назва"),
        FeedSpec("https://nameless.example/feed", "nameless.example"),
    )


def test_bad_outlines_are_refused_line_by_line() -> None:
    """Each names its line and its reason, and repeats no secret."""
    refused = read_opml(LIST.encode()).refused
    assert [(one.line, one.error.key) for one in refused] == [
        (6, "opml.twice"),
        (7, "opml.twice"),
        (9, "feed.bad_url"),
        (10, "feed.bad_url"),
        (11, "feed.private_address"),
    ]
    assert "secret" not in str(refused)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
def test_lists_come_in_several_encodings(encoding: str) -> None:
    """Old readers wrote old charsets."""
    text = LIST.replace("?>", ' encoding="windows-1251"?>', 1) if encoding == "cp1251" else LIST
    assert read_opml(text.encode(encoding)).feeds[2].name == "Назва"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "opml.unreadable"),
        (b"<html></html>", "opml.unreadable"),
        (b"\xff\xfe\x00", "opml.unreadable"),
        (b"<opml></outline></opml>", "opml.empty"),
        (b"<opml><body/></opml>", "opml.empty"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "opml.doctype"),
        ('<!doctype o><opml version="2.0"/>'.encode("utf-16"), "opml.doctype"),
        (b" " * (LONGEST_FILE + 1), "opml.too_large"),
    ],
)
def test_what_is_no_list_is_told_so(data: bytes, key: str) -> None:
    """Bombs, large files, other files and empty lists each get their own answer."""
    with pytest.raises(UserError) as caught:
        read_opml(data)
    assert caught.value.key == key


@pytest.mark.parametrize("hostile", ["<!--", "<outline ", "<outline x='", "<![CDATA[", "</", "<a"])
def test_lists_are_read_in_linear_time(hostile: str) -> None:
    """A megabyte of junk is refused at once."""
    begun = time.process_time()
    with pytest.raises(UserError):
        read_opml(b"<opml>" + hostile.encode() * (1_000_000 // len(hostile)))
    assert time.process_time() - begun < 5


SPECS = st.builds(
    FeedSpec,
    url=st.integers(0, 9).map(lambda n: f"https://a.example/{n}?x='1'&y=2"),
    name=st.text("aй&<>\"' ", max_size=9).map(lambda text: f"A{text}".strip()),
    tier=st.sampled_from(Tier),
)


@given(st.lists(SPECS, unique_by=lambda spec: spec.url, min_size=1, max_size=5))
def test_what_is_written_is_read_back(specs: list[FeedSpec]) -> None:
    """Addresses, tiers and order survive the way out and in."""
    read = read_opml(write_opml(specs).encode()).feeds
    assert [(one.url, one.tier) for one in read] == [(one.url, one.tier) for one in specs]


def test_names_survive_as_they_are_written() -> None:
    """Quotes and ampersands in names and titles are escaped."""
    text = write_opml([FeedSpec("https://a.example/", "R&D \"x\" 'y'", "uk")], title="A & B")
    assert "<title>A &amp; B</title>" in text
    assert 'language="uk"' in text
    assert read_opml(text.encode()).feeds[0].name == "R&D \"x\" 'y'"
