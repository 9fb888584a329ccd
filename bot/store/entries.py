"""Entries: what was seen in which feed, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import delete, func, insert, select

from bot.core.model import Entry, Verdict
from bot.core.text import canonical_url, normalise_title
from bot.store.codec import encode
from bot.store.db import Session
from bot.store.rows import cut, put_rows
from bot.store.tables import entries, entry_keys

KEPT = 1000
"""A feed's newest entries are kept whatever their age: they may still be in it, and one that was
forgotten would be news again."""


def list_unknown(session: Session, feed_id: int, found: Sequence[Entry]) -> list[Entry]:
    """Those of a feed's entries that were not seen in it before, in the same order, each once.

    An entry is known when its title and day are, when two of its keys are, or when one key
    belongs to an entry of the same title. One key alone is not believed: there are feeds that
    give all entries one guid, or one link, and an alert taken for known is an alert lost.
    """
    keys = [key for entry in found for key in entry.keys]
    known: dict[str, str] = {}
    for chunk in cut(dict.fromkeys(keys)):
        known.update(
            (key, normalise_title(title))
            for key, title in session.execute(
                select(entry_keys.c.key, entries.c.title)
                .join(entries, entries.c.id == entry_keys.c.entry_id)
                .where(entry_keys.c.feed_id == feed_id, entry_keys.c.key.in_(chunk))
            )
        )
    unknown = []
    for entry in found:
        # The parser leaves out what has no keys; were one handed in, it could not be told from
        # an old one and would be news at every poll.
        if entry.keys and not _is_known(entry, known):
            unknown.append(entry)
            known.update(dict.fromkeys(entry.keys, normalise_title(entry.title)))
    return unknown


def _is_known(entry: Entry, known: Mapping[str, str]) -> bool:
    hits = [key for key in entry.keys if key in known]
    return len(hits) > 1 or any(
        key.startswith("title:") or known[key] == normalise_title(entry.title) for key in hits
    )


def add(session: Session, feed_id: int, verdicts: Sequence[Verdict], now: datetime) -> None:
    """Records entries with what was decided of them; from now on they are known."""
    if not verdicts:
        return
    numbers = session.scalars(
        insert(entries).returning(entries.c.id, sort_by_parameter_order=True),
        [{"feed_id": feed_id, "seen_at": now} | columns_of(verdict) for verdict in verdicts],
    ).all()
    put_rows(
        session,
        entry_keys,
        [
            {"feed_id": feed_id, "key": key, "entry_id": number}
            for number, verdict in zip(numbers, verdicts, strict=True)
            for key in verdict.entry.keys
        ],
    )


def columns_of(verdict: Verdict) -> dict[str, Any]:
    """What a row says of an entry and of what was decided of it."""
    entry = verdict.entry
    return {
        "title": entry.title,
        "url": entry.url,
        "page": page_of(entry.url) if entry.url else None,
        "summary": entry.summary,
        "language": entry.language,
        "published": entry.published,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "finding": None if verdict.finding is None else encode(verdict.finding),
        "story_id": None if verdict.story is None else verdict.story.id,
    }


def find_by_url(session: Session, url: str) -> Entry | None:
    """The newest entry with that address, whichever feed brought it and however it spelt the
    address. Its keys, source and tier are not kept."""
    row = session.execute(
        select(entries).where(entries.c.page == page_of(url)).order_by(entries.c.id.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Entry(
        keys=(row.url,),
        url=row.url,
        title=row.title,
        summary=row.summary,
        published=row.published,
        language=row.language,
    )


def page_of(url: str) -> str:
    """A digest of what all twins of an address share (``canonical_url``): what an index can hold,
    however long the address is."""
    twin = canonical_url(url).encode("utf-8", "surrogatepass")
    return blake2b(twin, digest_size=16).hexdigest()


def count_since(session: Session, since: datetime) -> int:
    """How many entries were seen since then."""
    return session.scalar(select(func.count()).where(entries.c.seen_at >= since)) or 0


def prune(session: Session, feed_id: int, before: datetime) -> int:
    """Forgets a feed's entries seen before then, the newest ``KEPT`` excepted; says how many."""
    oldest_kept = session.scalar(
        select(entries.c.id)
        .where(entries.c.feed_id == feed_id)
        .order_by(entries.c.id.desc())
        .offset(KEPT - 1)
        .limit(1)
    )
    if oldest_kept is None:
        return 0
    return session.execute(
        delete(entries).where(
            entries.c.feed_id == feed_id,
            entries.c.id < oldest_kept,
            entries.c.seen_at < before,
        )
    ).rowcount
