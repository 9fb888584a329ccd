"""The commands and buttons for the bot's owners: the feeds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from bot.chat import feedscreens
from bot.chat.call import Answer, Call
from bot.core.errors import UserError
from bot.core.model import Feed, FeedState
from bot.core.ports import Message
from bot.services.manage import Choices

Change = Callable[[str | int, datetime, str], Feed]


async def feeds(call: Call) -> Message:
    """``/feeds [PAGE]``"""
    page = call.words[0] if call.words else "1"
    return feedscreens.listing(call, await _all(call), int(page) if _is_number(page) else 1)


async def add(call: Call) -> Message:
    """``/addfeed URL``: asked now, and added if it answers; a page's own feeds are offered."""
    return await _add(call, _wanted(call, "addfeed"))


async def test(call: Call) -> Message:
    """``/testfeed URL``: what it would have alerted of; a known feed's number will do."""
    return await _test(call, _wanted(call, "testfeed"))


async def remove(call: Call) -> Message:
    """``/removefeed [NUMBER or URL]``"""
    return await _change(call, "remove", call.desk.manage.remove, tuple(FeedState))


async def pause(call: Call) -> Message:
    """``/pausefeed [NUMBER or URL]``"""
    return await _change(call, "pause", call.desk.manage.pause, {FeedState.ACTIVE})


async def resume(call: Call) -> Message:
    """``/resumefeed [NUMBER or URL]``"""
    asleep = {FeedState.PAUSED, FeedState.GONE}
    return await _change(call, "resume", call.desk.manage.resume, asleep)


# --- buttons --------------------------------------------------------------------------------


async def press_feeds(call: Call) -> Answer:
    return Answer(screen=await feeds(call))


async def press_feed(call: Call) -> Answer:
    return Answer(screen=feedscreens.one(call, await _feed(call)))


async def press_pause(call: Call) -> Answer:
    return await _press_change(call, call.desk.manage.pause, FeedState.PAUSED)


async def press_resume(call: Call) -> Answer:
    return await _press_change(call, call.desk.manage.resume, FeedState.ACTIVE)


async def press_remove(call: Call) -> Answer:
    return Answer(screen=feedscreens.remove_sure(call, await _feed(call)))


async def press_remove_sure(call: Call) -> Answer:
    feed = await call.run(
        call.desk.manage.remove, (await _feed(call)).id, call.desk.clock(), call.by
    )
    return Answer(screen=feedscreens.changed(call, "feed.removed", feed))


async def press_test(call: Call) -> Answer:
    feed = await _feed(call)
    return Answer(reply=await _test(call, feed.url))


async def press_add(call: Call) -> Answer:
    """One of the feeds that a page offers: its address is the link of that number above."""
    number = call.words[0] if call.words else ""
    links = call.about.links
    if not _is_number(number) or not 0 < int(number) <= len(links):
        raise UserError("button.stale")
    return Answer(reply=await _add(call, links[int(number) - 1]))


# --- doing ----------------------------------------------------------------------------------


async def _add(call: Call, url: str) -> Message:
    await call.typing()
    try:
        feed = await call.desk.manage.add(url, call.desk.clock(), call.by, choose=True)
    except Choices as choices:
        return feedscreens.choices(call, [found.url for found in choices.found])
    return feedscreens.changed(call, "feed.added", feed)


async def _test(call: Call, which: str) -> Message:
    await call.typing()
    if _is_number(which):
        which = (await _find(call, int(which))).url
    return feedscreens.trial(call, await call.desk.manage.trial(which, call.desk.clock()))


async def _change(call: Call, verb: str, change: Change, states: Collection[FeedState]) -> Message:
    """Do it to the feed that the command names; without a name, offer those it can be done to."""
    if not call.words:
        able = [feed for feed in await _all(call) if feed.state in states]
        return feedscreens.choose(call, verb, able)
    feed = await call.run(change, call.words[0], call.desk.clock(), call.by)
    return feedscreens.changed(call, f"feed.{verb}d", feed)


async def _press_change(call: Call, change: Change, state: FeedState) -> Answer:
    feed = await _feed(call)
    if feed.state is state:
        return Answer(toast=call.texts.say("toast.already"))
    feed = await call.run(change, feed.id, call.desk.clock(), call.by)
    return Answer(call.texts.say("toast.saved"), feedscreens.one(call, feed))


def _wanted(call: Call, command: str) -> str:
    if not call.words:
        raise UserError("feed.url.wanted", command=command)
    return call.words[0]


async def _all(call: Call) -> list[Feed]:
    return await call.run(call.desk.manage.feeds)


async def _feed(call: Call) -> Feed:
    """The feed that a button's data names; a removed one makes the button stale."""
    number = call.words[0] if call.words else ""
    if not _is_number(number):
        raise UserError("button.stale")
    return await _find(call, int(number))


async def _find(call: Call, number: int) -> Feed:
    for feed in await _all(call):
        if feed.id == number:
            return feed
    raise UserError("feed.unknown", feed=str(number))


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 10
