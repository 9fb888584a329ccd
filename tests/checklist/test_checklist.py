"""What the detector can and cannot do, by capability and language (run with -s for the table)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.core.detect import Detector
from bot.core.errors import FileError
from bot.lexicons import languages, load_detector
from tests.checklist.ordinary_news import load_ordinary
from tests.checklist.suite import (
    MADE,
    SILENT,
    WORDED,
    Case,
    Rate,
    alerts,
    load_cases,
    measure,
    share,
    table,
)

FLOORS = {
    "plain": 0.95,
    "inflected": 0.85,
    "upper case": 0.95,
    "quotes": 0.95,
    "outlet": 0.95,
    "weapon": 0.95,
    "typo": 0.85,
    "disguise": 0.95,
    "negated": 0.95,
    "refused": 0.95,
    "considered": 0.9,
    "pleaded": 1.0,
    "asked": 0.9,
    "past": 0.9,
    "reaction": 0.9,
}
"""The least share of right answers: what was measured, rounded down to a twentieth."""

ENOUGH_CASES, ENOUGH_ORDINARY = 600, 2_500
CASES, ORDINARY = load_cases(), load_ordinary()


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The detector over all lexicons, loaded once."""
    return load_detector()


@pytest.fixture(scope="session")
def measured(detector: Detector) -> tuple[list[Rate], list[Case]]:
    """The rates and the wrong cases of the whole suite; the table goes to the terminal (-s)."""
    rates, wrong = measure(CASES, detector)
    sys.stdout.write(f"\n{table(rates)}\n")
    return rates, wrong


@pytest.mark.parametrize("capability", [*WORDED, *MADE, *SILENT])
def test_capabilities_hold(capability: str, measured: tuple[list[Rate], list[Case]]) -> None:
    """Each capability is at least as good as it was when its floor was set."""
    rates, wrong = measured
    missed = [f"{case.language}: {case.title}" for case in wrong if case.capability == capability]
    assert share(rates, capability) >= FLOORS[capability], "\n".join(["", *missed])


@pytest.mark.parametrize("language", languages())
def test_ordinary_news_is_silent(language: str, detector: Detector) -> None:
    """No headline of ordinary news alerts anybody."""
    own = [headline for code, headline in ORDINARY if code == language]
    assert own
    loud = [headline for headline in own if alerts(detector, headline, language)]
    assert not loud, "\n".join(["", *loud])


def test_silence_is_asked_for_strictly() -> None:
    """No floor of a form that must not alert lies below nine in ten."""
    assert min(FLOORS[capability] for capability in SILENT) >= 0.9


def test_every_language_is_tried() -> None:
    """Each language has every capability, and the suite is as large as promised."""
    tried = {(case.language, case.capability) for case in CASES}
    assert tried == {(code, name) for code in languages() for name in FLOORS}
    assert len(CASES) >= ENOUGH_CASES
    assert len(ORDINARY) >= ENOUGH_ORDINARY


def test_no_case_is_tried_twice() -> None:
    """A headline stands for one answer only, and in one capability."""
    titles = [(case.language, case.title) for case in CASES]
    assert len(set(titles)) == len(titles)


def test_a_bad_file_is_told_with_its_line(tmp_path: Path) -> None:
    """A person who isn't in the headline is a fault with file and line."""
    (tmp_path / "en.yaml").write_text("- title: Berlin lifts ban\n  person: Biden\n")
    with pytest.raises(FileError) as caught:
        load_cases(tmp_path)
    assert caught.value.line == 2
