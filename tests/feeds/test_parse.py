"""Documents in, entries out: formats, identities, bad documents, and what is not parsed."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Tier
from bot.core.ports import Body, Failure, FetchFault
from bot.feeds.parse import ParsedFeed, parse_feed
from bot.feeds.weigh import MAX_ENTRIES
from tests.feeds.documents import RSS_HEAD, RSS_TAIL, body, item, rss

AT = datetime(2024, 5, 30, 18, 1, tzinfo=UTC)


def parsed(document: str | bytes | Body, **options: object) -> ParsedFeed:
    """The feed that a document has to be."""
    given_body = document if isinstance(document, Body) else body(document)
    result = parse_feed(given_body, **options)  # type: ignore[arg-type]
    assert isinstance(result, ParsedFeed), result
    return result


def fault(document: str | bytes) -> FetchFault:
    """The fault of a document that is none."""
    result = parse_feed(body(document))
    assert isinstance(result, Failure)
    return result.fault


class Parser:
    """Stands between us and feedparser and keeps what it is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.documents: list[bytes] = []
        self.real = feedparser.parse
        monkeypatch.setattr(feedparser, "parse", self)

    def __call__(self, stream: io.BytesIO, **options: object) -> object:
        self.documents.append(stream.getvalue())
        return self.real(stream, **options)


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> Parser:
    """A look at what feedparser is given."""
    return Parser(monkeypatch)


# --- formats --------------------------------------------------------------------------------


def test_rss_gives_entries_as_the_house_knows_them() -> None:
    """Text is plain, the address tidy, times in UTC, the source a domain."""
    feed = parsed(
        rss(
            [
                item(
                    1,
                    title="US &amp;amp; UK &lt;b&gt;ease&lt;/b&gt; limits",
                    link="https://www.news.example/1?utm_source=rss&amp;id=1",
                    pubDate="Thu, 30 May 2024 21:01:00 +0300",
                    description="<![CDATA[<p>One</p><p>two &nbsp; <script>x()</script>three</p>]]>",
                )
            ]
        ),
        tier=Tier.AGENCY,
    )
    assert (feed.title, feed.language, feed.ttl) == ("Example & Co", "en", timedelta(minutes=15))
    assert (feed.skipped, feed.whole) == (0, True)
    (entry,) = feed.entries
    assert entry.title == "US & UK ease limits"
    assert entry.summary == "One two three"
    assert entry.url == "https://www.news.example/1?id=1"
    assert entry.published == AT
    assert (entry.language, entry.source, entry.tier) == ("en", "news.example", Tier.AGENCY)
    assert [key.partition(":")[0] for key in entry.keys] == ["guid", "link"]


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="uk"><title>Стрічка</title>
<entry><title type="html">&lt;b&gt;Дозвіл&lt;/b&gt;</title><id>urn:1</id>
<link rel="self" href="/self"/><link rel="alternate" href="/1"/>
<updated>2024-05-30T21:01:00+03:00</updated><content type="html">Зміст</content></entry>
<entry xml:lang="de"><title>Zwei</title><id>urn:2</id></entry></feed>"""
RDF = """<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="x"><title>R</title>
<items><rdf:Seq><rdf:li resource="https://r.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://r.example/1"><title>One</title><link>https://r.example/1</link>
<dc:date>2024-05-30T18:01:00Z</dc:date></item></rdf:RDF>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "fr", "items": [
{"id": 7, "url": "https://j.example/7", "title": "Une", "content_html": "<p>Texte</p>",
 "date_published": "2024-05-30T18:01:00Z"}, "junk", {}]}"""


def test_atom_gives_entries() -> None:
    """Relative links are resolved, content stands in for a summary, xml:lang is heard."""
    first, second = parsed(ATOM).entries
    assert (first.title, first.summary, first.language) == ("Дозвіл", "Зміст", "uk")
    assert (first.url, first.published) == ("https://news.example/1", AT)
    assert (second.language, second.url, second.source) == ("de", "", "news.example")


def test_rdf_gives_entries() -> None:
    """RSS 1.0 with its list of items in the head is read as well."""
    (entry,) = parsed(RDF).entries
    assert (entry.title, entry.url, entry.published) == ("One", "https://r.example/1", AT)


def test_json_feed_gives_entries() -> None:
    """JSON Feed is read; members that are no items are counted."""
    feed = parsed(JSON)
    (entry,) = feed.entries
    assert (entry.title, entry.summary, entry.published) == ("Une", "Texte", AT)
    assert (entry.url, entry.language, feed.skipped) == ("https://j.example/7", "fr", 2)
    assert parsed(JSON, skip=feed.item_hashes).entries == ()


def test_the_operators_language_beats_the_feeds() -> None:
    """A feed that calls itself English and writes Ukrainian is common."""
    assert parsed(rss([item(1)]), language="uk").entries[0].language == "uk"


def test_google_news_entries_belong_to_their_outlets() -> None:
    """The outlet is the source, its name is not in the title, the list of others is left out."""
    (entry,) = parsed(
        rss(
            [
                "<item><title>Limits eased - The Daily Example</title><guid>C1</guid>"
                "<link>https://news.google.com/rss/articles/C1?oc=5</link><description>Other"
                '</description><source url="https://www.daily.co.uk">The Daily Example</source>'
                "</item>"
            ]
        )
    ).entries
    assert (entry.title, entry.summary, entry.source) == ("Limits eased", "", "daily.co.uk")


def test_texts_are_cut_to_what_the_house_needs() -> None:
    """A megabyte of title or summary is shortened, not dropped."""
    (entry,) = parsed(
        rss([item(1, title="word " * 200_000, description="long " * 200_000)])
    ).entries
    assert 480 < len(entry.title) <= 500
    assert 3_900 < len(entry.summary) <= 4_000


# --- identity -------------------------------------------------------------------------------


def keys_of(feed: ParsedFeed) -> list[frozenset[str]]:
    """The keys of each entry."""
    return [frozenset(entry.keys) for entry in feed.entries]


def test_entries_without_ids_get_a_stable_one() -> None:
    """Neither guid nor link: the title and its day identify an entry, the same each time."""
    items = [item(n, guid="", link="") for n in range(3)]
    first, again = parsed(rss(items)), parsed(rss(items))
    assert keys_of(first) == keys_of(again)
    assert len(frozenset.union(*keys_of(first))) == 3


def test_entries_without_a_title_are_called_by_their_summary() -> None:
    """Short posts have no titles."""
    (entry,) = parsed(rss([item(1, title="", guid="", link="")])).entries
    assert entry.title == "Summary 1"
    assert entry.keys


def test_an_entry_with_nothing_in_it_is_skipped_and_counted() -> None:
    """There is nothing to tell it by, and nothing to tell."""
    feed = parsed(rss([item(1), "<item><category>x</category></item>"]))
    assert (len(feed.entries), feed.skipped) == (1, 1)


@pytest.mark.parametrize(
    "shared",
    [
        {"guid": "1"},
        {"link": "https://news.example/today"},
        {"guid": "1", "link": "https://x.org/a"},
    ],
)
def test_entries_that_share_a_name_are_not_one(shared: dict[str, str]) -> None:
    """All guids equal, or all links: what several items have in common names none of them."""
    feed = parsed(rss([item(n, **shared) for n in range(4)]))
    assert len(feed.entries) == 4
    assert len(frozenset.union(*keys_of(feed))) == sum(map(len, keys_of(feed)))
    assert all(keys_of(feed))


def test_a_new_entry_with_a_shared_name_is_new() -> None:
    """That its guid is shared is seen from the items that aren't parsed again."""
    old = parsed(rss([item(n, guid="1") for n in range(3)]))
    new = parsed(rss([item(n, guid="1") for n in range(4)]), skip=old.item_hashes)
    (entry,) = new.entries
    assert not frozenset(entry.keys) & frozenset.union(*keys_of(old))


def test_changed_guids_leave_entries_known() -> None:
    """When all guids change at once, links and titles still tell that nothing is new."""
    before = keys_of(parsed(rss([item(n) for n in range(3)])))
    after = keys_of(parsed(rss([item(n, guid=f"new-{n}") for n in range(3)])))
    assert all(one & other for one, other in zip(before, after, strict=True))


# --- dates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Thu, 30 May 2024 18:01:00 GMT", AT),
        ("30 травня 2024, 18:01", AT),
        ("30.05.2024 18:01", AT),
        ("Fri, 31 May 2024 12:00:00 GMT", datetime(2024, 5, 31, 12, tzinfo=UTC)),
        ("Sun, 30 May 2099 18:01:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_true_or_missing(date: str, published: datetime | None) -> None:
    """Words are understood; what lies a day ahead, or before feeds were, is no date."""
    (entry,) = parsed(rss([item(1, pubDate=date)]), now=AT).entries
    assert entry.published == published
    document = body(rss([item(1, pubDate=date)]), date="Thu, 30 May 2024 18:01:00 GMT")
    assert parsed(document).entries[0].published == published


# --- only what is new -----------------------------------------------------------------------


def test_only_unseen_items_reach_the_parser(parser: Parser) -> None:
    """Of forty items thirty-nine were seen: feedparser gets the envelope and the other one."""
    old = parsed(rss([item(n) for n in range(40)]))
    new = parsed(rss([item(99), *(item(n) for n in range(39))]), skip=old.item_hashes)
    assert [entry.url for entry in new.entries] == ["https://news.example/99"]
    document = parser.documents[-1]
    assert document.count(b"<item>") == 1
    assert document.startswith(RSS_HEAD.encode())
    assert document.endswith(RSS_TAIL.encode())
    assert new.item_hashes - old.item_hashes
    assert len(new.item_hashes) == 40
    assert (new.title, new.language, new.ttl) == (old.title, old.language, old.ttl)


def test_a_new_envelope_alone_parses_no_item(parser: Parser) -> None:
    """A changed build date is the commonest change of all."""
    old = parsed(rss([item(n) for n in range(40)]))
    head = RSS_HEAD + "<lastBuildDate>now</lastBuildDate>"
    new = parsed(rss([item(n) for n in range(40)], head), skip=old.item_hashes)
    assert new.entries == ()
    assert b"<item" not in parser.documents[-1]
    assert new.item_hashes == old.item_hashes


def test_a_changed_item_is_read_again_under_its_keys() -> None:
    """Same guid, new text: the same entry, told anew."""
    old = parsed(rss([item(1), item(2)]))
    new = parsed(rss([item(1, description="Changed"), item(2)]), skip=old.item_hashes)
    (entry,) = new.entries
    assert entry.summary == "Changed"
    assert entry.keys == old.entries[0].keys


@pytest.mark.parametrize(
    "trap",
    [
        "<description><![CDATA[ </item><item><title>Not an item</title> ]]></description>",
        "<!-- </item> -->",
        "<items>x</items>",
        "<itemref/>",
    ],
)
def test_text_that_looks_like_an_item_is_none(trap: str) -> None:
    """Tags inside CDATA and comments, and longer names, are no borders."""
    trapped = item(2, description="").replace("</item>", f"{trap}</item>")
    feed = parsed(rss([item(1), trapped, item(3)]))
    assert [entry.url[-1] for entry in feed.entries] == ["1", "2", "3"]


def test_commented_out_items_are_not_read() -> None:
    """A comment that holds items makes cutting unsafe; the whole document is parsed then."""
    feed = parsed(rss([item(1), f"<!-- {item(2)} -->", item(3)]))
    assert [entry.url[-1] for entry in feed.entries] == ["1", "3"]
    assert feed.item_hashes == frozenset()


# --- bad documents --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<!doctype html><html><body>Accept cookies</body></html>", FetchFault.NOT_A_FEED),
        ("<html><body><feed>", FetchFault.NOT_A_FEED),
        ("plain text", FetchFault.NOT_A_FEED),
        ("", FetchFault.NOT_A_FEED),
        ("<opml><body/></opml>", FetchFault.NOT_A_FEED),
        (bytes(range(256)) * 50, FetchFault.NOT_A_FEED),
        ('{"items": []}', FetchFault.NOT_A_FEED),
        ("[1, 2]", FetchFault.NOT_A_FEED),
        ('{"version": "https://jsonfeed.org/version/1"', FetchFault.UNPARSABLE),
        ('{"a":' * 100_000, FetchFault.UNPARSABLE),
    ],
)
def test_what_is_no_feed_is_told_so(document: str | bytes, expected: FetchFault) -> None:
    """A consent page, garbage or other formats are faults, never feeds without entries."""
    assert fault(document) is expected


def test_a_feed_without_entries_is_a_feed() -> None:
    """Empty is not broken."""
    assert parsed(rss([])).entries == ()


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss version='2.0'><channel><item><title>&b;</title></item></channel></rss>"
)
THIEF = (
    '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<rss version='2.0'><channel><item><title>&x;</title></item></channel></rss>"
)


@pytest.mark.parametrize("document", [BOMB, THIEF])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_documents_with_entities_are_refused(document: str, encoding: str) -> None:
    """Bombs and thieves are seen in every encoding."""
    assert fault(document.encode(encoding)) is FetchFault.UNPARSABLE


def test_a_plain_doctype_is_harmless() -> None:
    """RSS 0.91 asks for one, and an article about XML may speak of entities."""
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:1/x.dtd">'
    document = RSS_HEAD.replace("<rss", f"{doctype}<rss")
    feed = parsed(rss([item(1, description="<![CDATA[<!ENTITY a> explained]]>")], document))
    assert len(feed.entries) == 1


@pytest.mark.parametrize(
    "hostile",
    [
        "<rss><channel>" + "<a>" * 200_000,
        rss(["<item>" + "<a>" * 100_000 + "</a>" * 100_000 + "</item>"]),
        rss(["<item>" + '<a b="/>">' * 100_000 + "</item>"]),
        rss(["<item>" + "<a/>" * 300_000 + "</item>"]),
        rss(["<item><title>" + "<" * 500_000 + "</title></item>"]),
        rss(["<item><title>" + "& " * 500_000 + "</title></item>"]),
        rss(["<item><title " + "a='1' " * 300_000 + "></title></item>"]),
        rss(["<item>" + "<![CDATA[</item>]]>" * 100_000]),
        rss(["<item>"] * 100_000),
        rss(["</item>"] * 100_000),
        RSS_HEAD + "<a/>" * 300_000 + item(1) + RSS_TAIL,
        "<rss>" * 100_000,
        rss(["<item><title>" + "x" * 5_000_000 + "</title></item>"]),
    ],
    ids=lambda text: text[-40:],
)
def test_hostile_documents_are_done_with_quickly(hostile: str) -> None:
    """Deep, broad and endless documents cost less than a second or two."""
    begun = time.process_time()
    result = parse_feed(body(hostile))
    assert time.process_time() - begun < 5
    assert isinstance(result, Failure) or len(result.entries) <= 1


def test_a_deep_item_costs_only_itself() -> None:
    """The others of its feed are read."""
    deep = "<item><title>x</title>" + "<a>" * 300 + "</a>" * 300 + "</item>"
    feed = parsed(rss([item(1), deep, item(2)]))
    assert (len(feed.entries), feed.skipped) == (2, 1)


def test_an_item_that_beats_the_parser_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """If feedparser raises on a document, its items are tried in ever smaller groups."""
    parser = Parser(monkeypatch)
    real = parser.real

    def brittle(stream: io.BytesIO, **options: object) -> object:
        if b"poison" in stream.getvalue():
            raise AssertionError("unexpected")
        return real(stream, **options)

    parser.real = brittle
    items = [item(n, description="poison" if n == 3 else "fine") for n in range(9)]
    feed = parsed(rss(items))
    assert [entry.url[-1] for entry in feed.entries] == list("01245678")
    assert (feed.skipped, len(feed.item_hashes)) == (1, 9)
    assert len(parser.documents) < 9


def test_many_items_are_capped_at_the_newest() -> None:
    """Five hundred of six, whatever their order; the rest is counted, not read later."""
    items = [
        item(n, pubDate=(AT - timedelta(minutes=n)).strftime("%a, %d %b %Y %H:%M:%S GMT"))
        for n in range(MAX_ENTRIES + 100)
    ]
    feed = parsed(rss(reversed(items)))
    oldest = min(entry.published or AT for entry in feed.entries)
    assert (len(feed.entries), feed.skipped) == (MAX_ENTRIES, 100)
    assert oldest == AT - timedelta(minutes=MAX_ENTRIES - 1)
    assert parsed(rss(items), skip=feed.item_hashes).entries == ()


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_of_a_truncated_document_the_whole_items_are_kept(kept: int) -> None:
    """What was cut is not taken for an entry, and the feed is marked."""
    document = rss([item(n) for n in range(3)])
    cut = document.index(f"<item><title>Ministry number {kept} ") + 60
    feed = parsed(document[:cut])
    assert [entry.url[-1] for entry in feed.entries] == [str(n) for n in range(kept)]
    assert (feed.whole, feed.skipped) == (False, 1)


def test_a_sloppy_item_is_still_read() -> None:
    """Bare ampersands, control characters and unknown entities are everyday faults."""
    sloppy = item(1, title="US & UK\x00\x08 &nosuch; ease")
    feed = parsed(rss([sloppy, item(2)]))
    assert feed.entries[0].title == "US & UK &nosuch; ease"
    assert len(feed.entries) == 2


# --- encodings ------------------------------------------------------------------------------

CYRILLIC = "Україна отримала дозвіл бити по цілях у Росії, заявив міністр"


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type", "language"),
    [
        ("utf-8", "UTF-8", "", None),
        ("utf-8", "windows-1251", "text/xml; charset=koi8-r", None),
        ("cp1251", "windows-1251", "", None),
        ("cp1251", "", "text/xml; charset=windows-1251", None),
        ("cp1251", "", 'application/rss+xml; charset="cp1251"', None),
        ("cp1251", "", "", "uk"),
        ("cp1251", "x-nope", "text/xml; charset=x-nope", "uk"),
        ("koi8-u", "KOI8-U", "", None),
        ("utf-16", "UTF-16", "", None),
        ("utf-16-le", "UTF-16", "", None),
        ("utf-16-be", "UTF-16", "text/xml; charset=utf-8", None),
        ("utf-32", "UTF-32", "", None),
        ("utf-8-sig", "", "", None),
    ],
)
def test_encodings_are_understood(
    encoding: str, declared: str, content_type: str, language: str | None
) -> None:
    """The bytes, the header and the prolog are weighed; items are cut in every encoding."""
    head = RSS_HEAD.replace(' encoding="UTF-8"', f' encoding="{declared}"' if declared else "")
    document = rss([item(1, title=CYRILLIC)], head).encode(encoding)
    feed = parsed(body(document, content_type), language=language)
    assert feed.entries[0].title == CYRILLIC
    assert len(feed.item_hashes) == 1


def test_a_few_bad_bytes_spoil_only_themselves() -> None:
    """A text in UTF-8 with a broken letter is still in UTF-8."""
    document = rss([item(1, title=CYRILLIC)]).encode().replace("У".encode(), b"\xd0", 1)
    assert parsed(document).entries[0].title.endswith(CYRILLIC[1:])


# --- laws -----------------------------------------------------------------------------------

PIECES = rb"""<rss>|<rss version='2.0'><channel>|<feed xmlns='http://www.w3.org/2005/Atom'>|<item>
|</item>|<entry>|</entry>|<title>|</title>|<guid>|<link>|<![CDATA[|]]>|<!--|-->|&amp;|&|&#0;|&#xD800;
|<|>|x|]|<pubDate>99999</pubDate>|<link href='http://[/'/>|<?xml version='1.0' encoding='|utf-7|'?>
|<!DOCTYPE x [|<id>|http://[::1/|<source url='x'>|<content type='xhtml'>|xml:base='|<updated>
|2024-05-30|<div xmlns='http://www.w3.org/1999/xhtml'>|<ttl>|999999999999999999999|{|"version":"jsonfeed.org"
"""
SOUP = st.lists(st.sampled_from([b"\xff", b"\xd0\xb9", b"\x00", *PIECES.split(b"|")]), max_size=25)


@given(st.one_of(st.binary(), SOUP.map(b"".join)), st.text(max_size=30))
def test_parse_never_raises(document: bytes, content_type: str) -> None:
    """Any bytes give a feed or a failure."""
    assert isinstance(parse_feed(body(document, content_type), now=AT), ParsedFeed | Failure)


@settings(max_examples=30)
@given(st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5), min_size=1))
def test_what_was_read_before_is_left_out(before: set[int], after: set[int]) -> None:
    """Whatever a feed held and holds, exactly the items not seen are given."""
    old = parsed(rss([item(n) for n in sorted(before)]))
    new = parsed(rss([item(n) for n in sorted(after)]), skip=old.item_hashes)
    assert [entry.url[-1] for entry in new.entries] == [str(n) for n in sorted(after - before)]
