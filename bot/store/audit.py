"""Who changed what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from bot.store.db import Session
from bot.store.tables import audit


@dataclass(frozen=True, slots=True)
class Act:
    """One change. ``actor`` is a messenger's user id, ``shell``, ``feeds.yaml`` or ``greenlight``;
    ``action`` a word such as ``feed.added``."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def record(
    session: Session, at: datetime, actor: str, action: str, subject: str, **detail: Any
) -> None:
    """Writes one change down, in the transaction that makes it."""
    session.execute(
        insert(audit).values(at=at, actor=actor, action=action, subject=subject, detail=detail)
    )


def list_latest(session: Session, limit: int) -> list[Act]:
    """The last changes, newest first."""
    rows = session.execute(
        select(audit.c.at, audit.c.actor, audit.c.action, audit.c.subject, audit.c.detail)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    return [Act(*row) for row in rows]
