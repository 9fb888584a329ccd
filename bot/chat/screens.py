"""What the chat shows, as values: each screen is a function of the call.

A screen's buttons keep their words whatever is chosen; what is chosen is said, with a mark and in
words, in the text above them.
"""

from __future__ import annotations

from bot.chat.call import Call, Command
from bot.chat.reply import grid, within
from bot.core.model import Alert, Level, Topic
from bot.core.ports import Button, Message
from bot.core.render import render_alert, render_brief
from bot.locale import LANGUAGES

LEVELS = tuple(Level)
_FEW = 4  # topics that a line can name


def topics_in_words(call: Call) -> str:
    """The topics by name; where it is all of them, that is said, and they are named if few."""
    chosen = call.subscriber.topics if call.subscriber else ()
    topics = [topic for topic in call.desk.topics if not chosen or topic.id in chosen]
    names = ", ".join(topic_title(call, topic) for topic in topics)
    if chosen:
        return names
    every = call.texts.say("topics.all")
    return f"{every} ({names})" if 0 < len(topics) <= _FEW else every


def topic_title(call: Call, topic: Topic) -> str:
    """The topic's title in the call's language; plain, not escaped."""
    return topic.title.get(call.texts.language) or topic.title.get("en") or topic.id


def follows(call: Call, topic: Topic) -> bool:
    chosen = call.subscriber.topics if call.subscriber else ()
    return not chosen or topic.id in chosen


def settings(call: Call) -> Message:
    """Everything that can be set, what is chosen marked; one message, edited in place."""
    say, subscriber = call.say, call.subscriber
    on = subscriber is not None and subscriber.active
    chosen = subscriber.level if subscriber else Level.DECISIONS
    lines = [
        say("settings.title"),
        "",
        say("settings.on" if on else "settings.off"),
        "",
        say("settings.levels"),
    ]
    for level in LEVELS:
        key = "settings.chosen" if level is chosen else "settings.other"
        name, about = call.texts.say(f"level.{level}"), call.texts.say(f"level.{level}.about")
        lines.append(say(key, name=name, about=about))
    lines += ["", say("settings.topics")]
    for topic in call.desk.topics:
        key = "settings.followed" if follows(call, topic) else "settings.ignored"
        lines.append(say(key, name=topic_title(call, topic)))
    careful = subscriber is not None and subscriber.confirmed
    lines += ["", say("settings.confirmed" if careful else "settings.any")]
    lines += ["", say("settings.language", name=call.texts.say("language.name"))]
    return Message(
        "\n".join(lines),
        (
            (Button(say("button.on"), "alerts:on"), Button(say("button.off"), "alerts:off")),
            tuple(Button(say(f"button.level.{x}"), f"level:{x}") for x in LEVELS),
            *grid((Button(topic_title(call, t), f"topic:{t.id}") for t in call.desk.topics), 2),
            (
                Button(say("button.any"), "attested:any"),
                Button(say("button.confirmed"), "attested:confirmed"),
            ),
            (Button(say("button.language"), "language"), menu_button(call)),
        ),
    )


def languages(call: Call) -> Message:
    """The languages, each in its own words."""
    names = [(code, call.desk.texts_for(code).say("language.name")) for code in LANGUAGES]
    lines = [call.say("language.title"), ""]
    for code, name in names:
        key = "language.chosen" if code == call.texts.language else "language.other"
        lines.append(call.say(key, name=name))
    buttons = grid((Button(name, f"language:{code}") for code, name in names), 2)
    return Message(
        "\n".join(lines),
        (*buttons, (Button(call.say("button.settings"), "settings"), menu_button(call))),
    )


def help_text(call: Call, commands: tuple[Command, ...]) -> Message:
    """Every command that this speaker may use, with what it does."""
    lines = [call.say("help.title"), ""]
    lines += [_help_line(call, command) for command in commands if not command.admin]
    if call.owner:
        lines += ["", call.say("help.admin"), ""]
        lines += [_help_line(call, command) for command in commands if command.admin]
    lines += ["", call.say("help.foot")]
    return Message("\n".join(lines), ((menu_button(call),),))


def _help_line(call: Call, command: Command) -> str:
    return f"/{command.name} – {call.say(command.help_key)}"


def latest(call: Call, alerts: list[Alert]) -> Message:
    """The last alerts, newest first, each to be opened by its number."""
    if not alerts:
        return Message(call.say("latest.none"), ((menu_button(call),),))
    lines = [call.say("latest.title")]
    for number, alert in enumerate(alerts, start=1):
        lines += ["", f"{number}. {render_brief(alert, call.texts)}"]
    buttons = [Button(str(n), f"alert:{alert.id}") for n, alert in enumerate(alerts, start=1)]
    return Message(within(lines), (*grid(buttons, 5), (menu_button(call),)))


def alert(call: Call, shown: Alert) -> Message:
    """One alert in full, as it was sent, with the way back."""
    message = render_alert(shown, call.texts)
    back = (Button(call.say("button.latest"), "latest"), menu_button(call))
    return Message(message.html, (*message.buttons, back))


def menu_button(call: Call) -> Button:
    return Button(call.say("button.menu"), "menu")


def unknown(call: Call, near: str | None) -> Message:
    """An unknown command, with the nearest one that there is."""
    text = call.say("unknown.near", near=f"/{near}") if near else call.say("unknown")
    return Message(text, ((Button(call.say("button.help"), "help"), menu_button(call)),))
