"""Tokens: one word, however it is spelt, with its place in the original."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.tokens import fold, tokenise


def words(text: str) -> list[str]:
    return [token.norm for token in tokenise(text, "title").tokens]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ATACMS", "АТACMS"),  # the first two letters are Cyrillic
        ("РФ", "PФ"),
        ("Ёлка", "елка"),
        ("élysée", "ELYSEE"),
        ("Łódź", "lodz"),
        ("Straße", "STRASSE"),
        ("об'єкт", "обʼєкт"),
        ("co\u00adoperate", "cooperate"),
        ("U.S.", "US"),
    ],
)
def test_spellings_meet(one: str, other: str) -> None:
    """Spellings of one word fold to the same form."""
    assert fold(one) == fold(other)


@given(st.text(max_size=30))
def test_folding_settles(word: str) -> None:
    """Folding a folded word changes nothing."""
    assert fold(fold(word)) == fold(word)


def test_contractions_open() -> None:
    """A contracted negation is a word of its own."""
    assert words("They won't, can't and doesn't") == [
        "they", "will", "not", "can", "not", "and", "does", "not",
    ]  # fmt: skip


def test_elisions_are_cut() -> None:
    """A French article does not hide its noun."""
    assert words("L’Élysée n'autorise pas d'armes") == [
        "l", "elysee", "n", "autorise", "pas", "d", "armes",
    ]  # fmt: skip


def test_hyphenated_words_are_split() -> None:
    """A name inside a compound is still seen."""
    assert words("ATACMS-Raketen") == ["atacms", "raketen"]


@given(st.text(max_size=300))
def test_places_are_true(text: str) -> None:
    """Every token's offsets lie inside the text, in order, and hold what it says."""
    last = 0
    for token in tokenise(text, "title").tokens:
        assert last <= token.start < token.end <= len(text)
        assert text[token.start : token.end] == token.raw
        last = token.end


def test_sentences_and_clauses() -> None:
    """A full stop ends a sentence, a spaced dash or a colon a clause, a decimal point nothing."""
    found = tokenise("London: 2.5 tons – yes. No", "title").tokens
    assert [t.clause for t in found] == [0, 1, 1, 1, 2, 3]
    assert [t.sentence for t in found] == [0, 0, 0, 0, 0, 1]


def test_questions_are_known() -> None:
    """A sentence that ends in a question mark is marked."""
    assert tokenise("Will they? They will.", "title").questions == {0}


def test_long_texts_cost_their_length() -> None:
    """Ten times the text takes nowhere near a hundred times as long."""
    started = time.process_time()
    tokenise("'a-" * 20_000, "summary", limit=60_000)
    assert time.process_time() - started < 2
