"""A Bot API server on loopback, for tests of the whole service: takes calls, gives updates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TOKEN = "123456:TEST"


class Telegram:
    """``calls`` are the bot's calls in order; ``say`` puts an update into its queue."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.updates: list[dict[str, Any]] = []
        self._confirmed = 0  # updates below this number are not given again
        self.faults: dict[str, list[web.Response]] = {}
        self._changed = asyncio.Condition()

    def texts(self) -> list[tuple[str, str]]:
        """What was sent, as (chat, text)."""
        return [(p["chat_id"], p["text"]) for name, p in self.calls if name == "sendMessage"]

    async def say(self, text: str, user: int = 7) -> None:
        """A user writes to the bot in private."""
        number = len(self.updates) + 1
        word = text.split()[0]
        message = {
            "message_id": number,
            "date": 1_717_000_000,
            "chat": {"id": user, "type": "private", "first_name": "Ann"},
            "from": {"id": user, "is_bot": False, "first_name": "Ann", "language_code": "en"},
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": len(word)}],
        }
        async with self._changed:
            self.updates.append({"update_id": number, "message": message})
            self._changed.notify_all()

    async def wait_for(self, method: str, times: int = 1, seconds: float = 20.0) -> None:
        """Until the bot has made that call so many times."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(
                lambda: sum(name == method for name, _ in self.calls) >= times
            )

    async def answer(self, request: web.Request) -> web.Response:
        assert request.match_info["token"] == TOKEN
        name = request.match_info["method"]
        params = {key: str(value) for key, value in (await request.post()).items()}
        async with self._changed:
            self.calls.append((name, params))
            self._changed.notify_all()
        if faults := self.faults.get(name):
            return faults.pop(0)
        return web.json_response({"ok": True, "result": await self._result(name, params)})

    async def _result(self, name: str, params: dict[str, str]) -> Any:
        if name == "getMe":
            return {"id": 1, "is_bot": True, "first_name": "Greenlight", "username": "green_bot"}
        if name == "getUpdates":
            return await self._poll(int(params.get("offset", 0)), float(params.get("timeout", 0)))
        if name == "sendMessage":
            chat = {"id": int(params["chat_id"]), "type": "private"}
            return {
                "message_id": len(self.calls),
                "date": 1_717_000_000,
                "chat": chat,
                "text": params["text"],
            }
        return True

    async def _poll(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        self._confirmed = max(self._confirmed, offset)

        def due() -> list[dict[str, Any]]:
            return [update for update in self.updates if update["update_id"] >= self._confirmed]

        try:
            async with asyncio.timeout(min(seconds, 5)), self._changed:
                await self._changed.wait_for(lambda: bool(due()))
        except TimeoutError:
            return []
        return due()


@asynccontextmanager
async def telegram() -> AsyncIterator[Telegram]:
    """A server of one's own."""
    double = Telegram()
    site = web.Application()
    site.router.add_route("*", "/bot{token}/{method}", double.answer)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield double
    finally:
        await runner.cleanup()
