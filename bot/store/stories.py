"""Stories and the ledger: what is known, for the judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

from sqlalchemy import Text, cast, delete, select

from bot.core.lines import line_key
from bot.core.model import Grant, Stance, Story
from bot.store.codec import decode_text, encode
from bot.store.db import Session
from bot.store.rows import cut, put_rows
from bot.store.tables import ledger, stories


def list_recent(
    session: Session, since: datetime, stances: Collection[Stance] = tuple(Stance)
) -> list[Story]:
    """The stories of these stances whose first report is younger than ``since``, oldest first."""
    rows = session.scalars(
        select(cast(stories.c.story, Text))
        .where(stories.c.first_at >= since, stories.c.stance.in_(stances))
        .order_by(stories.c.first_at, stories.c.id)
    )
    return [_read_story(row) for row in rows]


def find_all(session: Session, names: Iterable[str]) -> dict[str, Story]:
    """The stories with these ids, by id."""
    rows = (
        row
        for chunk in cut(names)
        for row in session.scalars(
            select(cast(stories.c.story, Text)).where(stories.c.id.in_(chunk))
        )
    )
    return {story.id: story for story in map(_read_story, rows)}


@lru_cache(maxsize=4096)
def _read_story(text: str) -> Story:
    """Remembered by its very text: the same stories are asked for with every entry."""
    return decode_text(Story, text)


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


def list_grants(session: Session, authorities: Collection[str] | None = None) -> list[Grant]:
    """The ledger's lines of some authorities (None: of all), oldest first."""
    asked = select(cast(ledger.c.grant, Text)).order_by(ledger.c.since, ledger.c.line)
    if authorities is not None:
        asked = asked.where(ledger.c.authority.in_(authorities))
    return [_read_grant(row) for row in session.scalars(asked)]


@lru_cache(maxsize=4096)
def _read_grant(text: str) -> Grant:
    return decode_text(Grant, text)


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


def remove_grants(session: Session, grants: Iterable[Grant]) -> None:
    """Takes lines out of the ledger, each known by its ``line_key``."""
    lines = [_line(grant) for grant in grants]
    session.execute(delete(ledger).where(ledger.c.line.in_(lines)))


def _line(grant: Grant) -> str:
    return blake2b(
        "\x1f".join(line_key(grant)).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()
