"""Text and addresses: cleaning, comparing, and the identity of entries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.text import (
    LONGEST,
    canonical_url,
    clean_html,
    entry_keys,
    normalise_title,
    registrable_domain,
    shorten,
    tidy_url,
    utf16_length,
)

MARKUP_PIECES = """
< > & amp; lt; gt; #38; #x3c; nbsp; <b> </p> <!-- --> ]]> <![CDATA[ <script> </script> <style <a
href='x " ' = / word й и\u0306 \x00 \u00ad \u200b \u202e \ud800
"""
URL_PIECES = """
http:// https:// // www. m. amp. example.com google.com .co.uk cdn.ampproject.org/c/s/ /url /amp
/amp/s/ .amp .html / ? & = # url utm_x ref q b 1 .. %7E %2f % 41 ї :80 :443 @ [ ::1 ]
l.facebook.com/l.php?u= http%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D
"""
MARKUP = st.lists(st.sampled_from([" ", "\n", *MARKUP_PIECES.split()]), max_size=30).map("".join)
ADDRESSES = st.lists(st.sampled_from([" ", "\t", *URL_PIECES.split()]), max_size=16).map("".join)
HOSTILE = """
<a| |<a "'|<!--|<script|<script>|&amp;|&#38;#38;|<a =|<|\u00ad|<a '<a "|</script|]]>|a\u0301"""


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>Word</p><p>word</p>", "Word word"),
        ("<b>ATA</b>CMS", "ATACMS"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("&lt;b&gt;bold&lt;/b&gt; text", "bold text"),
        ("a<script>alert('<b>')</script >b<style>p{}</style>c", "a b c"),
        ("one<!-- <b>two</b> -->three", "one three"),
        ('<img alt="a > b">text', "text"),
        ("<a href='http://x.org/very-long", ""),
        ("strike up to 5 < 10 km and 3 > 2", "strike up to 5 < 10 km and 3 > 2"),
        ("I <3 Kharkiv", "I <3 Kharkiv"),
        ("AT&T, R&D", "AT&T, R&D"),
        ("да\u00adле\u200bко\u202eбійна\x00", "далекобійна"),
        ("  a\u00a0b\t\r\n c\u2028d ", "a b c d"),
        ("и\u0306", "й"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("<![CDATA[inside]]>", "inside"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("", ""),
    ],
)
def test_clean_html_gives_plain_text(raw: str, clean: str) -> None:
    """Markup, escapes and invisible characters go; what only looks like markup stays."""
    assert clean_html(raw) == clean


@given(st.one_of(MARKUP, st.text()))
@example("&#38;" * 8 + "lt;b>")
def test_clean_html_leaves_no_tags_and_settles(raw: str) -> None:
    """No input leaves a tag behind, and cleaning what is clean changes nothing."""
    clean = clean_html(raw)
    assert not re.search(r"</?[a-zA-Z][^<>]*>", clean)
    assert clean_html(clean) == clean
    clean.encode()


@pytest.mark.parametrize("hostile", HOSTILE[1:].split("|"))
def test_clean_html_takes_linear_time(hostile: str) -> None:
    """A megabyte of any junk is cleaned at once, and no more than the limit comes out."""
    begun = time.process_time()
    assert len(clean_html(hostile * (1_000_000 // len(hostile)))) <= LONGEST
    assert time.process_time() - begun < 5


@given(st.text(), st.integers(min_value=10, max_value=40))
def test_shorten_keeps_within_the_limit(text: str, limit: int) -> None:
    """A long text is cut to the limit with a mark, a short one stays as it is."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…")


def test_utf16_length_counts_as_telegram_does() -> None:
    """A letter is one unit, an emoji two, and a lone surrogate doesn't raise."""
    assert [utf16_length(text) for text in ("", "й", "🟢", "🟢a", "\ud800")] == [0, 1, 2, 3, 1]


# --- titles ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copy",
    [
        "Biden allows Ukraine’s strikes inside Russia",
        "BIDEN allows Ukraine's strikes inside Russia - Reuters",
        "Biden allows Ukraine's strikes inside Russia | World News | The Guardian",
        "“Biden allows Ukraine's strikes inside Russia” — BBC News",
        "Biden allows: Ukraine's strikes, inside Russia :: nytimes.com",
        "Ｂiden allows Ukraine's strikes inside Russia",
    ],
)
def test_normalise_title_unites_copies(copy: str) -> None:
    """Case, quotes, punctuation and the outlet's name make no difference."""
    assert normalise_title(copy) == "biden allows ukraines strikes inside russia"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kyiv may hit targets in Russia – Macron", "Kyiv may hit targets in Russia – Scholz"),
        ("Germany lifts limits up to 5 km", "Germany lifts limits up to 15 km"),
        ("UK allows strikes", "UK allows no strikes"),
        ("Reuters - Today", "Reuters - Yesterday"),
    ],
)
def test_normalise_title_keeps_different_stories_apart(one: str, other: str) -> None:
    """Speakers, numbers and negations stay."""
    assert normalise_title(one) != normalise_title(other)


@given(st.text())
def test_normalise_title_settles(title: str) -> None:
    """What is normal stays as it is, and holds words and single spaces only."""
    normal = normalise_title(title)
    assert not re.search(r"[^\w ]|_|  ", normal)
    assert normalise_title(normal) == normal


# --- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Example.COM:80/News/?b=2&a=1#top", "https://example.com/News?a=1&b=2"),
        ("https://m.example.com/x/amp/", "https://example.com/x"),
        ("https://amp.example.com/x.amp.html", "https://example.com/x.html"),
        ("https://www.bbc.com/news/amp/world-1?at_medium=RSS", "https://bbc.com/news/world-1"),
        ("https://a.org/x?utm_source=a&id=7&fbclid=b&CMP=c&xtor=d&oc=5", "https://a.org/x?id=7"),
        ("https://a.org/doc?ref=rss", "https://a.org/doc"),
        ("https://a.org/doc?ref=2024-17", "https://a.org/doc?ref=2024-17"),
        ("https://a.org/%d1%8f%41", "https://a.org/%D1%8FA"),
        ("https://a.org/я", "https://a.org/%D1%8F"),
        ("https://українa.укр/", "https://xn--a-7sb3annq7l.xn--j1amh/"),
        ("https://user:secret@a.org/x", "https://a.org/x"),
        (
            "https://www.google.com/url?sa=t&url=https%3A%2F%2Fb.org%2Fy%3Fid%3D1",
            "https://b.org/y?id=1",
        ),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fb.org%2Fy&h=z", "https://b.org/y"),
        ("https://www.google.com/amp/s/amp.b.org/y", "https://b.org/y"),
        ("https://b-org.cdn.ampproject.org/v/s/b.org/y?amp_js=1", "https://b.org/y"),
        (
            "https://news.google.com/rss/articles/CBMi?oc=5",
            "https://news.google.com/rss/articles/CBMi",
        ),
        ("//b.org/y", "https://b.org/y"),
        ("https://m.com/x", "https://m.com/x"),
        ("http://[::1/", "http://[::1/"),
        ("mailto:a@b.org", "mailto:a@b.org"),
        ("urn:uuid:1 ", "urn:uuid:1"),
        ("http://a.org:99999/", "http://a.org:99999/"),
    ],
)
def test_canonical_url_unites_twins(url: str, canonical: str) -> None:
    """Schemes, AMP and mobile copies, trackers and redirectors lead to one form; junk stays."""
    assert canonical_url(url) == canonical


@given(st.one_of(ADDRESSES, st.text()))
@example("https://google.com/url/amp?url=http://x.com/amp")
@example("https://x.com/%%37%45")
def test_canonical_url_settles_and_never_raises(url: str) -> None:
    """Any string goes in; applying it twice, or after tidying, changes nothing."""
    canonical = canonical_url(url)
    assert canonical_url(canonical) == canonical
    assert canonical_url(tidy_url(url)) == canonical
    registrable_domain(url)


def test_tidy_url_still_works_for_a_reader() -> None:
    """Trackers and credentials are out, while scheme, www and order stay as the site has them."""
    tidied = tidy_url("http://u:p@WWW.gov.example/x/?b=2&utm_medium=rss&a=1#part")
    assert tidied == "http://www.gov.example/x/?b=2&a=1"


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://news.bbc.co.uk/x", "bbc.co.uk"),
        ("https://www.gov.uk/x", "gov.uk"),
        ("https://mfa.gov.ua", "mfa.gov.ua"),
        ("https://www.pravda.com.ua/news", "pravda.com.ua"),
        ("https://www.trthaber.com.tr", "trthaber.com.tr"),
        ("https://www.diplomatie.gouv.fr/", "diplomatie.gouv.fr"),
        ("edition.cnn.com", "cnn.com"),
        ("https://outlet.substack.com/p/1", "outlet.substack.com"),
        ("http://127.0.0.1:8000/x", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("localhost", "localhost"),
        ("http://[/", ""),
        ("", ""),
    ],
)
def test_registrable_domain_is_the_outlets_own(url: str, domain: str) -> None:
    """Subdomains go, two-level suffixes stay, and what is no address gives nothing."""
    assert registrable_domain(url) == domain


# --- identity -------------------------------------------------------------------------------

AT = datetime(2024, 5, 30, 18, tzinfo=UTC)
TITLE = "Biden allows Ukraine to strike inside Russia"


def test_entry_keys_name_guid_link_and_title() -> None:
    """Keys come strongest first, each of a kind and 128 bits in hex."""
    keys = entry_keys("tag:a,1", "https://a.org/x", TITLE, AT)
    assert [key.partition(":")[0] for key in keys] == ["guid", "link", "title"]
    assert all(re.fullmatch(r"[a-z]+:[0-9a-f]{32}", key) for key in keys)


@given(
    st.dictionaries(
        st.sampled_from(
            ["utm_source", "utm_medium", "at_campaign", "fbclid", "gclid", "CMP", "oc"]
        ),
        st.text(max_size=8).map(quote),
        max_size=4,
    ),
    st.sampled_from(["http://", "https://", "https://www.", "https://m.", "https://amp."]),
)
def test_entry_keys_hold_under_tracking(trackers: dict[str, str], start: str) -> None:
    """A link or a guid keeps its key whatever trackers, schemes and twin hosts come with it."""
    url = f"{start}example.org/x?id=1&" + "&".join(f"{k}={v}" for k, v in trackers.items())
    plain = "https://example.org/x?id=1"
    assert entry_keys(url, url, TITLE, AT) == entry_keys(plain, plain, TITLE, AT)


@pytest.mark.parametrize(
    ("entry", "kinds"),
    [
        ((None, None, TITLE, AT), ["title"]),
        ((None, None, "Two words", None), ["title"]),
        (("1", None, "Two words", AT), ["guid"]),  # "Press briefing" comes every day
        (("1", None, TITLE, None), ["guid"]),  # … and undated ones for ever
        ((None, "https://a.org/", TITLE, AT), ["title"]),  # a home page names no entry
        ((" \n", " ", "", AT), []),
        ((None, None, "!!!", None), []),
    ],
)
def test_entry_keys_use_a_title_only_where_it_is_safe(
    entry: tuple[str | None, str | None, str | None, datetime | None], kinds: list[str]
) -> None:
    """A title is an identity when dated and long, or when there is nothing else; never a date."""
    assert [key.partition(":")[0] for key in entry_keys(*entry)] == kinds


def test_entry_keys_of_a_title_hold_for_its_day() -> None:
    """The same headline is the same entry on one UTC day, and another one the day after."""
    kyiv = timezone(timedelta(hours=3))
    key = entry_keys(None, None, TITLE, AT)
    assert entry_keys(None, None, TITLE + " - Reuters", AT.astimezone(kyiv)) == key
    assert entry_keys(None, None, TITLE, AT + timedelta(days=1)) != key


def test_entry_keys_tell_the_parts_of_a_live_page_apart() -> None:
    """Numbered anchors count, others don't."""
    key: Callable[[str], tuple[str, ...]] = lambda url: entry_keys(None, url, None, None)  # noqa: E731
    assert key("https://a.org/live#post-1") != key("https://a.org/live#post-2")
    assert key("https://a.org/live#comments") == key("https://a.org/live")
    assert key("https://a.org/live#xtor=RSS-1") == key("https://a.org/live")
