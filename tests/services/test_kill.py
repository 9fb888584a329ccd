"""The promise of the outbox, the hard way: a process that is killed again and again, anywhere."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from bot.core.model import DeliveryState, FeedSpec
from bot.store import feeds
from bot.store.db import Database
from bot.store.tables import alerts, deliveries, entries, subscribers
from tests.fakes import NOW
from tests.services import kill_target
from tests.services.kill_target import AT_ONCE, FEEDS, READERS, headline
from tests.store.making import joined

KILLS = 15


def test_nothing_is_lost_and_nothing_is_told_twice(any_url: str, tmp_path: Path) -> None:
    """SIGKILL at 15 random moments from fetching to settling, then one undisturbed life:

    every entry was recorded and became one alert; every alert reached every subscriber once,
    but for those that were in the messenger's hands at a kill: they are marked as unknown, and
    went out once or not at all.
    """
    database = Database(any_url)
    joined(database, *READERS)
    with database.begin() as session:
        for url in FEEDS:
            feeds.add(session, FeedSpec(url, url), NOW)
    log = tmp_path / "sent.log"
    log.touch()

    for life in range(KILLS):
        kill_at(random.randint(1, 40), any_url, log, life)  # noqa: S311
    asyncio.run(kill_target.live(any_url, str(log), KILLS, at_once=12))

    told = {headline(n, life) for n in range(len(FEEDS)) for life in range(KILLS + 1)}
    sent = Counter(line.partition(" ")[::2] for line in log.read_text().splitlines())
    settled = read_deliveries(database)
    assert recorded(database) == Counter(told)
    assert settled.keys() == {(reader, title) for reader in READERS for title in told}
    for goal, state in settled.items():
        assert state in (DeliveryState.SENT, DeliveryState.UNKNOWN), goal
        assert sent[goal] == 1 or (state is DeliveryState.UNKNOWN and sent[goal] == 0), goal
    assert len(sent) <= len(settled)
    unknown = sum(state is DeliveryState.UNKNOWN for state in settled.values())
    assert 0 < unknown <= KILLS * AT_ONCE
    database.close()


def kill_at(step: int, url: str, log: Path, life: int) -> None:
    """Starts a process and kills it at a certain step, or within a few milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.services.kill_target"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=kill_target.begin, args=(theirs, url, str(log), life))
    process.start()
    theirs.close()
    for _ in range(step):
        ours.recv_bytes()
    time.sleep(random.choice([0, 0.001, 0.003]))  # noqa: S311
    process.kill()
    process.join()
    process.close()
    ours.close()


def recorded(database: Database) -> Counter[str]:
    """How many alerts with a sound each recorded entry became; none was recorded twice."""
    with database.read() as session:
        titles = session.scalars(select(entries.c.title)).all()
        found = Counter(dict.fromkeys(titles, 0))
        for entry in session.scalars(select(alerts.c.entry).where(alerts.c.push)):
            found[entry["title"]] += 1
    assert len(found) == len(titles)
    return found


def read_deliveries(database: Database) -> dict[tuple[str, str], DeliveryState]:
    """The state of each delivery, by subscriber and headline."""
    with database.read() as session:
        rows = session.execute(
            select(subscribers.c.address, alerts.c.entry, deliveries.c.state)
            .join(alerts, alerts.c.id == deliveries.c.alert_id)
            .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .where(alerts.c.push)
        ).all()
    assert len({(address, entry["title"]) for address, entry, _ in rows}) == len(rows)
    return {(address, entry["title"]): DeliveryState(state) for address, entry, state in rows}
