"""What other programs get: see docs/export.md."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.core.model import Difference, LedgerState, Reach, Report, Tier
from bot.services.export import export
from bot.store import alerts, stories
from bot.store.db import Database
from tests.fakes import NOW
from tests.store.making import make_grant, make_story, make_verdict

DAY = timedelta(days=1)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "export.md"


def fill(database: Database) -> None:
    told = make_story(
        "s1",
        reports=(
            Report("One", "en", "a.org", NOW, "https://a.org/1"),
            Report("Два", "uk", "b.org", NOW, "https://b.org/2", Tier.OFFICIAL),
        ),
        undone=LedgerState.CONTESTED,
    )
    old = make_story("s0", first_at=NOW - 9 * DAY, last_at=NOW - 9 * DAY)
    verdict = replace(
        make_verdict("US grants ґ"),
        change="widened",
        difference=Difference(("ATACMS",), Reach.LIMITED, Reach.DEEP),
        follows=old,
    )
    with database.begin() as session:
        stories.save(session, [old, told])
        stories.save_grants(
            session, [make_grant("US", story="s1", reach=Reach.DEEP, weapons=("ATACMS",))]
        )
        alerts.add(session, verdict, NOW - 9 * DAY)
        alerts.add(session, verdict, NOW)


def test_everything_is_told_in_plain_values(any_database: Database) -> None:
    """Ledger, stories with reports, alerts with what they changed; times in UTC; JSON as it is."""
    fill(any_database)
    document = json.loads(json.dumps(export(any_database)))
    assert list(document) == ["ledger", "stories", "alerts"]
    (line,) = document["ledger"]
    assert (line["authority"], line["state"], line["since"], line["reach"]) == (
        "US",
        "granted",
        "2024-05-30T12:00:00Z",
        "deep",
    )
    assert (line["beneficiary"], line["weapons"], line["seeded"]) == (None, ["ATACMS"], False)
    _, story = document["stories"]
    assert (story["undone"], story["attested"], story["outlets"]) == ("contested", "official", 2)
    assert [report["title"] for report in story["reports"]] == ["One", "Два"]
    alert = document["alerts"][1]
    assert alert["difference"] == {"weapons": ["ATACMS"], "was": "limited", "now": "deep"}
    assert (alert["story"], alert["follows"], alert["push"], alert["title"]) == (
        "s1",
        "s0",
        True,
        "US grants ґ",
    )


def test_since_leaves_out_what_is_older(any_database: Database) -> None:
    """Stories by their last report, alerts by their time; the ledger is whole."""
    fill(any_database)
    document = export(any_database, NOW - DAY)
    assert [len(document[part]) for part in ("ledger", "stories", "alerts")] == [1, 1, 1]


def test_every_field_is_documented(any_database: Database) -> None:
    """docs/export.md names each field of each part."""
    fill(any_database)
    named = set(re.findall(r"`(\w+)`", DOCS.read_text(encoding="utf-8")))
    document = export(any_database)
    for part, rows in document.items():
        assert set(rows[-1]) <= named, part
    assert set(document["stories"][1]["reports"][0]) <= named
