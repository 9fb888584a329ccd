"""Telegram at the wire: a real PTB application, updates put in, Bot API calls taken out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationBuilder
from telegram.request import BaseRequest, RequestData

from bot.chat.call import Desk
from bot.chat.commands import register
from bot.chat.menus import Menus
from bot.locale import texts_for
from bot.services.ask import Ask
from bot.services.manage import Manage
from bot.services.privacy import Privacy
from bot.services.subscribe import Subscriptions
from bot.store.db import Database
from tests.fakes import NOW, FakeDetector, FakeFetch, fake_parse_aside

TOKEN = "123456:TEST"
OWNER = 1
"""The user id that is in ADMIN_IDS."""

ANN = 7
GROUP = -100200
CHANNEL = -100300


@dataclass(frozen=True, slots=True)
class Sent:
    """One Bot API call of ours."""

    method: str
    params: dict[str, Any]
    files: tuple[tuple[str, bytes], ...] = ()
    """What was uploaded: names and contents."""

    @property
    def text(self) -> str:
        return str(self.params.get("text", ""))

    @property
    def buttons(self) -> dict[str, str]:
        """What each button says, and its data or address."""
        rows = json.loads(self.params.get("reply_markup") or "{}").get("inline_keyboard", [])
        return {b["text"]: b.get("callback_data") or b.get("url") for row in rows for b in row}


class Wire(BaseRequest):
    """Answers every call as Telegram would, or with a fault that was scripted for its method."""

    def __init__(self) -> None:
        self.calls: list[Sent] = []
        self.faults: dict[str, list[tuple[int, str]]] = {}
        self.statuses: dict[int, str] = {}
        self._ids = count(1000)

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        assert f"/bot{TOKEN}/" in url
        name = url.rpartition("/")[2]
        params = dict(request_data.json_parameters) if request_data else {}
        uploads = request_data.multipart_data if request_data else None
        files = tuple((sent[0], sent[1]) for sent in (uploads or {}).values())
        self.calls.append(Sent(name, params, files))
        if faults := self.faults.get(name):
            code, words = faults.pop(0)
            answer: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
            return code, json.dumps(answer).encode()
        return 200, json.dumps({"ok": True, "result": self._result(name, params)}).encode()

    def _result(self, name: str, params: dict[str, Any]) -> Any:
        if name == "getMe":
            return {"id": 99, "is_bot": True, "first_name": "Greenlight", "username": "double_bot"}
        if name == "getChatMember":
            user = int(params["user_id"])
            return member(person(user), self.statuses.get(user, "member"))
        if name == "sendPhoto":
            photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
            return message(int(params["chat_id"]), next(self._ids), photo=photo)
        if name == "sendDocument":
            document = {"file_id": "f", "file_unique_id": "u"}
            return message(int(params["chat_id"]), next(self._ids), document=document)
        if name in ("sendMessage", "editMessageText"):
            return message(int(params["chat_id"]), next(self._ids), text=params["text"])
        return True


_RIGHTS = """
    be_edited manage_chat delete_messages manage_video_chats restrict_members promote_members
    change_info invite_users post_stories edit_stories delete_stories
"""


def member(user: dict[str, Any], status: str) -> dict[str, Any]:
    """A ChatMember of that status, with every right denied."""
    found: dict[str, Any] = {"user": user, "status": status}
    if status in ("creator", "administrator"):
        found["is_anonymous"] = False
    if status == "administrator":
        found |= {f"can_{right}": False for right in _RIGHTS.split()}
    if status == "kicked":
        found["until_date"] = 0
    return found


def person(user: int, language: str = "en") -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "Ann", "language_code": language}


def chat_of(chat: int, *, forum: bool = False) -> dict[str, Any]:
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": "Ann"}
    kind = "channel" if chat == CHANNEL else "supergroup"
    return {"id": chat, "type": kind, "title": "A chat", "is_forum": forum}


def message(chat: int, number: int, **content: Any) -> dict[str, Any]:
    return {"message_id": number, "date": 1_717_000_000, "chat": chat_of(chat), **content}


@dataclass(slots=True)
class Talk:
    """People in chats with the bot. Each act returns the calls that it set off."""

    application: Application[Any, Any, Any, Any, Any, Any]
    wire: Wire
    fetch: FakeFetch
    desk: Desk
    menus: Menus
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def update(self, **content: Any) -> list[Sent]:
        before = len(self.wire.calls)
        data = {"update_id": next(self._numbers), **content}
        update = Update.de_json(data, self.application.bot)
        await self.application.process_update(update)
        return self.wire.calls[before:]

    async def say(
        self,
        text: str,
        *,
        user: int = ANN,
        chat: int | None = None,
        language: str = "en",
        **more: Any,
    ) -> list[Sent]:
        """Somebody writes; in a channel the channel itself does."""
        place = user if chat is None else chat
        content: dict[str, Any] = {"text": text, **more}
        if text.startswith("/"):
            word = text.split()[0]
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(word)}]
        if place == CHANNEL:
            content["sender_chat"] = chat_of(CHANNEL)
            return await self.update(channel_post=message(place, next(self._numbers), **content))
        content["from"] = person(user, language)
        return await self.update(message=message(place, next(self._numbers), **content))

    async def ask(self, text: str, **more: Any) -> Sent:
        """The one message that answers."""
        (answer,) = [c for c in await self.say(text, **more) if c.method == "sendMessage"]
        return answer

    async def press(
        self,
        data: str,
        *,
        user: int = ANN,
        chat: int | None = None,
        language: str = "en",
        **shown: Any,
    ) -> list[Sent]:
        """Somebody presses a button under a message of the bot's."""
        place = user if chat is None else chat
        number = next(self._numbers)
        return await self.update(
            callback_query={
                "id": str(number),
                "from": person(user, language),
                "chat_instance": "1",
                "data": data,
                "message": message(place, number, **{"text": "a menu", **shown}),
            }
        )

    async def pressed(self, data: str, **more: Any) -> tuple[str, Sent | None]:
        """The toast, and the screen or reply; asserts that the press was answered once, first."""
        calls = await self.press(data, **more)
        answers = [call for call in calls if call.method == "answerCallbackQuery"]
        assert len(answers) == 1
        rest = [call for call in calls if call.method in ("editMessageText", "sendMessage")]
        assert len(rest) <= 1
        if rest:
            assert calls.index(answers[0]) < calls.index(rest[0])
        return str(answers[0].params.get("text", "")), rest[0] if rest else None


def make_talk(database: Database, topics: Sequence[Any], *, fetch: FakeFetch | None = None) -> Talk:
    """A bot on that database; enter ``talk.application`` before talking to it."""
    wire, fetch = Wire(), fetch or FakeFetch()
    manage = Manage(
        database,
        fetch,
        fake_parse_aside,
        lambda _page, _url: [
            Offer(f"https://example.org/{name}.xml") for name in ("news", "sport")
        ],
        lambda url: url if "://" in url else f"https://{url}",
        FakeDetector(),
        topics,
    )
    desk = Desk(
        subscriptions=Subscriptions(database),
        manage=manage,
        ask=Ask(database),
        privacy=Privacy(database),
        topics=tuple(topics),
        texts_for=texts_for,
        admins=frozenset({OWNER}),
        clock=lambda: NOW,
        patience=60,  # no machine is so busy that a press would look slow to a test
    )
    application = (
        ApplicationBuilder().token(TOKEN).request(wire).get_updates_request(Wire()).build()
    )
    return Talk(application, wire, fetch, desk, register(application, desk))


@dataclass(frozen=True, slots=True)
class Offer:
    url: str
