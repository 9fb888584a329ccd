"""How the service is, over HTTP: /healthz, /metrics, /alerts.atom; Telegram's webhook as well."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

from bot.core.errors import ConfigError, StoreError
from bot.core.model import Alert
from bot.core.ports import Texts
from bot.core.render import plain, render_alert, render_brief
from bot.locale import texts_for
from bot.services.subscribe import SubscriberCounts, Subscriptions
from bot.services.upkeep import Health, Upkeep

ATOM_ALERTS = 50
_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LARGEST_UPDATE = 1024 * 1024  # bytes

Clock = Callable[[], datetime]
Hook = tuple[str, Callable[[dict[str, Any]], Awaitable[None]]]
"""The secret that Telegram sends along, and who takes its updates."""


async def serve(
    port: int, upkeep: Upkeep, subscriptions: Subscriptions, clock: Clock, hook: Hook | None = None
) -> Callable[[], Awaitable[None]]:
    """Listen on all addresses of the machine; returns what ends it.

    With a ``hook``, updates are taken by POST at any path. ConfigError when the port is taken.
    """
    desk = _Desk(upkeep, subscriptions, clock, hook)
    site = web.Application(client_max_size=_LARGEST_UPDATE)
    site.router.add_get("/healthz", desk.healthz)
    site.router.add_get("/metrics", desk.metrics)
    site.router.add_get("/alerts.atom", desk.alerts)
    if hook:
        site.router.add_post("/{path:.*}", desk.update)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
    except OSError as error:
        await runner.cleanup()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"PORT: can't listen on {port} ({reason}); name another one") from None
    return runner.cleanup


class _Desk:
    def __init__(
        self, upkeep: Upkeep, subscriptions: Subscriptions, clock: Clock, hook: Hook | None
    ) -> None:
        self._upkeep, self._subscriptions, self._clock = upkeep, subscriptions, clock
        self._hook = hook

    async def healthz(self, _request: web.Request) -> web.Response:
        """200 while polls and deliveries are on time, else 503 with the reasons."""
        try:
            troubles = await asyncio.to_thread(self._upkeep.troubles, self._clock())
        except StoreError as error:
            troubles = (str(error),)
        return web.Response(
            status=503 if troubles else 200, text="\n".join(troubles or ("ok",)) + "\n"
        )

    async def metrics(self, _request: web.Request) -> web.Response:
        """The figures in Prometheus' text format, 0.0.4."""
        now = self._clock()
        try:
            health = await asyncio.to_thread(self._upkeep.health, now)
            chats = await asyncio.to_thread(self._subscriptions.counts)
        except StoreError as error:
            return web.Response(status=503, text=f"{error}\n")
        lines = "\n".join(_figures(health, chats, now)) + "\n"
        return web.Response(
            body=lines.encode(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    async def alerts(self, _request: web.Request) -> web.Response:
        """The last alerts as an Atom feed (RFC 4287), in English."""
        try:
            alerts = await asyncio.to_thread(self._subscriptions.latest, ATOM_ALERTS)
        except StoreError as error:
            return web.Response(status=503, text=f"{error}\n")
        return web.Response(
            body=write_atom(alerts, texts_for("en"), self._clock()),
            content_type="application/atom+xml",
            charset="utf-8",
        )

    async def update(self, request: web.Request) -> web.Response:
        """An update of Telegram's, known by its secret (Bot API, setWebhook)."""
        assert self._hook
        secret, take = self._hook
        said = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(said.encode(), secret.encode()):
            return web.Response(status=403)
        try:
            update = await request.json()
        except ValueError:
            return web.Response(status=400)
        await take(update)
        return web.Response()


def _figures(health: Health, chats: SubscriberCounts, now: datetime) -> Iterator[str]:
    tick = [("", health.last_tick.timestamp())] if health.last_tick else []
    waiting = (now - health.waiting_since).total_seconds() if health.waiting_since else 0
    yield from _gauge("last_tick_timestamp_seconds", "When feeds were last looked at.", tick)
    yield from _gauge("outbox_waiting_seconds", "Age of the oldest due delivery.", [("", waiting)])
    yield from _gauge("feeds", "Feeds by state.", _labelled("state", health.feeds))
    yield from _gauge("feeds_failing", "Active feeds that keep failing.", [("", health.failing)])
    yield from _gauge("deliveries", "Deliveries by state.", _labelled("state", health.deliveries))
    yield from _gauge("entries_today", "Entries of the last day.", [("", health.entries_today)])
    active = {"true": chats.active, "false": chats.inactive}
    yield from _gauge("subscribers", "Chats by whether alerts are on.", _labelled("active", active))


def _gauge(name: str, about: str, samples: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP greenlight_{name} {about}"
    yield f"# TYPE greenlight_{name} gauge"
    for label, value in samples:
        yield f"greenlight_{name}{label} {value:.10g}"


def _labelled(label: str, counts: Mapping[Any, int]) -> list[tuple[str, float]]:
    return [(f'{{{label}="{key}"}}', number) for key, number in counts.items()]


def write_atom(alerts: Sequence[Alert], texts: Texts, now: datetime) -> bytes:
    """An Atom feed of these alerts (RFC 4287), newest first as they come."""
    feed = Element("feed", xmlns=_ATOM)
    _add(feed, "id", "urn:greenlight:alerts")
    _add(feed, "title", "Greenlight")
    _add(feed, "updated", _moment(alerts[0].at if alerts else now))
    _add(SubElement(feed, "author"), "name", "Greenlight")
    for alert in alerts:
        entry = SubElement(feed, "entry")
        _add(entry, "id", f"urn:greenlight:alert:{alert.id}")
        decision = plain(render_brief(alert, texts)).partition("\n")[0]
        _add(entry, "title", f"{decision}: {alert.entry.title}")
        _add(entry, "updated", _moment(alert.at))
        if alert.entry.url:
            SubElement(entry, "link", href=_NOT_XML.sub("", alert.entry.url))
        for scheme, term in _categories(alert):
            SubElement(entry, "category", scheme=f"urn:greenlight:{scheme}", term=term)
        _add(entry, "summary", plain(render_alert(alert, texts).html))
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _categories(alert: Alert) -> Iterator[tuple[str, str]]:
    """What programs sort alerts by: scheme and term (RFC 4287, 4.2.2)."""
    finding = alert.finding
    yield "stance", finding.stance
    yield "kind", alert.kind
    if alert.change:
        yield "change", alert.change
    yield "matter", finding.matter
    yield "story", _NOT_XML.sub("", alert.story.id)
    if alert.follows:
        yield "follows", _NOT_XML.sub("", alert.follows)
    for scheme, terms in (("actor", finding.actors), ("topic", finding.topics)):
        for term in terms:
            yield scheme, _NOT_XML.sub("", term)


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = _NOT_XML.sub("", text)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
