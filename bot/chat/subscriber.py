"""The commands and buttons for everyone, once the first minute (``start``) is over."""

from __future__ import annotations

from dataclasses import replace

from bot.chat import screens
from bot.chat.call import MESSENGER, Answer, Call
from bot.core.errors import UserError
from bot.core.model import Alert, Level, Topic
from bot.core.ports import Message
from bot.core.why import render_why
from bot.locale import LANGUAGES

_LATEST = 5
ATTESTED = {"confirmed": True, "any": False}
"""The words of /subscribe for how well a story must be attested."""


async def unsubscribe(call: Call) -> Message:
    gone = await call.run(
        call.desk.subscriptions.unsubscribe,
        MESSENGER,
        call.address,
        call.thread,
        call.desk.clock(),
    )
    key = "unsubscribe.done" if gone else "unsubscribe.already"
    return Message(call.say(key), ((screens.menu_button(call),),))


async def settings(call: Call) -> Message:
    return screens.settings(call)


async def language(call: Call) -> Message:
    return screens.languages(call)


async def latest(call: Call) -> Message:
    """The last alerts of the kind that this chat gets, or would get."""
    subscriber = call.subscriber
    level = subscriber.level if subscriber else Level.DECISIONS
    topics = subscriber.topics if subscriber else ()
    alerts = await call.run(call.desk.subscriptions.latest, _LATEST, topics, level)
    return screens.latest(call, alerts)


# --- buttons --------------------------------------------------------------------------------


async def press_settings(call: Call) -> Answer:
    return Answer(screen=screens.settings(call))


async def press_languages(call: Call) -> Answer:
    if not call.words:
        return Answer(screen=screens.languages(call))
    code = call.words[0]
    if code not in LANGUAGES:
        raise UserError("button.stale")
    if call.subscriber and call.subscriber.language == code:
        return Answer(toast=call.texts.say("toast.already"))
    call = await change(call, language=code)
    call = replace(call, texts=call.desk.texts_for(code))
    return Answer(call.texts.say("toast.saved"), screens.languages(call))


async def press_latest(call: Call) -> Answer:
    return Answer(screen=await latest(call))


async def press_alerts(call: Call) -> Answer:
    """On and off, in the settings."""
    was_on = call.subscriber is not None and call.subscriber.active
    if call.words == ("on",):
        call, _ = await switch_on(call)
        key = "toast.already" if was_on else "subscribe.toast"
    else:
        await unsubscribe(call)
        if call.subscriber:
            call = replace(call, subscriber=replace(call.subscriber, active=False))
        key = "unsubscribe.toast" if was_on else "toast.already"
    return Answer(call.texts.say(key), screens.settings(call))


async def press_level(call: Call) -> Answer:
    try:
        level = Level(call.words[0])
    except (IndexError, ValueError):
        raise UserError("button.stale") from None
    if call.subscriber and call.subscriber.level is level:
        return Answer(toast=call.texts.say("toast.already"))
    call = await change(call, level=level)
    return Answer(
        call.texts.say("toast.level", name=call.texts.say(f"level.{level}")), screens.settings(call)
    )


async def press_topic(call: Call) -> Answer:
    """Follow a topic or leave it; the last one stays, since no topic would mean all."""
    topic = _topic(call, call.words[0] if call.words else "")
    followed = {each.id for each in call.desk.topics if screens.follows(call, each)}
    if followed == {topic.id}:
        raise UserError("topics.last")
    leaving = topic.id in followed
    call = await change(call, topics=tidy(call, followed ^ {topic.id}))
    key = "toast.topic.off" if leaving else "toast.topic.on"
    return Answer(
        call.texts.say(key, name=screens.topic_title(call, topic)), screens.settings(call)
    )


async def press_confirmed(call: Call) -> Answer:
    """Wait for a second outlet, or hear of the first one's word at once."""
    wanted = ATTESTED.get(call.words[0] if call.words else "")
    if wanted is None:
        raise UserError("button.stale")
    if (call.subscriber is not None and call.subscriber.confirmed) is wanted:
        return Answer(toast=call.texts.say("toast.already"))
    call = await change(call, confirmed=wanted)
    key = "toast.confirmed" if wanted else "toast.any"
    return Answer(call.texts.say(key), screens.settings(call))


async def press_alert(call: Call) -> Answer:
    """One of the latest alerts, in full."""
    return Answer(screen=screens.alert(call, await _alert(call)))


async def press_why(call: Call) -> Answer:
    """What the detector went by, as a reply to the alert."""
    return Answer(reply=render_why(await _alert(call), call.texts))


# --- the way to the service -----------------------------------------------------------------


async def _alert(call: Call) -> Alert:
    number = call.words[0] if call.words else ""
    found = (
        await call.run(call.desk.subscriptions.alert, int(number)) if is_number(number) else None
    )
    if found is None:
        raise UserError("button.stale")
    return found


def is_number(word: str) -> bool:
    """Whether it can be the number of a row, as a button or a link names it."""
    return word.isascii() and word.isdecimal() and len(word) < 19


def _topic(call: Call, topic_id: str) -> Topic:
    for topic in call.desk.topics:
        if topic.id == topic_id:
            return topic
    raise UserError("button.stale")


def tidy(call: Call, chosen: set[str]) -> tuple[str, ...]:
    """The chosen topics in their order; all of them is nothing chosen: later ones join in."""
    topics = tuple(topic.id for topic in call.desk.topics if topic.id in chosen)
    return () if len(topics) == len(call.desk.topics) else topics


async def switch_on(call: Call) -> tuple[Call, bool]:
    """Alerts on; the call as it is then, and whether they were off."""
    subscriber, new = await call.run(
        call.desk.subscriptions.subscribe,
        MESSENGER,
        call.address,
        call.thread,
        call.texts.language,
        call.desk.clock(),
    )
    return replace(call, subscriber=subscriber), new


async def change(
    call: Call,
    *,
    level: Level | None = None,
    topics: tuple[str, ...] | None = None,
    confirmed: bool | None = None,
    language: str | None = None,
) -> Call:
    """The chat's settings changed; one that is not subscribed keeps them for later."""
    subscriber = await call.run(
        call.desk.subscriptions.remember,
        MESSENGER,
        call.address,
        call.thread,
        call.texts.language,
        call.desk.clock(),
    )
    changed = await call.run(
        call.desk.subscriptions.change,
        subscriber.id,
        level=level,
        topics=topics,
        confirmed=confirmed,
        language=language,
        now=call.desk.clock(),
    )
    return replace(call, subscriber=changed)
