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


def start(call: Call) -> Message:
    """Who we are, whether alerts are on here, and where to go."""
    say = call.say
    lines = [say("start.text"), "", standing(call)]
    if not call.private:
        lines.append(say("start.group"))
    buttons = (
        (Button(say("button.subscribe"), "alerts:on"), Button(say("button.settings"), "settings")),
        (Button(say("button.status"), "status"), Button(say("button.timeline"), "timeline")),
        (Button(say("button.sample"), "sample"), Button(say("button.latest"), "latest")),
        (Button(say("button.language"), "language"), Button(say("button.help"), "help")),
    )
    return Message("\n".join(lines), buttons)


def standing(call: Call) -> str:
    """One line: are alerts on here, and which."""
    subscriber = call.subscriber
    if subscriber is None or not subscriber.active:
        return call.say("standing.off")
    return call.say(
        "standing.on",
        level=call.texts.say(f"level.{subscriber.level}"),
        topics=topics_in_words(call),
    )


def topics_in_words(call: Call) -> str:
    chosen = call.subscriber.topics if call.subscriber else ()
    if not chosen:
        return call.texts.say("topics.all")
    return ", ".join(topic_title(call, t) for t in call.desk.topics if t.id in chosen)


def topic_title(call: Call, topic: Topic) -> str:
    """The topic's title in the call's language; plain, not escaped."""
    return topic.title.get(call.texts.language) or topic.title.get("en") or topic.id


def follows(call: Call, topic: Topic) -> bool:
    chosen = call.subscriber.topics if call.subscriber else ()
    return not chosen or topic.id in chosen


def subscribed(call: Call, key: str) -> Message:
    """What a new subscription is, with the way to change it."""
    lines = [call.say(key), standing(call)]
    buttons = ((Button(call.say("button.settings"), "settings"), menu_button(call)),)
    return Message("\n".join(lines), buttons)


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
