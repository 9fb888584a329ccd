"""Stories and the ledger: what is known, for the judge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import select

from bot.core.lines import line_key
from bot.core.model import Grant, Story
from bot.store.codec import decode, encode
from bot.store.db import Session
from bot.store.rows import put_rows
from bot.store.tables import ledger, stories


def list_recent(session: Session, since: datetime) -> list[Story]:
    """The stories whose first report is younger than ``since``, oldest first."""
    rows = session.scalars(
        select(stories.c.story)
        .where(stories.c.first_at >= since)
        .order_by(stories.c.first_at, stories.c.id)
    )
    return [decode(Story, row) for row in rows]


def save(session: Session, told: Iterable[Story]) -> None:
    """Stores stories, each in place of the one with its id."""
    put_rows(
        session,
        stories,
        [
            {
                "id": story.id,
                "stance": story.stance.value,
                "matter": story.matter.value,
                "first_at": story.first_at,
                "last_at": story.last_at,
                "story": encode(story),
            }
            for story in {story.id: story for story in told}.values()
        ],
    )


def list_grants(session: Session) -> list[Grant]:
    """The whole ledger, oldest line first: it grows by decisions, not by entries."""
    rows = session.scalars(select(ledger.c.grant).order_by(ledger.c.since, ledger.c.line))
    return [decode(Grant, row) for row in rows]


def save_grants(session: Session, grants: Iterable[Grant]) -> None:
    """Stores ledger lines, each in place of the one with its ``line_key``."""
    put_rows(
        session,
        ledger,
        [
            {
                "line": line,
                "authority": grant.authority,
                "since": grant.since,
                "grant": encode(grant),
            }
            for line, grant in {_line(grant): grant for grant in grants}.items()
        ],
    )


def _line(grant: Grant) -> str:
    return blake2b(
        "\x1f".join(line_key(grant)).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()
