"""The health server: on time or not, figures, the alerts as a feed, the webhook's door."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest

from bot.core.errors import ConfigError
from bot.core.model import FeedSpec, Tier
from bot.core.ports import Body
from bot.feeds.parse import ParsedFeed, parse_feed
from bot.health import serve, write_atom
from bot.locale import texts_for
from bot.services.ingest import Ingest
from bot.services.subscribe import Subscriptions
from bot.services.upkeep import Upkeep
from bot.store import feeds, meta
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, fake_parse, make_body, make_entry

SECRET = "s3cret"

Get = Callable[..., Awaitable[tuple[int, str]]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def taken() -> list[dict[str, Any]]:
    return []


@pytest.fixture
async def ask(database: Database, taken: list[dict[str, Any]]) -> AsyncIterator[Get]:
    """Ask the server of an empty database, with a webhook's door open."""

    async def take(update: dict[str, Any]) -> None:
        taken.append(update)

    port = free_port()
    subscriptions = Subscriptions(database)
    close = await serve(port, Upkeep(database), subscriptions, lambda: NOW, (SECRET, take))

    async def go(path: str, method: str = "GET", **more: Any) -> tuple[int, str]:
        url = f"http://127.0.0.1:{port}{path}"
        async with session.request(method, url, **more) as answer:
            return answer.status, await answer.text()

    async with aiohttp.ClientSession() as session:
        yield go
    await close()


async def test_healthz_is_503_until_feeds_were_looked_at(ask: Get, database: Database) -> None:
    """Before the first tick and after a missed one it says why; on time it says ok."""
    status, words = await ask("/healthz")
    assert (status, words) == (503, "no feed was polled yet\n")
    with database.begin() as session:
        meta.mark(session, "tick.poll", NOW - timedelta(seconds=30))
    assert await ask("/healthz") == (200, "ok\n")
    with database.begin() as session:
        meta.mark(session, "tick.poll", NOW - timedelta(minutes=9))
    status, words = await ask("/healthz")
    assert status == 503
    assert "9 min" in words


async def test_metrics_are_prometheus_text(ask: Get, database: Database) -> None:
    """Each figure has its help, type and samples."""
    with database.begin() as session:
        feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    Subscriptions(database).subscribe("telegram", "7", None, "en", NOW)
    status, text = await ask("/metrics")
    assert status == 200
    lines = text.splitlines()
    assert 'greenlight_feeds{state="active"} 1' in lines
    assert 'greenlight_subscribers{active="true"} 1' in lines
    assert "greenlight_outbox_waiting_seconds 0" in lines
    for line in lines:
        name = line.split()[2] if line.startswith("#") else line.split("{")[0].split()[0]
        assert name.startswith("greenlight_")
        assert f"# TYPE {name} gauge" in lines


async def test_alerts_are_a_feed(ask: Get, database: Database) -> None:
    """/alerts.atom can be read by a feed reader: ours."""
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    entry = make_entry("a", "US grants <all> & \x00more\ufffe")
    Ingest(database, fake_parse, FakeDetector()).record(feed, make_body(entry), NOW)
    status, text = await ask("/alerts.atom")
    assert status == 200
    read = parse_feed(
        Body(text.encode(), "x", "https://greenlight.example/alerts.atom"), tier=Tier.OUTLET
    )
    assert isinstance(read, ParsedFeed)
    (alert,) = read.entries
    assert "United States" in alert.title
    assert alert.title.endswith("& more")
    assert "&lt;all&gt; &amp; more" in text
    assert alert.url == entry.url
    assert alert.published == NOW


def test_programs_can_sort_alerts(database: Database) -> None:
    """Each entry of the Atom feed tells stance, kind, change, matter, story, actors and topics as
    categories of their own schemes (RFC 4287, 4.2.2)."""
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    (alert,) = (
        Ingest(database, fake_parse, FakeDetector())
        .record(feed, make_body(make_entry("a", "US grants it")), NOW)
        .alerts
    )
    later = replace(alert, change="widened", follows="an earlier one")
    document = write_atom([later], texts_for("en"), NOW)
    found = {
        (each.get("scheme", "").removeprefix("urn:greenlight:"), each.get("term"))
        for each in ElementTree.fromstring(document).iter("{http://www.w3.org/2005/Atom}category")
    }
    assert found == {
        ("stance", "granted"),
        ("kind", "new"),
        ("change", "widened"),
        ("matter", "strike"),
        ("story", alert.story.id),
        ("follows", "an earlier one"),
        ("actor", "US"),
        ("topic", "strike-permission"),
    }
    bare = write_atom([replace(alert, change="")], texts_for("en"), NOW)
    assert b"urn:greenlight:change" not in bare
    assert b"urn:greenlight:follows" not in bare


def test_an_alert_without_an_address_has_no_link(database: Database) -> None:
    """The Atom feed stays valid when an entry has no address, and without any alert."""
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    entry = make_entry("a", "US grants it", url="")
    (alert,) = (
        Ingest(database, fake_parse, FakeDetector()).record(feed, make_body(entry), NOW).alerts
    )
    document = write_atom([replace(alert, entry=entry)], texts_for("en"), NOW)
    assert b"<link" not in document
    assert b"<updated>" in write_atom([], texts_for("en"), NOW)


async def test_only_telegram_gets_in(ask: Get, taken: list[dict[str, Any]]) -> None:
    """An update is taken at any path with the right secret alone, and only if it is JSON."""
    header = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert (await ask("/hook", "POST", json={"update_id": 1}))[0] == 403
    wrong = {"X-Telegram-Bot-Api-Secret-Token": "пароль"}
    assert (await ask("/hook", "POST", json={"update_id": 1}, headers=wrong))[0] == 403
    assert (await ask("/hook", "POST", data=b"{", headers=header))[0] == 400
    assert taken == []
    assert (await ask("/any/hook", "POST", json={"update_id": 1}, headers=header))[0] == 200
    assert taken == [{"update_id": 1}]


async def test_a_port_that_is_taken_is_told(database: Database) -> None:
    """The setting is named, and why it doesn't do."""
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))  # noqa: S104
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"PORT: can't listen on {port}"):
            await serve(port, Upkeep(database), Subscriptions(database), lambda: NOW)
