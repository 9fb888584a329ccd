"""What a handler is given (Call), what it gives back (Message or Answer)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import ParamSpec, TypeVar

from telegram import Bot, Chat, User
from telegram.constants import ChatAction, ChatType

from bot.chat import reply
from bot.chat.gallery import Gallery
from bot.core.errors import UserError
from bot.core.model import Subscriber, Topic
from bot.core.ports import Message, Texts
from bot.services.ask import Ask
from bot.services.manage import Manage
from bot.services.privacy import Privacy
from bot.services.subscribe import Subscriptions

P = ParamSpec("P")
R = TypeVar("R")

MESSENGER = "telegram"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the chat needs of the rest of the house."""

    subscriptions: Subscriptions
    manage: Manage
    ask: Ask
    privacy: Privacy
    topics: tuple[Topic, ...]
    texts_for: Callable[[str | None], Texts]
    admins: frozenset[int]
    clock: Callable[[], datetime]
    gallery: Gallery | None = None
    """Who draws pictures; None where the extra that draws them isn't installed."""
    patience: float = 0.5
    """Seconds that a press may work before its spinner is stopped."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture (PNG) with what stands under it, in HTML."""

    png: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the message holds that a pressed button hangs on, or that a command replies to: its
    addresses, the words set as code, the data of its buttons."""

    links: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One command or one press of a button, with all that a handler may want to know of it.

    ``words`` are the command's arguments, or the parts of a button's data after its verb.
    ``quoted`` is the message that an answer replies to, where it has to.
    """

    desk: Desk
    bot: Bot
    chat: Chat
    user: User | None
    thread: int | None
    words: tuple[str, ...]
    texts: Texts
    subscriber: Subscriber | None
    about: Shown = Shown()
    quoted: int | None = None

    @property
    def address(self) -> str:
        return str(self.chat.id)

    @property
    def private(self) -> bool:
        return self.chat.type == ChatType.PRIVATE

    @property
    def owner(self) -> bool:
        """Whether one of the bot's owners (ADMIN_IDS) is speaking, in his own name."""
        return self.user is not None and self.user.id in self.desk.admins

    @property
    def by(self) -> str:
        """Who does it, for the audit trail."""
        return f"telegram:{self.user.id}" if self.user else f"telegram:chat:{self.chat.id}"

    def say(self, key: str, /, **params: object) -> str:
        """A text of the catalogue with its parameters escaped: ready for a message's HTML."""
        safe = {n: escape(v, quote=False) if isinstance(v, str) else v for n, v in params.items()}
        return self.texts.say(key, **safe)

    async def run(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do a service's synchronous work in a thread, the loop staying free."""
        return await asyncio.to_thread(work, *args, **kwargs)

    async def send(self, shown: Message | Photo) -> None:
        """Say something before the answer is complete, in the way in which it is answered."""
        where = {"thread": self.thread, "reply_to": self.quoted}
        if isinstance(shown, Photo):
            await reply.send_photo(self.bot, self.chat.id, shown.png, shown.caption, **where)
        else:
            await reply.send(self.bot, self.chat.id, shown, **where)

    async def typing(self, action: ChatAction = ChatAction.TYPING) -> None:
        """Tell the chat that an answer takes a few seconds."""
        await self.bot.send_chat_action(self.chat.id, action, message_thread_id=self.thread)


def refusal(texts: Texts, error: UserError) -> str:
    """The words of a refusal; plain, not escaped."""
    params = dict(error.params)
    if error.key == "feed.bad_url":
        params["why"] = texts.say(f"feed.bad_url.{params['why']}")
    return texts.say(error.key, **params)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a press of a button brings: a toast, another screen in the message's place, a reply, a
    picture."""

    toast: str = ""
    screen: Message | None = None
    reply: Message | None = None
    photo: Photo | None = None


CommandHandler = Callable[[Call], Awaitable[Message | None]]
PressHandler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table of commands; ``help.<name>`` in the catalogue tells what it does.

    ``admin``: for the bot's owners. ``changes``: changes the chat's subscription, which in groups
    is for the group's administrators.
    """

    name: str
    handler: CommandHandler
    admin: bool = False
    changes: bool = False

    @property
    def help_key(self) -> str:
        return f"help.{self.name}"


@dataclass(frozen=True, slots=True)
class Press:
    """A row of the table of buttons: what data beginning with ``verb:`` does, and for whom."""

    verb: str
    handler: PressHandler
    admin: bool = False
    changes: bool = False
