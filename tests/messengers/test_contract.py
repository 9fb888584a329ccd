"""What every Messenger promises. A new one joins by a line in ``MESSENGERS``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.core.ports import Button, Message, Messenger, SendOutcome, Sent
from bot.messengers.console import ConsoleMessenger
from bot.messengers.telegram import TelegramMessenger
from tests.messengers.wire import Wire

MESSENGERS: dict[str, Callable[[list[str]], Messenger]] = {
    "console": lambda seen: ConsoleMessenger(seen.append),
    "telegram": lambda seen: _telegram(seen),
}


def _telegram(seen: list[str]) -> Messenger:
    wire = Wire()
    wire.on_call = lambda _, fields: seen.append(fields.get("text", ""))
    return TelegramMessenger(wire.bot(), lambda: datetime(2024, 5, 30, tzinfo=UTC))


@pytest.fixture(params=MESSENGERS)
def stand(request: pytest.FixtureRequest) -> tuple[str, Messenger, list[str]]:
    seen: list[str] = []
    return request.param, MESSENGERS[request.param](seen), seen


Stand = tuple[str, Messenger, list[str]]
AWKWARD = [
    Message("<b>bold</b> &amp; <i>more</i>"),
    Message("text", ((Button("Why?", data="why:1"),), (Button("Open", url="https://a.b/"),))),
    Message("🟢" * 2000, silent=True),
    Message("שלום\u200f عربى"),
]


async def test_it_goes_by_its_name(stand: Stand) -> None:
    """A messenger's name is the one under which subscribers are stored."""
    name, messenger, _ = stand
    assert messenger.name == name


@pytest.mark.parametrize("message", AWKWARD)
async def test_a_message_is_sent_once_and_has_an_id(stand: Stand, message: Message) -> None:
    """One send shows one message and answers with an id; no two messages share it."""
    _, messenger, seen = stand
    first = await messenger.send("7", message)
    assert len(seen) == 1
    second = await messenger.send("-1001", message, thread=3)
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert first.message_id
    assert first.message_id != second.message_id


async def test_an_edit_keeps_the_id(stand: Stand) -> None:
    """A message that was edited can be edited again by the same id."""
    _, messenger, seen = stand
    sent = await messenger.send("7", Message("one"))
    assert isinstance(sent, Sent)
    assert await messenger.edit("7", sent.message_id, Message("two")) == sent
    assert "two" in seen[-1]


async def test_every_outcome_is_one_of_the_agreed(stand: Stand) -> None:
    """Callers settle a delivery by the type of the outcome; there is no other type."""
    _, messenger, _ = stand
    for outcome in (
        await messenger.send("7", Message("x")),
        await messenger.edit("7", "1", Message("y")),
    ):
        assert isinstance(outcome, get_args(SendOutcome))
