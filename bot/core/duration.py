"""Durations as people write them in settings and files: ``30s``, ``5m``, ``1h``, ``2d``."""

from __future__ import annotations

import re
from datetime import timedelta

FORM = "a whole number and a unit: 30s, 5m, 1h or 2d"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PATTERN = re.compile(r"(\d{1,7})\s*([smhd])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """What ``text`` says; ValueError with the accepted form when it says no duration."""
    found = _PATTERN.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(FORM)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def format_duration(duration: timedelta) -> str:
    """Whole seconds in the largest unit that divides them; parse_duration gives it back."""
    seconds = int(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
