"""What a chat shows of the ledger, of past decisions, of a search and of a kept verdict."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from bot.chat.call import Call
from bot.chat.reply import grid, within
from bot.chat.screens import menu_button
from bot.core.markup import clean, safe
from bot.core.model import Alert, Grant, Matter
from bot.core.paging import Page
from bot.core.ports import Button, Message
from bot.core.render import flag, render_alert, render_brief
from bot.core.standing import list_matters, render_authority, render_status
from bot.core.timeline import narrow, render_timeline
from bot.core.whynot import Trace, render_trace
from bot.services.ask import Found, History

ALL = "-"  # in a button's data: no single country, no single matter
LIGHT, DARK = "light", "dark"


def status(call: Call, grants: list[Grant], matter: Matter | None, page: int) -> Message:
    """A page of who permits what, each of its countries to be opened; of one matter, if given."""
    pages = render_status(grants, call.texts, matter)
    if not pages:
        return Message(call.say("status.none"), ((menu_button(call),),))
    number = _fit(page, pages)
    shown = pages[number - 1]
    opened = [Button(_label(call, code), f"status:{code}:{matter or ALL}") for code in shown.keys]
    last = (
        Button(call.say("button.timeline"), f"timeline:{ALL}:{matter or ALL}"),
        menu_button(call),
    )
    return Message(
        shown.html,
        (
            *_turn(f"status:{ALL}:{matter or ALL}", number, len(pages)),
            *grid(opened, 5),
            *_matters(call, "status", ALL, list_matters(grants)),
            last,
        ),
    )


def authority(
    call: Call, code: str, grants: list[Grant], matter: Matter | None, page: int
) -> Message:
    """A page of all that one authority permits, with its sources; of one matter, if given."""
    pages = render_authority(code, grants, call.texts, matter)
    number = _fit(page, pages)
    return Message(
        pages[number - 1].html,
        (
            *_turn(f"status:{code}:{matter or ALL}", number, len(pages)),
            *_matters(call, "status", code, list_matters(grants)),
            (Button(call.say("button.timeline"), f"timeline:{code}:{matter or ALL}"),),
            (Button(call.say("button.status"), "status"), menu_button(call)),
        ),
    )


def _matters(
    call: Call, verb: str, here: str, matters: tuple[Matter, ...]
) -> tuple[tuple[Button, ...], ...]:
    """A button for each matter and one for all; none where there is but one matter."""
    if len(matters) < 2:
        return ()
    buttons = [
        Button(call.say(f"button.matter.{matter}"), f"{verb}:{here}:{matter}") for matter in matters
    ]
    key = "button.matters" if (verb, here) == ("status", ALL) else "button.matter.all"
    return grid([*buttons, Button(call.say(key), f"{verb}:{here}:{ALL}")], 3)


def timeline(
    call: Call, code: str, matter: Matter | None, history: History, page: int | None
) -> Message:
    """A page of decisions, the last one if no page is asked for; then the ways to the picture."""
    told = narrow(history.decisions, code)
    pages = render_timeline(narrow(told, matter=matter), call.texts, code, matter, cut=history.cut)
    last = (
        Button(call.say("button.status"), f"status:{code}" if code else "status"),
        menu_button(call),
    )
    if not pages:
        return Message(call.say("timeline.none"), (last,))
    here, what = code or ALL, matter or ALL
    number = _fit(len(pages) if page is None else page, pages)
    html = pages[number - 1].html
    pictures: tuple[tuple[Button, ...], ...] = ()
    if call.desk.gallery:
        light = Button(call.say("button.picture.light"), f"picture:{here}:{what}:{LIGHT}")
        dark = Button(call.say("button.picture.dark"), f"picture:{here}:{what}:{DARK}")
        pictures = ((light, dark),)
    elif call.owner:
        html += f"\n\n{call.say('timeline.no_pictures')}"
    return Message(
        html,
        (
            *_turn(f"timeline:{here}:{what}", number, len(pages)),
            *_matters(call, "timeline", here, list_matters(one.line for one in told)),
            *pictures,
            last,
        ),
    )


def caption(call: Call, code: str, matter: Matter | None) -> str:
    """What stands under the picture: of whom, of what, up to when."""
    parts = [call.texts.country(code)] if code else []
    parts += [call.texts.say(f"matter.{matter}")] if matter else []
    parts.append(call.texts.say("timeline.until", day=call.texts.day(call.desk.clock())))
    return escape(" · ".join(parts), quote=False)


def found(call: Call, words: str, result: Found) -> Message:
    """A page of what a search found, each to be opened by its number.

    The words stand in the text as code: the buttons find them there again.
    """
    head = f"🔍 <code>{safe(words, 200)}</code>"
    cut = [f"<i>{call.say('search.cut')}</i>"] if result.cut else []
    if not result.total:
        lines = [head, "", call.say("search.none"), *cut]
        return Message("\n".join(lines), ((menu_button(call),),))
    lines = [f"{head} · {call.texts.count('search.found', result.total)}", *cut]
    for number, alert in enumerate(result.alerts, start=1):
        lines += ["", f"{number}. {render_brief(alert, call.texts)}"]
    opened = [
        Button(str(number), f"found:{alert.id}:{result.page}")
        for number, alert in enumerate(result.alerts, start=1)
    ]
    turn = _turn("find", result.page, result.pages)
    return Message(within(lines), (*grid(opened, 5), *turn, (menu_button(call),)))


def found_alert(call: Call, words: str, alert: Alert, page: int) -> Message:
    """One find in full, with the way back to the others."""
    message = render_alert(alert, call.texts)
    html = f"{message.html}\n\n🔍 <code>{safe(words, 200)}</code>"
    back = (Button(call.say("button.found"), f"find:{page}"), menu_button(call))
    return Message(html, (*message.buttons, back))


def trace(call: Call, told: Trace) -> Message:
    """The kept verdict on a page, in words."""
    html = render_trace(told, call.subscriber, call.texts)
    return Message(html, ((Button(call.say("button.latest"), "latest"), menu_button(call)),))


def unseen(call: Call, url: str) -> Message:
    """No feed brought that page: said plainly, with what there is instead."""
    lines = [call.say("trace.unseen", url=clean(url, 300)), "", call.say("trace.unseen.hint")]
    if call.owner:
        lines.append(call.say("trace.unseen.owner"))
    return Message(
        "\n".join(lines), ((Button(call.say("button.latest"), "latest"), menu_button(call)),)
    )


def with_menu(call: Call, message: Message) -> Message:
    return replace(message, buttons=(*message.buttons, (menu_button(call),)))


def _label(call: Call, code: str) -> str:
    """A country on a button: its flag and code, or its name where there is no flag."""
    return f"{flag(code)} {code}" if flag(code) else clean(call.texts.country(code), 20) or code


def _fit(page: int, pages: tuple[Page, ...]) -> int:
    return min(max(page, 1), len(pages))


def _turn(verb: str, page: int, pages: int) -> tuple[tuple[Button, ...], ...]:
    """Back, where we are, on: round and round, so that all buttons are always there."""
    if pages < 2:
        return ()
    return (
        (
            Button("◀", f"{verb}:{page - 1 or pages}"),
            Button(f"{page}/{pages}", f"{verb}:{page}"),
            Button("▶", f"{verb}:{page % pages + 1}"),
        ),
    )
