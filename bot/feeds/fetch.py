"""Asks a feed for its document: politely, within limits, and without ever raising.

Conditional requests follow RFC 9110 (section 13), freshness RFC 9111. Whatever the network or a
server does comes back as a value of ``bot.core.ports``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from bot.core.errors import UserError
from bot.core.model import Validators
from bot.core.ports import Body, Failure, FetchFault, FetchResult, Unchanged
from bot.feeds.cut import looks_whole
from bot.feeds.guard import GuardedResolver, PrivateAddressError, check_url
from bot.feeds.headers import conditions, read_max_age, read_retry_after, renew

USER_AGENT = "Greenlight/0.1 (+feed reader)"
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
MAX_HOPS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_KEPT_HEADERS = ("content-type", "date")  # what the parser asks for


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may take. ``deadline`` covers everything but waiting for a free slot."""

    deadline: timedelta = timedelta(seconds=30)
    connect: timedelta = timedelta(seconds=10)
    body: int = 15 * 1024 * 1024  # bytes, unpacked
    at_once: int = 64
    at_once_per_host: int = 2


@dataclass(slots=True)
class _Gate:
    semaphore: asyncio.Semaphore
    users: int = 0


@dataclass(slots=True)
class _Request:
    """A request on its way along redirects."""

    url: str
    validators: Validators
    permanent: bool = True  # every hop so far was a permanent one
    hops: list[str] = field(default_factory=list)


class Fetcher:
    """``ports.Fetch`` over aiohttp: one session and one TLS context for life.

    Use it as an async context manager. Without ``allow_private`` no connection is made to an
    address that isn't public; with it, a private feed is served from its own host, but a
    redirect still leads to no other private one. ``resolver`` answers names (the system's own
    by default); it is closed with the fetcher.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        limits: Limits | None = None,
        user_agent: str = USER_AGENT,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._limits = limits or Limits()
        self._headers = {"User-Agent": user_agent, "Accept": ACCEPT}
        self._tls = tls or ssl.create_default_context()
        self._resolver = resolver
        self._everywhere = asyncio.Semaphore(self._limits.at_once)
        self._hosts: dict[str, _Gate] = {}
        self._names: AbstractResolver | None = None
        self._public: aiohttp.ClientSession | None = None
        self._private: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Fetcher:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Makes the session. Needs a running event loop."""
        resolver = self._names = self._resolver or aiohttp.DefaultResolver()
        self._public = self._make_session(GuardedResolver(resolver))
        if self._allow_private:
            self._private = self._make_session(resolver)

    async def close(self) -> None:
        """Closes all connections. A closed fetcher may be opened again."""
        for session in (self._private, self._public):
            if session is not None:
                await session.close()
        if self._names is not None:
            await self._names.close()
        self._private = self._public = self._names = None

    def _make_session(self, resolver: AbstractResolver) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls, limit=0, resolver=resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._limits.connect.total_seconds()
            ),
            trust_env=False,
        )

    async def __call__(self, url: str, validators: Validators = Validators()) -> FetchResult:  # noqa: B008 (frozen)
        """Asks for ``url`` once, conditionally if there are validators. Never raises."""
        try:
            url = check_url(url, self._allow_private)
        except UserError as error:
            return _refuse(error, FetchFault.BAD_URL)
        async with self._slot(urlsplit(url).hostname or ""):
            try:
                async with asyncio.timeout(self._limits.deadline.total_seconds()):
                    return await self._follow(_Request(url, validators))
            except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
                return _describe(error)

    @asynccontextmanager
    async def _slot(self, host: str) -> AsyncIterator[None]:
        """Waits for a free place, first of the host and then of the whole fetcher."""
        gate = self._hosts.get(host)
        if gate is None:
            gate = _Gate(asyncio.Semaphore(self._limits.at_once_per_host))
            self._hosts[host] = gate
        gate.users += 1
        try:
            async with gate.semaphore, self._everywhere:
                yield
        finally:
            gate.users -= 1
            if not gate.users:
                del self._hosts[host]

    async def _follow(self, request: _Request) -> FetchResult:
        """Walks along redirects by hand, so that each hop passes the guard."""
        first_host = urlsplit(request.url).hostname
        headers = conditions(request.validators)
        while True:
            own_host = urlsplit(request.url).hostname == first_host
            session = self._private if self._private and own_host else self._public
            assert session is not None, "the fetcher has not been opened"
            async with session.get(request.url, headers=headers, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._read(request, response)
                failure = self._turn(request, response, first_host)
            if failure:
                return failure

    def _turn(
        self, request: _Request, response: aiohttp.ClientResponse, first_host: str | None
    ) -> Failure | None:
        """Points the request to where the redirect leads, or says why not."""
        location = response.headers.get("Location", "").strip()
        request.hops.append(request.url)
        if not location:
            return Failure(FetchFault.REDIRECTS, "redirect without an address", response.status)
        if len(request.hops) > MAX_HOPS:
            return Failure(FetchFault.REDIRECTS, f"more than {MAX_HOPS} redirects")
        try:
            target = urljoin(request.url, location)
            own_host = urlsplit(target).hostname == first_host
            target = check_url(target, self._allow_private and own_host)
        except ValueError:
            return Failure(FetchFault.REDIRECTS, "redirect to a broken address", response.status)
        except UserError as error:
            return _refuse(error, FetchFault.REDIRECTS)
        if target in request.hops:
            return Failure(FetchFault.REDIRECTS, "redirects in a circle", response.status)
        if request.url.startswith("https:") and target.startswith("http:"):
            return Failure(FetchFault.REDIRECTS, "redirect from https to http", response.status)
        request.permanent = request.permanent and response.status in _PERMANENT
        request.url = target
        return None

    async def _read(self, request: _Request, response: aiohttp.ClientResponse) -> FetchResult:
        status = response.status
        if status == 304 and request.validators != Validators():
            return Unchanged(
                renew(request.validators, response.headers), read_max_age(response.headers)
            )
        if status == 304:
            return Failure(FetchFault.BROKEN, "304 to an unconditional request", status)
        if status == 410:
            return Failure(FetchFault.GONE, "the feed is gone for good", status)
        if status in (429, 503):
            wait = read_retry_after(response.headers)
            return Failure(FetchFault.THROTTLED, f"HTTP {status}", status, wait)
        if status in (204, 205):
            return Failure(FetchFault.EMPTY, f"HTTP {status}", status)
        if status not in (200, 203):
            return Failure(FetchFault.STATUS, f"HTTP {status}", status)
        return await self._read_body(request, response)

    async def _read_body(
        self, request: _Request, response: aiohttp.ClientResponse
    ) -> Body | Failure:
        limit = self._limits.body
        too_large = Failure(FetchFault.TOO_LARGE, f"more than {limit // 1024} kB", response.status)
        if (response.content_length or 0) > limit:
            return too_large
        size, chunks, digest = 0, [], hashlib.sha256()
        async for chunk in response.content.iter_any():  # unpacked, a bounded piece at a time
            size += len(chunk)
            if size > limit:
                return too_large
            digest.update(chunk)
            chunks.append(chunk)
        content = b"".join(chunks)
        if not content.strip():
            return Failure(FetchFault.EMPTY, "an empty document", response.status)
        moved = bool(request.hops) and request.permanent
        return Body(
            content=content,
            digest=digest.hexdigest(),
            url=request.url,
            headers={
                name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
            },
            # Of a document cut short no validators are kept, or a 304 would hide the rest of it.
            validators=renew(Validators(), response.headers)
            if looks_whole(content)
            else Validators(),
            max_age=read_max_age(response.headers),
            moved_to=request.url if moved else None,
        )


# --- failures -------------------------------------------------------------------------------


def _refuse(error: UserError, otherwise: FetchFault) -> Failure:
    if error.key == "feed.private_address":
        return Failure(FetchFault.FORBIDDEN_ADDRESS, "a private address")
    return Failure(otherwise, f"not an address to fetch from ({error.params.get('why')})")


def _describe(error: aiohttp.ClientError | OSError) -> Failure:
    """The failure behind an exception, in words of our own: theirs may hold whole addresses."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match error:
        case TimeoutError():
            return Failure(FetchFault.TIMEOUT, "no complete answer in time")
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "")
            return Failure(FetchFault.TLS, reason or "a bad certificate")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return Failure(FetchFault.TLS, "no secure connection")
        case _ if isinstance(cause, PrivateAddressError):
            return Failure(FetchFault.FORBIDDEN_ADDRESS, "the name leads to a private address")
        case aiohttp.ClientConnectorDNSError():
            return Failure(FetchFault.UNREACHABLE, "the name can't be resolved")
        case aiohttp.InvalidURL():
            return Failure(FetchFault.BAD_URL, "not an address to fetch from")
        case aiohttp.ClientPayloadError():
            return Failure(FetchFault.BROKEN, "the document was cut short or packed wrongly")
        case aiohttp.ClientResponseError():
            return Failure(FetchFault.BROKEN, "an answer against the rules of HTTP")
    number = cause.errno if isinstance(cause, OSError) else None
    return Failure(FetchFault.UNREACHABLE, os.strerror(number) if number else "connection lost")
