"""People name a country as they are used to, and are understood."""

from __future__ import annotations

import pytest

from bot.locale import LANGUAGES, texts_for
from bot.locale.places import find_country, list_names


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("US", "US"),
        ("us", "US"),
        ("U.S.", "US"),
        ("USA", "US"),
        ("сша", "US"),
        ("United States", "US"),
        ("UK", "GB"),
        ("Britain", "GB"),
        ("Велика Британія", "GB"),
        ("Germany", "DE"),
        ("Німеччина", "DE"),
        ("germny", "DE"),  # one letter missing,
        ("Gremany", "DE"),  # swapped,
        ("Німечина", "DE"),
        ("Franse", "FR"),  # wrong,
        ("Pooland", "PL"),  # too many
        ("turkiye", "TR"),
        ("Turkey", "TR"),
        ("NATO", "NATO"),
        ("нато", "NATO"),
        ("ЄС", "EU"),
        ("Iran", "IR"),  # not the neighbour that is one letter away
        ("Iraq", "IQ"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
    ],
)
def test_a_country_is_found_by_code_or_name(words: str, code: str) -> None:
    """Codes and names in every language of ours, case and accents aside, one letter off."""
    assert find_country(words) == code


@pytest.mark.parametrize(
    "words", ["", "?", "Atlantis", "QQ", "uss", "the quick brown fox", "x" * 999]
)
def test_what_is_no_country_is_none(words: str) -> None:
    """Nothing is guessed; a short word has to be right."""
    assert find_country(words) is None


def test_of_two_equally_near_the_known_one_is_meant() -> None:
    """A typo between two names is read as the one that there is something to tell of."""
    assert find_country("Irax", {"IQ"}) == "IQ"
    assert find_country("Irax", {"IR"}) == "IR"


def test_every_state_can_be_searched_in_every_language() -> None:
    """The names to search by hold the code and each language's own name."""
    names = list_names()
    assert len(names) > 200
    assert " us " in names["US"]
    for language in LANGUAGES:
        first = texts_for(language).country("PL").lower()
        assert f" {first} " in names["PL"]
