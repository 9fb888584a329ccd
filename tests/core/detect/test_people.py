"""People speak for a state while they hold its office."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.core.detect import Detector, Person
from bot.core.errors import FileError
from bot.core.model import DECISIONS
from bot.lexicons import HERE, load_detector, load_names

NAMES = load_names(HERE / "names.yaml")
TITLE = "Johnson lifts limits on Ukraine's strikes inside Russia"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector()


def test_terms_of_office() -> None:
    """The first and last days count; who has no last day serves to this day."""
    served = ((date(2001, 2, 3), date(2002, 2, 3)), (date(2010, 1, 1), None))
    person = Person("A", "NO", "minister", served)
    days = [
        date(2001, 2, 2),
        date(2001, 2, 3),
        date(2002, 2, 3),
        date(2002, 2, 4),
        date(2030, 1, 1),
    ]
    assert [person.serves(day) for day in days] == [False, True, True, False, True]


def test_a_former_minister_decides_nothing(detector: Detector) -> None:
    """The same words are a decision in office and no state's decision after it."""
    (told, *_) = detector.detect(TITLE, "", "en", datetime(2022, 6, 1, tzinfo=UTC))
    assert (told.actors, told.stance in DECISIONS) == (("GB",), True)
    (later, *_) = detector.detect(TITLE, "", "en", datetime(2024, 6, 1, tzinfo=UTC))
    assert "GB" not in later.actors
    assert later.score < told.score


def test_without_a_date_everybody_is_in_office(detector: Detector) -> None:
    """An undated entry is read as of the day on which its people served."""
    assert detector.detect(TITLE, "", "en")[0].actors == ("GB",)


def test_everybody_has_an_office() -> None:
    """Names are unique, and each has a state, an office and days in order."""
    assert len({person.name for person in NAMES.people}) == len(NAMES.people) > 150
    for person in NAMES.people:
        assert person.state
        assert person.office
        assert list(person.served) == sorted(person.served, key=lambda days: days[0])


@pytest.mark.parametrize(
    ("served", "says"),
    [
        ("soon", "no interval"),
        ("2001-02-03/then", "no interval"),
        ("2002-01-01/2001-01-01", "Swap"),
    ],
)
def test_a_bad_interval_names_its_line(served: str, says: str, tmp_path: Path) -> None:
    """A term of office that can't be read is told with its line and the cure."""
    path = tmp_path / "names.yaml"
    person = f"{{name: A, state: SE, office: o, served: [{served}], terms: [anna]}}"
    path.write_text(f"states: []\ngroups: []\npeople:\n- {person}\nweapons: []\n")
    with pytest.raises(FileError, match=says) as caught:
        load_names(path)
    assert caught.value.line == 4
