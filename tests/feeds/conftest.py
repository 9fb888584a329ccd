"""What the tests of feeds share: a server, a fetcher that may talk to it, and documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.feeds.fetch import Fetcher, Limits
from tests.feeds.wire import Wire


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A server on 127.0.0.1, which is localhost as well."""
    wire = Wire()
    server = await asyncio.start_server(wire.connect, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    yield wire
    server.close()
    await wire.close()


@pytest.fixture
async def fetch() -> AsyncIterator[Fetcher]:
    """A fetcher for private addresses, content with small bodies."""
    limits = Limits(deadline=timedelta(seconds=10), body=100_000)
    async with Fetcher(allow_private=True, limits=limits) as fetcher:
        yield fetcher
