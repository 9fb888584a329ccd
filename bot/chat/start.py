"""From the first word to being subscribed: /start, its links, /subscribe and its button."""

from __future__ import annotations

from bot.chat import screens, startscreen
from bot.chat.call import Answer, Call
from bot.chat.subscriber import ATTESTED, change, is_number, switch_on, tidy
from bot.core.errors import UserError
from bot.core.model import Level
from bot.core.ports import Message


async def start(call: Call) -> Message:
    """``/start``; a deep link brings ``topic_<id>`` (follow it) or ``alert_<id>`` (show it)."""
    kind, _, name = (call.words[0] if call.words else "").partition("_")
    if kind == "topic" and any(topic.id == name for topic in call.desk.topics):
        return await _follow(call, name)
    if kind == "alert" and is_number(name):
        found = await call.run(call.desk.subscriptions.alert, int(name))
        if found:
            return screens.alert(call, found)
    return startscreen.start(call)


async def press_menu(call: Call) -> Answer:
    return Answer(screen=startscreen.start(call))


async def subscribe(call: Call) -> Message:
    """``/subscribe [LEVEL] [TOPIC…] [confirmed|any]``: on, as the words say, else by default."""
    level, topics, confirmed = _wishes(call)
    call, new = await switch_on(call)
    if level or topics or confirmed is not None:
        call = await change(call, level=level, topics=topics or None, confirmed=confirmed)
    return await _subscribed(call, new=new)


async def press_subscribe(call: Call) -> Answer:
    """The button under /start: what the bare command does, in the place of what was read."""
    return Answer(screen=await subscribe(call))


async def _follow(call: Call, topic: str) -> Message:
    """Subscribe to one topic; whoever follows it already, or all, keeps what he has."""
    known = call.subscriber
    if known and known.active:
        if not known.topics or topic in known.topics:
            return await _subscribed(call, new=False)
        topics = tidy(call, {*known.topics, topic})
    else:
        topics = tidy(call, {topic})
    call, _ = await switch_on(call)
    return await _subscribed(await change(call, topics=topics), new=True)


async def _subscribed(call: Call, *, new: bool) -> Message:
    topics = call.subscriber.topics if call.subscriber else ()
    watch = await call.run(call.desk.ask.watch, topics)
    return startscreen.subscribed(call, "subscribe.done" if new else "subscribe.already", watch)


def _wishes(call: Call) -> tuple[Level | None, tuple[str, ...], bool | None]:
    """What the words after /subscribe ask for; an unknown one is refused with what there is."""
    level, topics, confirmed = None, set(), None
    for word in call.words:
        word = word.lower().strip(",;")
        if word in screens.LEVELS:
            level = Level(word)
        elif any(topic.id == word for topic in call.desk.topics):
            topics.add(word)
        elif word in ATTESTED:
            confirmed = ATTESTED[word]
        else:
            topic_ids = (topic.id for topic in call.desk.topics)
            known = ", ".join([*screens.LEVELS, *topic_ids, *ATTESTED])
            raise UserError("subscribe.unknown", word=word, known=known)
    return level, tidy(call, topics), confirmed
