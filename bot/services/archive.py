"""Plays an archive of feeds through the real pipeline, the clock being each entry's own time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from bot.core.errors import FileError
from bot.core.model import Alert, Entry, Feed, FeedSpec, Outcome, Tier, Verdict
from bot.core.ports import Body, Failure
from bot.services.deliver import Deliver
from bot.services.handed import Parse
from bot.services.ingest import Ingest
from bot.store import feeds
from bot.store.db import Database


@dataclass(frozen=True, slots=True)
class Archived:
    """One feed of an archive, and what it brought in its time."""

    spec: FeedSpec
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """One entry: when it came, from which feed, its verdict, and the alert it set off, if any."""

    at: datetime
    feed: str
    verdict: Verdict
    alert: Alert | None = None


def read_archive(files: Sequence[Path], parse: Parse) -> list[Archived]:
    """The feeds in files called ``<outlet>.<language>.xml``.

    FileError for one that can't be read as a feed.
    """
    return [_read(file, parse) for file in files]


def _read(file: Path, parse: Parse) -> Archived:
    outlet, _, language = file.stem.rpartition(".")
    url = f"https://{outlet}.example/feed"
    content = file.read_bytes()
    body = Body(content, sha256(content).hexdigest(), url)
    parsed = parse(body, language=language, tier=Tier.OUTLET, skip=frozenset())
    if isinstance(parsed, Failure):
        problem = f"not a readable feed ({parsed.detail or parsed.fault})"
        raise FileError(str(file), None, problem, "Expected RSS, Atom or RDF")
    return Archived(FeedSpec(url, parsed.title or outlet, language), parsed.entries)


def start_of(archive: Sequence[Archived]) -> datetime:
    """When its first dated entry was published. ValueError for an archive without dates."""
    return min(e.published for each in archive for e in each.entries if e.published)


async def play(
    archive: Sequence[Archived], database: Database, ingest: Ingest, deliver: Deliver
) -> AsyncIterator[Played]:
    """Record each entry at the time of its publication, and deliver what that sets off.

    An entry without a time comes right after the one that its feed lists below it.
    """
    for at, feed, entry in await asyncio.to_thread(_schedule, archive, database):
        recorded = await asyncio.to_thread(ingest.take, feed, [entry], at)
        await deliver.run(at)
        for verdict in (*recorded.verdicts, *recorded.changed):
            yield Played(at, feed.name, verdict, next(iter(recorded.alerts), None))


def _schedule(
    archive: Sequence[Archived], database: Database
) -> list[tuple[datetime, Feed, Entry]]:
    began = start_of(archive)
    with database.begin() as session:
        outlets = [feeds.add(session, each.spec, began) for each in archive]
    due = []
    for each, outlet in zip(archive, outlets, strict=True):
        at = began
        for entry in reversed(each.entries):  # feeds list the newest first
            at = entry.published or at
            due.append((at, outlet, entry))
    return sorted(due, key=lambda one: one[0])


def record_into(database: Database, ingest: Ingest) -> Callable[[Entry, datetime], Verdict]:
    """The way of single entries into a database: each outlet becomes a feed of its own there.

    An entry that is in there already is known.
    """
    outlets: dict[str, Feed] = {}

    def record(entry: Entry, now: datetime) -> Verdict:
        if entry.source not in outlets:
            url = f"https://{entry.source or 'unknown.invalid'}/archive"
            with database.begin() as session:
                known = feeds.find_by_url(session, url)
                spec = FeedSpec(url, entry.source or "unknown", entry.language)
                outlets[entry.source] = known or feeds.add(session, spec, now)
        recorded = ingest.take(outlets[entry.source], [entry], now)
        told = (*recorded.verdicts, *recorded.changed)
        return told[0] if told else Verdict(entry, Outcome.KNOWN, "reason.restated")

    return record
