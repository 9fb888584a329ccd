"""The composition root: the only place where the parts meet each other and the clock.

``open_house`` joins the parts that every command of the shell needs; ``run`` is the service.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from bot.config import Settings
from bot.core.errors import ConfigError
from bot.feedfile import load_feedfile
from bot.feeds.discover import find_feeds
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import check_url
from bot.feeds.parse import parse_feed
from bot.lexicons import load_detector
from bot.seedfile import load_seed
from bot.services.ingest import Ingest
from bot.services.manage import Manage
from bot.services.parsing import ParseWorkers
from bot.services.seed import plant
from bot.store.db import Database
from bot.worker import House, Role, Worker

log = logging.getLogger(__name__)

NO_BOT = """\
TELEGRAM_BOT_TOKEN is not set, and without it there is no bot to speak as. How to get one:
1. In Telegram, write /newbot to @BotFather, answer his two questions and copy the token he gives.
2. Put it into a file .env beside you, TELEGRAM_BOT_TOKEN=123456:ABC-def, and start again."""


def clock() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """The parts on a migrated and seeded database, closed in the end.

    Raises ConfigError and FileError for what the operator can mend, StoreError for the database.
    """
    file = load_feedfile(settings.feeds_file)
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url)
        stack.callback(database.close)
        await asyncio.to_thread(database.migrate)
        detector = await asyncio.to_thread(load_detector, file.topics)
        private = settings.allow_private_feeds
        fetch = await stack.enter_async_context(Fetcher(allow_private=private))
        parse = ParseWorkers(parse_feed)
        stack.callback(parse.close)
        ingest = Ingest(
            database,
            parse_feed,
            detector,
            file.topics,
            interval=settings.poll_interval,
            min_interval=settings.poll_min_interval,
            first_poll_max_age=settings.first_poll_max_age,
        )
        check = partial(check_url, allow_private=private)
        manage = Manage(database, fetch, parse, find_feeds, check, detector, file.topics)
        if seeded := await asyncio.to_thread(manage.seed, file, clock()):
            log.info("%d feeds taken over from %s", len(seeded), settings.feeds_file)
        known = load_seed() if settings.ledger_seed else ()
        if any(planted := await asyncio.to_thread(plant, database, known)):
            log.info("ledger seed: %d lines new, %d mended, %d gone", *planted)
        yield House(settings, file, database, detector, fetch, parse, ingest, manage, known)


async def run(settings: Settings, role: Role) -> None:
    """The service, until SIGTERM or SIGINT; raises what ``work`` raises."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, role, stop)


async def work(settings: Settings, role: Role, stop: asyncio.Event) -> None:
    """Do what the role does until told to stop; what is in flight then has ``GRACE`` to finish.

    Raises ConfigError for a missing token or one that Telegram refuses, and what ``open_house``
    raises.
    """
    if role is not Role.POLL and settings.telegram_bot_token is None:
        raise ConfigError(NO_BOT)
    async with open_house(settings) as house:
        worker = Worker(house, clock)
        try:
            await worker.start(role)
            await worker.until(stop)
        finally:
            await worker.stop()
    log.info("stopped")
