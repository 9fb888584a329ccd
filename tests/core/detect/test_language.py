"""Which lexicon reads an entry."""

from __future__ import annotations

import pytest

from bot.core.detect.language import Languages
from bot.core.lexicon import Grammar

LANGUAGES = Languages(
    {
        "en": Grammar(markers=frozenset({"the", "of", "and", "to"})),
        "de": Grammar(markers=frozenset({"der", "die", "und", "zu"})),
        "uk": Grammar(markers=frozenset({"та", "що"}), letters="іїєґ"),
        "ru": Grammar(markers=frozenset({"и", "что"}), letters="ыэъё"),
    }
)


@pytest.mark.parametrize(
    ("hint", "text", "code"),
    [
        ("en", "the end of the ban", "en"),
        (None, "das Ende der Auflagen und die Folgen", "de"),
        ("en", "das Ende der Auflagen und die Folgen, zu der Frage", "de"),  # a wrong hint
        ("de", "ATACMS", "de"),  # too little to judge by: the hint stands
        ("ru", "Київ їде", "uk"),
        ("uk", "это был запрет", "ru"),
        ("uk", "запрет ракет", "uk"),  # no telling letter: the hint stands
        ("en-GB", "strikes", "en"),
    ],
)
def test_the_language(hint: str | None, text: str, code: str) -> None:
    """Letters and function words outweigh a wrong hint; a hint decides what they leave open."""
    assert LANGUAGES.choose(hint, text.lower().split()) == code


def test_other_scripts_have_no_lexicon() -> None:
    """A script that no lexicon reads is said to be none."""
    assert LANGUAGES.choose(None, ["日本"]) is None
