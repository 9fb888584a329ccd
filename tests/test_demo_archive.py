"""The demo's archive: real feed formats, six languages, sound identities and dates."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from bot.demo import list_feed_files

ATOM = "{http://www.w3.org/2005/Atom}"
RSS1 = "{http://purl.org/rss/1.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class Told(NamedTuple):
    """One entry as its file holds it."""

    file: str
    guid: str | None
    link: str
    title: str
    summary: str
    at: datetime


def _read_root(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_bytes())


def _read_entries(path: Path) -> list[Told]:
    root = _read_root(path)
    if root.tag == f"{ATOM}feed":
        return [
            Told(
                path.name,
                entry.findtext(f"{ATOM}id"),
                entry.find(f"{ATOM}link").attrib["href"],  # type: ignore[union-attr]
                entry.findtext(f"{ATOM}title", ""),
                entry.findtext(f"{ATOM}summary", ""),
                datetime.fromisoformat(entry.findtext(f"{ATOM}published", "")),
            )
            for entry in root.iter(f"{ATOM}entry")
        ]
    if root.tag == f"{RDF}RDF":
        return [
            Told(
                path.name,
                item.attrib[f"{RDF}about"],
                item.findtext(f"{RSS1}link", ""),
                item.findtext(f"{RSS1}title", ""),
                item.findtext(f"{RSS1}description", ""),
                datetime.fromisoformat(item.findtext(f"{DC}date", "")),
            )
            for item in root.iter(f"{RSS1}item")
        ]
    assert root.tag == "rss", path.name
    return [
        Told(
            path.name,
            item.findtext("guid"),
            item.findtext("link", ""),
            item.findtext("title", ""),
            item.findtext("description", ""),
            parsedate_to_datetime(item.findtext("pubDate", "")),
        )
        for item in root.iter("item")
    ]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """Every entry of the archive."""
    return [entry for path in list_feed_files() for entry in _read_entries(path)]


def test_the_archive_is_large_enough(told: list[Told]) -> None:
    """There are at least nine files and 66 entries, and no file is nearly empty."""
    by_file = Counter(entry.file for entry in told)
    assert len(by_file) == len(list_feed_files()) >= 9
    assert len(told) >= 66
    assert min(by_file.values()) >= 5


def test_file_names_tell_the_language_that_the_feed_declares() -> None:
    """A file is ``<outlet>.<language>.xml``, the feed declares that language, all six are there."""
    spoken = set()
    for path in list_feed_files():
        outlet, language, _ = path.name.split(".")
        root = _read_root(path)
        declared = (
            root.get(XML_LANGUAGE)
            or root.findtext("channel/language")
            or root.findtext(f"{RSS1}channel/{DC}language")
        )
        assert outlet
        assert declared is not None, path.name
        assert declared.split("-")[0] == language, path.name
        spoken.add(language)
    assert spoken == {"en", "uk", "ru", "de", "fr", "pl"}


def test_every_feed_has_a_title_of_its_own() -> None:
    """Each feed names its outlet, and no two share a name."""
    titles = []
    for path in list_feed_files():
        root = _read_root(path)
        titles.append(
            root.findtext("channel/title")
            or root.findtext(f"{ATOM}title")
            or root.findtext(f"{RSS1}channel/{RSS1}title")
        )
    assert None not in titles
    assert len(set(titles)) == len(titles)


def test_the_formats_of_real_feeds_are_there() -> None:
    """RSS 2.0, Atom and RDF occur, and one feed is in windows-1251."""
    roots = {_read_root(path).tag for path in list_feed_files()}
    assert roots == {"rss", f"{ATOM}feed", f"{RDF}RDF"}
    declarations = [path.read_bytes().splitlines()[0] for path in list_feed_files()]
    assert sum(b"windows-1251" in line for line in declarations) == 1


def test_the_troubles_of_real_feeds_are_there(told: list[Told]) -> None:
    """One feed has no guids, some links are tracked, some titles are escaped twice."""
    silent = {entry.file for entry in told if entry.guid is None}
    assert len(silent) == 1
    assert all(entry.guid is None for entry in told if entry.file in silent)
    assert any("utm_source=" in entry.link for entry in told)
    assert any("&mdash;" in entry.title for entry in told)
    assert any(entry.summary.startswith("<p>") for entry in told)


def test_identities_are_unique(told: list[Told]) -> None:
    """No guid and no link occurs twice in the whole archive."""
    guids = [entry.guid for entry in told if entry.guid is not None]
    links = [entry.link for entry in told]
    assert len(set(guids)) == len(guids)
    assert len(set(links)) == len(links)


def test_links_lead_nowhere_real(told: list[Told]) -> None:
    """Outlets are invented: every link is on a .example host (RFC 2606)."""
    for entry in told:
        assert entry.link.split("/")[2].endswith(".example"), entry.link


def test_entries_have_a_title_and_a_short_summary(told: list[Told]) -> None:
    """Titles and summaries are of a headline's and a lead's length."""
    for entry in told:
        assert 15 <= len(entry.title) <= 120, entry.title
        assert 20 <= len(entry.summary) <= 320, entry.summary


def test_dates_are_within_the_told_months(told: list[Told]) -> None:
    """Every entry is dated, zone included, from May to November 2024."""
    first, end = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)
    assert all(entry.at.tzinfo is not None and first <= entry.at < end for entry in told)


def test_feeds_list_the_newest_entry_first() -> None:
    """Inside a file entries run from new to old, as feeds do."""
    for path in list_feed_files():
        dates = [entry.at for entry in _read_entries(path)]
        assert dates == sorted(dates, reverse=True), path.name


def test_decisions_are_told_by_several_outlets(told: list[Told]) -> None:
    """The ATACMS decision is told in all six languages within its first hours."""
    start, end = datetime(2024, 11, 17, 18, tzinfo=UTC), datetime(2024, 11, 18, tzinfo=UTC)
    tellers = [entry for entry in told if start <= entry.at < end]
    assert {entry.file.split(".")[1] for entry in tellers} == {"en", "uk", "ru", "de", "fr", "pl"}
    assert len(tellers) >= 8
