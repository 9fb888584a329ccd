"""Cutting documents by bytes, and weighing what is cut."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.cut import cut, find_shared, hash_item, looks_whole, read_names
from bot.feeds.weigh import MAX_DEPTH, measure
from tests.feeds.documents import RSS_HEAD, RSS_TAIL, item, rss

PARTS = """
<item>|</item>|<item >|</item\n>|<items>|</items>|<item/>|<![CDATA[|]]>|<!--|-->|<!X>|text|<b>|</b>
"""

HOSTILE = """
<item>|</item>|<item></item>|<item|</item x|<![CDATA[|<![CDATA[</item>]]>|<!--</item>-->|<!--
|<items>|<a>|<a |<a "|<
"""
SECTIONS = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)


def test_a_cut_document_can_be_put_together_again() -> None:
    """Head, items and tail are the document, less what stood between the items."""
    items = [item(n) for n in range(3)]
    pieces = cut(rss(items).encode())
    assert pieces is not None
    assert pieces.head == RSS_HEAD.encode()
    assert pieces.items == tuple(one.encode() for one in items)
    assert pieces.tail == RSS_TAIL.encode()
    assert pieces.with_items(pieces.items[:1]) == rss(items[:1]).encode()
    assert len({hash_item(one) for one in pieces.items}) == 3


@pytest.mark.parametrize(
    "document",
    [
        b"<rss><channel/></rss>",
        b"<rss><!-- <item></item> --><item></item></rss>",
        b"<rss><item></item><!-- <item></item> --><item></item></rss>",
        b"<rss><item><item></item></item></rss>",
        b"<rss><item/><item></item></rss>",
        b"<rss><item><!DOCTYPE></item></rss>",
        b"<rss><item></items></item></rss>",
        b"<rss><item></rss>",
        b"<a:feed><a:entry></a:entry></a:feed>",
    ],
)
def test_in_doubt_there_is_no_cut(document: bytes) -> None:
    """Comments round items, nesting, empty items and prefixes are left to the real parser."""
    assert cut(document) is None


@given(st.lists(st.sampled_from(PARTS.strip().split("|")), max_size=20).map("".join))
def test_a_piece_is_a_whole_item_and_nothing_else(inner: str) -> None:
    """Whatever stands in a document, each piece begins and ends as an item, outside of CDATA."""
    pieces = cut(f"<rss>{inner}</rss>".encode())
    for piece in pieces.items if pieces else ():
        assert piece.startswith((b"<item>", b"<item ", b"<item/"))
        assert piece.rstrip(b">").rstrip().endswith(b"</item")
        bare = SECTIONS.sub(b"", piece)
        assert len(re.findall(rb"<item[\s>/]", bare)) == len(re.findall(rb"</item\s*>", bare)) == 1


@pytest.mark.parametrize(
    "hostile",
    HOSTILE.strip().split("|"),
)
def test_cutting_and_weighing_take_linear_time(hostile: str) -> None:
    """A megabyte of any pattern is seen through at once."""
    document = b"<item>" + hostile.encode() * (1_000_000 // len(hostile))
    begun = time.process_time()
    cut(document)
    measure(document)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("piece", "depth"),
    [
        ("<a><b/></a>" * 300, 1),
        ("<a>" * 300, MAX_DEPTH + 1),
        ("<a b='/>'>" * 300, MAX_DEPTH + 1),
        ("<![CDATA[" + "<a>" * 300 + "]]><b></b>", 1),
        ("<!--" + "<a>" * 300 + "--><b></b>", 1),
        ("</a>" * 300 + "<b>", 1),
        ("<" * 300, 0),
    ],
)
def test_depth_is_counted_as_xml_counts_it(piece: str, depth: int) -> None:
    """Attributes, CDATA and comments hide no depth and make none."""
    assert measure(piece.encode())[0] == depth


def test_names_shared_by_different_items_are_found() -> None:
    """A guid or link with several titles is shared; twice the same item shares nothing."""
    items = [
        b"<item><title>A</title><guid>1</guid><link>x</link></item>",
        b"<item><title>B</title><guid>1</guid><link>y</link></item>",
        b"<item><title>A</title><guid>2</guid><link>x</link></item>",
    ]
    assert find_shared(read_names(one) for one in items) == {b"<guid>1"}
    assert read_names(b'<entry><id>i</id><link href="l"/></entry>') == (
        b"<id>i",
        b'<link href="l"/',
        b"",
    )


@pytest.mark.parametrize(
    ("document", "whole"),
    [
        (b"<rss></rss>", True),
        (b"<rss></rss>\n<!-- cached 12 s ago -->", True),
        (b"<a:feed></a:feed >", True),
        ("<rdf:RDF></rdf:RDF>".encode("utf-16"), True),
        (b'{"items": []}\n', True),
        (b"<rss><item></item>", False),
        (b"", False),
    ],
)
def test_the_end_of_a_document_is_recognised(document: bytes, whole: bool) -> None:
    """The root's end tag closes it, whatever stands behind."""
    assert looks_whole(document) is whole
