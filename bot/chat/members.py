"""Comings and goings: the bot is blocked, kicked or added, a group becomes a supergroup."""

from __future__ import annotations

import asyncio
import logging

from telegram import ChatMember, ChatMemberRestricted, ChatMemberUpdated, Update
from telegram.constants import ChatType
from telegram.error import BadRequest

from bot.chat import reply
from bot.chat.call import MESSENGER
from bot.chat.frame import Context, Frame
from bot.core.ports import Message

log = logging.getLogger(__name__)

_OUT = (ChatMember.LEFT, ChatMember.BANNED)


async def membership(frame: Frame, update: Update, context: Context) -> None:
    """Whoever shuts the bot out gets no more alerts; a group that takes it in is greeted."""
    change = update.my_chat_member
    if change is None:
        return
    address = str(change.chat.id)
    if change.new_chat_member.status in _OUT:
        desk = frame.desk
        ended = await asyncio.to_thread(desk.subscriptions.left, MESSENGER, address, desk.clock())
        log.info("shut out of a chat: %d subscriptions ended", ended)
    elif change.old_chat_member.status in _OUT and _may_greet(change):
        texts = frame.desk.texts_for(change.from_user.language_code)
        try:
            await reply.send(context.bot, change.chat.id, Message(texts.say("group.hello")))
        except BadRequest as error:
            log.info("no greeting in a new chat: %s", error.message)


def _may_greet(change: ChatMemberUpdated) -> bool:
    member = change.new_chat_member
    silent = isinstance(member, ChatMemberRestricted) and not member.can_send_messages
    return change.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP) and not silent


async def migration(frame: Frame, update: Update, context: Context) -> None:
    """A group became a supergroup: Telegram says so in both, each naming the other."""
    posted = update.effective_message
    if posted is None:
        return
    old = posted.migrate_from_chat_id or posted.chat.id
    new = posted.migrate_to_chat_id or posted.chat.id
    desk = frame.desk
    await asyncio.to_thread(desk.subscriptions.moved, MESSENGER, str(old), str(new), desk.clock())
    log.info("a group became a supergroup")
