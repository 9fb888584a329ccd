"""The words: every entry's example shows its concept, its counter-example does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import FileError
from bot.core.lexicon import Lexicon
from bot.core.tags import PSEUDO
from bot.core.tokens import tokenise
from bot.lexicons import HERE, languages, load_lexicon, load_names

NAMES = load_names(HERE / "names.yaml")


def concepts(text: str, lexicon: Lexicon) -> set[str]:
    return {tag.concept for tag in lexicon.tag(tokenise(text, "title").tokens)}


def test_six_languages_at_least() -> None:
    """The languages that we promise are there."""
    assert {"en", "uk", "ru", "de", "fr", "pl"} <= set(languages())


@pytest.mark.parametrize("code", languages())
def test_examples_and_counters(code: str) -> None:
    """Each entry shows its concept in its example and leaves its counter-example alone."""
    lexicon = load_lexicon(HERE / f"{code}.yaml", NAMES.entries)
    wrong = []
    for entry in lexicon.entries:
        for text in entry.examples:
            if entry.concept != PSEUDO and entry.concept not in concepts(text, lexicon):
                wrong.append(f"{entry.concept}: {text!r} does not show it")
        for text in entry.counters:
            if entry.concept != PSEUDO and entry.concept in concepts(text, lexicon):
                wrong.append(f"{entry.concept}: {text!r} shows it")
    assert not wrong
    assert len(lexicon.grammar.markers) >= 15


def test_weapons_have_suppliers() -> None:
    """Every system that we name says whose leave its use needs."""
    assert all(weapon.suppliers for weapon in NAMES.weapons.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("entries: []\n", "language"),
        ("language: xx\nentries:\n- {concept: neg, terms: [a]}\n", "example"),
        (
            "language: xx\nentries:\n- {concept: neg, terms: ['*a*'], example: a, counter: b}\n",
            "too short",
        ),
        ("language: xx\nentrys: []\n", "entries"),
        ("language: en\nentries: []\n", "Write xx"),
    ],
)
def test_a_bad_file_names_its_line(text: str, says: str, tmp_path: Path) -> None:
    """A fault in a lexicon is told with file and line."""
    path = tmp_path / "xx.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match=says) as caught:
        load_lexicon(path)
    assert "xx.yaml" in str(caught.value)
