"""The menus of commands that Telegram shows: by kind of chat, and in each of our languages."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.chat.call import Command, Desk
from bot.locale import FALLBACK, LANGUAGES

log = logging.getLogger(__name__)


class Menus:
    """Tells Telegram the commands: at the start, and to each owner when he first shows up."""

    def __init__(self, desk: Desk, commands: Sequence[Command]) -> None:
        self._desk, self._commands = desk, commands
        self._told: set[int] = set()

    async def publish(self, bot: Bot) -> None:
        """The menus of all chats. Telegram being in the way of it is logged, not raised."""
        everyone = [command for command in self._commands if not command.admin]
        members = [command for command in everyone if not command.changes]
        try:
            await self._set(bot, everyone, BotCommandScopeDefault())
            await self._set(bot, members, BotCommandScopeAllGroupChats())
            await self._set(bot, everyone, BotCommandScopeAllChatAdministrators())
        except TelegramError as error:
            log.warning("the menus of commands could not be set: %s", error.message)

    async def greet(self, bot: Bot, user_id: int) -> None:
        """An owner's own menu, in his chat with the bot: once in this process's life.

        Telegram knows no such chat before he has spoken to the bot.
        """
        if user_id not in self._desk.admins or user_id in self._told:
            return
        self._told.add(user_id)
        try:
            await self._set(bot, self._commands, BotCommandScopeChat(user_id))
        except TelegramError as error:
            log.warning("an owner's menu could not be set: %s", error.message)

    async def _set(self, bot: Bot, commands: Sequence[Command], scope: BotCommandScope) -> None:
        for language in LANGUAGES:
            texts = self._desk.texts_for(language)
            await bot.set_my_commands(
                [BotCommand(c.name, texts.say(c.help_key)[:256]) for c in commands],
                scope=scope,
                language_code=None if language == FALLBACK else language,
            )
