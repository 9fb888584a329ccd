"""Promises of bot/core/timing.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import timing
from bot.core.timing import is_refusal_believed, jitter_of, next_poll, refusal_delay, retry_delay

NOW = datetime(2024, 5, 30, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HINTS = st.none() | st.timedeltas(min_value=timedelta(days=-9), max_value=timedelta(days=9999))
WISHES = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30))


def wait(**options: object) -> timedelta:
    usual: dict[str, object] = {"interval": 5 * MINUTE, "min_interval": MINUTE}
    return next_poll(NOW, **(usual | options)) - NOW  # type: ignore[arg-type]


@given(
    interval=WISHES,
    min_interval=WISHES,
    every=st.none() | WISHES,
    max_age=HINTS,
    ttl=HINTS,
    retry_after=HINTS,
    failures=st.integers(0, 10_000),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_no_feed_is_polled_too_often(min_interval: timedelta, **options: object) -> None:
    """Whatever is asked and hinted, the wait is never under the minimum interval."""
    assert wait(min_interval=min_interval, **options) >= min_interval


@given(failures=st.integers(0, 200), feed=st.integers(1, 10**9), interval=WISHES)
def test_back_off_never_shrinks(failures: int, feed: int, interval: timedelta) -> None:
    """One failure more never brings the next poll nearer."""
    jitter = jitter_of(feed)
    assert wait(failures=failures, jitter=jitter, interval=interval) <= wait(
        failures=failures + 1, jitter=jitter, interval=interval
    )


@given(retry_after=st.timedeltas(timedelta(0), timedelta(days=7)), failures=st.integers(0, 50))
def test_a_believed_retry_after_is_kept(retry_after: timedelta, failures: int) -> None:
    """A server that names a time is left alone until then."""
    assert wait(retry_after=retry_after, failures=failures) >= retry_after


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 5 * MINUTE),
        ({"every": 2 * MINUTE}, 2 * MINUTE),
        ({"every": timedelta(seconds=5)}, MINUTE),
        ({"every": timedelta(hours=2)}, timedelta(hours=2)),
        ({"max_age": timedelta(minutes=20)}, timedelta(minutes=20)),
        ({"max_age": timedelta(days=365)}, timing.MAX_AGE_CAP),
        ({"max_age": timedelta(seconds=3)}, 5 * MINUTE),
        ({"ttl": timedelta(days=2)}, timing.TTL_CAP),
        ({"retry_after": timedelta(seconds=10**9)}, timing.RETRY_AFTER_CAP),
        ({"retry_after": timedelta(seconds=-5)}, 5 * MINUTE),
        ({"failures": 1}, 5 * MINUTE),
        ({"failures": 2}, 10 * MINUTE),
        ({"failures": 4}, 40 * MINUTE),
        ({"failures": 100}, timing.BACKOFF_CAP),
        ({"failures": 100, "every": timedelta(days=3)}, timedelta(days=3)),
        ({"jitter": 0.5}, 5 * MINUTE + timedelta(seconds=15)),
    ],
)
def test_the_wait_by_example(options: dict[str, object], expected: timedelta) -> None:
    """Wishes, hints and failures give the wait that the documentation says."""
    assert wait(**options) == expected


def test_feeds_are_spread() -> None:
    """Ten feeds that were added one after the other come due in ten different tenths."""
    assert len({int(jitter_of(feed) * 10) for feed in range(1, 11)}) >= 8
    assert all(0 <= jitter_of(feed) < 1 for feed in range(10_000))


@given(st.integers(0, 10_000))
def test_retries_come_ever_later_but_come(attempts: int) -> None:
    """A message's waits grow, and end at an hour; so do a chat's, and end at twelve."""
    assert timing.RETRY_FIRST <= retry_delay(attempts) <= retry_delay(attempts + 1)
    assert retry_delay(attempts) <= timing.RETRY_CAP
    assert timing.REFUSED_FIRST <= refusal_delay(attempts) <= refusal_delay(attempts + 1)
    assert refusal_delay(attempts) <= timing.REFUSED_CAP


@pytest.mark.parametrize(
    ("refusals", "days", "believed"), [(5, 3, True), (4, 30, False), (500, 2, False), (9, 9, True)]
)
def test_a_refusal_is_believed_late(refusals: int, days: int, believed: bool) -> None:
    """A chat counts as gone after five refusals in a row over three days, not before."""
    assert is_refusal_believed(refusals, NOW - timedelta(days=days), NOW) is believed
