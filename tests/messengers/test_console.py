"""What the console shows."""

from __future__ import annotations

from bot.core.ports import Button, Message, Sent
from bot.messengers.console import ConsoleMessenger


async def test_a_message_reads_as_a_subscriber_sees_it() -> None:
    """Markup is gone, entities are letters again, links and buttons can be read."""
    blocks: list[str] = []
    message = Message(
        "🟢 <b>Granted</b> · UK &amp; US\n\n"
        '<b><a href="https://example.org/?a=1&amp;b">5 &lt; 6</a></b>',
        ((Button("Why?", data="why:1"), Button("Open source", url="https://example.org/")),),
    )
    assert await ConsoleMessenger(blocks.append).send("7", message) == Sent("1")
    assert blocks == [
        "┌─ 🔔 7\n"
        "│ 🟢 Granted · UK & US\n"
        "│\n"
        "│ 5 < 6 (https://example.org/?a=1&b)\n"
        "│ [ Why? ]  [ Open source ]\n"
        "└─\n"
    ]


async def test_silence_topic_and_edits_are_told() -> None:
    """A silent message, a forum's topic and an edit look different from a plain alert."""
    blocks: list[str] = []
    console = ConsoleMessenger(blocks.append)
    await console.send("-100", Message("a", silent=True), thread=4)
    await console.edit("-100", "1", Message("b"))
    assert blocks == ["┌─ 🔕 -100/4\n│ a\n└─\n", "┌─ ✏️  -100, message 1\n│ b\n└─\n"]


async def test_long_lines_are_folded_and_addresses_kept_whole() -> None:
    """Words wrap at the width of a terminal; an address stays in one piece to be clicked."""
    blocks: list[str] = []
    address = "https://example.org/" + "x" * 120
    await ConsoleMessenger(blocks.append).send("7", Message("word " * 40 + address))
    lines = blocks[0].split("\n")
    assert all(len(line) <= 80 for line in lines if address not in line)
    assert any(address in line for line in lines)
