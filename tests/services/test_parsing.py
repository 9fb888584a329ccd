"""Promises of bot/services/parsing.py: parsing aside, with a deadline that ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.model import Tier
from bot.core.ports import Body, Failure, FetchFault
from bot.services.parsing import ParseWorkers
from tests.fakes import FakeParsedFeed, fake_parse, make_body, make_entry

BODY = make_body(make_entry("1"), make_entry("2"))
HANG, BOOM = (replace(BODY, content=content) for content in (b"hang", b"boom"))


def parse_or_die(body: Body, **options: Any) -> Any:
    """Ends the process that it runs in, unless there is something to read."""
    if body.content == b"boom":
        os.kill(os.getpid(), signal.SIGKILL)
    return fake_parse(body, **options)


@pytest.fixture
def workers() -> Iterator[ParseWorkers]:
    workers = ParseWorkers(parse_or_die, deadline=timedelta(seconds=0.5))
    yield workers
    workers.close()


async def ask(workers: ParseWorkers, body: Body) -> Any:
    return await workers(body, language="uk", tier=Tier.AGENCY, skip=frozenset())


async def test_a_document_is_read_elsewhere(workers: ParseWorkers) -> None:
    """The answer is the parser's own, what it was told included; the next one is quick."""
    parsed = await ask(workers, BODY)
    assert isinstance(parsed, FakeParsedFeed)
    assert [(e.title, e.language, e.tier) for e in parsed.entries] == [
        ("1", "uk", Tier.AGENCY),
        ("2", "uk", Tier.AGENCY),
    ]
    assert await ask(workers, BODY) == parsed


async def test_a_document_that_takes_too_long(workers: ParseWorkers) -> None:
    """It is given up at the deadline, the event loop free all the while; the next one is read."""
    await ask(workers, BODY)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    slow = await ask(workers, HANG)
    ticking.cancel()
    assert slow == Failure(FetchFault.UNPARSABLE, "reading it took more than 0.5 s")
    assert ticks > 10
    assert isinstance(await ask(workers, BODY), FakeParsedFeed)


async def test_a_document_that_kills_the_parser(workers: ParseWorkers) -> None:
    """A parser that dies is a failure of that document; a new one reads the next."""
    assert await ask(workers, BOOM) == Failure(FetchFault.UNPARSABLE, "reading it ended the parser")
    assert isinstance(await ask(workers, BODY), FakeParsedFeed)


async def test_a_parser_that_raises() -> None:
    """An exception is a failure of that document, with its name."""
    workers = ParseWorkers(fake_parse)
    assert await ask(workers, BOOM) == Failure(FetchFault.UNPARSABLE, "ZeroDivisionError: boom")
    workers.close()


async def test_who_does_not_wait_disturbs_nobody(workers: ParseWorkers) -> None:
    """A caller that was cancelled leaves its worker busy until it is done: answers don't mix."""
    impatient = asyncio.create_task(ask(workers, BODY))
    await asyncio.sleep(0.05)
    impatient.cancel()
    other = make_body(make_entry("other"))
    parsed = await ask(workers, other)
    assert [entry.title for entry in parsed.entries] == ["other"]
