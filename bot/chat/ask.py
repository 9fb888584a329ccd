"""The commands and buttons that ask: who permits what, since when, what was told, and why."""

from __future__ import annotations

import logging
import re

from telegram.constants import ChatAction

from bot.chat import askscreens
from bot.chat.askscreens import ALL, DARK, LIGHT
from bot.chat.call import Answer, Call, Photo
from bot.core.errors import ConfigError, UserError
from bot.core.markup import clean
from bot.core.model import Matter
from bot.core.ports import Message
from bot.core.search import Query
from bot.core.standing import list_matters
from bot.core.timeline import narrow, picture_lines
from bot.core.why import render_why
from bot.core.whynot import Trace
from bot.locale.places import find_country
from bot.services.ask import History

log = logging.getLogger(__name__)

_CODE = re.compile(r"[A-Z]{2,8}")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE)
_TRIED = 5  # links of one message


async def status(call: Call) -> Message:
    """``/status [COUNTRY]``"""
    grants = await call.run(call.desk.ask.ledger)
    if not call.words:
        return askscreens.status(call, grants, next(iter(list_matters(grants)), None), 1)
    code = _country(call, call.words, {line.authority for line in grants})
    return await _authority(call, code, None, 1)


async def timeline(call: Call) -> Message | None:
    """``/timeline [COUNTRY] [light|dark]``: the text, then the picture, where one can be drawn.

    Of one country everything; of all of them, to begin with, the first matter that there is.
    """
    themes = [word.lower() for word in call.words if word.lower() in (LIGHT, DARK)]
    words = tuple(word for word in call.words if word.lower() not in (LIGHT, DARK))
    code = _country(call, words) if words else ""
    history = await call.run(call.desk.ask.history)
    matter = None if code else _first_matter(history)
    screen = askscreens.timeline(call, code, matter, history, None)
    if call.desk.gallery is None or not narrow(history.decisions, code):
        return screen
    await call.send(screen)
    picture = await _picture(call, code, matter, history, dark=DARK in themes)
    await call.send(picture)
    return None


async def search(call: Call) -> Message:
    """``/search WORDS``"""
    words = clean(" ".join(call.words), 100)
    if not Query.of(words):
        raise UserError("search.wanted")
    return await _search(call, words, 1)


async def why(call: Call) -> Message:
    """``/why LINK``, or ``/why`` as a reply to an alert or to a message with a link."""
    given = _ADDRESS.findall(" ".join(call.words))
    if given:
        return await _trace(call, [_whole(url) for url in given])
    for data in call.about.buttons:
        verb, _, number = data.partition(":")
        if verb == "why" and _is_number(number):
            return await _trace_alert(call, int(number))
    if call.about.links:
        return await _trace(call, list(call.about.links))
    raise UserError("trace.wanted")


# --- buttons --------------------------------------------------------------------------------


async def press_status(call: Call) -> Answer:
    """``status[:CODE[:MATTER[:PAGE]]]``; "-" stands for all."""
    if not call.words:
        return Answer(screen=await status(call))
    code, matter, page = _scope(call), _matter(call), _page(call, 2)
    if code:
        return Answer(screen=await _authority(call, code, matter, page))
    grants = await call.run(call.desk.ask.ledger)
    return Answer(screen=askscreens.status(call, grants, matter, page))


async def press_timeline(call: Call) -> Answer:
    """``timeline[:CODE[:MATTER[:PAGE]]]``; "-" stands for all."""
    code, matter = _scope(call), _matter(call)
    page = _page(call, 2) if len(call.words) > 2 else None
    history = await call.run(call.desk.ask.history)
    if not call.words:
        matter = _first_matter(history)
    return Answer(screen=askscreens.timeline(call, code, matter, history, page))


async def press_picture(call: Call) -> Answer:
    """``picture:CODE:MATTER:THEME``"""
    code, matter = _scope(call), _matter(call)
    if len(call.words) < 3 or call.words[2] not in (LIGHT, DARK) or call.desk.gallery is None:
        raise UserError("button.stale")
    history = await call.run(call.desk.ask.history)
    picture = await _picture(call, code, matter, history, dark=call.words[2] == DARK)
    return Answer(photo=picture) if isinstance(picture, Photo) else Answer(reply=picture)


async def press_find(call: Call) -> Answer:
    """``find:PAGE``: the words stand in the message."""
    return Answer(screen=await _search(call, _searched(call), _page(call, 0)))


async def press_found(call: Call) -> Answer:
    """``found:ALERT:PAGE``"""
    words = _searched(call)
    number = call.words[0] if call.words else ""
    found = await call.run(call.desk.ask.alert, int(number)) if _is_number(number) else None
    if found is None:
        raise UserError("button.stale")
    return Answer(screen=askscreens.found_alert(call, words, found, _page(call, 1)))


# --- the way to the service -----------------------------------------------------------------


async def _authority(call: Call, code: str, matter: Matter | None, page: int) -> Message:
    grants = await call.run(call.desk.ask.authority, code)
    return askscreens.authority(call, code, grants, matter, page)


async def _search(call: Call, words: str, page: int) -> Message:
    return askscreens.found(call, words, await call.run(call.desk.ask.search, words, page))


def _first_matter(history: History) -> Matter | None:
    return next(iter(list_matters(one.line for one in history.decisions)), None)


async def _picture(
    call: Call, code: str, matter: Matter | None, history: History, *, dark: bool
) -> Photo | Message:
    """The picture, or what to say where there is none."""
    assert call.desk.gallery
    lines = picture_lines(narrow(history.decisions, code, matter), code)
    if not lines:
        return Message(call.say("picture.empty"))
    await call.typing(ChatAction.UPLOAD_PHOTO)
    try:
        png = await call.desk.gallery.timeline(lines, call.texts, call.desk.clock(), dark=dark)
    except ConfigError as error:
        log.error("no timeline picture: %s", error)
        return Message(call.say("timeline.no_picture_now"))
    return Photo(png, askscreens.caption(call, code, matter))


async def _trace(call: Call, urls: list[str]) -> Message:
    found = await _find(call, urls[:_TRIED])
    return askscreens.trace(call, found) if found else askscreens.unseen(call, urls[0])


async def _trace_alert(call: Call, number: int) -> Message:
    """The entry of an alert; where it was forgotten meanwhile, what the alert itself keeps."""
    alert = await call.run(call.desk.ask.alert, number)
    if alert is None:
        raise UserError("trace.wanted")
    found = await _find(call, [alert.entry.url]) if alert.entry.url else None
    if found:
        return askscreens.trace(call, found)
    return askscreens.with_menu(call, render_why(alert, call.texts))


async def _find(call: Call, urls: list[str]) -> Trace | None:
    reader = call.subscriber.id if call.subscriber else None
    return await call.run(call.desk.ask.trace, urls, call.desk.clock(), reader)


# --- reading what was said ------------------------------------------------------------------


def _country(call: Call, words: tuple[str, ...], known: set[str] | None = None) -> str:
    said = " ".join(words)
    code = find_country(said, known or ())
    if code is None:
        raise UserError("country.unknown", name=clean(said, 80))
    return code


def _scope(call: Call) -> str:
    """The country of a button's data; empty for all."""
    word = call.words[0] if call.words else ALL
    if word != ALL and not _CODE.fullmatch(word):
        raise UserError("button.stale")
    return "" if word == ALL else word


def _matter(call: Call) -> Matter | None:
    """The matter of a button's data; None for all."""
    word = call.words[1] if len(call.words) > 1 else ALL
    if word == ALL:
        return None
    try:
        return Matter(word)
    except ValueError:
        raise UserError("button.stale") from None


def _page(call: Call, place: int) -> int:
    word = call.words[place] if len(call.words) > place else "1"
    if not _is_number(word):
        raise UserError("button.stale")
    return int(word)


def _searched(call: Call) -> str:
    """The words that the pressed message was a search for."""
    if not call.about.codes:
        raise UserError("button.stale")
    return call.about.codes[-1]


def _whole(url: str) -> str:
    return url if "://" in url else f"https://{url}"


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 19
