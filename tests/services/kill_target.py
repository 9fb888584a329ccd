"""A process to be killed: polls, records and delivers, over and over, until it is dead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from bot.core.model import Finding
from bot.core.ports import FetchResult, Message, SendOutcome, Sent
from bot.services.deliver import Deliver
from bot.services.ingest import Ingest
from bot.services.poll import Poll
from bot.services.upkeep import Upkeep
from bot.store.db import Database
from tests.fakes import (
    NOW,
    FakeFetch,
    fake_parse,
    fake_parse_aside,
    fake_texts_for,
    make_body,
    make_entry,
    make_finding,
)

FEEDS = [f"https://example.org/{n}" for n in range(3)]
READERS = [str(n) for n in range(4)]
AT_ONCE = 3
STEP = timedelta(minutes=15)
"""Time between two lives: more than any lease."""


def headline(feed: int, life: int) -> str:
    return f"F{feed}L{life} grants"


class Headlines:
    """Each headline is a decision of its own state."""

    def detect(self, title: str, *_: Any, **__: Any) -> tuple[Finding, ...]:
        return (make_finding(title.partition(" ")[0]),)


@dataclass(frozen=True)
class LoggingMessenger:
    """Writes each message into a file, in one piece, some time after it was asked to and some time
    before it answers: as if the network lay between."""

    path: str
    step: Callable[[], None]
    name: str = "fake"

    async def turn(self, address: str, *, edit: bool = False) -> None:
        self.step()
        await asyncio.sleep(0.002)
        self.step()

    async def send(
        self,
        address: str,
        message: Message,
        *,
        thread: int | None = None,
        reply_to: str | None = None,
    ) -> SendOutcome:
        self.step()
        await asyncio.sleep(0.002)
        with open(self.path, "ab", buffering=0) as file:  # noqa: ASYNC230, PTH123
            file.write(f"{address} {message.html}\n".encode())
        self.step()
        await asyncio.sleep(0.002)
        return Sent("m")

    async def edit(self, address: str, message_id: str, message: Message) -> SendOutcome:
        return Sent(message_id)


async def live(
    url: str,
    path: str,
    life: int,
    at_once: int = AT_ONCE,
    step: Callable[[], None] = lambda: None,
) -> None:
    """One life: every feed tells its headlines up to this life's, and all of them are delivered.

    ``step`` is called wherever something has just been done or is about to be.
    """
    now = NOW + STEP * life
    database = Database(url)
    network = FakeFetch({feed: partial(fetch, n, life, step) for n, feed in enumerate(FEEDS)})
    ingest = Ingest(database, fake_parse, Headlines())
    poll = Poll(database, network, ingest, fake_parse_aside, told=lambda _: step())
    deliver = Deliver(
        database,
        {"fake": LoggingMessenger(path, step)},
        fake_texts_for,
        lambda alert, _: Message(alert.entry.title),
        at_once=at_once,
        told=lambda _: step(),
    )
    await asyncio.to_thread(Upkeep(database).run, now)
    await asyncio.gather(poll.run(now), deliver.run(now))
    await deliver.run(now + timedelta(minutes=1))  # what was recorded after the first had looked
    database.close()


async def fetch(feed: int, life: int, step: Callable[[], None]) -> FetchResult:
    step()
    entries = [
        make_entry(
            f"{feed}.{n}",
            headline(feed, n),
            published=NOW + STEP * n - timedelta(minutes=1),
        )
        for n in range(life + 1)
    ]
    return make_body(*entries, url=FEEDS[feed])


def begin(steps: Connection, url: str, path: str, life: int) -> None:
    """The process: tells each step that it makes, until it is killed."""
    asyncio.run(live(url, path, life, step=lambda: steps.send_bytes(b".")))
    while True:
        steps.send_bytes(b".")
        time.sleep(0.001)
