"""Bytes of any kind become UTF-8."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.encoding import to_utf8


@given(st.binary(), st.text(max_size=40), st.sampled_from([None, "uk", "en"]))
def test_any_bytes_become_utf8(document: bytes, content_type: str, language: str | None) -> None:
    """Whatever the bytes and the header, the result is valid and free of control characters."""
    result = to_utf8(document, content_type, language).decode("utf-8")
    assert all(char >= " " or char in "\t\n\r" for char in result)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_valid_text_comes_through_unchanged(text: str) -> None:
    """UTF-8 stays, and UTF-16 and UTF-32 with a mark give the same text."""
    for codec in ("utf-8", "utf-16", "utf-32"):
        assert to_utf8(text.encode(codec)).decode() == text.removeprefix("\ufeff")


def test_charsets_that_run_code_like_escapes_are_not_believed() -> None:
    """Python's own codecs are no charsets of the web."""
    document = b"\\x3cscript\\x3e \xe9"
    for name in ("unicode_escape", "utf-7", "rot13", "base64", "cp037"):
        assert to_utf8(document, f"text/xml; charset={name}") == "\\x3cscript\\x3e é".encode()


def test_stateful_charsets_are_believed_when_declared() -> None:
    """ISO-2022-JP hides its letters in ASCII."""
    assert to_utf8("日本".encode("iso-2022-jp"), "a; charset=iso-2022-jp").decode() == "日本"


def test_large_documents_are_checked_piece_by_piece() -> None:
    """A letter may lie across the border of two pieces."""
    document = ("x" + "й" * 600_000).encode()
    assert to_utf8(document) == document
    assert to_utf8(document[:-1]).decode() == "x" + "й" * 599_999 + "\ufffd"
