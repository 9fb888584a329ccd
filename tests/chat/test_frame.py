"""The way of an update to its reply: order, promptness, errors, menus, limits."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.ext import CallbackContext

import bot.chat
from bot.chat import feedscreens, reply, screens, startscreen
from bot.chat.call import Answer, Call, Command, Desk, Press
from bot.chat.commands import COMMANDS, PRESSES
from bot.chat.frame import Frame
from bot.core.errors import StoreError, UserError
from bot.core.model import Feed, Subscriber, Topic
from bot.core.ports import Message
from bot.locale import LANGUAGES, load_translations, texts_for
from bot.services.ask import Watch
from bot.store.db import Database
from tests.chat.conftest import TOPICS
from tests.chat.wire import ANN, OWNER, Sent, Talk, make_talk, message, person
from tests.fakes import until

EN = texts_for("en")


async def press(
    talk: Talk, handler: Callable[[Call], Awaitable[Answer]], desk: Desk | None = None
) -> list[Sent]:
    """Press a button that this handler stands behind."""
    before = len(talk.wire.calls)
    query = {"id": "1", "from": person(ANN), "chat_instance": "1", "data": "extra"}
    data = {"update_id": 1, "callback_query": {**query, "message": message(ANN, 5, text="x")}}
    update = Update.de_json(data, talk.application.bot)
    context: Any = CallbackContext(talk.application)
    await Frame(desk or talk.desk).press({"extra": Press("extra", handler)}, update, context)
    return talk.wire.calls[before:]


async def answered(talk: Talk) -> None:
    """Returns when the pressed button's spinner was stopped."""
    await until(lambda: any(call.method == "answerCallbackQuery" for call in talk.wire.calls))


async def test_a_slow_press_is_answered_before_it_is_done(talk: Talk) -> None:
    """A press that takes long stops its spinner within a second and shows its screen later."""

    async def slow(call: Call) -> Answer:
        await answered(talk)
        return Answer(screen=Message("done"))

    calls = await press(talk, slow, replace(talk.desk, patience=0.01))
    assert calls[0].params["text"] == EN.say("toast.wait")
    assert [c.method for c in calls] == ["answerCallbackQuery", "editMessageText"]


def test_nobody_waits_a_second_for_a_button() -> None:
    """Outside the tests a press may work for half a second before its spinner is stopped."""
    assert Desk.__dataclass_fields__["patience"].default == 0.5


async def test_a_slow_refusal_is_told_as_a_reply(talk: Talk) -> None:
    """When the spinner was stopped before the trouble was known, the trouble comes as a reply."""

    async def slow(call: Call) -> Answer:
        await answered(talk)
        raise UserError("admin.only")

    calls = await press(talk, slow, replace(talk.desk, patience=0.01))
    assert [c.method for c in calls] == ["answerCallbackQuery", "sendMessage"]
    assert calls[1].text == EN.say("admin.only")


async def test_a_press_that_fails_is_answered_once(talk: Talk) -> None:
    """Even when a handler breaks, the button is answered, once; the error goes on its way."""

    async def broken(call: Call) -> Answer:
        raise ZeroDivisionError

    before = len(talk.wire.calls)
    with pytest.raises(ZeroDivisionError):
        await press(talk, broken)
    assert [c.method for c in talk.wire.calls[before:]] == ["answerCallbackQuery"]


async def test_an_edit_that_changes_nothing_is_no_error(talk: Talk) -> None:
    """Telegram's "message is not modified" and "query is too old" are passed over."""
    talk.wire.faults["editMessageText"] = [(400, "Bad Request: message is not modified: x")]
    talk.wire.faults["answerCallbackQuery"] = [(400, "Bad Request: query is too old and response")]
    calls = await talk.press("settings")
    assert [c.method for c in calls] == ["answerCallbackQuery", "editMessageText"]


async def test_a_menu_that_is_gone_is_sent_anew(talk: Talk) -> None:
    """If the message to edit was deleted, the screen comes as a new message."""
    talk.wire.faults["editMessageText"] = [(400, "Bad Request: message to edit not found")]
    calls = await talk.press("settings")
    assert [c.method for c in calls][-2:] == ["editMessageText", "sendMessage"]


async def test_a_chat_that_shut_us_out_is_no_error(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """A reply to somebody who blocked the bot meanwhile is noted without alarm."""
    talk.wire.faults["sendMessage"] = [(403, "Forbidden: bot was blocked by the user")]
    with caplog.at_level(logging.INFO):
        await talk.say("/help")
    assert [r.levelname for r in caplog.records if r.name.startswith("bot")] == ["INFO"]


async def test_a_bug_is_logged_and_told_by_number(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that breaks leaves a traceback in the log, and one number in log and chat."""
    talk.fetch.answer("https://example.org/feed", ZeroDivisionError("secret detail"))
    answer = await talk.ask("/testfeed https://example.org/feed", user=OWNER, language="uk")
    (record,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert record.exc_info
    incident = re.findall(r"incident (\w{6})", record.getMessage())[0]
    assert answer.text == texts_for("uk").say("error.incident", incident=incident)


async def test_a_database_that_is_away_is_told_as_such(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """When the database can't answer, the chat is asked to try again, the log says why."""
    talk.fetch.answer("https://example.org/feed", StoreError("database: the disk is full"))
    answer = await talk.ask("/testfeed https://example.org/feed", user=OWNER)
    assert answer.text == EN.say("error.store")
    assert "the disk is full" in caplog.text
    assert "Traceback" not in caplog.text


async def test_telegram_being_away_is_logged_without_a_traceback(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """A reply that Telegram doesn't take is one line in the log."""
    talk.wire.faults["sendMessage"] = [(502, "Bad Gateway")]
    await talk.say("/help")
    assert "Bad Gateway" in caplog.text
    assert "Traceback" not in caplog.text


async def test_one_chat_one_thing_at_a_time(talk: Talk) -> None:
    """In one chat the second command waits for the first; other chats do not."""
    running: list[int] = []
    order: list[tuple[int, str]] = []
    both = asyncio.Barrier(2)

    async def slow(call: Call) -> Message | None:
        running.append(call.chat.id)
        assert running.count(call.chat.id) == 1
        order.append((call.chat.id, call.words[0]))
        if call.words == ("a",):
            await asyncio.wait_for(both.wait(), 60)  # passed only with both chats in here
        await asyncio.sleep(0.01)
        running.remove(call.chat.id)
        return None

    frame, command = Frame(talk.desk), Command("slow", slow)

    async def say(chat: int, word: str) -> None:
        data = {
            "update_id": 1,
            "message": message(chat, 1, text=f"/slow {word}", **{"from": person(chat)}),
        }
        context: Any = CallbackContext(talk.application)
        context.args = [word]
        await frame.command(command, Update.de_json(data, talk.application.bot), context)

    await asyncio.gather(say(1, "a"), say(2, "a"), say(1, "b"), say(2, "b"))
    assert [word for chat, word in order if chat == 1] == ["a", "b"]


# --- menus ----------------------------------------------------------------------------------


async def test_menus_by_scope_and_language(talk: Talk) -> None:
    """Each kind of chat is shown the commands that are of use there, in each language."""
    await talk.menus.publish(talk.application.bot)
    calls = [c.params for c in talk.wire.calls if c.method == "setMyCommands"]
    shown = {
        (json.loads(c["scope"])["type"], c.get("language_code", "en")): [
            each["command"] for each in json.loads(c["commands"])
        ]
        for c in calls
    }
    assert {scope for scope, _ in shown} == {
        "default",
        "all_group_chats",
        "all_chat_administrators",
    }
    assert {language for _, language in shown} == set(LANGUAGES)
    assert "subscribe" in shown["default", "uk"]
    assert "subscribe" not in shown["all_group_chats", "en"]
    assert "subscribe" in shown["all_chat_administrators", "en"]
    assert not any("addfeed" in names for names in shown.values())


async def test_an_owner_gets_his_own_menu_once(talk: Talk) -> None:
    """An owner's chat shows the admin commands too, from his first message on; others' don't."""
    calls = await talk.say("/help", user=OWNER)
    menus = [c.params for c in calls if c.method == "setMyCommands"]
    assert len(menus) == len(LANGUAGES)
    assert all("addfeed" in menu["commands"] for menu in menus)
    assert not any(c.method == "setMyCommands" for c in await talk.say("/help", user=OWNER))
    assert not any(c.method == "setMyCommands" for c in await talk.say("/help", user=ANN))


async def test_menus_that_telegram_refuses_stop_nobody(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """Without menus the bot still answers; the log says that they are missing."""
    talk.wire.faults["setMyCommands"] = [(500, "Internal Server Error")] * 9
    await talk.menus.publish(talk.application.bot)
    assert "menus" in caplog.text
    assert await talk.ask("/help", user=OWNER)


# --- the words ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help(language: str, command: Command) -> None:
    """Each command is explained in each language, in a line that Telegram's menu takes."""
    own = load_translations(language).gettext(command.help_key)
    assert own != command.help_key
    assert 3 <= len(own) <= 256
    assert re.fullmatch(r"[a-z0-9_]{1,32}", command.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_chat_is_there(language: str) -> None:
    """Each literal key that the chat's code says exists in each language's own catalogue."""
    texts = load_translations(language)
    source = "".join(p.read_text("utf-8") for p in Path(bot.chat.__path__[0]).glob("*.py"))
    keys = set(re.findall(r'(?:say|count|UserError)\(\s*"([\w.]+)"', source))
    assert len(keys) > 50
    for key in keys:
        assert key in texts._catalog or (key, 0) in texts._catalog, key  # type: ignore[attr-defined]


# --- Telegram's limits ----------------------------------------------------------------------


async def test_every_button_fits(database: Database) -> None:
    """Button data is at most 64 bytes (Bot API), and every verb on a button has its handler."""
    longest = Topic("x" * 32, {"en": "A topic"})
    talk = make_talk(database, (*TOPICS, longest))
    seen: list[Message] = []
    async with talk.application:
        update = Update.de_json(
            {"update_id": 1, "message": message(OWNER, 1, text="x", **{"from": person(OWNER)})},
            talk.application.bot,
        )
        assert update.effective_message
        context: Any = CallbackContext(talk.application)
        call = await Frame(talk.desk).call(update, context, update.effective_message)
        feed = Feed(10**9, "https://example.org/", "Name")
        in_it = replace(call, subscriber=Subscriber(1, "telegram", str(OWNER)))
        seen += [startscreen.start(call), startscreen.start(in_it)]
        seen += [screens.settings(call), screens.languages(call)]
        seen += [screens.help_text(call, COMMANDS), screens.unknown(call, "help")]
        seen += [startscreen.subscribed(call, "subscribe.done", Watch(None, 0, None))]
        seen += [screens.latest(call, [])]
        seen += [feedscreens.listing(call, [feed] * 20, 2), feedscreens.one(call, feed)]
        seen += [feedscreens.choose(call, verb, [feed]) for verb in ("pause", "resume", "remove")]
        seen += [feedscreens.remove_sure(call, feed), feedscreens.changed(call, "feed.added", feed)]
        seen += [feedscreens.choices(call, [f"https://e.org/{'x' * 3000}"] * 9)]
        seen += [feedscreens.listing(call, [replace(feed, name="ж" * 5000)] * 8, 1)]
    buttons = [button for screen in seen for row in screen.buttons for button in row]
    assert len(buttons) > 50
    for button in buttons:
        assert button.data
        assert len(button.data.encode()) <= 64
        assert button.data.partition(":")[0] in PRESSES
    texts = [re.sub(r"<[^>]*>", "", screen.html) for screen in seen]
    assert max(len(text.encode("utf-16-le")) // 2 for text in texts) <= 4096


def test_long_lists_are_cut_at_a_line() -> None:
    """A list that is too long for one message ends with whole lines and a mark."""
    text = reply.within(["<b>line</b> 🟢"] * 1000)
    assert text.endswith("🟢\n…")
    assert len(text.encode("utf-16-le")) // 2 <= 4096
