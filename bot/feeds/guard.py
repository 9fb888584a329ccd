"""No feed leads into a private network.

An address is checked twice: as text before it is accepted (``check_url``), and again when its
name has been resolved (``GuardedResolver``). The connection is then made to the very addresses
that were checked, so a name that changes its mind in between gains nothing (DNS rebinding).
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.core.errors import UserError

LONGEST_URL = 2_048

_CARRIERS = (  # IPv6 ranges that carry an IPv4 address in their last 32 bits
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0/96"),
    IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052)
    IPv6Network("64:ff9b:1::/48"),
)
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4, Teredo
_LOCAL_NAMES = re.compile(r"(?:.+\.)?(?:localhost|localdomain|local|internal|intranet|lan|home)")
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*", re.IGNORECASE)
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_FORBIDDEN_CHARACTERS = re.compile('[\x00-\x20\x7f-\xa0\\\\<>"\u2000-\u200f\u2028-\u202f]')


class PrivateAddressError(OSError):
    """A name led to an address that is not public, and private ones aren't allowed."""


def is_public(address: str) -> bool:
    """Whether anybody on the internet may be behind this IP address (RFC 6890 and heirs)."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    carried = _carried_address(ip)
    if carried is not None:
        return is_public(str(carried))
    if isinstance(ip, IPv6Address) and (ip.is_site_local or any(ip in net for net in _TUNNELS)):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _carried_address(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(ip, IPv6Address) and any(ip in net for net in _CARRIERS):
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return None


def check_url(url: str, allow_private: bool = False) -> str:
    """The address of a feed, checked and in its normal form, without asking the network.

    A missing scheme becomes https, the host is put into its ASCII form. Raises ``UserError``:
    ``feed.bad_url`` (with ``why``: length, characters, scheme, userinfo, host or port) and
    ``feed.private_address`` for names and numbers that can only be private; both carry the
    address as ``url``, shortened and without credentials.
    """
    url = url.strip()
    if len(url) > LONGEST_URL:
        raise _bad_url(url, "length")
    if not url or _FORBIDDEN_CHARACTERS.search(url):
        raise _bad_url(url, "characters")
    if url.lower().startswith("feed:"):
        url = re.sub("^feed:(//)?", "", url, flags=re.IGNORECASE)
    if not _SCHEME.match(url):
        url = "https://" + url.removeprefix("//")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad_url(url, "host") from error
    if parts.scheme not in ("http", "https"):
        raise _bad_url(url, "scheme")
    if "@" in parts.netloc:
        raise _bad_url(url, "userinfo")
    if port is not None and not (port in (80, 443) or 1024 <= port <= 65_535):
        raise _bad_url(url, "port")
    host = _check_host(url, parts, allow_private)
    netloc = host if port is None else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{netloc}{parts.path or '/'}{query}"


def _check_host(url: str, parts: SplitResult, allow_private: bool) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return _check_address(url, host, allow_private)
    try:
        host = host.encode("idna").decode("ascii").lower() if not host.isascii() else host
    except UnicodeError as error:
        raise _bad_url(url, "host") from error
    if not _HOST_NAME.fullmatch(host) or len(host) > 253:
        raise _bad_url(url, "host")
    if _NUMERIC_HOST.fullmatch(host):
        try:  # 2130706433, 0177.1 and 0x7f.1 are ways to write 127.0.0.1 (inet_aton)
            host = socket.inet_ntoa(socket.inet_aton(host))
        except OSError as error:
            raise _bad_url(url, "host") from error
        return _check_address(url, host, allow_private)
    if not allow_private and ("." not in host or _LOCAL_NAMES.fullmatch(host)):
        raise UserError("feed.private_address", url=redact(url))
    return host


def _check_address(url: str, address: str, allow_private: bool) -> str:
    try:
        ip = ip_address(address)
    except ValueError as error:
        raise _bad_url(url, "host") from error
    # Nobody writes a translated address by hand, so even one that carries a public address is
    # refused here; a resolver behind NAT64 may answer with it (see is_public).
    if not allow_private and (not is_public(address) or _carried_address(ip) is not None):
        raise UserError("feed.private_address", url=redact(url))
    return f"[{ip}]" if isinstance(ip, IPv6Address) else str(ip)


def _bad_url(url: str, why: str) -> UserError:
    return UserError("feed.bad_url", url=redact(url), why=why)


def redact(url: str) -> str:
    """An address fit for logs and replies: no credentials, no parameters, 200 characters."""
    bare = re.sub(r"(^|//)[^/?#]*@", r"\1", url[:LONGEST_URL]).partition("?")[0].partition("#")[0]
    clean = _FORBIDDEN_CHARACTERS.sub("", bare)
    return clean if len(clean) <= 200 else clean[:199] + "…"


class GuardedResolver(AbstractResolver):
    """Resolves a name once and refuses it if any of its addresses is not public.

    ``resolver`` does the asking. Raises ``PrivateAddressError``, and OSError as it does itself.
    """

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``, all of them public."""
        found = await self._resolver.resolve(host, port, family)
        private = [result["host"] for result in found if not is_public(result["host"])]
        if private:
            raise PrivateAddressError(f"{host} leads to a private address")
        return found

    async def close(self) -> None:
        """Closes the resolver within."""
        await self._resolver.close()
