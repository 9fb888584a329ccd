"""The line to Telegram: PTB's Application, connected, listening, hung up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.error import (
    BadRequest,
    Conflict,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import Application, ApplicationBuilder, ExtBot

from bot.chat.call import Desk
from bot.chat.commands import register
from bot.core.errors import ConfigError
from bot.messengers.pace import Pacer, Urgency, seconds_of

log = logging.getLogger(__name__)

UPDATES = ("message", "channel_post", "callback_query", "my_chat_member")
_UNKNOWN_BOT = (
    "TELEGRAM_BOT_TOKEN: Telegram knows no bot with this token (hidden); "
    "accepted: the token that @BotFather gave, whole"
)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two tries to reach Telegram
_CONNECTIONS = 32  # HTTP connections; more make httpx slower, and 9 saturate Telegram's limit


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram shall bring updates to, and the word by which we know that it is Telegram."""

    url: str
    secret: str


class Line:
    """One bot's connection. ``bot`` may send as soon as ``connect`` is through."""

    def __init__(self, token: str, api_url: str, per_second: int, desk: Desk) -> None:
        self._application: Application[Any, Any, Any, Any, Any, Any] = (
            ApplicationBuilder()
            .token(token)
            .base_url(f"{api_url}/bot")
            .base_file_url(f"{api_url}/file/bot")
            .job_queue(None)
            .rate_limiter(Pacer(per_second))
            .concurrent_updates(concurrent_updates=True)
            .connection_pool_size(_CONNECTIONS)
            .pool_timeout(10)
            .connect_timeout(10)
            .read_timeout(20)  # an answer that is not waited for makes a delivery unknown
            .write_timeout(20)
            .build()
        )
        self._menus = register(self._application, desk)

    @property
    def bot(self) -> ExtBot[Urgency]:
        bot: ExtBot[Urgency] = self._application.bot
        return bot

    async def connect(self) -> None:
        """Introduce ourselves, however long it takes Telegram to answer.

        ConfigError when it knows no such bot.
        """
        await self._insist(self._application.initialize)
        log.info("connected to Telegram as @%s", self.bot.username)

    async def listen(self, webhook: Webhook | None = None) -> None:
        """Take updates: asked for by us, or brought by Telegram to ``webhook`` (see ``take``)."""
        await self._menus.publish(self.bot)
        await self._application.start()
        if webhook:
            await self._insist(
                lambda: self.bot.set_webhook(
                    webhook.url, allowed_updates=UPDATES, secret_token=webhook.secret
                )
            )
        else:
            assert self._application.updater
            await self._application.updater.start_polling(
                allowed_updates=UPDATES, bootstrap_retries=-1, error_callback=_tell
            )
        log.info("listening to Telegram")

    async def take(self, update: dict[str, Any]) -> None:
        """An update that Telegram brought to the webhook."""
        await self._application.update_queue.put(Update.de_json(update, self.bot))

    async def hush(self) -> None:
        """Take no more updates; returns when those that were taken are answered."""
        updater = self._application.updater
        if updater and updater.running:
            await updater.stop()
        if self._application.running:
            await self._application.stop()

    async def close(self) -> None:
        """Hang up."""
        await self._application.shutdown()

    async def _insist(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do it again and again until Telegram takes it; only a wrong token is final."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await act()
                return
            except (InvalidToken, BadRequest) as error:
                if isinstance(error, InvalidToken):
                    raise ConfigError(_UNKNOWN_BOT) from None
                raise ConfigError(f"WEBHOOK_URL: Telegram refuses it: {error.message}") from None
            except RetryAfter as error:
                pause = max(pause, seconds_of(error))
            except NetworkError as error:
                log.warning("Telegram can't be reached: %s; trying again", error.message)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _tell(error: TelegramError) -> None:
    """What goes wrong while asking for updates; PTB asks again by itself."""
    if isinstance(error, Conflict):
        log.error("another program takes this bot's updates: stop it, or give it its own token")
    else:
        log.warning("no updates from Telegram: %s", error.message)
