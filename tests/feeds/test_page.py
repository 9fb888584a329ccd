"""What a page says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.page import read_page

URL = "https://www.example.org/news/1?utm_source=x"


def test_open_graph_wins_over_the_title() -> None:
    """Headline and lead are those made for sharing; entities are undone, the address tidied."""
    page = """<!doctype html><html lang="uk-UA"><head><title>Сайт | Новина</title>
    <meta property="og:title" content="Байден &laquo;дозволив&raquo;">
    <meta name="description" content="Подробиці.">
    </head><body><title>no</title></body></html>"""
    entry = read_page(page.encode(), URL)
    assert (entry.title, entry.summary) == ("Байден «дозволив»", "Подробиці.")
    assert (entry.language, entry.source) == ("uk", "example.org")
    assert entry.url == "https://example.org/news/1"


def test_a_bare_page_has_its_title() -> None:
    """Without meta tags the title is the headline."""
    assert read_page(b"<title>One &amp; two</title><p>x", URL).title == "One & two"


def test_the_charset_of_the_answer_is_believed() -> None:
    """A page in an old encoding is read as its server says."""
    page = "<title>Привіт</title>".encode("cp1251")
    assert read_page(page, URL, "text/html; charset=windows-1251").title == "Привіт"


@pytest.mark.parametrize("page", [b"", b"\x00\xff", b"<html", b"<meta property='og:title'>"])
def test_a_page_without_a_headline_has_none(page: bytes) -> None:
    """Nothing is made up."""
    assert read_page(page, URL).title == ""


@given(st.binary(max_size=2000))
def test_anything_can_be_read(page: bytes) -> None:
    """Whatever the bytes are, an entry comes back."""
    assert read_page(b"<title>" + page, URL).url
