"""How long one new entry takes on a database that holds a million.

    python bench/scale.py [ENTRIES] [URL]

Fills a database (a temporary SQLite file, unless an address is given), a tenth at a time, with
entries, stories and ledger lines as years of polling would leave them, and prints after each tenth
how long it takes to judge an entry that tells a decision (what is known read, the verdict found;
detection left out, it doesn't know the store), how long to record it as well, and the memory of
the process.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from bot.core.judge import MEMORY, RELATED, Judged, Memory, judge
from bot.core.model import (
    Entry,
    Feed,
    FeedSpec,
    Finding,
    Grant,
    LedgerState,
    Matter,
    Outcome,
    Report,
    Stance,
    Story,
    Verdict,
)
from bot.services.ingest import Ingest
from bot.store import entries, feeds, stories
from bot.store.db import Database

START = datetime(2016, 1, 1, tzinfo=UTC)
DAYS = 3650
FEEDS = 60
STORIES_A_DAY = 12  # of all stances; one in eight a decision
ACTORS = ("US", "GB", "FR", "DE", "PL", "NL", "IL", "JP", "KR", "TR", "SE", "NO")
TRIES = 40
STEPS = 10


def main(total: int, url: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url or f"sqlite:///{folder}/scale.db")
        database.migrate()
        with database.begin() as session:
            planted = [
                feeds.add(session, FeedSpec(f"https://feed{n}.example/rss", f"Feed {n}"), START)
                for n in range(FEEDS)
            ]
        print("   entries  stories   judged, ms (median, 95 %)   recorded, ms   memory, MB")
        for step in range(STEPS):
            first, last = (DAYS * part // STEPS for part in (step, step + 1))
            for day in range(first, last):
                fill(database, planted, day, total // DAYS)
            now = START + timedelta(days=last)
            judged, recorded = judging(database, now), recording(database, planted[0], now)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            count, told = total * (step + 1) // STEPS, last * STORIES_A_DAY
            times = "".join(f"{took:>9.1f}" for took in (*judged, *recorded))
            print(f"{count:>10,} {told:>8,} {times} {memory:>12.0f}")
        database.close()


def fill(database: Database, planted: list[Feed], day: int, number: int) -> None:
    """One day's entries, stories and ledger lines."""
    at = START + timedelta(days=day)
    with database.begin() as session:
        told = list(day_stories(day, at))
        stories.save(session, told)
        stories.save_grants(
            session,
            [
                Grant(s.actors[0], s.matter, LedgerState.GRANTED, at, weapons=s.weapons, story=s.id)
                for s in told
                if s.stance is Stance.GRANTED and day % 30 == 0
            ],
        )
        quiet = [
            Verdict(
                make_entry(f"Headline {n} of day {day} about something else", at),
                Outcome.IRRELEVANT,
                "reason.nothing_found",
            )
            for n in range(number)
        ]
        entries.add(session, planted[day % FEEDS].id, quiet, at)


def day_stories(day: int, at: datetime) -> Iterator[Story]:
    for n in range(STORIES_A_DAY):
        stance = (Stance.GRANTED, Stance.REACTION, Stance.URGED, Stance.USED)[n % 4 if n < 8 else 1]
        actor = ACTORS[(day + n) % len(ACTORS)]
        reports = tuple(
            Report(f"Report {k} of story {n} on day {day}", "en", f"outlet{k}.example", at)
            for k in range(1 + (day + n) % 9)
        )
        yield Story(
            f"{actor}-{day}-{n}", stance, Matter.STRIKE, ("strike-permission",), (actor,), at, at,
            beneficiaries=("UA",), weapons=(f"Weapon {day % 40}",), reports=reports,
        )  # fmt: skip


def make_entry(title: str, at: datetime) -> Entry:
    keys = (f"guid:{title}", f"title:{title}")
    return Entry(keys, f"https://example.org/{title}", title, "A summary.", at, "en", "example.org")


class Finds:
    """A detector that finds a decision in everything."""

    def detect(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> tuple[Finding, ...]:
        found = Finding(Stance.GRANTED, 0.9, Matter.STRIKE, ("strike-permission",), ("US",))
        weapon = f"Weapon {len(title) % 40}"  # one of those that the ledger knows
        return (replace(found, weapons=(weapon,), beneficiaries=("UA",)),)


def judging(database: Database, now: datetime) -> tuple[float, float]:
    """Milliseconds from an entry with its finding to its verdict."""

    def once(entry: Entry) -> None:
        (finding,) = Finds().detect(entry.title)
        stances, since = RELATED[finding.stance], now - MEMORY
        with database.read() as session:
            known = stories.list_recent(session, since, stances)
            lines = stories.list_grants(session, finding.actors)
        judge([Judged(entry, (finding,))], Memory(known, lines), now)

    return clocked(once, now)


def recording(database: Database, feed: Feed, now: datetime) -> tuple[float, float]:
    """Milliseconds from an entry to its verdict on the disk, with its alert."""

    def unread(*_: object, **__: object) -> None:
        raise AssertionError("nothing is parsed here")

    ingest = Ingest(database, unread, Finds())  # type: ignore[arg-type]
    return clocked(lambda entry: ingest.take(feed, [entry], now), now)


def clocked(work: Callable[[Entry], object], now: datetime) -> tuple[float, float]:
    """The median, and what 95 in 100 stay under, in milliseconds of wall time."""
    took = []
    for n in range(TRIES):
        entry = make_entry(f"New decision {n} at {now:%Y-%m-%d}", now)
        began = time.perf_counter()
        work(entry)
        took.append((time.perf_counter() - began) * 1000)
    return median(took), quantiles(took, n=20)[-1]


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 1_000_000, words[1] if len(words) > 1 else None)
