"""The way out to a chat: one message sent or shown in an earlier one's place."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from html import unescape

from telegram import (
    Bot,
    CallbackQuery,
    InputFile,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram import Message as Posted
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden
from telegram.ext import ExtBot

from bot.core.ports import Button, Message
from bot.messengers.pace import Urgency
from bot.messengers.telegram import keyboard

log = logging.getLogger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_LIMIT = 3800  # of a list's text; Telegram takes 4096 units once parsed
_HARMLESS = ("message is not modified", "query is too old", "query id is invalid")
_LOST = ("message to edit not found", "message can't be edited")


async def send(
    bot: Bot,
    chat_id: int,
    message: Message,
    *,
    thread: int | None = None,
    reply_to: int | None = None,
) -> None:
    """Send a message; a chat that shut the bot out is logged, not raised."""
    try:
        await bot.send_message(
            chat_id,
            message.html,
            parse_mode=ParseMode.HTML,
            message_thread_id=thread,
            reply_markup=keyboard(message),
            link_preview_options=_NO_PREVIEW,
            disable_notification=message.silent,
            reply_parameters=_answering(reply_to),
        )
    except Forbidden as error:
        _note(chat_id, error)


async def send_photo(
    bot: Bot,
    chat_id: int,
    png: bytes,
    caption: str,
    *,
    thread: int | None = None,
    reply_to: int | None = None,
) -> None:
    """Send a picture with a caption in HTML; a chat that shut the bot out is logged, not raised."""
    try:
        await bot.send_photo(
            chat_id,
            InputFile(png, filename="timeline.png"),
            caption=caption,
            parse_mode=ParseMode.HTML,
            message_thread_id=thread,
            reply_parameters=_answering(reply_to),
        )
    except Forbidden as error:
        _note(chat_id, error)


async def send_document(
    bot: Bot,
    chat_id: int,
    content: bytes,
    filename: str,
    caption: str,
    *,
    thread: int | None = None,
    reply_to: int | None = None,
) -> None:
    """Send a file with a caption in HTML; a chat that shut the bot out is logged, not raised."""
    try:
        await bot.send_document(
            chat_id,
            InputFile(content, filename=filename),
            caption=caption,
            parse_mode=ParseMode.HTML,
            message_thread_id=thread,
            disable_content_type_detection=True,
            reply_parameters=_answering(reply_to),
        )
    except Forbidden as error:
        _note(chat_id, error)


def _note(chat_id: int, error: Forbidden) -> None:
    log.info("no reply, the chat shut us out: %s", error.message)
    log.debug("that was chat %s", chat_id)  # who it was is nobody's business but a developer's


def _answering(message_id: int | None) -> ReplyParameters | None:
    if message_id is None:
        return None
    return ReplyParameters(message_id, allow_sending_without_reply=True)


async def show(query: CallbackQuery, message: Message, thread: int | None) -> None:
    """Put a message in the place of the one whose button was pressed, or send it anew."""
    posted = query.message
    if posted is None:
        return
    bot = query.get_bot()
    assert isinstance(bot, ExtBot)
    if isinstance(posted, Posted):
        if _is_shown(posted, message):
            return
        try:
            await bot.edit_message_text(
                message.html,
                chat_id=posted.chat.id,
                message_id=posted.message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(message),
                link_preview_options=_NO_PREVIEW,
                rate_limit_args=Urgency.PRESS if bot.rate_limiter else None,
            )
            return
        except BadRequest as error:
            if is_harmless(error):
                return
            if not any(words in error.message.lower() for words in _LOST):
                raise
    await send(bot, posted.chat.id, message, thread=thread)


def _is_shown(posted: Posted, message: Message) -> bool:
    """Whether the message looks like that already: Telegram takes no edit that changes nothing."""
    words = unescape(re.sub(r"<[^>]*>", "", message.html))
    return posted.text == words and posted.reply_markup == keyboard(message)


async def answer(query: CallbackQuery, toast: str = "") -> None:
    """Stop the button's spinner; a query too old to be answered is nobody's loss."""
    try:
        await query.answer(toast[:200] or None)
    except BadRequest as error:
        if not is_harmless(error):
            raise


def is_harmless(error: BadRequest) -> bool:
    """Whether Telegram only says that there was nothing left to do."""
    return any(words in error.message.lower() for words in _HARMLESS)


def grid(buttons: Iterable[Button], width: int) -> tuple[tuple[Button, ...], ...]:
    """The buttons in rows of ``width``."""
    row = list(buttons)
    return tuple(tuple(row[n : n + width]) for n in range(0, len(row), width))


def within(lines: Sequence[str], more: str = "…") -> str:
    """As many whole lines as fit into one message; ``more`` stands for the rest."""
    kept: list[str] = []
    room = _LIMIT
    for line in lines:
        room -= len(line.encode("utf-16-le")) // 2 + 1
        if room < 0:
            return "\n".join([*kept, more])
        kept.append(line)
    return "\n".join(kept)
