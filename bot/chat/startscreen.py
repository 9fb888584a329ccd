"""The first minute: who we are, and what a chat that has just subscribed will hear.

A newcomer sees one thing to do; what else there is comes once he is in.
"""

from __future__ import annotations

from bot.chat import screens
from bot.chat.call import Call
from bot.core.model import Level
from bot.core.ports import Button, Message
from bot.core.render import render_brief, render_sample
from bot.services.ask import Watch


def start(call: Call) -> Message:
    """The menu for a chat whose alerts are on; an example and one way in for any other."""
    if call.subscriber and call.subscriber.active:
        return _menu(call)
    return _welcome(call)


def _welcome(call: Call) -> Message:
    say = call.say
    lines = [say("start.text"), "", *_sample(call)]
    if not call.private:
        lines += ["", say("start.group")]
    return Message(
        "\n".join(lines),
        (
            (Button(say("button.subscribe"), "subscribe"),),
            (Button(say("button.language"), "language"), Button(say("button.help"), "help")),
        ),
    )


def _sample(call: Call) -> tuple[str, str]:
    """What it is, outside the quote; the alert itself inside."""
    header, _, quoted = render_sample(call.texts).html.partition("\n\n")
    return header, f"<blockquote>{quoted}</blockquote>"


def _menu(call: Call) -> Message:
    say = call.say
    lines = [say("start.menu"), *_heard(call)]
    if not call.private:
        lines += ["", say("start.group")]
    return Message(
        "\n".join(lines),
        (
            (Button(say("button.settings"), "settings"), Button(say("button.latest"), "latest")),
            (Button(say("button.status"), "status"), Button(say("button.timeline"), "timeline")),
            (Button(say("button.language"), "language"), Button(say("button.help"), "help")),
        ),
    )


def subscribed(call: Call, key: str, watch: Watch) -> Message:
    """What the chat will hear from now on, and the last that there was to hear."""
    lines = [call.say(key), *_heard(call), "", *_last(call, watch)]
    buttons = (
        Button(call.say("button.settings"), "settings"),
        Button(call.say("button.latest"), "latest"),
    )
    return Message("\n".join(lines), (buttons,))


def _heard(call: Call) -> list[str]:
    """Which alerts come, a line for each thing that can be set."""
    subscriber = call.subscriber
    level = subscriber.level if subscriber else Level.DECISIONS
    name, about = call.texts.say(f"level.{level}"), call.texts.say(f"level.{level}.about")
    lines = [
        call.say("start.level", name=name, about=about),
        call.say("start.topics", topics=screens.topics_in_words(call)),
    ]
    if subscriber and subscriber.confirmed:
        lines.append(call.say("start.confirmed"))
    return lines


def _last(call: Call, watch: Watch) -> list[str]:
    """The last decision; where there was none, that somebody is looking."""
    if watch.decision:
        return [call.say("start.last"), render_brief(watch.decision, call.texts)]
    if watch.read_at is None:
        return [call.say("start.unread")]
    at = call.texts.moment(watch.read_at)
    return [call.say("start.none"), call.texts.count("start.watched", watch.feeds, at=at)]
