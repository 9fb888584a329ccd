"""Known entries whose feed words them differently now.

Each wording that was judged leaves a mark among the entry's keys, so that a feed that goes back
and forth between two headlines has each judged once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from bot.core.model import Entry, Finding, Outcome, Verdict
from bot.core.reworded import Changed, is_reworded, mark_of
from bot.core.text import normalise_title
from bot.store.codec import decode
from bot.store.db import Session
from bot.store.entries import columns_of
from bot.store.rows import cut
from bot.store.stories import find_all
from bot.store.tables import entries, entry_keys

MOST = 100
"""Wordings of one entry that are judged, live pages' included; later ones change nothing."""

_MARK = "text:"


def list_changed(session: Session, feed_id: int, found: Sequence[Entry]) -> list[Changed]:
    """Those of a feed's entries that were seen before and now say something that they never said,
    in the same order, each once.

    Only where an entry is surely the one that was seen: two of its keys are that one's, or one is
    and the title is the same. Two of one day that are alike in their title alone may be two.
    """
    owners = _find_owners(session, feed_id, [key for entry in found for key in entry.keys])
    rows = _find_rows(session, set(owners.values()))
    known: dict[int, Entry] = {}
    for entry in found:
        row = _find_same(entry, owners, rows)
        if row is not None and row.id not in known and is_reworded(_read(row), entry):
            known[row.id] = entry
    marks = _find_marks(session, known)
    fresh = {
        number: entry
        for number, entry in known.items()
        if len(marks[number]) < MOST and f"{_MARK}{mark_of(entry)}" not in marks[number]
    }
    told = find_all(session, {rows[number].story_id for number in fresh} - {None})
    return [
        Changed(
            row=number,
            before=_read(rows[number]),
            outcome=Outcome(rows[number].outcome),
            reason=rows[number].reason,
            finding=rows[number].finding and decode(Finding, rows[number].finding),
            story=told.get(rows[number].story_id),
            entry=entry,
        )
        for number, entry in fresh.items()
    ]


def change(session: Session, feed_id: int, changed: Changed, verdict: Verdict) -> None:
    """Writes what an entry says now and what was decided of it; its wordings count as judged."""
    rewrite(session, changed.row, verdict)
    texts = (changed.before, changed.entry)
    keys = [*verdict.entry.keys, *dict.fromkeys(f"{_MARK}{mark_of(text)}" for text in texts)]
    marked = _find_marks(session, [changed.row])[changed.row]
    taken = {*_find_owners(session, feed_id, keys), *marked}
    rows = [
        {"feed_id": feed_id, "key": _own(key, changed.row), "entry_id": changed.row}
        for key in dict.fromkeys(keys)
        if key not in taken
    ]
    if rows:
        session.execute(insert(entry_keys), rows)


def rewrite(session: Session, row: int, verdict: Verdict) -> None:
    """Writes an entry and what was decided of it in place of what the row says."""
    session.execute(update(entries).where(entries.c.id == row).values(columns_of(verdict)))


def _own(key: str, row: int) -> str:
    """A mark as a key: two entries of one feed may say the same."""
    return f"{key}:{row}" if key.startswith(_MARK) else key


def _find_marks(session: Session, numbers: Iterable[int]) -> defaultdict[int, set[str]]:
    """The wordings of entries that were judged."""
    marks: defaultdict[int, set[str]] = defaultdict(set)
    for chunk in cut(numbers):
        for row in session.execute(
            select(entry_keys.c.entry_id, entry_keys.c.key).where(
                entry_keys.c.entry_id.in_(chunk), entry_keys.c.key.startswith(_MARK)
            )
        ):
            marks[row.entry_id].add(row.key.rpartition(":")[0])
    return marks


def _find_same(entry: Entry, owners: dict[str, int], rows: dict[int, Row[Any]]) -> Row[Any] | None:
    """The row of the entry that this one surely is."""
    hits = [key for key in entry.keys if key in owners]
    for number, times in Counter(owners[key] for key in hits).most_common():
        named = len(entry.keys) == 1 or any(
            owners[key] == number and not key.startswith("title:") for key in hits
        )
        alike = normalise_title(rows[number].title) == normalise_title(entry.title)
        if times > 1 or (named and alike):
            return rows[number]
    return None


def _find_owners(session: Session, feed_id: int, keys: Sequence[str]) -> dict[str, int]:
    owners: dict[str, int] = {}
    for chunk in cut(dict.fromkeys(keys)):
        owners.update(
            (row.key, row.entry_id)
            for row in session.execute(
                select(entry_keys.c.key, entry_keys.c.entry_id).where(
                    entry_keys.c.feed_id == feed_id, entry_keys.c.key.in_(chunk)
                )
            )
        )
    return owners


def _find_rows(session: Session, numbers: Collection[int]) -> dict[int, Row[Any]]:
    return {
        row.id: row
        for chunk in cut(sorted(numbers))
        for row in session.execute(select(entries).where(entries.c.id.in_(chunk)))
    }


def _read(row: Row[Any]) -> Entry:
    return Entry(
        keys=(),
        url=row.url,
        title=row.title,
        summary=row.summary,
        published=row.published,
        language=row.language,
    )
