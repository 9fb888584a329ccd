"""Telegram: sends a Message over the Bot API and says what became of it.

Telegram has no idempotency key, so the one question that matters after an error is whether the
message can have arrived. What each error means is decided in ``settle``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.core.markup import TEXT_LIMIT, clip, plain
from bot.core.ports import Gone, Message, Moved, Refused, RetryAt, SendOutcome, Sent, Unknown
from bot.messengers.pace import FloodEverywhere, Pacer, Urgency, seconds_of

_LOG = logging.getLogger(__name__)

_SOON = timedelta(seconds=5)
_THROTTLED = timedelta(seconds=30)  # a 429 that doesn't say for how long
_TOKEN = timedelta(minutes=5)

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

# Telegram's words (they come without codes). Everything is compared in lower case.
_LEFT_FOR_GOOD = (
    "blocked by the user",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "chat was deleted",
)
_UNREACHABLE = (  # 400s about the chat, not about the message: they come and go
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
    "chat was upgraded",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "message thread not found",  # the topic of a forum was deleted
    "topic_closed",
    "topic_deleted",
)
_UNREADABLE = ("can't parse", "message is too long", "button_", "inline keyboard button")
_Post = Callable[[str, str | None, bool], Awaitable[TelegramMessage | bool]]


class TelegramMessenger:
    """Sends and edits through PTB (``ports.Messenger``). ``clock`` gives the time in UTC.

    A message whose markup or buttons Telegram refuses goes out once more as plain text. A
    rejected token is logged as critical and asks the whole outbox to wait, so nothing is lost.
    """

    name = "telegram"

    def __init__(self, bot: ExtBot[Urgency], clock: Callable[[], datetime]) -> None:
        self._bot, self._clock = bot, clock
        limiter = bot.rate_limiter
        self._pacer = limiter if isinstance(limiter, Pacer) else None
        self._pace = Urgency.TAKEN if limiter else None

    async def turn(self, address: str, *, edit: bool = False) -> RetryAt | None:
        """Waits for a chat's turn, for some seconds at most (see ``pace``)."""
        if self._pacer is None:
            return None
        try:
            await self._pacer.take_turn(_chat_id(address), edit=edit)
        except RetryAfter as flood:
            everywhere = isinstance(flood, FloodEverywhere)
            at = self._clock() + timedelta(seconds=seconds_of(flood))
            return RetryAt(at, "it is not this chat's turn yet", everywhere=everywhere)
        return None

    async def send(
        self,
        address: str,
        message: Message,
        *,
        thread: int | None = None,
        reply_to: str | None = None,
    ) -> SendOutcome:
        """One message to a chat id or "@channel", into the topic ``thread`` if it is given; without
        the reply's mark where the message replied to was deleted."""
        answered = (
            ReplyParameters(int(reply_to), allow_sending_without_reply=True) if reply_to else None
        )

        async def post(text: str, mode: str | None, buttons: bool) -> TelegramMessage | bool:
            return await self._bot.send_message(
                chat_id=_chat_id(address),
                text=text,
                parse_mode=mode,
                reply_markup=keyboard(message, links=buttons),
                disable_notification=message.silent,
                message_thread_id=thread,
                reply_parameters=answered,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                rate_limit_args=self._pace,
            )

        return await self._deliver(message, post, "")

    async def edit(self, address: str, message_id: str, message: Message) -> SendOutcome:
        """Replaces a message that was sent. Unchanged text counts as sent; a message that is
        gone or too old to be edited is Refused.
        """

        async def post(text: str, mode: str | None, buttons: bool) -> TelegramMessage | bool:
            return await self._bot.edit_message_text(
                chat_id=_chat_id(address),
                message_id=int(message_id),
                text=text,
                parse_mode=mode,
                reply_markup=keyboard(message, links=buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                rate_limit_args=self._pace,
            )

        return await self._deliver(message, post, message_id)

    async def _deliver(self, message: Message, post: _Post, message_id: str) -> SendOutcome:
        try:
            try:
                answer = await post(message.html, ParseMode.HTML, True)
            except BadRequest as error:
                if not _says(error, _UNREADABLE):
                    raise
                _LOG.error("telegram can't read a message of ours, sent plain: %s", error)
                answer = await post(clip(plain(message.html), TEXT_LIMIT), None, False)
            return Sent(message_id if isinstance(answer, bool) else str(answer.message_id))
        except TelegramError as error:
            if message_id and _says(error, ("message is not modified",)):
                return Sent(message_id)
            return settle(error, self._clock(), secret=self._bot.token)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # 200, and not what PTB expects: {"ok": true} without a result.
            _LOG.error("telegram: an answer that can't be read: %r", error)
            return Unknown(f"an answer that can't be read: {error!r}")


def settle(error: TelegramError, now: datetime, *, secret: str) -> SendOutcome:
    """What an error of PTB 22 means for one message.

    PTB quotes a proxy's whole page in its error, which may spell out the address with the token
    in it: ``secret`` is blotted out and the rest cut short.

    The order matters: BadRequest and TimedOut are NetworkErrors. Choices where Telegram leaves
    room:

    - "can't send messages to the user" and every unknown 403 pass by themselves now and then;
      only a block, a deactivated account, a kick and a deleted group are for good.
    - A chat that isn't found, missing rights, a closed or deleted topic of a forum: Gone, not
      for good. The message is not put into the forum's general topic instead.
    - 5xx is Telegram saying that it didn't take the message: tried again. 504 is a gateway that
      lost the answer of what stands behind it: unknown.
    - A connection that never stood carried nothing: tried again. Any other broken line or
      time-out came after the request may have gone out: unknown.
    - 401 and 404 are a wrong token: everything waits.
    """
    why = clip(str(error).replace(secret, "[token]"), 300)
    match error:
        case RetryAfter():
            wait = timedelta(seconds=seconds_of(error))
            return RetryAt(now + wait, why, everywhere=isinstance(error, FloodEverywhere))
        case ChatMigrated():
            return Moved(str(error.new_chat_id))
        case Forbidden():
            return Gone(why, for_good=_says(error, _LEFT_FOR_GOOD))
        case InvalidToken():
            _LOG.critical("telegram refuses the bot's token (%s): nothing can be sent", why)
            return RetryAt(now + _TOKEN, why, everywhere=True)
        case BadRequest():
            return Gone(why, for_good=False) if _says(error, _UNREACHABLE) else Refused(why)
        case NetworkError():
            return _settle_network(error, why, now)
        case Conflict():
            return RetryAt(now + _SOON, why)
        case _:
            return Unknown(why)


def _settle_network(error: NetworkError, why: str, now: datetime) -> SendOutcome:
    """PTB keeps the HTTP client's error as ``__cause__``; an HTTP answer has none, or its own."""
    cause = error.__cause__
    if isinstance(cause, _NEVER_LEFT):
        return RetryAt(now + _SOON, why, everywhere=not isinstance(cause, httpx.PoolTimeout))
    answered = not isinstance(error, TimedOut) and (
        cause is None or isinstance(cause, TelegramError)
    )
    if not answered or _says(error, ("gateway timeout", "gateway time-out")):
        return Unknown(why)
    throttled = _says(error, ("too many requests",))
    return RetryAt(now + (_THROTTLED if throttled else _SOON), why)


def _says(error: TelegramError, words: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(word in text for word in words)


def _chat_id(address: str) -> int | str:
    return int(address) if address.lstrip("-").isdigit() else address


def keyboard(message: Message, *, links: bool = True) -> InlineKeyboardMarkup | None:
    """The message's buttons in Telegram's form; without ``links`` those that open an address are
    left out."""
    rows = [
        [
            InlineKeyboardButton(button.label, callback_data=button.data, url=button.url)
            for button in row
            if links or button.url is None
        ]
        for row in message.buttons
    ]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None
