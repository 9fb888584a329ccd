"""The one table of commands and buttons: handlers, menus, /help and the docs test read it."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from rapidfuzz import fuzz, process
from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.chat import admin, ask, members, privacy, screens, start, subscriber
from bot.chat.call import Answer, Call, Command, Desk, Press
from bot.chat.frame import Context, Frame
from bot.chat.menus import Menus
from bot.core.ports import Message

log = logging.getLogger(__name__)


async def help_command(call: Call) -> Message:
    return screens.help_text(call, COMMANDS)


async def press_help(call: Call) -> Answer:
    return Answer(screen=screens.help_text(call, COMMANDS))


COMMANDS: tuple[Command, ...] = (
    Command("start", start.start),
    Command("help", help_command),
    Command("subscribe", start.subscribe, changes=True),
    Command("unsubscribe", subscriber.unsubscribe, changes=True),
    Command("settings", subscriber.settings, changes=True),
    Command("latest", subscriber.latest),
    Command("status", ask.status),
    Command("timeline", ask.timeline),
    Command("search", ask.search),
    Command("why", ask.why),
    Command("language", subscriber.language, changes=True),
    Command("privacy", privacy.privacy),
    Command("export_me", privacy.export_me, changes=True),
    Command("delete_me", privacy.delete_me, changes=True),
    Command("feeds", admin.feeds, admin=True),
    Command("addfeed", admin.add, admin=True),
    Command("removefeed", admin.remove, admin=True),
    Command("pausefeed", admin.pause, admin=True),
    Command("resumefeed", admin.resume, admin=True),
    Command("testfeed", admin.test, admin=True),
)

PRESSES: dict[str, Press] = {
    press.verb: press
    for press in (
        Press("menu", start.press_menu),
        Press("help", press_help),
        Press("latest", subscriber.press_latest),
        Press("alert", subscriber.press_alert),
        Press("why", subscriber.press_why),
        Press("status", ask.press_status),
        Press("timeline", ask.press_timeline),
        Press("picture", ask.press_picture),
        Press("find", ask.press_find),
        Press("found", ask.press_found),
        Press("subscribe", start.press_subscribe, changes=True),
        Press("settings", subscriber.press_settings, changes=True),
        Press("alerts", subscriber.press_alerts, changes=True),
        Press("level", subscriber.press_level, changes=True),
        Press("topic", subscriber.press_topic, changes=True),
        Press("attested", subscriber.press_confirmed, changes=True),
        Press("language", subscriber.press_languages, changes=True),
        Press("privacy", privacy.press_privacy),
        Press("export_me", privacy.press_export, changes=True),
        Press("delete_me", privacy.press_delete, changes=True),
        Press("feeds", admin.press_feeds, admin=True),
        Press("feed", admin.press_feed, admin=True),
        Press("pause", admin.press_pause, admin=True),
        Press("resume", admin.press_resume, admin=True),
        Press("remove", admin.press_remove, admin=True),
        Press("sure", admin.press_remove_sure, admin=True),
        Press("test", admin.press_test, admin=True),
        Press("add", admin.press_add, admin=True),
    )
}

_FRESH = (
    filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST
) & ~filters.IS_AUTOMATIC_FORWARD  # a channel's post that its discussion group echoes


def register(application: Application[Any, Any, Any, Any, Any, Any], desk: Desk) -> Menus:
    """Give the application its handlers; the first that fits an update takes it.

    The menus of commands are for the caller to publish, once Telegram can be reached.
    """
    frame = Frame(desk)
    menus = Menus(desk, COMMANDS)
    for command in COMMANDS:
        application.add_handler(
            CommandHandler(command.name, partial(frame.command, command), filters=_FRESH)
        )
    application.add_handler(CallbackQueryHandler(partial(frame.press, PRESSES)))
    application.add_handler(
        ChatMemberHandler(partial(members.membership, frame), ChatMemberHandler.MY_CHAT_MEMBER)
    )
    application.add_handler(
        MessageHandler(filters.StatusUpdate.MIGRATE, partial(members.migration, frame))
    )
    application.add_handler(
        MessageHandler(_FRESH & (filters.TEXT | filters.ATTACHMENT), partial(_unknown, frame))
    )
    application.add_error_handler(frame.fail)
    application.add_handler(TypeHandler(Update, partial(_greet_owner, menus)), group=1)
    return menus


async def _greet_owner(menus: Menus, update: Update, context: Context) -> None:
    chat, user = update.effective_chat, update.effective_user
    if chat and user and chat.id == user.id:
        await menus.greet(context.bot, user.id)


async def _unknown(frame: Frame, update: Update, context: Context) -> None:
    """Words that are no command: answered where they are certainly meant for the bot."""
    posted = update.effective_message
    if posted is None:
        return
    word = (posted.text or "").split(maxsplit=1)[0] if posted.text else ""
    name, _, addressee = word.removeprefix("/").partition("@")
    to_us = addressee.lower() == (context.bot.username or "").lower()
    if posted.chat.type != "private" and not (word.startswith("/") and addressee and to_us):
        return
    call = await frame.call(update, context, posted)
    near = None
    if word.startswith("/"):
        known = [command.name for command in COMMANDS if call.owner or not command.admin]
        near = process.extractOne(name.lower(), known, scorer=fuzz.ratio, score_cutoff=60)
    await call.send(screens.unknown(call, near[0] if near else None))
