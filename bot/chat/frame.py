"""From an update to its reply: the same way for every command and every button.

In one chat one thing happens at a time, in the order of arrival; chats do not wait for each
other. A press is answered within the desk's patience, whatever it sets off, and exactly once.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping
from html import escape
from weakref import WeakValueDictionary

from telegram import CallbackQuery, ChatMember, MaybeInaccessibleMessage, Update
from telegram import Message as Posted
from telegram.constants import MessageEntityType
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ContextTypes

from bot.chat import reply
from bot.chat.call import MESSENGER, Answer, Call, Command, Desk, Press, Shown, refusal
from bot.core.errors import StoreError, UserError
from bot.core.ports import Message

log = logging.getLogger(__name__)

Context = ContextTypes.DEFAULT_TYPE


class Frame:
    """Runs commands and presses; holds one lock a chat."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def lock(self, chat_id: int) -> asyncio.Lock:
        """The lock of a chat; it lives as long as somebody holds it or waits for it."""
        return self._locks.setdefault(chat_id, asyncio.Lock())

    async def command(self, command: Command, update: Update, context: Context) -> None:
        """Run a command and reply to it."""
        posted = update.effective_message
        if posted is None:
            return
        lock = self.lock(posted.chat.id)
        async with lock:
            call = await self.call(update, context, posted, tuple(context.args or ()))
            try:
                if command.admin:
                    _admit_owner(call)
                if command.changes and not _speaks_for_chat(posted):
                    await _admit_administrator(call)
                message = await command.handler(call)
            except UserError as error:
                message = Message(escape(refusal(call.texts, error), quote=False))
            if message:
                await call.send(message)

    async def press(self, presses: Mapping[str, Press], update: Update, context: Context) -> None:
        """Do what a button says; what can't be done is told in a toast."""
        query = update.callback_query
        if query is None or query.message is None:
            return
        spinner = _Spinner(query)
        work = asyncio.ensure_future(
            self._press(presses, query, query.message, spinner, update, context)
        )
        done, _ = await asyncio.wait({work}, timeout=self.desk.patience)
        texts = self.desk.texts_for(query.from_user.language_code)
        await spinner.stop("" if done else texts.say("toast.wait"))
        await work

    async def _press(
        self,
        presses: Mapping[str, Press],
        query: CallbackQuery,
        posted: MaybeInaccessibleMessage,
        spinner: _Spinner,
        update: Update,
        context: Context,
    ) -> None:
        lock = self.lock(posted.chat.id)
        async with lock:
            verb, *words = (query.data or "").split(":")
            call = await self.call(update, context, posted, tuple(words))
            try:
                press = presses.get(verb)
                if press is None:
                    raise UserError("button.stale")
                if press.admin:
                    _admit_owner(call)
                if press.changes and not call.private:
                    await _admit_administrator(call)
                done = await press.handler(call)
            except UserError as error:
                done = Answer(toast=refusal(call.texts, error))
            if spinner.stopped and done == Answer(toast=done.toast):
                done = Answer(reply=Message(call.say("button.late", text=done.toast)))
            await spinner.stop(done.toast)
            if done.screen:
                await reply.show(query, done.screen, call.thread)
            for shown in (done.reply, done.photo):
                if shown:
                    await call.send(shown)

    async def call(
        self,
        update: Update,
        context: Context,
        posted: MaybeInaccessibleMessage,
        words: tuple[str, ...] = (),
    ) -> Call:
        """All that a handler may want to know; the language is the chat's, else the speaker's."""
        whole = posted if isinstance(posted, Posted) else None
        thread = whole.message_thread_id if whole and whole.is_topic_message else None
        about = whole if update.callback_query else whole and whole.reply_to_message
        user = update.effective_user
        subscriber = await asyncio.to_thread(
            self.desk.subscriptions.find, MESSENGER, str(posted.chat.id), thread
        )
        language = subscriber.language if subscriber else user.language_code if user else None
        return Call(
            desk=self.desk,
            bot=context.bot,
            chat=posted.chat,
            user=user,
            thread=thread,
            words=words,
            texts=self.desk.texts_for(language),
            subscriber=subscriber,
            about=_read(about) if about else Shown(),
            quoted=posted.message_id
            if update.callback_query or posted.chat.type in ("group", "supergroup")
            else None,
        )

    async def fail(self, update: object, context: Context) -> None:
        """The end of every error that nobody expected: logged with a number, told by it."""
        error = context.error
        chat = update.effective_chat if isinstance(update, Update) else None
        if isinstance(error, TelegramError):
            log.warning("Telegram refused a reply: %s", error.message)
            return
        incident = secrets.token_hex(3)
        if isinstance(error, StoreError):
            log.error("a chat got no answer: %s", error)
        else:
            log.error("incident %s", incident, exc_info=error)
        if chat and isinstance(update, Update):
            user = update.effective_user
            texts = self.desk.texts_for(user.language_code if user else None)
            key = "error.store" if isinstance(error, StoreError) else "error.incident"
            await reply.send(context.bot, chat.id, Message(texts.say(key, incident=incident)))


class _Spinner:
    """The waiting mark on a pressed button, stopped once."""

    def __init__(self, query: CallbackQuery) -> None:
        self._query = query
        self.stopped = False

    async def stop(self, toast: str = "") -> None:
        if not self.stopped:
            self.stopped = True
            await reply.answer(self._query, toast)


def _read(posted: Posted) -> Shown:
    """What a message holds that a handler may need."""
    links, codes = [], []
    entities = posted.parse_entities() if posted.text else {}
    if posted.caption:
        entities = posted.parse_caption_entities()
    for entity, words in entities.items():
        if entity.type == MessageEntityType.TEXT_LINK:
            links.append(entity.url or "")
        elif entity.type == MessageEntityType.URL:
            links.append(words if "://" in words else f"https://{words}")
        elif entity.type == MessageEntityType.CODE:
            codes.append(words)
    rows = posted.reply_markup.inline_keyboard if posted.reply_markup else ()
    pressed = (button.callback_data for row in rows for button in row)
    buttons = tuple(data for data in pressed if isinstance(data, str))
    return Shown(tuple(links), tuple(codes), buttons)


def _admit_owner(call: Call) -> None:
    if not call.owner:
        raise UserError("admin.only")


def _speaks_for_chat(posted: Posted) -> bool:
    """Whether a message is the chat's own word: private, a channel's post, an anonymous admin's."""
    if posted.chat.type == "private":
        return True
    return posted.sender_chat is not None and posted.sender_chat.id == posted.chat.id


async def _admit_administrator(call: Call) -> None:
    try:
        member = call.user and await call.bot.get_chat_member(call.chat.id, call.user.id)
    except (BadRequest, Forbidden):
        member = None
    if not member or member.status not in (ChatMember.OWNER, ChatMember.ADMINISTRATOR):
        raise UserError("group.admins_only")
