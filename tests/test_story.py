"""The whole story: feed bytes in at one end, sendMessage out at the other."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

import bot.worker
from bot.app import clock, work
from bot.config import Settings, load_settings
from bot.core.errors import ConfigError
from bot.services.subscribe import Subscriptions
from bot.store.db import Database
from bot.worker import GRACE, Role
from tests.telegram import TOKEN, Telegram, telegram

GRANT = "Biden lets Ukraine strike inside Russia with American missiles"
SAME = "Biden allows Ukraine to strike inside Russia with US missiles"


@pytest.fixture
async def double() -> AsyncIterator[Telegram]:
    async with telegram() as served:
        yield served


def feed(*titles: str, outlet: str = "one") -> str:
    now = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{title}</title><link>https://{outlet}.example/{n}</link>"
        f"<guid>{outlet}-{n}</guid><pubDate>{now}</pubDate></item>"
        for n, title in enumerate(titles)
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{outlet}</title>'
        f"<language>en</language>{items}</channel></rss>"
    )


def make_settings(double: Telegram, folder: Path, *feeds: str, **more: Any) -> Settings:
    topics = "topics: [{id: strikes, title: {en: Strikes}, matters: [strike]}]\n"
    lines = [f"- {{url: '{address}'}}" for address in feeds]
    file = folder / "feeds.yaml"
    file.write_text(f"{topics}feeds:\n" + "\n".join(lines), encoding="utf-8")
    given: dict[str, Any] = {
        "telegram_bot_token": TOKEN,
        "telegram_api_url": double.url,
        "database_url": f"sqlite:///{folder / 'story.db'}",
        "feeds_file": file,
        "allow_private_feeds": True,
        "poll_interval": "1s",
        "poll_min_interval": "1s",
        "ledger_seed": False,  # what the feeds here tell as news was decided long ago
    }
    return load_settings(**given | more)


@asynccontextmanager
async def service(settings: Settings, role: Role = Role.ALL) -> AsyncIterator[None]:
    """The service as a task of this process; in the end it is told to stop, and must."""
    stop = asyncio.Event()
    task = asyncio.create_task(work(settings, role, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, GRACE + 5)


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns when it holds; TimeoutError when it doesn't come to hold."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - of what others do there is no event
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_one_decision_is_one_message(
    double: Telegram, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """A decision that two outlets tell, in feeds that are read again and again and by a service
    that is started twice, is one message to whoever subscribed, and nothing else is sent."""
    bodies = {"/one": feed("A dry summer"), "/two": feed("Chess results", outlet="two")}

    def serve(request: Request) -> Response:
        return Response(bodies[request.path], content_type="application/rss+xml")

    for path in bodies:
        httpserver.expect_request(path).respond_with_handler(serve)
    urls = [httpserver.url_for(path) for path in bodies]
    settings = make_settings(double, tmp_path, *urls)
    async with service(settings):
        await double.say("/subscribe")
        await double.wait_for("sendMessage")
        bodies["/one"] = feed("A dry summer", GRANT)
        await double.wait_for("sendMessage", 2)
        bodies["/one"] = feed("A wet autumn", "A dry summer", GRANT)
        bodies["/two"] = feed("Chess results", SAME, outlet="two")
        await double.wait_for("editMessageText")
    async with service(settings):
        before = len(httpserver.log)
        await until(lambda: len(httpserver.log) >= before + 4)
    sent = double.texts()
    assert [chat for chat, _ in sent] == ["7", "7"]
    assert "Subscribed" in sent[0][1]
    assert GRANT in sent[1][1]


async def test_feeds_are_read_while_telegram_is_away(
    double: Telegram, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """A service that starts during an outage of Telegram waits for it and loses nothing."""
    httpserver.expect_request("/one").respond_with_data(feed(GRANT))
    settings = make_settings(double, tmp_path, httpserver.url_for("/one"))
    database = Database(settings.database_url)
    database.migrate()
    Subscriptions(database).subscribe("telegram", "7", None, "en", clock())
    database.close()
    double.faults["getMe"] = [web.Response(status=502, text="Bad Gateway") for _ in range(2)]
    async with service(settings):
        await double.wait_for("getMe", 2)
        await double.wait_for("sendMessage")
    assert GRANT in double.texts()[0][1]


async def test_updates_by_webhook(double: Telegram, tmp_path: Path) -> None:
    """With WEBHOOK_URL Telegram is told address and secret, and what it brings is answered."""
    port = free_port()
    settings = make_settings(double, tmp_path, webhook_url="https://green.example/hook", port=port)
    async with service(settings):
        await double.wait_for("setWebhook")
        (hook,) = [params for name, params in double.calls if name == "setWebhook"]
        assert hook["url"] == "https://green.example/hook"
        assert len(hook["secret_token"]) >= 32
        await double.say("/help")
        async with aiohttp.ClientSession() as session:
            await session.post(
                f"http://127.0.0.1:{port}/hook",
                json=double.updates[0],
                headers={"X-Telegram-Bot-Api-Secret-Token": hook["secret_token"]},
            )
        await double.wait_for("sendMessage")
        assert not any(name == "getUpdates" for name, _ in double.calls)
    assert "/subscribe" in double.texts()[0][1]


async def test_a_webhook_that_telegram_refuses_is_told(double: Telegram, tmp_path: Path) -> None:
    """The service ends with the setting's name and Telegram's reason."""
    refusal = {"ok": False, "error_code": 400, "description": "Bad Request: bad webhook: no TLS"}
    double.faults["setWebhook"] = [web.json_response(refusal, status=400)]
    settings = make_settings(double, tmp_path, webhook_url="http://green.example", port=free_port())
    with pytest.raises(ConfigError, match=r"WEBHOOK_URL: .*no tls"):
        await asyncio.wait_for(work(settings, Role.ALL, asyncio.Event()), 30)


async def test_one_speaks_and_another_stands_by(
    double: Telegram,
    httpserver: HTTPServer,
    tmp_path: Path,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of two processes on one PostgreSQL database, one takes the updates and sends; when it goes,
    the other does. An alert is sent once, whoever polls."""
    monkeypatch.setattr(bot.worker, "_LEAD_EVERY", 0.2)
    caplog.set_level(logging.INFO)
    httpserver.expect_request("/one").respond_with_data(feed(GRANT))
    url = httpserver.url_for("/one")
    settings = make_settings(double, tmp_path, database_url=postgres_url)
    polling = make_settings(double, tmp_path, url, database_url=postgres_url)
    async with service(settings, Role.CHAT), AsyncExitStack() as first:
        await double.wait_for("getUpdates")
        await first.enter_async_context(service(settings, Role.ALL))
        await until(lambda: "standing by for updates" in caplog.text)
        await double.say("/subscribe")
        await double.wait_for("sendMessage")
        await first.enter_async_context(service(polling, Role.POLL))
        await double.wait_for("sendMessage", 2)
    assert [chat for chat, _ in double.texts()] == ["7", "7"]


def test_sigterm_ends_the_service_in_good_order(tmp_path: Path) -> None:
    """Told to stop while it waits for Telegram, the process ends by itself, with exit code 0."""
    (tmp_path / "feeds.yaml").write_text("feeds: []", encoding="utf-8")
    environment = {
        **os.environ,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": "http://127.0.0.1:9",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'story.db'}",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        told = []
        for line in process.stderr:
            told.append(line)
            if "can't be reached" in line:
                process.send_signal(signal.SIGTERM)
                break
        told += process.stderr.readlines()
        assert process.wait(15) == 0
    assert "stopped" in told[-1]
    assert "Traceback" not in "".join(told)
