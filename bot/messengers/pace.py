"""How fast we speak to Telegram: the flood limits, kept before Telegram has to say so.

Limits (Bot API FAQ, "My bot is hitting limits"): about 30 messages a second altogether, one a
second in a chat with short bursts let pass, 20 a minute in a group or channel. Each is kept in
every sliding window, not on average.

The budget holds within one process. When the service is scaled out, one process alone speaks to
Telegram for the outbox; a second sender needs its own, smaller ``per_second``.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from itertools import count
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter
from telegram.warnings import PTBDeprecationWarning

_LOG = logging.getLogger(__name__)

# Windows: so many in so many seconds. Per chat they last a little longer than Telegram's, for
# the network may bring two requests closer together than they left.
_ALERTS = (1, 1.05)  # an alert waits a second after anything else in its chat
_BURST = (3, 3.0)  # replies: one a second, up to three in a row
_CHAT = (5, 5.5)  # sends and edits
_GROUP = (20, 60.5)  # sends alone: a menu that is being pressed must not wait for a minute

_FLOODED_CHATS, _FLOOD_SPAN = 3, 5.0
_LONGEST_HOLD = 30.0
_LONGEST_NAP = 2.0  # of a longer wait, half: who stood ahead in the queue may have left it


class Urgency(IntEnum):
    """Who goes first. A call that says nothing is a reply."""

    PRESS = 1  # somebody pressed a button, and its message changes: his thumb is the pace
    REPLY = 2  # somebody looks at the screen
    ALERT = 3  # from the outbox, which can bring it again later
    TAKEN = 4  # the same, its turn taken already (``take_turn``)


_PATIENCE = {
    Urgency.PRESS: 15.0,
    Urgency.REPLY: 15.0,
    Urgency.ALERT: 6.0,
    Urgency.TAKEN: 0.0,
}
"""Seconds for which a call waits for its own chat; beyond it the caller gets RetryAfter."""


class FloodEverywhere(RetryAfter):
    """Telegram throttles the whole bot, not one chat."""

    __slots__ = ()


@dataclass(slots=True)
class _Chat:
    group: bool
    acts: deque[float] = field(default_factory=lambda: deque(maxlen=_CHAT[0]))
    sends: deque[float] = field(default_factory=lambda: deque(maxlen=_GROUP[0]))
    waiting: list[tuple[Urgency, int]] = field(default_factory=list)
    held_until: float = 0.0

    def wait(self, now: float, ahead: int, urgency: Urgency, edit: bool) -> float:
        """Seconds until this chat may take one more after ``ahead`` others."""
        if urgency is Urgency.PRESS and edit:
            return self.held_until - now
        pace = _ALERTS if urgency is Urgency.ALERT else _BURST
        waits = [_wait(self.acts, window, now, ahead) for window in (pace, _CHAT)]
        if self.group and not edit:
            waits.append(_wait(self.sends, _GROUP, now, ahead))
        return max(*waits, self.held_until - now)

    def idle(self, now: float) -> bool:
        last = self.acts[-1] if self.acts else 0.0
        return not self.waiting and max(last + _GROUP[1], self.held_until) < now


class Pacer(BaseRateLimiter[Urgency]):
    """PTB's rate limiter: paces sends and edits, lets everything else through at once.

    - Replies go before alerts. Among equals the order of asking holds. The edit that answers a
      press of a button waits for nothing but a 429 and the bot's own budget.
    - A 429 silences the chat it came from for exactly as long as Telegram said, and no other.
      Telegram doesn't say whether a flood is a chat's or the bot's own: when three chats are
      flooded within five seconds it is taken for the bot's, and everybody waits, 30 seconds at
      most; then the next call tries it out.
    - Nobody sleeps for long: a wait for one's own chat of more than a few seconds (a full
      minute of a group, a ``retry_after`` of hours) is raised as RetryAfter with the time left,
      FloodEverywhere when it is the bot's. A 429 of an alert is raised at once, for the outbox
      to come back to; a reply is repeated while its patience lasts.

    ``clock`` counts seconds and never goes back; ``sleep`` waits for some of them.
    """

    def __init__(
        self,
        per_second: int = 28,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._window = (per_second, 1.0)
        self._gap = 1.0 / per_second
        self._sent: deque[float] = deque(maxlen=per_second)
        self._next = 0.0  # evenly spread, so that a slow network can't bunch a second's worth
        self._queue: list[tuple[Urgency, int]] = []  # those whose chat is ready
        self._serial = count()
        self._chats: dict[int | str, _Chat] = {}
        self._prune_at = 1000
        self._floods: deque[tuple[float, int | str]] = deque(maxlen=50)
        self._held_until = 0.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close: who waits is cancelled by its owner."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Urgency | None,
    ) -> Any:
        """Calls ``callback`` when the limits allow it (see the class)."""
        edit = endpoint.startswith("editMessage")
        if (address := data.get("chat_id")) is None or not (edit or _is_send(endpoint)):
            return await callback(*args, **kwargs)
        urgency = rate_limit_args or Urgency.REPLY
        deadline = self._clock() + _PATIENCE[urgency]
        key = _key(address)
        while True:
            if urgency is not Urgency.TAKEN:
                await self._turn(key, edit, urgency, deadline)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as flood:
                self._hold(key, seconds_of(flood))
                if urgency in (Urgency.ALERT, Urgency.TAKEN):
                    if (left := self._held_until - self._clock()) > 0:
                        raise FloodEverywhere(timedelta(seconds=left)) from flood
                    raise

    async def take_turn(self, address: int | str, *, edit: bool = False) -> None:
        """Returns when it is an alert's turn in a chat, with the turn taken: the call that uses
        it says ``Urgency.TAKEN``. Raises RetryAfter when the wait would be long."""
        deadline = self._clock() + _PATIENCE[Urgency.ALERT]
        await self._turn(_key(address), edit, Urgency.ALERT, deadline)

    async def _turn(self, key: int | str, edit: bool, urgency: Urgency, deadline: float) -> None:
        """Returns when it is this call's turn, with the turn taken."""
        chat = self._chat(key)
        ticket = (urgency, next(self._serial))
        insort(chat.waiting, ticket)
        try:
            while (wait := self._wait(chat, ticket, edit, deadline)) > 0:
                await self._sleep(min(wait, max(wait / 2, _LONGEST_NAP)))
        finally:
            chat.waiting.remove(ticket)
            self._leave(ticket)
        now = self._clock()
        self._sent.append(now)
        # A sleep that ended late must not slow the rest down: one gap of it is made up for.
        self._next = max(self._next, now - self._gap) + self._gap
        if not (urgency is Urgency.PRESS and edit):
            chat.acts.append(now)
        if not edit:
            chat.sends.append(now)

    def _wait(self, chat: _Chat, ticket: tuple[Urgency, int], edit: bool, deadline: float) -> float:
        """Seconds to wait before looking again; none means go. Raises where that is too long."""
        now = self._clock()
        own = chat.wait(now, bisect_left(chat.waiting, ticket), ticket[0], edit)
        if (wait := max(own, self._held_until - now)) > 0:
            self._leave(ticket)
            if now + wait > deadline:
                error = RetryAfter if own >= wait else FloodEverywhere
                raise error(timedelta(seconds=wait))
            return wait
        ahead = bisect_left(self._queue, ticket)
        if self._queue[ahead : ahead + 1] != [ticket]:
            self._queue.insert(ahead, ticket)
        return max(
            _wait(self._sent, self._window, now, ahead), self._next + ahead * self._gap - now
        )

    def _leave(self, ticket: tuple[Urgency, int]) -> None:
        place = bisect_left(self._queue, ticket)
        if self._queue[place : place + 1] == [ticket]:
            del self._queue[place]

    def _hold(self, key: int | str, seconds: float) -> None:
        now = self._clock()
        chat = self._chat(key)
        chat.held_until = max(chat.held_until, now + seconds)
        self._floods.append((now, key))
        flooded = {other for at, other in self._floods if at > now - _FLOOD_SPAN}
        if len(flooded) >= _FLOODED_CHATS:
            self._held_until = now + min(seconds, _LONGEST_HOLD)
        _LOG.warning("telegram asks for %.0f s of silence in %s", seconds, key)

    def _chat(self, key: int | str) -> _Chat:
        if len(self._chats) > self._prune_at:
            now = self._clock()
            self._chats = {k: chat for k, chat in self._chats.items() if not chat.idle(now)}
            self._prune_at = 1000 + 2 * len(self._chats)
        return self._chats.setdefault(key, _Chat(group=isinstance(key, str) or key < 0))


def seconds_of(flood: RetryAfter) -> float:
    """How long Telegram asks for; PTB 22 hands an int or, opted in, a timedelta."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBDeprecationWarning)
        wait = flood.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _wait(stamps: deque[float], window: tuple[int, float], now: float, ahead: int) -> float:
    """Seconds until a sliding window has room for one more after ``ahead`` others."""
    limit, period = window
    place = len(stamps) + ahead - limit  # of the stamp that has to grow old first
    if place < 0:
        return 0.0
    return stamps[place] + period - now if place < len(stamps) else period


def _is_send(endpoint: str) -> bool:
    """Whether a Bot API method puts a message into a chat. "is typing" doesn't."""
    return endpoint.startswith(("send", "copyMessage", "forwardMessage")) and (
        endpoint != "sendChatAction"
    )


def _key(address: object) -> int | str:
    """A chat's id as a number where it is one; "@name" is a group or channel."""
    text = str(address)
    return int(text) if text.lstrip("-").isdigit() else text
