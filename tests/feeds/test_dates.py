"""Dates as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.dates import read_date

DAY = datetime(2024, 5, 30, tzinfo=UTC)
NOON = datetime(2024, 5, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Thu, 30 May 2024 12:00:00 GMT", NOON),
        ("Thu, 30 May 2024 15:00:00 +0300", NOON),
        ("Thu, 30 May 2024 08:00 EDT", NOON),
        ("30 May 2024 15:00 EEST", NOON),
        ("2024-05-30T12:00:00Z", NOON),
        ("2024-05-30T14:00:00.000+02:00", NOON),
        ("2024-05-30 12:00", NOON),
        ("2024-5-30 12:00", NOON),
        ("2024-05-30", DAY),
        ("30.05.2024", DAY),
        ("30.5.2024, 12:00 Uhr", NOON),
        ("Thursday, May 30, 2024 - 12:00", NOON),
        ("May 30, 2024 12:00 PM", NOON),
        ("30 травня 2024, 12:00", NOON),
        ("четвер, 30 травня 2024 р.", DAY),
        ("30 мая 2024 г., 12:00", NOON),
        ("30. Mai 2024 14:00 +0200", NOON),
        ("jeudi 30 mai 2024 à 12:00", NOON),
        ("czwartek, 30 maja 2024 12:00", NOON),
        ("середа, 7 серпня 2024", datetime(2024, 8, 7, tzinfo=UTC)),
        ("mardi 12 mars 2024", datetime(2024, 3, 12, tzinfo=UTC)),
        ("3 września 2024", datetime(2024, 9, 3, tzinfo=UTC)),
        ("1 juillet 2024", datetime(2024, 7, 1, tzinfo=UTC)),
        ("1 Juni 2024", datetime(2024, 6, 1, tzinfo=UTC)),
        ("31 грудня 2024", datetime(2024, 12, 31, tzinfo=UTC)),
        ("5 листопада 2024", datetime(2024, 11, 5, tzinfo=UTC)),
        ("5 лютого 2024", datetime(2024, 2, 5, tzinfo=UTC)),
        ("", None),
        ("today", None),
        ("2024", None),
        ("32.13.2024", None),
        ("30 May", None),
        ("0000-00-00", None),
        ("May 2024 25:61", None),
    ],
)
def test_dates_are_understood(text: str, moment: datetime | None) -> None:
    """Formats and month names of six languages, zones by name and by number, in UTC."""
    assert read_date(text) == moment


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    """Nothing is raised, and what comes is aware and in UTC."""
    moment = read_date(text)
    assert moment is None or moment.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_iso_dates_come_back(moment: datetime) -> None:
    """What ISO 8601 writes is read back as it was."""
    aware = moment.replace(tzinfo=UTC)
    assert read_date(aware.isoformat()) == aware
