"""What an answer says about itself: validators, freshness, when to come again.

RFC 9110 (validators, Retry-After) and RFC 9111 (freshness). Servers' nonsense counts as silence.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from multidict import CIMultiDictProxy

from bot.core.model import Validators

LONGEST_WAIT = timedelta(days=1)  # however long a server asks us to stay away
LONGEST_VALIDATOR = 1_024

Headers = CIMultiDictProxy[str]


def conditions(validators: Validators) -> dict[str, str]:
    """The headers that make a request conditional (RFC 9110, 13.1)."""
    pair = {
        "If-None-Match": validators.etag,
        "If-Modified-Since": validators.last_modified,
    }
    return {name: value for name, value in pair.items() if value is not None}


def renew(known: Validators, headers: Headers) -> Validators:
    """The validators of an answer; what a 304 leaves out stays as known (RFC 9111, 4.3.4)."""
    return Validators(
        _validator(headers, "ETag") or known.etag,
        _validator(headers, "Last-Modified") or known.last_modified,
    )


def _validator(headers: Headers, name: str) -> str | None:
    """The header verbatim, or None if it could not be sent back as it came."""
    value = headers.get(name)
    usable = value and value.isprintable() and len(value) <= LONGEST_VALIDATOR
    return value if usable else None


def read_retry_after(headers: Headers) -> timedelta | None:
    """How long the server wants us to stay away: at most ``LONGEST_WAIT``, None if unsaid.

    A date is taken relative to the server's own (``Date``), so that its clock may be wrong.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return _seconds(value)
    return _after(value, headers)


def read_max_age(headers: Headers) -> timedelta | None:
    """How long the answer says it stays fresh (RFC 9111, 4.2): at most ``LONGEST_WAIT``."""
    control = ",".join(headers.getall("Cache-Control", ())).lower()
    if re.search(r"\bno-(?:store|cache)\b", control):
        return None
    if match := re.search(r"(?<![\w-])max-age\s*=\s*\"?([0-9]+)", control):
        age = headers.get("Age", "").strip()
        past = _seconds(age) if age.isascii() and age.isdigit() else timedelta()
        return max(_seconds(match[1]) - past, timedelta())
    return _after(headers.get("Expires", ""), headers)


def _seconds(digits: str) -> timedelta:
    return min(timedelta(seconds=int(digits[:12])), LONGEST_WAIT)


def _after(date: str, headers: Headers) -> timedelta | None:
    then, now = _http_date(date), _http_date(headers.get("Date", ""))
    if then is None or now is None or then <= now:
        return None
    return min(then - now, LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
