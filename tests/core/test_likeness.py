"""How alike two headlines are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.likeness import AGREEMENT, agreement, copies

TITLE = "Biden lets Ukraine strike inside Russia with American weapons"
SAME_WORDS = "Biden has let Ukraine strike targets inside Russia with US weapons"
OTHER_WORDS = "In a reversal, White House drops long-held objections"


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        (TITLE, SAME_WORDS, True),
        ("Німеччина дозволила удари по Росії", "Німеччина дає дозвіл на удари по Росії", True),
        ("Scholz erlaubt Angriffe auf Ziele in Russland", "Angriffe auf russische Ziele erlaubt",
         True),
        (TITLE, OTHER_WORDS, False),
        (TITLE, "Japan eases rules on exports of Patriot interceptors", False),
        (TITLE, "", False),
    ],
)  # fmt: skip
def test_titles_agree_in_words(one: str, other: str, agrees: bool) -> None:
    """Inflection and order are forgiven; a shared theme is not enough."""
    assert (agreement(one, other) >= AGREEMENT) is agrees
    assert agreement(one, other) == pytest.approx(agreement(other, one))


@given(st.text(max_size=60))
def test_a_title_agrees_with_itself(title: str) -> None:
    """Agreement of a title with itself is 1, or 0 when it holds no words; never more."""
    assert agreement(title, title) == pytest.approx(1) or agreement(title, title) == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_mutual(one: str, other: str) -> None:
    """Neither measure depends on which title comes first."""
    assert agreement(one, other) == pytest.approx(agreement(other, one))
    assert copies(one, other) == copies(other, one)
