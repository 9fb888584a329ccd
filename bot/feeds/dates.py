"""Dates as feeds write them, in the six languages of the house."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

LONGEST = 100  # characters; no date is longer

_MONTHS = re.compile(
    r"""(?<!\w)(?:
      (jan|jän|sty|янв|січ) | (feb|fév|fev|lut|фев|лют) | (mar(?!di)|mär|берез|мар)
    | (apr|avr|kwi|апр|квіт) | (may|mai|maj|мая|май|трав) | (juin|jun|cze|июн|черв)
    | (juil|jul|lip|июл|лип) | (aug|aoû|aou|sie|авг|серп) | (sep|wrz|сен|верес)
    | (oct|okt|paź|paz|окт|жовт) | (nov|lis|ноя|листоп) | (dec|dez|déc|gru|дек|груд))""",
    re.VERBOSE | re.IGNORECASE,
)
_ISO_DAY = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMERIC_DAY = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DAY = re.compile(r"(?<![\d:.+-])(\d{1,2})(?![\d:])")
_TIME = re.compile(r"\b(\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap]\.?m\b)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?<=\d)\s?(?:(?:gmt|utc)\s?)?([+-])(\d\d):?(\d\d)\b", re.IGNORECASE)
_ZONE = re.compile(r"\b(eest|eet|msk|cest|cet|mesz|mez|bst)\b", re.IGNORECASE)
_HALF_DAY = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)
_ZONES = {
    **dict.fromkeys(("eest", "msk"), 3),
    **dict.fromkeys(("eet", "cest", "mesz"), 2),
    **dict.fromkeys(("cet", "mez", "bst"), 1),
}


def read_date(text: str) -> datetime | None:
    """The moment that ``text`` names, in UTC, or None. A time without a zone is taken for UTC.

    Knows RFC 2822, ISO 8601, dd.mm.yyyy, and names of months in English, Ukrainian, Russian,
    German, French and Polish, with anything between them.
    """
    text = " ".join(text[:LONGEST].split())
    for read in (_read_iso, _read_rfc, _read_words):
        try:
            if moment := read(text):
                aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                return aware.astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def _read_iso(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text[:4].isdigit() else None


def _read_rfc(text: str) -> datetime | None:
    # The standard library drops zones that it doesn't know, and "PM".
    return None if _ZONE.search(text) or _HALF_DAY.search(text) else parsedate_to_datetime(text)


def _read_words(text: str) -> datetime | None:
    day = _find_day(text)
    return day and _add_time(day, text)


def _find_day(text: str) -> datetime | None:
    if match := _ISO_DAY.search(text):
        year, month, day = map(int, match.groups())
    elif match := _NUMERIC_DAY.search(text):
        day, month, year = map(int, match.groups())
    else:
        named, years, days = _MONTHS.search(text), _YEAR.search(text), _DAY.search(text)
        if not (named and years and days):
            return None
        year, month, day = int(years[0]), named.lastindex or 0, int(days[1])
    return datetime(year, month, day, tzinfo=UTC)


def _add_time(day: datetime, text: str) -> datetime:
    match = _TIME.search(text)
    if match is None:
        return day
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower().startswith("p") else 0)
    return day.replace(hour=hour, minute=minute, second=second, tzinfo=_find_zone(text))


def _find_zone(text: str) -> timezone:
    if match := _OFFSET.search(text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    if match := _ZONE.search(text):
        return timezone(timedelta(hours=_ZONES[match[1].lower()]))
    return UTC
