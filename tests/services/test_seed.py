"""Promises of bot/services/seed.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model import Grant, LedgerState
from bot.seedfile import load_seed
from bot.services.seed import Planted, plant
from bot.store import stories
from bot.store.db import Database
from tests.fakes import NOW
from tests.store.making import make_grant

DAY = timedelta(days=1)
ATACMS = make_grant(weapons=("ATACMS",), sources=("bbc.com", "reuters.com"), seeded=True)
SCALP = make_grant("FR", weapons=("SCALP",), sources=("bbc.com", "reuters.com"), seeded=True)


def ledger(database: Database) -> list[Grant]:
    with database.read() as session:
        return stories.list_grants(session)


def learn(database: Database, *lines: Grant) -> None:
    with database.begin() as session:
        stories.save_grants(session, lines)


def same(one: Iterable[Grant], other: Iterable[Grant]) -> bool:
    return set(one) == set(other)


def test_the_whole_seed_is_planted_once(any_database: Database) -> None:
    """Every line of the file is in the ledger afterwards, word for word; a second time nothing
    changes."""
    seed = load_seed()
    assert plant(any_database, seed) == Planted(new=len(seed))
    assert same(ledger(any_database), seed)
    assert plant(any_database, seed) == Planted()
    assert same(ledger(any_database), seed)


def test_what_the_bot_learnt_stays(any_database: Database) -> None:
    """A line of the bot's own is neither overwritten nor taken out, whatever the seed says."""
    own = replace(ATACMS, state=LedgerState.REVOKED, since=NOW + DAY, story="s1", seeded=False)
    learn(any_database, own)
    assert plant(any_database, [ATACMS, SCALP]) == Planted(new=1)
    assert same(ledger(any_database), [own, SCALP])
    assert plant(any_database, []) == Planted(gone=1)
    assert ledger(any_database) == [own]


def test_a_seeded_line_that_a_report_changed_is_the_bots_own(any_database: Database) -> None:
    """Once a report has moved a planted line on, the seed has no more say in it."""
    plant(any_database, [ATACMS])
    moved = replace(ATACMS, state=LedgerState.CONTESTED, seeded=False, sources=())
    learn(any_database, moved)
    assert plant(any_database, [replace(ATACMS, scope=("Kursk",))]) == Planted()
    assert ledger(any_database) == [moved]


def test_a_mended_line_is_taken_over(any_database: Database) -> None:
    """What the file corrects in a line that is still as planted is corrected in the ledger."""
    plant(any_database, [ATACMS, SCALP])
    mended = replace(ATACMS, state=LedgerState.REVOKED, since=NOW - DAY, scope=("Kursk",))
    assert plant(any_database, [mended, SCALP]) == Planted(mended=1)
    assert same(ledger(any_database), [mended, SCALP])


def test_a_line_that_left_the_file_goes(any_database: Database) -> None:
    """What the file no longer says is taken out; an empty seed takes out all that is planted."""
    plant(any_database, [ATACMS, SCALP])
    assert plant(any_database, [SCALP]) == Planted(gone=1)
    assert ledger(any_database) == [SCALP]
    assert plant(any_database, []) == Planted(gone=1)
    assert ledger(any_database) == []


def test_all_or_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new lines can't be written, the old ones are still there."""
    plant(database, [SCALP])

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(stories, "save_grants", refuse)
    with pytest.raises(OSError, match="disk full"):
        plant(database, [ATACMS])
    assert ledger(database) == [SCALP]
