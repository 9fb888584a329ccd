"""``doctor``: looks at everything that has to be right before the service can work."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp

from bot.config import Settings
from bot.core.errors import ConfigError, StoreError
from bot.feedfile import load_feedfile
from bot.lexicons import load_detector
from bot.store.db import Database

_PATIENCE = aiohttp.ClientTimeout(total=10)
_SKEW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at. ``cure`` says what to do when it isn't well."""

    what: str
    well: bool
    words: str
    cure: str = ""


_NO_TOKEN = Examined(
    "token",
    False,
    "TELEGRAM_BOT_TOKEN is not set",
    "Write /newbot to @BotFather and put the token he gives into .env.",
)


async def examine(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Examined]:
    """Each finding as soon as it is known; nothing is changed."""
    yield await asyncio.to_thread(_feeds_file, settings)
    yield await asyncio.to_thread(_database, settings)
    async with aiohttp.ClientSession(timeout=_PATIENCE, trust_env=True) as session:
        async for finding in _telegram(settings, session, clock):
            yield finding


def _feeds_file(settings: Settings) -> Examined:
    try:
        file = load_feedfile(settings.feeds_file)
        load_detector(file.topics)
    except ConfigError as error:
        return Examined("feeds file", False, str(error), "Mend that line, or set FEEDS_FILE.")
    words = f"{len(file.feeds)} feeds, {len(file.topics)} topics in {settings.feeds_file}"
    return Examined("feeds file", True, words)


def _database(settings: Settings) -> Examined:
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    if settings.database_url.startswith("sqlite:") and not file.exists():
        cure = "Run: python -m bot db upgrade (or run, which does it by itself)."
        return Examined("database", False, f"{file} is not there yet", cure)
    database = Database(settings.database_url)
    try:
        database.check()
    except StoreError as error:
        return Examined("database", False, str(error), "Run: python -m bot db upgrade")
    finally:
        database.close()
    return Examined("database", True, f"{database!r} answers and is up to date")


async def _telegram(
    settings: Settings, session: aiohttp.ClientSession, clock: Callable[[], datetime]
) -> AsyncIterator[Examined]:
    try:
        async with session.get(settings.telegram_api_url, allow_redirects=False) as answer:
            date = answer.headers.get("Date")
    except (aiohttp.ClientError, OSError, ssl.SSLError) as error:
        reason = type(error).__name__
        cure = "Look at the network, DNS and firewall; behind a proxy, set HTTPS_PROXY."
        yield Examined("network", False, f"{settings.telegram_api_url}: {reason}", cure)
        if settings.telegram_bot_token is None:
            yield _NO_TOKEN
        return
    yield Examined("network", True, f"{settings.telegram_api_url} answers")
    if date:
        yield _clock(parsedate_to_datetime(date) - clock())
    yield await _token(settings, session)


def _clock(skew: timedelta) -> Examined:
    seconds = abs(skew.total_seconds())
    words = f"{seconds:.0f} s off Telegram's"
    return Examined(
        "clock", abs(skew) <= _SKEW, words, "Set the clock: turn time synchronisation on."
    )


async def _token(settings: Settings, session: aiohttp.ClientSession) -> Examined:
    if settings.telegram_bot_token is None:
        return _NO_TOKEN
    token = settings.telegram_bot_token.get_secret_value()
    try:
        async with session.get(f"{settings.telegram_api_url}/bot{token}/getMe") as answer:
            said = await answer.json(content_type=None)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Examined("token", False, f"no answer ({type(error).__name__})", "Try again later.")
    if isinstance(said, dict) and said.get("ok"):
        return Examined("token", True, f"@{said['result'].get('username')}")
    return Examined("token", False, "Telegram knows no such bot", "Copy the whole token anew.")
