"""What somebody types finds what was told, however either is spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.search import Query, fold_text, make_haystack

NAMES = {"US": make_haystack("US United States США"), "DE": make_haystack("DE Germany Німеччина")}


def fits(words: str, text: str, *codes: str) -> bool:
    query = Query.of(words)
    return query.fits(text, frozenset(codes), query.find_named(NAMES))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("taurus", True),
        ("TAUR", True),  # the beginning of a word
        ("aurus", False),
        ("elysee", True),  # accents don't matter …
        ("ÉLYSÉE", True),
        ("ракет", True),  # … and inflection hides only behind the beginning
        ("germany taurus", True),
        ("Німеччина élysée", True),
        ("states", False),  # no such country in it
        ("us", False),  # a short word has to stand there whole
        ("lemonde.fr", True),
        ("taurus leopard", False),  # all words, not some
    ],
)
def test_all_words_are_found_in_text_or_countries(words: str, found: bool) -> None:
    """Each word begins a word of headline, outlet or weapons, or names one of the countries."""
    text = 'L’Élysée autorise les Taurus: ракети "usage" lemonde.fr'
    assert fits(words, text, "DE") is found


def test_a_code_is_a_name_too() -> None:
    """ "us" finds what the United States decided, not every "us" inside a word."""
    assert fits("us", "Reuters: minister speaks", "US")
    assert not fits("us", "Reuters: minister speaks", "DE")


@pytest.mark.parametrize("text", ["", "  ", "—…!?", "_ _"])
def test_no_word_is_no_query(text: str) -> None:
    """Punctuation alone asks for nothing."""
    assert not Query.of(text)


@given(st.text())
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    """Whatever a headline is made of, its words find it."""
    assert Query.of(text).fits(text, frozenset(), dict.fromkeys(Query.of(text).words, frozenset()))


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_are_folded_like_others(text: str) -> None:
    """The quick way for plain letters says what the careful one says."""
    assert fold_text(text) == fold_text(f"{text} é").removesuffix("e").strip()
