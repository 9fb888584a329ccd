"""What the services are handed, as they need it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.model import Entry, Finding, Tier
from bot.core.ports import Body, Failure


class Detects(Protocol):
    """What is needed of a detector: the findings of one text, best first."""

    def detect(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> tuple[Finding, ...]: ...


class Parsed(Protocol):
    """What is needed of a parsed feed."""

    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def entries(self) -> tuple[Entry, ...]: ...
    @property
    def item_hashes(self) -> frozenset[str]: ...
    @property
    def skipped(self) -> int: ...
    @property
    def ttl(self) -> timedelta | None: ...
    @property
    def whole(self) -> bool: ...


class Parse(Protocol):
    """Reads a feed's document; what is in ``skip`` was read before and is left out."""

    def __call__(
        self, body: Body, *, language: str | None, tier: Tier, skip: frozenset[str]
    ) -> Parsed | Failure: ...


class ParseAside(Protocol):
    """The same without holding up the event loop (see ``parsing.ParseWorkers``)."""

    def __call__(
        self, body: Body, *, language: str | None, tier: Tier, skip: frozenset[str]
    ) -> Awaitable[Parsed | Failure]: ...
