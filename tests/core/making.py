"""Findings, entries and ledger lines in one word each, for the tests of stories, ledger, judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.judge import Judged
from bot.core.model import Entry, Evidence, Finding, Grant, LedgerState, Matter, Reach, Stance

MAY = datetime(2024, 5, 30, 18, tzinfo=UTC)


def after(days: float) -> datetime:
    """That many days after the evening on which it all began."""
    return MAY + timedelta(days=days)


def shows(concept: str) -> tuple[Evidence, ...]:
    return (Evidence("title", 0, 1, "x", concept),)


REACHES: dict[Reach, dict[str, Any]] = {
    Reach.UNSAID: {},
    Reach.LIMITED: {"scope": ("near Kharkiv",)},
    Reach.DEEP: {"evidence": shows("longrange")},
    Reach.UNLIMITED: {"evidence": shows("nolimit")},
}
"""The slots of a finding that reaches so far."""


def finding(stance: Stance = Stance.GRANTED, **slots: Any) -> Finding:
    """A sure finding: by default, that Washington lets Kyiv strike."""
    given: dict[str, Any] = {"score": 0.9, "matter": Matter.STRIKE, "actors": ("US",)} | slots
    return Finding(stance=stance, **given)


def entry(
    title: str = "Biden lets Ukraine strike inside Russia",
    at: datetime | None = MAY,
    source: str = "one.example",
    **fields: Any,
) -> Entry:
    url = f"https://{source}/{abs(hash((title, at)))}"
    given: dict[str, Any] = {"keys": (url,), "url": url} | fields
    return Entry(title=title, published=at, source=source, **given)


def told(
    title: str = "Biden lets Ukraine strike inside Russia",
    at: datetime | None = MAY,
    source: str = "one.example",
    *findings: Finding,
    **slots: Any,
) -> Judged:
    """An entry and its findings; without any, one made from ``slots``."""
    return Judged(entry(title, at, source), findings or (finding(**slots),))


def grant(state: LedgerState = LedgerState.GRANTED, days: float = 0, **fields: Any) -> Grant:
    """A ledger line of Washington's on strikes, begun that many days after the beginning."""
    given: dict[str, Any] = {"authority": "US", "matter": Matter.STRIKE} | fields
    return Grant(state=state, since=after(days), **given)
