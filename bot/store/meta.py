"""A few facts about the whole: when the last tick was, until when a messenger is throttled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.store.db import Session
from bot.store.rows import put_rows
from bot.store.tables import meta


def mark(session: Session, key: str, moment: datetime) -> None:
    """Stores a moment under a name, in place of an earlier one."""
    put_rows(session, meta, [{"key": key, "value": moment.isoformat()}])


def moments(session: Session, prefix: str) -> dict[str, datetime]:
    """The moments whose names begin with ``prefix``, by the rest of their names."""
    rows = session.execute(
        select(meta.c.key, meta.c.value).where(meta.c.key.startswith(prefix, autoescape=True))
    )
    return {key.removeprefix(prefix): datetime.fromisoformat(value) for key, value in rows}
