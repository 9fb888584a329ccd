"""What the bot keeps of a chat: told in plain words, handed over, erased."""

from __future__ import annotations

from telegram.error import BadRequest

from bot.chat import reply, screens
from bot.chat.call import MESSENGER, Answer, Call
from bot.core.errors import UserError
from bot.core.ports import Button, Message
from bot.services.privacy import Held
from bot.services.upkeep import LEFT_RETENTION, RETENTION

_FILE = "greenlight.json"
_SURE = ("sure",)


async def privacy(call: Call) -> Message:
    """``/privacy``: what is kept, for how long, and how to see and erase it."""
    say, held = call.say, await _held(call)
    lines = [
        say("privacy.text", kept=RETENTION.days, left=LEFT_RETENTION.days),
        "",
        call.texts.count("privacy.now", held.alerts) if held.subscriptions else say("privacy.none"),
    ]
    if call.owner:
        lines += ["", say("privacy.owner")]
    return Message("\n".join(lines), (_ways(call), (screens.menu_button(call),)))


async def export_me(call: Call) -> None:
    """``/export_me``: everything that the database holds about this chat, as a file."""
    await _export(call)


async def delete_me(call: Call) -> Message:
    """``/delete_me``: asks first."""
    if not any(await _held(call)):
        return _nothing(call)
    sure = Button(call.say("button.erase.sure"), "delete_me:sure")
    keep = Button(call.say("button.keep"), "privacy")
    return Message(call.say("erase.sure"), ((sure, keep),))


async def press_privacy(call: Call) -> Answer:
    return Answer(screen=await privacy(call))


async def press_export(call: Call) -> Answer:
    await _export(call)
    return Answer()


async def press_delete(call: Call) -> Answer:
    """Asks; with ``sure``, does it."""
    if call.words != _SURE:
        return Answer(screen=await delete_me(call))
    if not await call.run(call.desk.privacy.erase, MESSENGER, call.address):
        return Answer(screen=_nothing(call))
    done = Message(call.say("erase.done"), ((screens.menu_button(call),),))
    return Answer(call.texts.say("erase.toast"), done)


async def _held(call: Call) -> Held:
    return await call.run(call.desk.privacy.held, MESSENGER, call.address)


async def _export(call: Call) -> None:
    content = await call.run(call.desk.privacy.export, MESSENGER, call.address, call.desk.clock())
    try:
        await reply.send_document(
            call.bot,
            call.chat.id,
            content,
            _FILE,
            call.say("export.caption"),
            thread=call.thread,
            reply_to=call.quoted,
        )
    except BadRequest as error:
        if "not enough rights" not in error.message.lower():
            raise
        raise UserError("export.refused") from None


def _nothing(call: Call) -> Message:
    return Message(call.say("privacy.none"), ((screens.menu_button(call),),))


def _ways(call: Call) -> tuple[Button, ...]:
    return (
        Button(call.say("button.export_me"), "export_me"),
        Button(call.say("button.erase"), "delete_me"),
    )
