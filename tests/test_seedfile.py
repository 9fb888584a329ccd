"""bot/ledger/seed.yaml: what it says, and how the faults of a seed file are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel import Locale

from bot.core.address import registrable_domain
from bot.core.errors import FileError
from bot.core.lines import line_key
from bot.core.markup import is_link
from bot.core.model import Grant, LedgerState, Matter, Reach
from bot.lexicons import HERE, load_names
from bot.marked import load_marked
from bot.seedfile import SEED, load_seed, parse_seed

ALLIANCES = {"NATO", "EU", "UN"}


# --- the data -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seed() -> tuple[Grant, ...]:
    """The lines that come with the bot."""
    return load_seed()


@pytest.fixture(scope="module")
def as_of() -> datetime:
    """The day to which the lines go."""
    day = date.fromisoformat(load_marked(SEED).mapping()["as_of"].text())
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_there_is_enough_to_know(seed: tuple[Grant, ...]) -> None:
    """The lines are many, of every matter, given and taken back, from 2014 on."""
    assert len(seed) >= 100
    assert {line.matter for line in seed} == set(Matter) - {Matter.OTHER}
    assert {line.state for line in seed} == {LedgerState.GRANTED, LedgerState.REVOKED}
    assert min(line.since for line in seed) >= datetime(2014, 1, 1, tzinfo=UTC)


def test_every_line_says_that_it_is_seeded(seed: tuple[Grant, ...]) -> None:
    """No line passes for one that the bot learnt itself."""
    assert all(line.seeded and not line.story for line in seed)


def test_every_state_is_known(seed: tuple[Grant, ...]) -> None:
    """Every code has a name that subscribers can read."""
    named = set(Locale.parse("en").territories) | ALLIANCES
    codes = {code for g in seed for code in (g.authority, g.beneficiary, g.territory) if code}
    assert codes - named == set()


def test_every_authority_is_one_that_the_detector_finds(seed: tuple[Grant, ...]) -> None:
    """A line of an authority that no report can name would never be held against one."""
    found = {e.value for e in load_names(HERE / "names.yaml").entries if e.concept == "actor"}
    assert {line.authority for line in seed} - found == set()


def test_every_weapon_is_known(seed: tuple[Grant, ...]) -> None:
    """Weapons bear the names that the detector gives them."""
    known = set(load_names(HERE / "names.yaml").weapons)
    assert {name for g in seed for name in (*g.weapons, *g.without)} - known == set()


def test_nothing_is_said_of_the_future(seed: tuple[Grant, ...], as_of: datetime) -> None:
    """No line begins after the last day that the file has looked at."""
    assert [line for line in seed if line.since > as_of] == []


def test_two_outlets_tell_of_every_line(seed: tuple[Grant, ...]) -> None:
    """Sources are outlets' domains or addresses that can be followed, of two outlets at least."""
    for line in seed:
        assert len({registrable_domain(source) for source in line.sources}) >= 2, line
        addresses = [source for source in line.sources if "/" in source]
        assert all(map(is_link, addresses)), line


def test_no_line_stands_twice(seed: tuple[Grant, ...]) -> None:
    """Of a decision taken, dropped and taken again the last state alone is there."""
    assert len({line_key(line) for line in seed}) == len(seed)


def test_limits_are_short(seed: tuple[Grant, ...]) -> None:
    """Limits fit a line of a phone's screen, and a limited reach says to what."""
    assert [words for line in seed for words in line.scope if len(words) > 70] == []
    assert [g for g in seed if g.reach is Reach.LIMITED and not g.scope] == []


@pytest.mark.parametrize(
    ("authority", "weapon", "found"),
    [
        ("US", "HIMARS", lambda g: g.reach is Reach.LIMITED and g.without == ("ATACMS",)),
        ("US", "ATACMS", lambda g: g.reach is Reach.DEEP),
        ("GB", "Storm Shadow", lambda g: g.since.year == 2024),
        ("FR", "SCALP", lambda g: g.reach is Reach.UNLIMITED),
    ],
)
def test_what_everybody_knows_is_there(
    seed: tuple[Grant, ...], authority: str, weapon: str, found: Callable[[Grant], bool]
) -> None:
    """The permissions that are told again most often are in the file, with their limits."""
    lines = [g for g in seed if g.authority == authority and weapon in g.weapons]
    strikes = [g for g in lines if (g.matter, g.territory) == (Matter.STRIKE, "RU")]
    assert any(g.state is LedgerState.GRANTED and found(g) for g in strikes)


# --- the loader -----------------------------------------------------------------------------

LINE = """\
  - authority: GB
    matter: strike
    state: granted
    since: 2024-11-20
    sources: [bbc.com, https://www.reuters.com/x]
"""
WHOLE = """\
    beneficiary: UA
    territory: RU
    weapons: [Storm Shadow]
    without: [Taurus]
    reach: limited
    scope: [military targets, 'near the border, for now']
"""


def read(lines: str) -> tuple[Grant, ...]:
    return parse_seed(f"as_of: 2026-06-30\nlines:\n{lines}", "s.yaml")


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    """Every key arrives, a day is its beginning in UTC, and what is left out stays unsaid."""
    path = tmp_path / "s.yaml"
    path.write_text(f"as_of: 2024-11-20\nlines:\n{LINE}{WHOLE}{LINE}", encoding="utf-8")
    short = Grant(
        "GB",
        Matter.STRIKE,
        LedgerState.GRANTED,
        datetime(2024, 11, 20, tzinfo=UTC),
        sources=("bbc.com", "https://www.reuters.com/x"),
        seeded=True,
    )
    whole = Grant(
        "GB",
        Matter.STRIKE,
        LedgerState.GRANTED,
        datetime(2024, 11, 20, tzinfo=UTC),
        beneficiary="UA",
        territory="RU",
        weapons=("Storm Shadow",),
        scope=("military targets", "near the border, for now"),
        without=("Taurus",),
        reach=Reach.LIMITED,
        sources=short.sources,
        seeded=True,
    )
    assert load_seed(path) == (whole, short)


def swap(old: str, new: str) -> str:
    assert old in LINE
    return LINE.replace(old, new)


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (swap("authority:", "autority:"), 3, ["'autority'", "Did you mean 'authority'?"]),
        (swap("    state: granted\n", ""), 3, ["'state' is missing"]),
        (swap("GB", "uk"), 3, ["authority", "'uk'", "two capital letters"]),
        (swap("GB", "NO"), 3, ["authority", "quotes"]),
        (LINE + "    beneficiary: Ukraine\n", 8, ["beneficiary", "'Ukraine'", "ISO 3166"]),
        (LINE + "    territory: EUR\n", 8, ["territory", "'EUR'"]),
        (swap("strike", "strikes"), 4, ["matter", "Did you mean 'strike'?"]),
        (swap("strike", "other"), 4, ["matter", "transfer"]),
        (swap("granted", "grant"), 5, ["state", "'granted'?"]),
        (swap("granted", "signalled"), 5, ["state", "granted, revoked"]),
        (LINE + "    reach: wide\n", 8, ["reach", "limited, deep, unlimited"]),
        (swap("2024-11-20", "20 November"), 6, ["since", "2024-05-30"]),
        (swap("2024-11-20", "2024-11-31"), 6, ["since", "is no day"]),
        (swap("2024-11-20", "2026-07-01"), 6, ["since", "later", "2026-06-30", "as_of"]),
        (LINE + "    weapons: Storm Shadow\n", 8, ["a list"]),
        (swap("bbc.com,", "the BBC,"), 7, ["sources", "'the BBC'", "bbc.com"]),
        (swap("bbc.com,", "https://reuters.com/y,"), 7, ["sources", "fewer than 2 outlets"]),
        (swap("bbc.com, ", ""), 7, ["sources", "Add another outlet"]),
        (LINE + LINE.replace("2024", "2023"), 8, ["same line as on line 3", "newer"]),
    ],
)
def test_faults_are_told_with_their_line(lines: str, line: int, words: list[str]) -> None:
    """A fault names the file, its line, what is wrong there and what helps."""
    with pytest.raises(FileError) as caught:
        read(lines)
    assert str(caught.value).startswith(f"s.yaml:{line}: ")
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "key: value"),
        ("lines: []\n", "'as_of' is missing"),
        ("as_of: 2026-06-30\n", "'lines' is missing"),
        ("as_of: June\nlines: []\n", "as_of"),
        ("as_of: 2026-06-30\nlins: []\n", "'lines'?"),
    ],
)
def test_a_file_without_its_keys_is_refused(text: str, words: str) -> None:
    """A seed file says to which day it goes, and has its lines under their key."""
    with pytest.raises(FileError, match=r"s\.yaml:\d: ") as caught:
        parse_seed(text, "s.yaml")
    assert words in str(caught.value)


def test_an_empty_seed_is_no_fault() -> None:
    """A file may hold no line at all."""
    assert parse_seed("as_of: 2026-06-30\nlines: []\n", "s.yaml") == ()
