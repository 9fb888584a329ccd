"""Core values as JSON and back: the only place that knows how.

Reading is lenient, so that an older row stays readable: a field that is missing takes its
default, one that is unknown is ignored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from pydantic import TypeAdapter

from bot.core.model import Difference, Entry, Finding, Grant, Story

_Value = TypeVar("_Value", Difference, Entry, Finding, Grant, Story)

FIRST_REPORTS, LAST_REPORTS = 10, 50
"""Of a story's reports these many are kept: windows hang on the first, comparisons on the last."""


def encode(value: Difference | Entry | Finding | Grant | Story) -> Any:
    """A value that JSON can hold; a story with more reports than are kept loses its middle."""
    if isinstance(value, Story) and len(value.reports) > FIRST_REPORTS + LAST_REPORTS:
        kept = value.reports[:FIRST_REPORTS] + value.reports[-LAST_REPORTS:]
        value = replace(value, reports=kept)
    return _ADAPTERS[type(value)].dump_python(value, mode="json")


def decode(kind: type[_Value], data: Any) -> _Value:
    """What ``encode`` was given; ValueError when ``data`` is no such value."""
    value = _ADAPTERS[kind].validate_python(data)
    assert isinstance(value, kind)
    return value


def decode_text(kind: type[_Value], text: str) -> _Value:
    """The same from JSON as it is stored."""
    value = _ADAPTERS[kind].validate_json(text)
    assert isinstance(value, kind)
    return value


_ADAPTERS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Difference, Entry, Finding, Grant, Story)
}
