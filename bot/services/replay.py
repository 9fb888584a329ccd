"""Replay: entries from files, in order of publication, each judged at its own time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.core.address import registrable_domain
from bot.core.errors import FileError
from bot.core.judge import MEMORY, Judged, Memory, Policy, judge, remember
from bot.core.model import LEVEL_STANCES, AlertKind, Entry, Level, Tier, Verdict
from bot.core.ports import Body, Failure
from bot.core.text import clean_html
from bot.services.handed import Detects, Parse

FEED_SUFFIXES = frozenset({".xml", ".rss", ".atom"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Record = Callable[[Entry, datetime], Verdict]
"""Takes in one entry at a moment and answers with its verdict: the pipeline, or ``in_memory``."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a file. ``id`` is the file's own name for it, ``labels`` its whole line."""

    id: str
    entry: Entry
    labels: Mapping[str, Any]
    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """One message that a subscriber gets: what set it off, and when."""

    at: datetime
    item: Item
    verdict: Verdict


def replay(
    items: Iterable[Item], record: Record, level: Level = Level.DECISIONS
) -> Iterator[Pushed]:
    """The messages that a subscriber at ``level`` would get, as they would be sent.

    Every item is recorded, in order of publication, undated ones last. The clock is each item's
    time; for the undated it stands where the last dated one left it.
    """
    for at, item, verdict in run(items, record):
        finding = verdict.finding
        if verdict.kind and finding and finding.stance in LEVEL_STANCES[level]:
            yield Pushed(at, item, verdict)


def run(items: Iterable[Item], record: Record) -> Iterator[tuple[datetime, Item, Verdict]]:
    """Every item with its time and verdict, in the order and at the times of ``replay``."""
    now = _EPOCH
    for item in sorted(
        items, key=lambda i: (i.entry.published is None, i.entry.published or _EPOCH)
    ):
        now = item.entry.published or now
        yield now, item, record(item.entry, now)


def in_memory(
    detector: Detects, policy: Policy | None = None, memory: Memory | None = None
) -> Record:
    """A pipeline without a database: it remembers for as long as it is kept.

    Undated entries of an archive may be of any time: they are held against all stories.
    """
    rules, known = policy or Policy(), memory or Memory()

    def record(entry: Entry, now: datetime) -> Verdict:
        nonlocal known
        found = detector.detect(entry.title, entry.summary, entry.language, entry.published)
        judged = Judged(entry, found)
        if not found:
            recent = Memory()
        elif entry.published is None:
            recent = known
        else:
            recent = replace(
                known, stories=[s for s in known.stories if s.first_at >= now - MEMORY]
            )
        (verdict,) = judge([judged], recent, now, rules)
        if verdict.story or verdict.grants:
            known = remember(known, [verdict])
        return verdict

    return record


def to_json(pushed: Pushed) -> dict[str, Any]:
    """One line of ``replay --json``. ``entries`` begins with the one that set the message off."""
    verdict, finding, story = pushed.verdict, pushed.verdict.finding, pushed.verdict.story
    assert finding is not None
    assert story is not None
    others = [r.url for r in story.reports if r.url and r.url != pushed.item.entry.url]
    return {
        "at": f"{pushed.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "kind": str(verdict.kind or AlertKind.NEW),
        "push": verdict.push,
        "story": story.id,
        "topic": next(iter(finding.topics), ""),
        "stance": str(finding.stance),
        "score": round(finding.score, 3),
        "actors": list(finding.actors or story.actors),
        "weapons": list(finding.weapons),
        "scope": "; ".join(finding.scope),
        "entries": [pushed.item.id, *others],
        "title": pushed.item.entry.title,
    }


# --- reading --------------------------------------------------------------------------------


def read_items(paths: Sequence[Path], parse: Parse) -> list[Item]:
    """The items of files and folders (searched to the bottom, in order of name).

    ``.jsonl`` files hold one item a line, ``.xml``, ``.rss`` and ``.atom`` files are feeds and
    go through ``parse``. Raises FileError for the first file or line that can't be read.
    """
    items: list[Item] = []
    for path in paths:
        if not path.exists():
            raise FileError(str(path), None, "no such file or folder", "Check the path")
        for file in _files(path):
            is_feed = file.suffix.lower() in FEED_SUFFIXES
            items += _read_feed(file, parse) if is_feed else read_jsonl(file)
    return items


def read_jsonl(path: Path) -> list[Item]:
    """The items of a ``.jsonl`` file; a bad line raises FileError with its number."""
    items = []
    try:
        # not splitlines(): a raw U+2028 inside a string ends no line of JSON
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise FileError(
            str(path), None, f"not UTF-8 ({error.reason})", "Save it as UTF-8"
        ) from error
    for number, text in enumerate(lines, start=1):
        if text.strip():
            items.append(_read_line(text, str(path), number))
    return items


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    wanted = FEED_SUFFIXES | {".jsonl"}
    found = sorted(f for f in path.rglob("*") if f.is_file() and f.suffix.lower() in wanted)
    if not found:
        cure = f"Expected files ending in {', '.join(sorted(wanted))}"
        raise FileError(str(path), None, "nothing to read in this folder", cure)
    return found


def _read_feed(path: Path, parse: Parse) -> list[Item]:
    content = path.read_bytes()
    body = Body(content=content, digest=sha256(content).hexdigest(), url=path.resolve().as_uri())
    parsed = parse(body, language=None, tier=Tier.OUTLET, skip=frozenset())
    if isinstance(parsed, Failure):
        what = f"not a readable feed ({parsed.detail or parsed.fault})"
        raise FileError(str(path), None, what, "Expected RSS, Atom or RDF")
    return [Item(e.url or e.keys[0], e, {}, str(path)) for e in parsed.entries]


def _read_line(text: str, path: str, number: int) -> Item:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"not JSON ({error.msg} at column {error.colno})"
        raise FileError(path, number, what, "Write one JSON object a line") from error
    if not isinstance(row, dict):
        raise FileError(path, number, "not a JSON object", "Write one JSON object a line")
    for key in ("id", "title"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            cure = f'Give "{key}" as a string that is not empty'
            raise FileError(path, number, f'"{key}" is missing or empty', cure)
    for key in ("url", "source", "lang", "summary", "published"):
        if not isinstance(row.get(key), str | None):
            raise FileError(path, number, f'"{key}" is not a string', f'Give "{key}" as a string')
    url = row.get("url") or ""
    entry = Entry(
        keys=(row["id"],),
        url=url,
        title=clean_html(row["title"]),
        summary=clean_html(row.get("summary") or ""),
        published=_read_time(row.get("published"), path, number),
        language=row.get("lang") or None,
        source=row.get("source") or (registrable_domain(url) if url else ""),
    )
    return Item(row["id"], entry, row, path, number)


def _read_time(given: str | None, path: str, number: int) -> datetime | None:
    if not given:
        return None
    try:
        time = datetime.fromisoformat(given)
    except ValueError as error:
        cure = "Write 2024-05-30, 2024-05-30T18:00:00Z or null"
        raise FileError(path, number, f'"published" is no date: {given!r}', cure) from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
