"""Archives: played through the real pipeline at their own time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import FileError
from bot.core.model import Entry, FeedSpec, Outcome
from bot.services.archive import Archived, play, read_archive, record_into, start_of
from bot.services.deliver import Deliver
from bot.services.ingest import Ingest
from bot.services.subscribe import Subscriptions
from bot.store.db import Database
from tests.fakes import (
    NOW,
    FakeDetector,
    RecordingMessenger,
    fake_parse,
    fake_render,
    fake_texts_for,
    make_body,
    make_entry,
)


def outlet(name: str, *entries: Entry) -> Archived:
    return Archived(FeedSpec(f"https://{name}.example/feed", name, "en"), entries)


def at(hours: float, name: str, title: str) -> Entry:
    return make_entry(name, title, published=NOW + timedelta(hours=hours))


async def test_entries_are_played_in_order_of_publication(database: Database) -> None:
    """Feeds are interleaved by time; each alert is delivered before the next entry is seen."""
    archive = [
        outlet("one", at(3, "c", "FR grants it"), at(1, "a", "US grants it")),
        outlet("two", at(2, "b", "Chairs")),
    ]
    Subscriptions(database).subscribe("fake", "you", None, "en", start_of(archive))
    messenger = RecordingMessenger()
    deliver = Deliver(database, {"fake": messenger}, fake_texts_for, fake_render)
    ingest = Ingest(database, fake_parse, FakeDetector())
    seen = []
    async for played in play(archive, database, ingest, deliver):
        seen.append((played.verdict.entry.title, played.at - NOW, len(messenger.sent)))
    assert seen == [
        ("US grants it", timedelta(hours=1), 1),
        ("Chairs", timedelta(hours=2), 1),
        ("FR grants it", timedelta(hours=3), 2),
    ]


async def test_an_undated_entry_follows_the_one_below_it(database: Database) -> None:
    """Feeds list the newest first, so an entry without a time came after the next in the list."""
    archive = [
        outlet("one", at(5, "c", "C"), make_entry("b", "B", published=None), at(1, "a", "A")),
    ]
    deliver = Deliver(database, {}, fake_texts_for, fake_render)
    ingest = Ingest(database, fake_parse, FakeDetector())
    order = [p.verdict.entry.title async for p in play(archive, database, ingest, deliver)]
    assert order == ["A", "B", "C"]


def test_files_are_named_after_outlet_and_language(tmp_path: Path) -> None:
    """<outlet>.<language>.xml gives the feed its address, its language and its entries."""
    file = tmp_path / "kyiv-desk.uk.xml"
    file.write_bytes(make_body(make_entry("a")).content)
    (read,) = read_archive([file], fake_parse)
    assert read.spec.url == "https://kyiv-desk.example/feed"
    assert read.spec.language == "uk"
    assert [entry.title for entry in read.entries] == ["a"]
    file.write_bytes(b"page")
    with pytest.raises(FileError, match=r"kyiv-desk\.uk\.xml: not a readable feed"):
        read_archive([file], fake_parse)


def test_single_entries_are_recorded_once(database: Database) -> None:
    """An entry recorded before is known, also after a restart."""
    entry = make_entry("a", "US grants it")
    for outcome in (Outcome.NEWS, Outcome.KNOWN):
        record = record_into(database, Ingest(database, fake_parse, FakeDetector()))
        assert record(entry, NOW).outcome is outcome
