"""Telegram at the wire: scripted answers behind PTB's own HTTP client, every call kept."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import httpx
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.messengers.pace import Pacer, Urgency

TOKEN = "7:secret-token"


def refusal(status: int, description: str, **parameters: int) -> httpx.Response:
    """An error in Telegram's envelope."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return httpx.Response(status, json=body)


class Wire:
    """Answers calls from ``script`` (a Response, or an exception to raise), then like Telegram."""

    def __init__(self, *script: httpx.Response | Exception) -> None:
        self.script = deque(script)
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.on_call: Callable[[str, dict[str, str]], httpx.Response | None] = lambda *_: None
        self._ids = count(100)

    def bot(self, pacer: Pacer | None = None) -> ExtBot[Urgency]:
        transport = httpx.MockTransport(self._answer)
        request = HTTPXRequest(httpx_kwargs={"transport": transport})
        return ExtBot(TOKEN, request=request, get_updates_request=request, rate_limiter=pacer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rsplit("/", 1)[-1]
        fields = dict(parse_qsl((await request.aread()).decode()))
        self.calls.append((method, fields))
        if (special := self.on_call(method, fields)) is not None:
            return special
        if self.script:
            answer = self.script.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        chat = {"id": int(fields.get("chat_id", "1").lstrip("@") or 1), "type": "private"}
        message_id = int(fields.get("message_id") or next(self._ids))
        message = {"message_id": message_id, "date": 0, "chat": chat, "text": fields.get("text")}
        result: Any = message if method.startswith(("send", "edit")) else True
        return httpx.Response(200, json={"ok": True, "result": result})

    def keyboard(self) -> list[list[dict[str, str]]]:
        """The buttons of the last call."""
        markup = self.calls[-1][1].get("reply_markup", '{"inline_keyboard": []}')
        return json.loads(markup)["inline_keyboard"]  # type: ignore[no-any-return]


class VirtualTime:
    """A clock that moves only when everybody sleeps; ``late`` makes each sleep end late."""

    def __init__(self, late: Callable[[], float] = lambda: 0.0) -> None:
        self.now = 1000.0
        self._late = late
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._serial = count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        end = self.now + seconds + self._late()
        future = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (end, next(self._serial), future))
        await future

    async def run(self, *work: Awaitable[Any]) -> list[Any]:
        """Everything to its end; exceptions are returned, as by gather."""
        everything = asyncio.gather(*work, return_exceptions=True)
        while True:
            for _ in range(30):
                await asyncio.sleep(0)
                if everything.done():
                    return everything.result()
            assert self._sleepers, "somebody waits for nothing"
            end, _, future = heappop(self._sleepers)
            self.now = max(self.now, end)
            if not future.done():
                future.set_result(None)
