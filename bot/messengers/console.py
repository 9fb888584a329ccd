"""Alerts on a terminal: what a subscriber would see, for the demo and for trying things out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from textwrap import wrap

from bot.core.markup import plain
from bot.core.ports import Message, SendOutcome, Sent

_WIDTH = 78


class ConsoleMessenger:
    """Writes each message as a block of plain lines; ``write`` gets one block, newline included."""

    name = "console"

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._numbers = count(1)

    async def turn(self, address: str, *, edit: bool = False) -> None:
        """A terminal has no limits."""

    async def send(
        self,
        address: str,
        message: Message,
        *,
        thread: int | None = None,
        reply_to: str | None = None,
    ) -> SendOutcome:
        """Always arrives; messages are numbered from 1, and a reply says to which."""
        number = str(next(self._numbers))
        place = address if thread is None else f"{address}/{thread}"
        head = f"{'🔕' if message.silent else '🔔'} {place}"
        self._write(draw(message, head if reply_to is None else f"{head} ↩ message {reply_to}"))
        return Sent(number)

    async def edit(self, address: str, message_id: str, message: Message) -> SendOutcome:
        """Shows the new text; a terminal can't take the old one back."""
        self._write(draw(message, f"✏️  {address}, message {message_id}"))
        return Sent(message_id)


def draw(message: Message, head: str) -> str:
    """The message as a block of plain lines under ``head``, newline included."""
    lines = [f"┌─ {head}"]
    for line in plain(message.html).split("\n"):
        parts = wrap(line, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
        lines += [f"│ {part}" for part in parts or [""]]
    for row in message.buttons:
        lines.append("│ " + "  ".join(f"[ {button.label} ]" for button in row))
    return "\n".join([*(line.rstrip() for line in lines), "└─", ""])
