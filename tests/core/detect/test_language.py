"""Which lexicon reads an entry."""

from __future__ import annotations

import pytest

from bot.core.detect.language import choose_language

MARKERS = {
    "en": frozenset({"the", "of", "and", "to"}),
    "de": frozenset({"der", "die", "und", "zu"}),
    "uk": frozenset(),
    "ru": frozenset(),
}


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
    assert choose_language(hint, text.lower().split(), MARKERS) == code


def test_other_scripts_have_no_lexicon() -> None:
    """A script that no lexicon reads is said to be none."""
    assert choose_language(None, ["日本"], MARKERS) is None
