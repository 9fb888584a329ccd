"""Visits the feeds whose time has come.

Feeds are claimed under a lease, so that any number of processes may poll one database; what was
claimed by a process that died comes due again when the lease ends. Fetching and parsing go on
side by side, recording one feed at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.errors import StoreError
from bot.core.model import Feed
from bot.core.ports import Body, Failure, Fetch, FetchFault, FetchResult
from bot.services.handed import ParseAside, Parsed
from bot.services.ingest import Ingest, Recorded
from bot.store import feeds, meta
from bot.store.db import Database

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""Longer than any fetch and parse may take; so long does a dead process's feed wait, at most."""

TICK = "tick.poll"
"""Under this name the time of the last ``run`` is kept (see ``upkeep``)."""


class Poll:
    """Polls due feeds. ``run`` may be called while an earlier one is still waiting for a slow
    feed: they share the limit on how many visits are under way, and no feed is visited twice.

    ``told`` hears of each visit as soon as it is recorded, on the event loop.
    """

    def __init__(
        self,
        database: Database,
        fetch: Fetch,
        ingest: Ingest,
        parse: ParseAside,
        *,
        at_once: int = 64,
        told: Callable[[Recorded], None] | None = None,
    ) -> None:
        self._database = database
        self._fetch = fetch
        self._ingest = ingest
        self._parse = parse
        self._at_once = at_once
        self._told = told
        self._visiting: set[int] = set()
        self._stopping = False
        self._claiming = asyncio.Lock()
        self._recording = asyncio.Lock()

    async def run(self, now: datetime) -> list[Recorded]:
        """Visits every feed that is due at ``now``; returns when all of these visits are over.
        One feed's failure is that feed's alone.

        StoreError when the database can't be asked what is due.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()

        def clock() -> datetime:
            return now + timedelta(seconds=loop.time() - started)

        await asyncio.to_thread(self._mark_tick, now)
        visits: set[asyncio.Task[Recorded | None]] = set()
        recorded: list[Recorded] = []
        try:
            while True:
                for feed in await self._claim(now, clock()):
                    visits.add(asyncio.create_task(self._visit(feed, clock)))
                if not visits:
                    return recorded
                done, visits = await asyncio.wait(visits, return_when=asyncio.FIRST_COMPLETED)
                recorded += [result for task in done if (result := task.result())]
        finally:
            for task in visits:
                task.cancel()
            await asyncio.gather(*visits, return_exceptions=True)

    def stop(self) -> None:
        """No more visits are begun; a ``run`` under way ends with those that it began."""
        self._stopping = True

    async def _claim(self, due: datetime, now: datetime) -> list[Feed]:
        # Claimed means begun at once: a feed that waited for its turn would use up its lease.
        # One claim at a time, or two rounds would fill the same free places.
        async with self._claiming:
            free = self._at_once - len(self._visiting)
            if free <= 0 or self._stopping:
                return []
            claimed = await asyncio.to_thread(
                self._claim_due, due, free, now + LEASE, frozenset(self._visiting)
            )
            self._visiting |= {feed.id for feed in claimed}
            return claimed

    def _claim_due(
        self, due: datetime, limit: int, until: datetime, visiting: frozenset[int]
    ) -> list[Feed]:
        with self._database.begin() as session:
            return feeds.claim(session, due, limit, until, visiting)

    def _mark_tick(self, now: datetime) -> None:
        with self._database.begin() as session:
            meta.mark(session, TICK, now)

    async def _visit(self, feed: Feed, clock: Callable[[], datetime]) -> Recorded | None:
        """One feed, from fetch to record. The boundary: nothing of a feed's gets past it."""
        recorded: Recorded | None
        try:
            result, parsed = await self._ask(feed)
            recorded = await self._record(feed, result, clock(), parsed)
        except StoreError as error:
            # Its lease ends by itself, and the next visit brings the same again: nothing is lost.
            log.error("feed %s (%s): not recorded: %s", feed.id, feed.name, error)
            return None
        except Exception as error:
            log.exception("feed %s (%s): a bug of ours", feed.id, feed.name)
            recorded = await self._give_up(feed, error, clock())
        finally:
            self._visiting.discard(feed.id)
        if recorded and recorded.failure:
            log.warning("feed %s (%s): %s", feed.id, feed.name, recorded.feed.last_error)
        if recorded and self._told:
            self._told(recorded)
        return recorded

    async def _ask(self, feed: Feed) -> tuple[FetchResult, Parsed | Failure | None]:
        result = await self._fetch(feed.url, feed.validators)
        if not isinstance(result, Body) or result.digest == feed.body_hash:
            return result, None
        return result, await self._parse(
            result, language=feed.language, tier=feed.tier, skip=feed.item_hashes
        )

    async def _record(
        self,
        feed: Feed,
        result: FetchResult,
        now: datetime,
        parsed: Parsed | Failure | None = None,
    ) -> Recorded:
        async with self._recording:
            return await asyncio.to_thread(self._ingest.record, feed, result, now, parsed)

    async def _give_up(self, feed: Feed, error: Exception, now: datetime) -> Recorded | None:
        """Counts a bug as a failed visit, so that its feed is asked less and less, and shown."""
        failure = Failure(FetchFault.INTERNAL, type(error).__name__)
        try:
            return await self._record(feed, failure, now)
        except StoreError as trouble:
            log.error("feed %s (%s): not recorded: %s", feed.id, feed.name, trouble)
            return None
