"""When the next thing is due: functions of now.

Jitter is an argument (``jitter_of`` a number that stays the same), so that the same question has
the same answer, after a restart too, and back-off grows with every failure.
"""

from __future__ import annotations

from datetime import datetime, timedelta

DAY = timedelta(days=1)

BACKOFF_CAP = DAY
"""A feed that fails is asked at least this often, unless its own interval is longer."""

MAX_AGE_CAP = DAY
"""Cache-Control: max-age (RFC 9111, 5.2.2.1) is honoured up to here; some send a year."""

TTL_CAP = timedelta(hours=1)
"""RSS 2.0's ttl is honoured up to here: it is mostly a default of the site's software, and news
of a decision can't wait for it."""

RETRY_AFTER_CAP = timedelta(days=7)
"""Retry-After (RFC 9110, 10.2.3) is honoured up to here; some send 10^9 seconds."""

SPREAD = 0.1
"""Waits are lengthened by up to a tenth, so that feeds don't come due all at once."""


def jitter_of(number: int) -> float:
    """A number in [0, 1) that neighbours don't share: multiples of the golden ratio spread out."""
    return number * 0.618_033_988_749_895 % 1.0


def next_poll(
    now: datetime,
    *,
    interval: timedelta,
    min_interval: timedelta,
    every: timedelta | None = None,
    max_age: timedelta | None = None,
    ttl: timedelta | None = None,
    retry_after: timedelta | None = None,
    failures: int = 0,
    jitter: float = 0.0,
) -> datetime:
    """When a feed visited at ``now`` is to be visited again.

    ``every`` is the feed's own wish and stands in for ``interval``. The server's hints may only
    lengthen the wait, each up to its cap; nonsense (zero, negative) is ignored. After
    ``failures`` in a row the wait doubles with each but the first, up to ``BACKOFF_CAP``. The
    result is never sooner than ``min_interval`` and never before a believed ``retry_after``.
    """
    usual = max(every or interval, min_interval)
    wait = max(
        usual,
        min(max_age or timedelta(0), MAX_AGE_CAP),
        min(ttl or timedelta(0), TTL_CAP),
    )
    if failures > 1:
        wait = max(wait, _double(usual, failures - 1, BACKOFF_CAP))
    wait += usual * SPREAD * jitter
    return now + max(wait, min(retry_after or timedelta(0), RETRY_AFTER_CAP))


RETRY_FIRST = timedelta(seconds=5)
RETRY_CAP = timedelta(hours=1)


def retry_delay(attempts: int) -> timedelta:
    """How long a message that certainly did not arrive waits before its next attempt, where the
    messenger named no time: 5 s after the first, twice as long after each other, 1 h at most."""
    return _double(RETRY_FIRST, attempts - 1, RETRY_CAP)


REFUSALS_BELIEVED = 5
REFUSED_FOR = timedelta(days=3)
REFUSED_FIRST = timedelta(minutes=10)
REFUSED_CAP = timedelta(hours=12)


def refusal_delay(refusals: int) -> timedelta:
    """How long a chat is left alone after so many refusals in a row of the kind that passes by
    itself: 10 minutes, then twice as long each time, 12 h at most."""
    return _double(REFUSED_FIRST, refusals - 1, REFUSED_CAP)


def is_refusal_believed(refusals: int, since: datetime, now: datetime) -> bool:
    """Whether refusals in a row mean that the chat is gone: 5 of them, and over 3 days. Telegram
    says "bot can't send messages to the user" for hours of chats that are well."""
    return refusals >= REFUSALS_BELIEVED and now - since >= REFUSED_FOR


def _double(first: timedelta, times: int, cap: timedelta) -> timedelta:
    doublings: int = 2 ** min(max(times, 0), 24)
    return min(min(first, cap) * doublings, cap)
