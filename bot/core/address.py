"""Addresses of pages in the one form in which the rest of the house compares them.

Everything here is a total function: any string goes in and nothing is raised.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, urlsplit

LONGEST_URL = 8_192  # a longer address is left as it is

_TRACKING = """
fbclid gclid dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id mc_cid
mc_eid mkt_tok _ga _gl _hsenc _hsmi __twitter_impression oc cmp cmpid icid intcmp ito ncid taid
smid smtyp sref srnd sh ref ref_src ref_url referrer xtor xtref wtrid wt_mc wt_zmc maca ocid cvid
emc partner guccounter guce_referrer guce_referrer_sig soc_src soc_trk spm traffic_source
leadsource feedtype feedname rss outputtype amp echobox
"""
_TRACKING_KEYS = frozenset(_TRACKING.split())
_TRACKING_PREFIXES = ("utm_", "at_", "ns_", "pk_", "mtm_", "hsa_", "ga_", "amp_", "piwik_")

# Pages that only lead on to another address: host (with anything before it), path, parameters.
_REDIRECTORS = tuple(
    (re.compile(rf"(?:.+\.)?{host}"), path, keys)
    for host, path, keys in (
        (r"google(?:\.\w{2,3}){1,2}", "/url", ("url", "q")),
        (r"facebook\.com", "/l.php", ("u",)),
        (r"l\.instagram\.com", "", ("u",)),
        (r"youtube\.com", "/redirect", ("q",)),
        (r"bing\.com", "/news/apiclick.aspx", ("url",)),
        (r"vk\.com", "/away.php", ("to",)),
        (r"out\.reddit\.com", "", ("url",)),
        (r"linkedin\.com", "/redir/redirect", ("url",)),
        (r"duckduckgo\.com", "/l", ("uddg",)),
        (r"safelinks\.protection\.outlook\.com", "", ("url",)),
    )
)
_AMP_CACHES = re.compile(r"(?:.+\.)?(?:google(?:\.\w{2,3}){1,2}|cdn\.ampproject\.org)")
_AMP_CACHED = re.compile(r"/(?:amp|[a-z])(?:/s)?/((?:[\w-]+\.)+[a-z]{2,}/.*)")

_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]")
_TWIN_HOSTS = re.compile(r"^(?:(?:www\d?|m|amp|mobile)\.)+(?=[^.]+\.[^.])")
_AMP_PATH = re.compile(r"/amp(?=/|$)|\.amp$|\.amp(?=\.html$)", re.IGNORECASE)
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
# Escapes in lower case, and those of characters that need none (RFC 3986, 2.3).
_ODD_ESCAPE = re.compile(
    "%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f]|2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])"
)


def tidy_url(url: str) -> str:
    """An address that still works, without what only serves to follow the reader.

    Redirectors are unwrapped; tracking parameters, credentials, default ports and fragments are
    out; host and scheme are in lower case, the host in its ASCII form. Scheme, "www." and the
    order of parameters stay as the site wrote them. What is no http(s) address comes back
    without the blanks round it and is otherwise unchanged.
    """
    parts = _split(url)
    if parts is None:
        return url.strip()
    scheme, host, path, query = parts
    return f"{scheme}://{host}{path}" + ("?" + "&".join(query) if query else "")


def canonical_url(url: str) -> str:
    """The one form that all twins of an address share: for comparing, not for visiting.

    Beyond ``tidy_url``: https for http, no "www.", "m." or "amp." in front of the host, no AMP
    part of the path, no closing slash, parameters sorted. Applying it twice changes nothing.
    """
    while parts := _split(url):
        _, host, path, query = parts
        host = _TWIN_HOSTS.sub("", host, count=1)
        shorter, changes = _AMP_PATH.subn("", path)
        query_part = "?" + "&".join(sorted(query)) if query else ""
        url = f"https://{host}{shorter.rstrip('/') or '/'}{query_part}"
        if not changes:
            return url
    return url.strip()


def _split(url: str) -> tuple[str, str, str, list[str]] | None:
    """Scheme, host with port, path and the parameters that matter; None if it is no address."""
    url = url.strip()
    if len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit("https:" + url if url.startswith("//") else url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    host = _ascii_host(f"[{host}]" if ":" in host else host)
    if not _HOST.fullmatch(host):
        return None
    path = _normalise_escapes(parts.path) or "/"
    target = _redirect_target(host, path, parts.query)
    if target and (inner := _split(target)):
        return inner
    if port is not None and port != (443 if parts.scheme == "https" else 80):
        host = f"{host}:{port}"
    query = [_normalise_escapes(pair) for pair in parts.query.split("&") if pair]
    return parts.scheme, host, path, [pair for pair in query if not _tracks(pair)]


def _ascii_host(host: str) -> str:
    host = host.rstrip(".").lower()
    if host.isascii() or len(host) > 253:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _redirect_target(host: str, path: str, query: str) -> str | None:
    if (cached := _AMP_CACHED.fullmatch(path)) and _AMP_CACHES.fullmatch(host):
        return f"https://{cached[1]}" + (f"?{query}" if query else "")
    for pattern, place, keys in _REDIRECTORS:
        if path.rstrip("/") == place and pattern.fullmatch(host):
            params = dict(parse_qsl(query, errors="replace"))
            targets = (params.get(key, "") for key in keys)
            return next((t for t in targets if t.startswith(("http://", "https://"))), None)
    return None


def _tracks(pair: str) -> bool:
    key, _, value = pair.partition("=")
    key = key.lower()
    if key == "ref" and any(char.isdigit() for char in value):
        return False  # some archives number their documents with it
    return key in _TRACKING_KEYS or key.startswith(_TRACKING_PREFIXES)


def _normalise_escapes(text: str) -> str:
    """Percent escapes in one form (RFC 3986, 6.2.2): upper case, none where none is needed."""
    if "%" in text:
        text = _STRAY_PERCENT.sub("%25", text)
    text = quote(text, safe="%/:@!$&'()*+,;=~?[]", errors="replace")
    return _ODD_ESCAPE.sub(_normalise_escape, text) if "%" in text else text


def _normalise_escape(match: re.Match[str]) -> str:
    char = chr(int(match[0][1:], 16))
    plain = char.isascii() and (char.isalnum() or char in "-._~")
    return char if plain else match[0].upper()


# Suffixes under which everybody may register: the second level of country codes, and platforms.
_SECOND_LEVEL = re.compile("ac|com?|edu|gc|go|gob|gouv|gov|gv|in|mil|net?|nhs|nic|org?|police|pp")
_SHARED = """
kiev.ua kyiv.ua kharkov.ua kharkiv.ua lviv.ua odessa.ua dp.ua zp.ua msk.ru spb.ru waw.pl info.pl
me.uk ltd.uk plc.uk sch.uk blogspot.com wordpress.com substack.com medium.com github.io tumblr.com
livejournal.com
"""
_SHARED_DOMAINS = frozenset(_SHARED.split())


def registrable_domain(url: str) -> str:
    """The outlet's own domain: ``bbc.co.uk`` of ``https://news.bbc.co.uk/x``, or of a bare host.

    An IP address is its own domain; what holds no host gives an empty string. The list of
    two-level suffixes is short on purpose (publicsuffix.org has all 9,000).
    """
    url = url.strip()
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    host = _ascii_host(host)
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        return ""
    labels = host.removeprefix("www.").split(".")
    two_level = len(labels) > 2 and (
        ".".join(labels[-2:]) in _SHARED_DOMAINS
        or (_SECOND_LEVEL.fullmatch(labels[-2]) and len(labels[-1]) == 2)
    )
    return ".".join(labels[-3:] if two_level else labels[-2:])
