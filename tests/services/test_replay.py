"""Entries from files, each judged at its own time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import FileError
from bot.core.judge import Judged, Memory, judge
from bot.core.model import Entry, Finding, Level, Outcome, Stance, Tier, Verdict
from bot.core.ports import Body, Failure, FetchFault
from bot.services.replay import Item, in_memory, read_items, read_jsonl, replay, run, to_json
from tests.core.making import MAY, after, entry, finding, grant

STANCES = {"grants": Stance.GRANTED, "denies": Stance.DENIED, "reacts": Stance.REACTION}


class WordDetector:
    """Finds what the first word of a title says: a stance of Washington's."""

    def detect(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> tuple[Finding, ...]:
        stance = STANCES.get(title.split()[0])
        return (finding(stance, scope=("border", "near Kharkiv")),) if stance else ()


def item(name: str, title: str, at: datetime | None) -> Item:
    return Item(name, entry(title, at, f"{name}.example"), {}, "test.jsonl")


def lines_of(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_entries_are_judged_in_order_of_publication() -> None:
    """Files may be in any order; the clock is each entry's own time, undated ones come last."""
    items = [
        item("undated", "denies it", None),
        item("late", "grants it again", after(1)),
        item("early", "grants it", after(0)),
    ]
    seen = [(at, i.id, v.outcome) for at, i, v in run(items, in_memory(WordDetector()))]
    assert seen == [
        (after(0), "early", Outcome.NEWS),
        (after(1), "late", Outcome.JOINED),
        (after(1), "undated", Outcome.NEWS),
    ]


@pytest.mark.parametrize(
    ("level", "names"),
    [
        (Level.DECISIONS, ["grant", "more"]),
        (Level.SIGNALS, ["grant", "more", "denial"]),
        (Level.EVERYTHING, ["grant", "more", "denial", "reaction"]),
    ],
)
def test_a_level_gets_its_stances(level: Level, names: list[str]) -> None:
    """Alerts and silent updates, of the stances that the level follows."""
    items = [
        item("grant", "grants it", after(0)),
        item("more", "grants so much", after(0.1)),
        item("denial", "denies it", after(0.2)),
        item("reaction", "reacts to it", after(0.3)),
        item("weather", "rain again", after(0.4)),
    ]
    got = list(replay(items, in_memory(WordDetector()), level))
    assert [pushed.item.id for pushed in got] == names
    assert [pushed.verdict.push for pushed in got][:2] == [True, False]


def test_a_replay_may_begin_with_what_is_known() -> None:
    """A ledger handed in is respected."""
    record = in_memory(WordDetector(), memory=Memory(grants=(grant(),)))
    assert record(entry("grants it", after(5)), after(5)).outcome is Outcome.KNOWN


def test_a_replay_goes_through_any_pipeline() -> None:
    """Whatever answers with verdicts can be replayed into."""
    asked: list[datetime] = []

    def pipeline(told: Entry, now: datetime) -> Verdict:
        asked.append(now)
        return judge([Judged(told, (finding(),))], Memory(), now)[0]

    (pushed,) = replay([item("a", "anything", MAY)], pipeline)
    assert (asked, pushed.verdict.push) == ([MAY], True)


def test_memory_is_bounded_in_time_but_undated_entries_see_it_all() -> None:
    """A year later the same words are a new story; an undated entry may belong to the old one."""
    items = [item("a", "grants it", after(0)), item("b", "grants it", after(365))]
    stories = [v.story.id for _, _, v in run(items, in_memory(WordDetector())) if v.story]
    assert stories == ["US-2024-05-30-strike-granted", "US-2025-05-30-strike-granted"]
    items = [item("a", "grants it", after(0)), item("w", "rain", after(365))]
    items.append(item("b", "grants it", None))
    *_, (_, _, verdict) = run(items, in_memory(WordDetector()))
    assert verdict.outcome is Outcome.JOINED


def test_a_line_of_json() -> None:
    """The keys of the contract, in plain types; the entry that set it off comes first."""
    items = [item("a", "grants it", after(0)), item("b", "grants so much", after(0.5))]
    first, second = (to_json(p) for p in replay(items, in_memory(WordDetector())))
    assert first == {
        "at": "2024-05-30T18:00:00Z",
        "kind": "new",
        "push": True,
        "story": "US-2024-05-30-strike-granted",
        "topic": "",
        "stance": "granted",
        "score": 0.9,
        "actors": ["US"],
        "weapons": [],
        "scope": "border; near Kharkiv",
        "entries": ["a"],
        "title": "grants it",
    }
    assert (second["kind"], second["push"]) == ("update", False)
    assert second["entries"] == ["b", items[0].entry.url]
    json.dumps([first, second])


# --- reading --------------------------------------------------------------------------------


def test_a_jsonl_file_is_read(tmp_path: Path) -> None:
    """Dates alone mean midnight UTC, other zones are turned to UTC, tags are cleaned away, blank
    lines skipped; more keys are kept as labels."""
    path = lines_of(
        tmp_path / "items.jsonl",
        {"id": "1", "url": "https://www.one.example/a", "source": "one.example", "lang": "en",
         "published": "2024-05-30", "title": "A <b>title</b>", "summary": "x &amp; y",
         "alert": True},
        {"id": "2", "url": "https://news.two.co.uk/b", "published": "2024-05-30T20:00:00+02:00",
         "title": "B", "summary": None, "lang": None},
        {"id": "3", "title": "C", "published": None},
    )  # fmt: skip
    path.write_text(path.read_text() + "\n\n")
    first, second, third = read_jsonl(path)
    assert first.entry.title == "A title"
    assert first.entry.summary == "x & y"
    assert first.entry.published == datetime(2024, 5, 30, tzinfo=UTC)
    assert first.labels["alert"] is True
    assert (first.id, first.line, first.path) == ("1", 1, str(path))
    assert second.entry.published == MAY
    assert (second.entry.source, second.entry.language) == ("two.co.uk", None)
    assert (third.entry.published, third.entry.source) == (None, "")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"title": "x"}', '"id" is missing or empty'),
        ('{"id": "1", "title": " "}', '"title" is missing or empty'),
        ('{"id": 1, "title": "x"}', '"id" is missing or empty'),
        ('{"id": "1", "title": "x", "lang": 3}', '"lang" is not a string'),
        ('{"id": "1", "title": "x", "published": 5}', '"published" is not a string'),
        ('{"id": "1", "title": "x", "published": "soon"}', "\"published\" is no date: 'soon'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, what: str) -> None:
    """File, line and reason are told, and what to write instead."""
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "0", "title": "fine"}\n' + line, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_jsonl(path)
    assert (caught.value.line, caught.value.path) == (2, str(path))
    assert what in caught.value.problem
    assert caught.value.cure


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are a clear error, a byte order mark is not."""
    path = tmp_path / "items.jsonl"
    path.write_bytes("\ufeff".encode() + b'{"id": "1", "title": "x"}')
    assert read_jsonl(path)[0].id == "1"
    path.write_bytes('{"id": "1", "title": "Дозвіл"}'.encode("cp1251"))
    with pytest.raises(FileError, match="not UTF-8"):
        read_jsonl(path)


def test_a_line_separator_inside_a_string_ends_no_line(tmp_path: Path) -> None:
    """JSON allows U+2028 raw in a string."""
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "1", "title": "x\u2028y"}', encoding="utf-8")
    assert len(read_jsonl(path)) == 1


@dataclass
class OneEntry:
    """What a feed's parser gives."""

    entries: tuple[Entry, ...]
    title: str = "A feed"
    language: str | None = None
    item_hashes: frozenset[str] = frozenset()
    skipped: int = 0
    ttl: timedelta | None = None
    whole: bool = True


def test_folders_are_read_to_the_bottom(tmp_path: Path) -> None:
    """Feeds go through the parser, .jsonl lines are items, other files are left alone."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.xml").write_bytes(b"<rss/>")
    (tmp_path / "notes.txt").write_text("nothing")
    lines_of(tmp_path / "z.jsonl", {"id": "1", "title": "x"})
    bodies: list[Body] = []

    def parse(body: Body, *, language: str | None, tier: Tier, skip: frozenset[str]) -> OneEntry:
        bodies.append(body)
        return OneEntry((entry("from the feed"),))

    items = read_items([tmp_path], parse)
    assert [i.entry.title for i in items] == ["from the feed", "x"]
    assert bodies[0].content == b"<rss/>"
    assert bodies[0].url == (tmp_path / "deep" / "a.xml").as_uri()


def no_feed(body: Body, *, language: str | None, tier: Tier, skip: frozenset[str]) -> Failure:
    return Failure(FetchFault.NOT_A_FEED, "an HTML page")


def missing(path: Path) -> Path:
    return path / "nowhere"


def empty(path: Path) -> Path:
    (path / "empty").mkdir()
    return path / "empty"


def broken(path: Path) -> Path:
    (path / "broken.xml").write_text("<html>")
    return path / "broken.xml"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (missing, "no such file or folder"),
        (empty, "nothing to read in this folder"),
        (broken, "not a readable feed (an HTML page)"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, make: Callable[[Path], Path], what: str
) -> None:
    """A missing path, an empty folder and a file that is no feed stop with their name."""
    path = make(tmp_path)
    with pytest.raises(FileError) as caught:
        read_items([path], no_feed)
    assert caught.value.problem == what
    assert caught.value.path == str(path)
