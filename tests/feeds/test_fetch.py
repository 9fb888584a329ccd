"""The fetcher against a server that misbehaves in every way we know."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import socket
import ssl
import sys
import zlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import brotli
import pytest
from backports import zstd

from bot.core.model import Validators
from bot.core.ports import Body, Failure, FetchFault, FetchResult, Unchanged
from bot.feeds.fetch import Fetcher, Limits
from tests.feeds.documents import item, rss
from tests.feeds.test_guard import Names
from tests.feeds.wire import Request, Wire, reply

FEED = rss([item(1), item(2)]).encode()
ODD_PAIR = Validators('W/"a b,c\\"', "yesterday-ish, 10 o'clock")


def failed(result: FetchResult) -> Failure:
    """The failure that a result has to be."""
    assert isinstance(result, Failure), result
    return result


def read(result: FetchResult) -> Body:
    """The body that a result has to be."""
    assert isinstance(result, Body), result
    return result


def slowly(
    start: bytes, chunk: bytes, every: float
) -> Callable[[Request, asyncio.StreamWriter], Awaitable[None]]:
    """An answer that goes on for ever, a chunk at a time."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            await writer.drain()
            await asyncio.sleep(every)
            writer.write(chunk)

    return answer


def cut(data: bytes) -> Callable[[Request, asyncio.StreamWriter], Awaitable[None]]:
    """An answer after which the line is dropped."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        raise ConnectionResetError

    return answer


# --- a good answer --------------------------------------------------------------------------


async def test_a_body_comes_with_all_that_was_said_of_it(wire: Wire, fetch: Fetcher) -> None:
    """Content, digest, final address, validators and freshness are all there."""
    wire.answers["/feed"] = reply(
        200,
        FEED,
        'ETag: "1"',
        "Last-Modified: x",
        "Cache-Control: max-age=900",
        "Content-Type: a/b",
    )
    body = read(await fetch(wire.url("/feed")))
    assert body.content == FEED
    assert body.digest == hashlib.sha256(FEED).hexdigest()
    assert body.url == wire.url("/feed")
    assert body.headers == {"content-type": "a/b"}
    assert body.validators == Validators('"1"', "x")
    assert body.max_age == timedelta(minutes=15)
    assert body.moved_to is None


async def test_requests_are_those_of_a_polite_reader(wire: Wire, fetch: Fetcher) -> None:
    """We say who we are and what we read; no cookies, no referrer, nothing conditional yet."""
    wire.answers["/feed"] = reply(200, FEED, "Set-Cookie: a=b")
    await fetch(wire.url("/feed"))
    await fetch(wire.url("/feed"))
    for request in wire.requests:
        assert request.headers["user-agent"].startswith("Greenlight/")
        assert "application/rss+xml" in request.headers["accept"]
        assert "gzip" in request.headers["accept-encoding"]
        assert not {"cookie", "referer", "if-none-match", "if-modified-since"} & set(
            request.headers
        )
    assert wire.connections == 1


async def test_validators_go_back_verbatim_and_in_pairs(wire: Wire, fetch: Fetcher) -> None:
    """Quotes, commas and nonsense come back as they were given; what was not given, doesn't."""
    wire.answers["/feed"] = reply(
        200, FEED, f"ETag: {ODD_PAIR.etag}", f"Last-Modified: {ODD_PAIR.last_modified}"
    )
    body = read(await fetch(wire.url("/feed")))
    assert body.validators == ODD_PAIR
    await fetch(wire.url("/feed"), body.validators)
    await fetch(wire.url("/feed"), Validators(etag='"only"'))
    assert wire.asked("if-none-match") == [None, ODD_PAIR.etag, '"only"']
    assert wire.asked("if-modified-since") == [None, ODD_PAIR.last_modified, None]


async def test_an_unchanged_feed_renews_its_validators(wire: Wire, fetch: Fetcher) -> None:
    """A 304 brings its new validators and keeps those that it doesn't mention."""
    wire.answers["/feed"] = reply(304, b"", 'ETag: "2"', "Cache-Control: public, max-age=60")
    result = await fetch(wire.url("/feed"), Validators('"1"', "long ago"))
    assert result == Unchanged(Validators('"2"', "long ago"), timedelta(minutes=1))


async def test_the_same_body_brings_its_new_validators(wire: Wire, fetch: Fetcher) -> None:
    """Equal bytes have an equal digest, whatever the validators; those are always the new ones."""
    wire.answers["/feed"] = reply(200, FEED, 'ETag: "1"')
    first = read(await fetch(wire.url("/feed")))
    wire.answers["/feed"] = reply(200, FEED, 'ETag: "2"')
    second = read(await fetch(wire.url("/feed"), first.validators))
    assert first.digest == second.digest
    assert second.validators == Validators('"2"')


async def test_validators_that_cannot_be_sent_back_are_dropped(wire: Wire, fetch: Fetcher) -> None:
    """Control characters and endless tags are no validators."""
    wire.answers["/long"] = reply(200, FEED, "ETag: " + "x" * 2_000)
    wire.answers["/control"] = reply(200, FEED, 'ETag: "a\x01b"')
    assert read(await fetch(wire.url("/long"))).validators == Validators()
    result = await fetch(wire.url("/control"))
    if sys.flags.dev_mode:  # aiohttp refuses such a header altogether in Python's development mode
        assert failed(result).fault is FetchFault.BROKEN
    else:
        assert read(result).validators == Validators()


# --- packing --------------------------------------------------------------------------------


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(FEED)),
        ("gzip", gzip.compress(FEED[:500]) + gzip.compress(FEED[500:])),
        ("deflate", zlib.compress(FEED)),
        ("deflate", _raw_deflate(FEED)),
        ("br", brotli.compress(FEED)),
        ("zstd", zstd.compress(FEED)),
    ],
)
async def test_packed_bodies_are_unpacked(
    wire: Wire, fetch: Fetcher, coding: str, packed: bytes
) -> None:
    """Every common coding, the sloppy ones included, gives the same body and digest."""
    wire.answers["/feed"] = reply(200, packed, f"Content-Encoding: {coding}")
    body = read(await fetch(wire.url("/feed")))
    assert body.content == FEED
    assert body.digest == hashlib.sha256(FEED).hexdigest()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"<rss>" + b" " * 50_000_000)),
        ("deflate", zlib.compress(b"<rss>" + b" " * 50_000_000)),
        ("br", brotli.compress(b"<rss>" + b" " * 50_000_000, quality=5)),
        ("zstd", zstd.compress(b"<rss>" + b" " * 50_000_000)),
    ],
    ids=["gzip", "deflate", "br", "zstd"],
)
async def test_a_bomb_is_stopped_at_the_limit(
    wire: Wire, fetch: Fetcher, coding: str, packed: bytes
) -> None:
    """The limit counts unpacked bytes."""
    wire.answers["/feed"] = reply(200, packed, f"Content-Encoding: {coding}")
    assert failed(await fetch(wire.url("/feed"))).fault is FetchFault.TOO_LARGE


async def test_what_is_packed_wrongly_is_broken(wire: Wire, fetch: Fetcher) -> None:
    """A body that is not what it says is a failure, not garbage."""
    wire.answers["/feed"] = reply(200, FEED, "Content-Encoding: gzip")
    assert failed(await fetch(wire.url("/feed"))).fault is FetchFault.BROKEN


# --- sizes and cuts -------------------------------------------------------------------------


async def test_a_large_body_is_refused_by_its_length_and_by_its_bytes(
    wire: Wire, fetch: Fetcher
) -> None:
    """What is announced too large is not read, what turns out too large is not read on."""
    wire.answers["/announced"] = reply(200, b"x" * 10, length=200_000)
    wire.answers["/endless"] = slowly(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"4000\r\n" + b" " * 0x4000 + b"\r\n",
        0.001,
    )
    for path in ("/announced", "/endless"):
        assert failed(await fetch(wire.url(path))).fault is FetchFault.TOO_LARGE


async def test_a_body_that_ends_before_its_length_is_broken(wire: Wire, fetch: Fetcher) -> None:
    """A cut answer brings nothing, least of all its validators."""
    wire.answers["/short"] = cut(reply(200, FEED[:300], 'ETag: "1"', length=len(FEED)))
    wire.answers["/chunks"] = cut(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n"
    )
    for path in ("/short", "/chunks"):
        assert failed(await fetch(wire.url(path))).fault is FetchFault.BROKEN


async def test_of_a_document_cut_short_no_validators_are_kept(wire: Wire, fetch: Fetcher) -> None:
    """Otherwise a 304 would hide the missing half for good."""
    wire.answers["/feed"] = reply(200, FEED[:-20], 'ETag: "1"')
    assert read(await fetch(wire.url("/feed"))).validators == Validators()


@pytest.mark.parametrize("content", [b"", b" \r\n\t"])
async def test_an_empty_200_is_a_fault(wire: Wire, fetch: Fetcher, content: bytes) -> None:
    """It is neither a feed without entries nor a 304."""
    wire.answers["/feed"] = reply(200, content)
    assert failed(await fetch(wire.url("/feed"))).fault is FetchFault.EMPTY


# --- time -----------------------------------------------------------------------------------


async def test_one_deadline_ends_every_kind_of_slowness(wire: Wire) -> None:
    """Silence, a head without a body, and a byte at a time all end at the deadline."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    wire.answers["/silent"] = slowly(b"", b"", 60)
    wire.answers["/head"] = slowly(head, b"", 60)
    wire.answers["/drip"] = slowly(head, b" ", 0.05)
    limits = Limits(deadline=timedelta(seconds=0.3), at_once_per_host=3)
    loop = asyncio.get_running_loop()
    async with Fetcher(allow_private=True, limits=limits) as fetch:
        begun = loop.time()
        paths = ("/silent", "/head", "/drip")
        results = await asyncio.gather(*(fetch(wire.url(path)) for path in paths))
    assert [failed(result).fault for result in results] == [FetchFault.TIMEOUT] * 3
    assert loop.time() - begun < 1


async def test_a_host_gets_few_requests_at_once(wire: Wire) -> None:
    """Ten feeds of one host wait for each other, and waiting doesn't count as slowness."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(reply(200, FEED))

    wire.answers["/feed"] = answer
    limits = Limits(deadline=timedelta(seconds=0.2), at_once_per_host=2)
    async with Fetcher(allow_private=True, limits=limits) as fetch:
        results = await asyncio.gather(*(fetch(wire.url("/feed")) for _ in range(10)))
    assert all(isinstance(result, Body) for result in results)
    assert wire.most_open == 2


async def test_a_slow_host_holds_up_no_other(wire: Wire) -> None:
    """Requests that wait for their host don't take the places of others."""
    wire.answers["/slow"] = slowly(b"", b"", 60)
    wire.answers["/feed"] = reply(200, FEED)
    limits = Limits(deadline=timedelta(seconds=0.5), at_once=2, at_once_per_host=1)
    async with Fetcher(allow_private=True, limits=limits) as fetch:
        slow = [asyncio.create_task(fetch(wire.url("/slow"))) for _ in range(3)]
        await asyncio.sleep(0.05)
        quick = await asyncio.wait_for(fetch(wire.url("/feed", "localhost")), 0.3)
        assert isinstance(quick, Body)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


# --- statuses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (204, FetchFault.EMPTY),
        (206, FetchFault.STATUS),
        (401, FetchFault.STATUS),
        (404, FetchFault.STATUS),
        (410, FetchFault.GONE),
        (429, FetchFault.THROTTLED),
        (500, FetchFault.STATUS),
        (503, FetchFault.THROTTLED),
    ],
)
async def test_statuses_are_told_apart(
    wire: Wire, fetch: Fetcher, status: int, fault: FetchFault
) -> None:
    """Gone, throttled and plain errors are different faults, each with its status."""
    wire.answers["/feed"] = reply(status)
    failure = failed(await fetch(wire.url("/feed")))
    assert (failure.fault, failure.status) == (fault, status)


async def test_a_304_that_nobody_asked_for_is_broken(wire: Wire, fetch: Fetcher) -> None:
    """Without validators there is nothing that could be unchanged."""
    wire.answers["/feed"] = reply(304)
    assert failed(await fetch(wire.url("/feed"))).fault is FetchFault.BROKEN


SERVER_TIME = "Date: Thu, 30 May 2024 18:00:00 GMT"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Retry-After: 35", timedelta(seconds=35)),
        ("Retry-After: 0", timedelta()),
        ("Retry-After: Thu, 30 May 2024 18:02:00 GMT", timedelta(minutes=2)),
        ("Retry-After: Thu, 30 May 2024 17:00:00 GMT", None),
        ("Retry-After: 1000000000", timedelta(days=1)),
        ("Retry-After: " + "9" * 400, timedelta(days=1)),
        ("Retry-After: -5", None),
        ("Retry-After: soon", None),
        ("Retry-After: ٣", None),
        ("X: y", None),
    ],
)
async def test_retry_after_is_believed_within_reason(
    wire: Wire, fetch: Fetcher, header: str, wait: timedelta | None
) -> None:
    """Seconds or a date by the server's own clock, a day at most; nonsense is no answer."""
    wire.answers["/feed"] = "".join(
        [f"HTTP/1.1 503 Busy\r\n{SERVER_TIME}\r\n{header}\r\nContent-Length: 0\r\n\r\n"]
    ).encode()
    assert failed(await fetch(wire.url("/feed"))).retry_after == wait


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        (["Cache-Control: max-age=900"], timedelta(minutes=15)),
        (["Cache-Control: public", 'Cache-Control: MAX-AGE="60"'], timedelta(minutes=1)),
        (["Cache-Control: max-age=900", "Age: 600"], timedelta(minutes=5)),
        (["Cache-Control: max-age=60", "Age: 600"], timedelta()),
        (["Cache-Control: s-maxage=900"], None),
        (["Cache-Control: no-cache, max-age=900"], None),
        (["Cache-Control: max-age=99999999999999999999"], timedelta(days=1)),
        (["Expires: Thu, 30 May 2024 18:10:00 GMT", SERVER_TIME], timedelta(minutes=10)),
        (["Expires: Thu, 30 May 1999 18:10:00 GMT", SERVER_TIME], None),
        (["Expires: Thu, 30 May 2024 18:10:00 GMT"], None),
        (["Expires: 0", SERVER_TIME], None),
        ([], None),
    ],
)
async def test_freshness_is_read_as_caches_read_it(
    wire: Wire, fetch: Fetcher, headers: list[str], fresh: timedelta | None
) -> None:
    """max-age less Age, else Expires by the server's clock, a day at most."""
    wire.answers["/feed"] = reply(200, FEED, *headers)
    assert read(await fetch(wire.url("/feed"))).max_age == fresh


# --- redirects ------------------------------------------------------------------------------


def to(status: int, location: str) -> bytes:
    """A redirect."""
    return reply(status, b"", f"Location: {location}")


async def test_only_permanent_redirects_move_a_feed(wire: Wire, fetch: Fetcher) -> None:
    """301 and 308 all the way name a new address; one 302 or 307 among them doesn't."""
    wire.answers |= {
        "/old": to(301, "older"),
        "/older": to(308, "/feed"),
        "/mixed": to(301, "/for-now"),
        "/for-now": to(307, "/feed"),
        "/feed": reply(200, FEED, 'ETag: "1"'),
    }
    moved = read(await fetch(wire.url("/old"), ODD_PAIR))
    assert moved.moved_to == moved.url == wire.url("/feed")
    assert wire.asked("if-none-match")[-1] == ODD_PAIR.etag
    mixed = read(await fetch(wire.url("/mixed")))
    assert mixed.moved_to is None
    assert mixed.url == wire.url("/feed")


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("/circle", FetchFault.REDIRECTS),
        ("/long/1", FetchFault.REDIRECTS),
        ("", FetchFault.REDIRECTS),
        ("http://[::1/", FetchFault.REDIRECTS),
        ("file:///etc/passwd", FetchFault.REDIRECTS),
        ("http://user:secret@127.0.0.1/", FetchFault.REDIRECTS),
        ("http://127.0.0.9:{port}/secret", FetchFault.FORBIDDEN_ADDRESS),
        ("http://localhost:{port}/secret", FetchFault.FORBIDDEN_ADDRESS),
        ("http://169.254.169.254/latest/meta-data", FetchFault.FORBIDDEN_ADDRESS),
    ],
)
async def test_bad_redirects_are_refused(
    wire: Wire, fetch: Fetcher, location: str, fault: FetchFault
) -> None:
    """Circles, long ways, other schemes and other private hosts end in a failure, unread."""
    wire.answers["/feed"] = to(302, location.format(port=wire.port))
    wire.answers["/circle"] = to(302, "/feed")
    wire.answers |= {f"/long/{n}": to(302, f"/long/{n + 1}") for n in range(1, 9)}
    failure = failed(await fetch(wire.url("/feed")))
    assert failure.fault is fault
    assert "secret" not in failure.detail
    assert "/secret" not in {request.path for request in wire.requests}
    assert len(wire.requests) <= 6


# --- private networks -----------------------------------------------------------------------


async def test_private_addresses_are_never_dialled(wire: Wire) -> None:
    """Without the switch neither a number nor a name reaches loopback."""
    names = Names(["127.0.0.1"], ["8.8.8.8", "127.0.0.1"])
    async with Fetcher(resolver=names) as fetch:
        for url in (
            wire.url("/feed"),
            f"http://rebind.example:{wire.port}/feed",
            f"http://mixed.example:{wire.port}/feed",
        ):
            assert failed(await fetch(url)).fault is FetchFault.FORBIDDEN_ADDRESS
    assert wire.connections == 0


async def test_the_checked_address_is_the_one_dialled(wire: Wire) -> None:
    """A name is asked once; that its next answer would be another one changes nothing."""
    wire.answers["/feed"] = reply(200, FEED)
    names = Names(["127.0.0.1"], ["127.0.0.66"])
    async with Fetcher(allow_private=True, resolver=names) as fetch:
        body = read(await fetch(f"http://intranet.example:{wire.port}/feed"))
    assert body.content == FEED
    assert len(names.answers) == 1


async def test_proxies_of_the_environment_open_no_way_round(
    wire: Wire, fetch: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard would not see what a proxy resolves, so none is used."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.99:1")
    wire.answers["/feed"] = reply(200, FEED)
    assert isinstance(await fetch(wire.url("/feed")), Body)


# --- trouble on the way ---------------------------------------------------------------------


async def test_trouble_comes_as_a_value_without_secrets(
    wire: Wire, fetch: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    """Resets, refusals, nonsense and bad addresses are failures; none tells the query string."""
    caplog.set_level(logging.DEBUG)
    wire.answers |= {
        "/reset": cut(b""),
        "/nonsense": b"NOT-HTTP 999\r\n\r\n",
        "/header": reply(200, FEED, "X-Big: " + "y" * 200_000),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{free.getsockname()[1]}/feed"
    expected = {
        wire.url("/reset"): FetchFault.UNREACHABLE,
        wire.url("/nonsense"): FetchFault.BROKEN,
        wire.url("/header"): FetchFault.BROKEN,
        refused: FetchFault.UNREACHABLE,
        "ftp://127.0.0.1/": FetchFault.BAD_URL,
    }
    for url, fault in expected.items():
        failure = failed(await fetch(f"{url}?token=secret"))
        assert (failure.fault, bool(failure.detail)) == (fault, True)
        assert "secret" not in failure.detail
    assert "secret" not in caplog.text


async def test_a_connection_that_is_not_secure_is_refused() -> None:
    """A certificate that nobody vouches for, and a server without TLS, are told as such."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(Path(__file__).with_name("self-signed.pem"))

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(400))
        writer.close()

    async with Fetcher(allow_private=True) as fetch:
        for context in (tls, None):
            server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
            port = server.sockets[0].getsockname()[1]
            failure = failed(await fetch(f"https://127.0.0.1:{port}/feed"))
            assert failure.fault is FetchFault.TLS
            server.close()


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    """DNS trouble is told as such."""

    class Nobody(Names):
        async def resolve(self, *_: object, **__: object) -> list[aiohttp.abc.ResolveResult]:
            raise OSError(None, "no such name")

    async with Fetcher(resolver=Nobody()) as fetch:
        failure = failed(await fetch("https://nowhere.example/feed"))
    assert failure == Failure(FetchFault.UNREACHABLE, "the name can't be resolved")


async def test_a_fetcher_opens_again_and_closes_its_resolver() -> None:
    """Closing ends everything that opening began."""
    names = Names()
    fetch = Fetcher(resolver=names, tls=ssl.create_default_context())
    await fetch.open()
    await fetch.close()
    assert names.closed
    await fetch.close()
