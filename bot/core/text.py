"""Text in the one form in which the rest of the house compares them.

Everything here is a total function: any string goes in, nothing is raised, and the time taken
grows with the length of the input and no faster.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from datetime import UTC, datetime

from bot.core.address import canonical_url, registrable_domain, tidy_url

__all__ = [
    "canonical_url",
    "clean_html",
    "entry_keys",
    "normalise_title",
    "registrable_domain",
    "shorten",
    "tidy_url",
    "utf16_length",
]

# --- plain text -----------------------------------------------------------------------------

LONGEST = 100_000  # characters of one text that are looked at; a news entry has a few thousand
ROUNDS = 6  # of undoing escapes: feeds in the wild escape twice, rarely three times

# Controls, soft hyphens, bidi marks, zero-width spaces, lone surrogates. The joiners U+200C and
# U+200D stay: Persian and emoji need them. White space is folded elsewhere.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)

# One pass over comments, elements whose content is no text, and tags. Quantifiers are possessive
# and a tag stops at the next "<", so that no input makes the search start over again and again.
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)
      | <!\[CDATA\[ | \]\]>
      | <(?P<raw>script|style)\b[^<>]*+(?<!/)>.*?(?:</(?P=raw)\s*+>|\Z)
      | </?(?P<name>[a-z][^\s<>/]*+)[^<>"']*+(?:(?:"[^"]*+"|'[^']*+')[^<>"']*+)*+>
      | <[a-z/!?][^<>]*+>
      | </?[a-z][a-z0-9]*+(?:\s[^<>=]*+=[^<>]*+)?\Z  # a tag cut off by the end of the text
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_INLINE = re.compile(
    "a|abbr|acronym|bd[io]|b|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|"
    "strike|strong|su[bp]|tt|u|var|wbr",
    re.IGNORECASE,
)


def _drop_tag(match: re.Match[str]) -> str:
    return "" if _INLINE.fullmatch(match["name"] or "") else " "


def clean_html(raw: str) -> str:
    """Plain text of a piece of HTML, or of text that was escaped once, twice or thrice.

    Tags and the content of scripts and styles are out, entities undone, invisible characters
    out, white space folded, Unicode composed (NFC). Only the first ``LONGEST`` characters are
    looked at. Cleaning a clean text changes nothing.
    """
    text = unicodedata.normalize("NFC", raw[:LONGEST])[:LONGEST]
    for _ in range(ROUNDS):
        before = text
        if "<" in text or "]]>" in text:
            text = _MARKUP.sub(_drop_tag, text)
        if "&" in text:
            text = html.unescape(text)
        text = _fold(text)
        if text == before or not ("<" in text or "&" in text or "]]>" in text):
            return text
    # Escaped more deeply than anybody does by accident: what could still be markup goes.
    return _fold(re.sub(r"[<>&\]]", " ", text))


def _fold(text: str) -> str:
    visible = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(visible.split())


def shorten(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, cut between words and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit // 2 else head).rstrip(" ,;:–—-") + "…"


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts (Bot API, "Formatting options")."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# --- titles ---------------------------------------------------------------------------------

_APOSTROPHES = re.compile("['`´ʹʻʼʽˈ‘’‚‛′]")
_NOT_WORDS = re.compile(r"[\W_]+")
_LAST_PART = re.compile(r"\s(?:[-–—―|•·»/]|::)\s")
_DOMAIN = re.compile(r"\w\.(?:com|org|net|info|news|gov|media|tv|[a-z]{2})\b", re.IGNORECASE)
# A last part is taken for an outlet's name when it holds one of these words, or a domain.
_OUTLETS = """
reuters ap afp bbc cnn dpa abc cbs nbc pbs npr msnbc fox politico axios guardian telegraph
independent economist bloomberg times post journal herald tribune gazette news today daily weekly
magazine tv radio online press euronews newsweek forbes sky yahoo msn euractiv jazeera dw spiegel
zeit faz welt bild tagesschau zdf ard ntv zeitung rundschau nachrichten figaro monde parisien
libération rfi bfm bfmtv franceinfo tf1 echos onet tvn tvn24 tvp rmf24 interia wyborcza
rzeczpospolita pap ukrinform interfax unian pravda suspilne rbc hromadske укрінформ інтерфакс
уніан правда суспільне рбк тсн радіо новини громадське тасс риа коммерсантъ ведомости медуза
новости интерфакс радио газета
"""
_OUTLET_WORDS = frozenset(_OUTLETS.split())


def normalise_title(title: str) -> str:
    """A headline reduced to its words: the form in which two copies of it are equal.

    Compatibility forms and case are folded (NFKC, casefold), apostrophes dropped, other
    punctuation turned into single spaces. A last part such as "- Reuters" or "| BBC News" is
    left out when it names an outlet and at least three words stand before it; other last parts
    stay, because "– Macron" and "– Scholz" tell two different stories apart.
    """
    text = unicodedata.normalize("NFKC", title[:LONGEST])
    for _ in range(2):  # "… | World News | The Guardian"
        *before, last = _LAST_PART.split(text)
        if not _names_outlet(last) or len(" ".join(before).split()) < 3:
            break
        text = text[: len(text) - len(last)].rstrip()[:-1]
    text = unicodedata.normalize("NFKC", text.casefold())
    return _NOT_WORDS.sub(" ", _APOSTROPHES.sub("", text)).strip()


def _names_outlet(part: str) -> bool:
    words = _NOT_WORDS.sub(" ", part.casefold()).split()
    return len(words) <= 5 and (
        not _OUTLET_WORDS.isdisjoint(words) or _DOMAIN.search(part) is not None
    )


# --- identity -------------------------------------------------------------------------------

_ANCHOR = re.compile(r"(?=[^#]*\d)[\w-]{1,64}", re.ASCII)
_HOME_PAGE = re.compile("https://[^/]+/")  # where feeds without pages of their own point
ENOUGH_WORDS = 5  # from here on a headline is its own: "Statement by the spokesperson" is not


def entry_keys(
    guid: str | None, url: str | None, title: str | None, published: datetime | None
) -> tuple[str, ...]:
    """The identities of an entry inside its feed, strongest first: guid, link, title and day.

    Each is ``kind:`` and 128 bits of BLAKE2b in hex. An entry is known when any of them is. The
    title counts only where it can't hurt: dated and of ``ENOUGH_WORDS``, or with nothing else to
    go by. Empty when there is nothing to tell the entry by.
    """
    keys = []
    if guid := " ".join((guid or "").split()):
        keys.append(_hash_key("guid", _identity(guid)))
    if (url := (url or "").strip()) and not _HOME_PAGE.fullmatch(link := _identity(url)):
        keys.append(_hash_key("link", link))
    words = normalise_title(title or "")
    if words and (not keys or (published and len(words.split()) >= ENOUGH_WORDS)):
        day = published.astimezone(UTC).date().isoformat() if published else ""
        keys.append(_hash_key("title", f"{day} {words}"))
    return tuple(keys)


def _identity(address: str) -> str:
    """The canonical address, with an anchor that numbers a part: entries of one live page."""
    anchor = address.partition("#")[2]
    canonical = canonical_url(address)
    return f"{canonical}#{anchor}" if _ANCHOR.fullmatch(anchor) else canonical


def _hash_key(kind: str, value: str) -> str:
    data = value.encode("utf-8", "surrogatepass")
    return f"{kind}:{hashlib.blake2b(data, digest_size=16).hexdigest()}"
