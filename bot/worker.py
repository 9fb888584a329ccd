"""The service: ticks, the line to Telegram, the health server of one process.

One process may do everything, or one role of it. On PostgreSQL any number may run side by side:
polls and deliveries are claimed in the database; to talk with Telegram there is one seat for
updates and one for sends, and whoever finds them taken stands by.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.chat.call import MESSENGER, Desk
from bot.chat.gallery import open_gallery
from bot.chat.line import Line, Webhook
from bot.config import Settings
from bot.core.errors import GreenlightError, StoreError
from bot.core.model import Grant
from bot.core.ports import Fetch
from bot.core.render import render_alert
from bot.feedfile import FeedFile
from bot.health import serve
from bot.locale import texts_for
from bot.messengers.telegram import TelegramMessenger
from bot.services.ask import Ask
from bot.services.deliver import Deliver
from bot.services.handed import Detects
from bot.services.ingest import Ingest, Recorded
from bot.services.manage import Manage
from bot.services.parsing import ParseWorkers
from bot.services.poll import Poll
from bot.services.privacy import Privacy
from bot.services.subscribe import Subscriptions
from bot.services.upkeep import Upkeep
from bot.store.db import Database, Lead

log = logging.getLogger(__name__)

GRACE = 10.0
"""Seconds that what is in flight has to finish in when the service is told to stop."""

_POLL_EVERY, _DELIVER_EVERY, _UPKEEP_EVERY = 2, 1, 60  # seconds
_POLLS_AT_ONCE = 20  # a run lasts as long as its slowest feed, and others must not wait for it
_LEAD_EVERY = 5.0  # seconds after which a stand-by asks again, and a leader looks


class Role(StrEnum):
    """What one process of the service does."""

    ALL = "all"
    POLL = "poll"
    DELIVER = "deliver"
    CHAT = "chat"


_SHARES = {Role.ALL: 1.0, Role.DELIVER: 0.75, Role.CHAT: 0.25}
"""How much of SENDS_PER_SECOND a process takes: of all of them, one delivers and one chats."""


@dataclass(frozen=True, slots=True)
class House:
    """The parts, joined."""

    settings: Settings
    file: FeedFile
    database: Database
    detector: Detects
    fetch: Fetch
    parse: ParseWorkers
    ingest: Ingest
    manage: Manage
    known: tuple[Grant, ...] = ()  # what was permitted before the bot began

    def make_poll(self, told: Callable[[Recorded], None] | None = None) -> Poll:
        return Poll(self.database, self.fetch, self.ingest, self.parse, told=told)


class Worker:
    """The ticks, the line to Telegram and the health server of one process."""

    def __init__(self, house: House, clock: Callable[[], datetime]) -> None:
        self._house, self._clock = house, clock
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.start(paused=True)
        self._in_flight: set[asyncio.Task[object]] = set()
        self._stops: list[Callable[[], None]] = []
        self._speaking: asyncio.Task[None] | None = None
        self._closing = AsyncExitStack()
        self._trouble = ""

    async def start(self, role: Role) -> None:
        """Begin everything that this role does; nothing is waited for."""
        house, settings = self._house, self._house.settings
        upkeep, subscriptions = Upkeep(house.database), Subscriptions(house.database)
        self._tick(_UPKEEP_EVERY, lambda: asyncio.to_thread(upkeep.run, self._clock()))
        if role in (Role.ALL, Role.POLL):
            poll = house.make_poll()
            self._stops.append(poll.stop)
            self._tick(_POLL_EVERY, lambda: poll.run(self._clock()), at_once=_POLLS_AT_ONCE)
        line = None if role is Role.POLL else self._make_line(role, subscriptions)
        webhook = _webhook(settings)
        if line:
            self._closing.push_async_callback(line.close)
            self._speaking = asyncio.create_task(self._speak(role, line, webhook))
        if settings.port:
            hook = (webhook.secret, line.take) if line and webhook else None
            close = await serve(settings.port, upkeep, subscriptions, self._clock, hook)
            self._closing.push_async_callback(close)
        self._scheduler.resume()
        log.info("started: %s", role)

    async def until(self, stop: asyncio.Event) -> None:
        """Go on until told to stop, or until something can't go on, which is raised."""
        waiting = asyncio.create_task(stop.wait())
        tasks = {waiting, self._speaking} if self._speaking else {waiting}
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Begin nothing more, let what is in flight finish within ``GRACE``, close."""
        self._scheduler.pause()
        for stop in self._stops:
            stop()
        under_way = set(self._in_flight)
        if self._speaking and not self._speaking.done():
            self._speaking.cancel()
            under_way.add(self._speaking)
        if under_way:
            done, late = await asyncio.wait(under_way, timeout=GRACE)
            for task in done:
                if not task.cancelled() and (error := task.exception()):
                    log.error("while stopping: %r", error, exc_info=error)
            for task in late:
                log.warning("not finished within %.0f s, broken off: %s", GRACE, task.get_name())
                task.cancel()
        self._scheduler.shutdown(wait=False)
        await self._closing.aclose()

    def _tick(
        self, seconds: int, work: Callable[[], Awaitable[object]], *, at_once: int = 1
    ) -> Job:
        async def tick() -> None:
            task = asyncio.current_task()
            assert task
            self._in_flight.add(task)
            try:
                await work()
                self._trouble = ""
            except StoreError as error:
                if str(error) != self._trouble:  # told once, not with every tick
                    log.error("%s", error)
                self._trouble = str(error)
            except asyncio.CancelledError:
                return  # broken off by ``stop``, which has said so; no error of the job's
            finally:
                self._in_flight.discard(task)

        return self._scheduler.add_job(
            tick,
            "interval",
            seconds=seconds,
            next_run_time=self._clock(),
            max_instances=at_once,
            coalesce=True,
            misfire_grace_time=None,
        )

    # --- Telegram ---------------------------------------------------------------------------

    def _make_line(self, role: Role, subscriptions: Subscriptions) -> Line:
        house, settings = self._house, self._house.settings
        assert settings.telegram_bot_token
        desk = Desk(
            subscriptions=subscriptions,
            manage=house.manage,
            ask=Ask(house.database, house.known),
            privacy=Privacy(house.database),
            topics=tuple(topic for topic in house.file.topics if topic.enabled),
            texts_for=texts_for,
            admins=frozenset(settings.admin_ids),
            clock=self._clock,
            gallery=open_gallery(),
        )
        return Line(
            settings.telegram_bot_token.get_secret_value(),
            settings.telegram_api_url,
            max(1, int(settings.sends_per_second * _SHARES[role])),
            desk,
        )

    async def _speak(self, role: Role, line: Line, webhook: Webhook | None) -> None:
        """Everything that has to do with Telegram, once it can be reached."""
        await line.connect()
        try:
            async with asyncio.TaskGroup() as seats:
                if role in (Role.ALL, Role.CHAT):
                    listen = partial(line.listen, webhook)
                    seats.create_task(self._sit("updates", listen, line.hush))
                if role in (Role.ALL, Role.DELIVER):
                    seats.create_task(self._deliver(line))
        except* GreenlightError as group:
            raise group.exceptions[0] from None

    async def _deliver(self, line: Line) -> None:
        jobs: list[Job] = []

        async def begin() -> None:
            deliver = Deliver(
                self._house.database,
                {MESSENGER: TelegramMessenger(line.bot, self._clock)},
                texts_for,
                render_alert,
            )
            self._stops.append(deliver.stop)
            jobs.append(self._tick(_DELIVER_EVERY, lambda: deliver.run(self._clock())))

        async def end() -> None:
            self._stops.pop()()
            jobs.pop().remove()

        await self._sit("sends", begin, end)

    async def _sit(
        self, seat: str, begin: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]
    ) -> None:
        """Do what one process alone may do: from when the seat is ours until it is lost."""
        standing_by = False
        while True:
            lead = await self._lead(seat)
            if lead is None:
                if not standing_by:
                    log.info("standing by for %s: another process has them", seat)
                standing_by = True
                await asyncio.sleep(_LEAD_EVERY)
                continue
            try:
                await begin()
                await self._watch(lead)
                log.warning("the seat for %s was lost with its connection", seat)
            finally:
                await end()
                await asyncio.to_thread(lead.release)
            standing_by = False

    async def _watch(self, lead: Lead) -> None:
        """Returns when the seat is lost."""
        held = True
        while held:
            await asyncio.sleep(_LEAD_EVERY)
            held = await asyncio.to_thread(lead.held)

    async def _lead(self, seat: str) -> Lead | None:
        try:
            return await asyncio.to_thread(self._house.database.lead, seat)
        except StoreError as error:
            log.error("%s", error)
            return None


def _webhook(settings: Settings) -> Webhook | None:
    """The webhook that is asked for; without a secret of its own it has one made of the token."""
    if settings.webhook_url is None or settings.telegram_bot_token is None:
        return None
    if settings.webhook_secret:
        return Webhook(settings.webhook_url, settings.webhook_secret.get_secret_value())
    token = settings.telegram_bot_token.get_secret_value()
    return Webhook(settings.webhook_url, hashlib.sha256(f"webhook {token}".encode()).hexdigest())
