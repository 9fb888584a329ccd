"""Sends what waits in the outbox.

Each delivery is claimed under a lease, marked as attempted (and that is on the disk) before the
messenger is called, and settled as soon as the answer is there. What this promises, and on which
side it errs, is told in ``store.outbox``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from bot.core.errors import StoreError
from bot.core.model import Alert, AlertKind, Delivery, DeliveryState
from bot.core.ports import Message, Messenger, Refused, SendOutcome, Texts, Unknown
from bot.services.settle import Nothing, Settled, is_throttled, settle
from bot.store import sending
from bot.store.db import Database
from bot.store.sending import Claimed

log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=30)
"""A claimed delivery is attempted at once; if its process dies first, others wait so long."""

ATTEMPT = timedelta(minutes=5)
"""Longer than any messenger takes to answer; then an attempt without an answer is unknown."""

_SETTLE_AGAIN = (0.2, 1.0, 5.0)  # seconds: an answer is worth more than one try to write it


Render = Callable[[Alert, Texts], Message]


class Deliver:
    """Sends due deliveries, several at a time, never two to one address.

    ``render`` makes a message of an alert; ``told`` hears of each settled delivery, on the event
    loop.
    """

    def __init__(
        self,
        database: Database,
        messengers: Mapping[str, Messenger],
        texts_for: Callable[[str | None], Texts],
        render: Render,
        *,
        at_once: int = 8,
        told: Callable[[Settled], None] | None = None,
    ) -> None:
        self._database = database
        self._messengers = messengers
        self._texts_for = texts_for
        self._render = render
        self._at_once = at_once
        self._told = told
        self._lease = uuid4().hex
        self._stopping = False

    async def run(self, now: datetime) -> Counter[DeliveryState]:
        """Sends until nothing is due, the most urgent first, what comes due meanwhile included.
        Says how many deliveries ended in which state (PENDING: to be repeated later).

        StoreError when the database can't be asked what is due; what is under way is finished.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()

        def clock() -> datetime:
            return now + timedelta(seconds=loop.time() - started)

        hand: deque[Claimed] = deque()
        sends: dict[asyncio.Task[Settled | None], str] = {}
        counts: Counter[DeliveryState] = Counter()
        trouble: StoreError | None = None
        try:
            while True:
                if not hand and not self._stopping and trouble is None:
                    try:
                        busy = set(sends.values())
                        hand.extend(await asyncio.to_thread(self._claim, clock(), busy))
                    except StoreError as error:
                        trouble = error
                while hand and len(sends) < self._at_once and not self._stopping:
                    each = hand.popleft()
                    task = asyncio.create_task(self._deliver(each, clock))
                    sends[task] = each.delivery.subscriber.address
                if not sends:
                    break
                done, _ = await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del sends[task]
                    if settled := task.result():
                        counts[settled.state] += 1
                        if self._told:
                            self._told(settled)
        finally:
            for task in sends:
                task.cancel()
            await asyncio.gather(*sends, return_exceptions=True)
        if trouble:
            raise trouble
        if hand:
            await asyncio.to_thread(self._let_go, [each.delivery.id for each in hand])
        return counts

    def stop(self) -> None:
        """Nothing more is begun; a ``run`` under way ends with what it began."""
        self._stopping = True

    def _claim(self, now: datetime, busy: set[str]) -> list[Claimed]:
        # A few more than go out at once: asking costs more than sending. No more than a few: what
        # is in hand can't be overtaken.
        with self._database.begin() as session:
            ready = [name for name in self._messengers if not is_throttled(session, name, now)]
            return sending.claim(
                session,
                now,
                2 * self._at_once,
                lease=self._lease,
                until=now + CLAIM,
                messengers=ready,
                busy=busy,
            )

    async def _deliver(self, claimed: Claimed, clock: Callable[[], datetime]) -> Settled | None:
        """One delivery, from claim to settling. The boundary: nothing of it gets past here.

        None when there is nothing to tell: it was no longer ours, or it could not be written down.
        """
        delivery = claimed.delivery
        try:
            outcome = await self._send(claimed, clock)
        except StoreError as error:
            log.error("delivery %s: not attempted: %s", delivery.id, error)
            return None
        except Exception:
            log.exception("delivery %s: a bug of ours", delivery.id)
            outcome = Refused("a bug of ours; see the log")
        if outcome is None:
            return None
        for pause in (*_SETTLE_AGAIN, None):
            try:
                return await asyncio.to_thread(self._settle, delivery, outcome, clock())
            except StoreError as error:
                log.error("delivery %s: %s is not written down: %s", delivery.id, outcome, error)
                if pause is not None:
                    await asyncio.sleep(pause)
        return None

    async def _send(
        self, claimed: Claimed, clock: Callable[[], datetime]
    ) -> SendOutcome | Nothing | None:
        delivery, reader = claimed.delivery, claimed.delivery.subscriber
        alert, edits = delivery.alert, not delivery.sound
        if delivery.sound and not alert.push:
            # confirmed only now, for a reader who waited for that: it is news to them
            alert = replace(alert, kind=AlertKind.NEW, push=True)
        message = self._render(alert, self._texts_for(reader.language))
        messenger = self._messengers[reader.messenger]
        if edits and claimed.earlier_message is None:
            return Nothing("there is no message to edit")
        if (later := await messenger.turn(reader.address, edit=edits)) is not None:
            return later
        if not await asyncio.to_thread(self._attempt, delivery, clock()):
            return None
        try:
            if edits and claimed.earlier_message:
                return await messenger.edit(reader.address, claimed.earlier_message, message)
            return await messenger.send(
                reader.address, message, thread=reader.thread, reply_to=claimed.earlier_message
            )
        except Exception as error:
            log.exception("delivery %s: the messenger raised", delivery.id)
            return Unknown(f"the messenger raised {type(error).__name__}")

    def _let_go(self, numbers: list[int]) -> None:
        with self._database.begin() as session:
            sending.let_go(session, numbers, lease=self._lease)

    def _attempt(self, delivery: Delivery, now: datetime) -> bool:
        with self._database.begin() as session:
            if is_throttled(session, delivery.subscriber.messenger, now):  # since it was claimed
                sending.let_go(session, [delivery.id], lease=self._lease)
                return False
            return sending.attempt(session, delivery.id, lease=self._lease, until=now + ATTEMPT)

    def _settle(self, delivery: Delivery, outcome: SendOutcome | Nothing, now: datetime) -> Settled:
        with self._database.begin() as session:
            settled = settle(session, delivery, outcome, now)
        if settled.why:
            level = logging.ERROR if settled.state is DeliveryState.FAILED else logging.INFO
            log.log(level, "delivery %s is %s: %s", delivery.id, settled.state, settled.why)
        return settled
