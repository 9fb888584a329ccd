"""Asking in a chat: who permits what, what was decided, what was told, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.chat.commands import register
from bot.chat.gallery import Gallery, Lines
from bot.core.errors import ConfigError
from bot.core.model import Alert, Grant, LedgerState, Matter, Reach
from bot.core.ports import Texts
from bot.locale import texts_for
from bot.store import stories
from bot.store.db import Database
from tests.chat.test_subscriber import told
from tests.chat.wire import ANN, GROUP, OWNER, Sent, Talk, message
from tests.fakes import NOW
from tests.store.making import make_grant

EN, UK = texts_for("en"), texts_for("uk")


def know(database: Database, *lines: Grant) -> None:
    with database.begin() as session:
        stories.save_grants(session, lines)


LEDGER = (
    make_grant("US", beneficiary="UA", weapons=("HIMARS",), without=("ATACMS",), seeded=True),
    make_grant("GB", beneficiary="UA", reach=Reach.DEEP, seeded=True),
    make_grant("DE", matter=Matter.TRANSFER, state=LedgerState.REVOKED, seeded=True),
)


# --- /status --------------------------------------------------------------------------------


async def test_status_says_who_permits_what(talk: Talk, database: Database) -> None:
    """/status shows one matter at first, each country to be opened, the other matters a press
    away, and all of them by country."""
    know(database, *LEDGER)
    answer = await talk.ask("/status")
    assert "🇺🇸 United States" in answer.text
    assert "HIMARS · Limits: not ATACMS" in answer.text
    assert "Germany" not in answer.text
    assert answer.buttons["🇬🇧 GB"] == "status:GB:strike"
    _, screen = await talk.pressed(answer.buttons["Deliveries"])
    assert screen
    assert screen.method == "editMessageText"
    assert "🔴\u00a0Withdrawn" in screen.text
    _, screen = await talk.pressed(answer.buttons["By country"])
    assert screen
    assert all(name in screen.text for name in ("United States", "United Kingdom", "Germany"))


@pytest.mark.parametrize("words", ["US", "usa", "United Sttes", "сша"])
async def test_status_of_a_country(talk: Talk, database: Database, words: str) -> None:
    """By its code or by its name in any language, misspelt by a letter, everything is told."""
    know(database, replace(LEDGER[0], sources=("https://apnews.com/1",)), *LEDGER[1:])
    answer = await talk.ask(f"/status {words}")
    assert answer.text.startswith("<b>🇺🇸 United States</b>")
    assert '<a href="https://apnews.com/1">apnews.com</a>' in answer.text
    assert "United Kingdom" not in answer.text
    _, back = await talk.pressed(answer.buttons[EN.say("button.status")])
    assert back
    assert "United Kingdom" in back.text


async def test_status_of_nothing(talk: Talk, database: Database) -> None:
    """An empty ledger, a country without a line and a name of no country are told apart."""
    assert (await talk.ask("/status")).text == EN.say("status.none")
    know(database, *LEDGER)
    assert "nothing is known" in (await talk.ask("/status Norway")).text
    answer = await talk.ask("/status <b>Atlantis")
    assert "&lt;b&gt;Atlantis" in answer.text


async def test_status_is_paged_in_place(talk: Talk, database: Database) -> None:
    """A long ledger has pages, turned round and round in one message."""
    know(database, *(make_grant(code, seeded=True) for code in "US GB DE FR PL NO FI SE".split()))
    answer = await talk.ask("/status")
    assert answer.buttons["▶"] == "status:-:strike:2"
    _, second = await talk.pressed(answer.buttons["▶"])
    assert second
    assert second.method == "editMessageText"
    assert second.text != answer.text
    last = int(next(label for label in answer.buttons if label.startswith("1/"))[2:])
    assert answer.buttons["◀"] == f"status:-:strike:{last}"
    _, beyond = await talk.pressed("status:-:strike:99")
    assert beyond
    assert f"{last}/{last}" in beyond.buttons


# --- /timeline ------------------------------------------------------------------------------


class Painter:
    """Draws nothing, and remembers what it was asked for."""

    def __init__(self, *, broken: bool = False) -> None:
        self.asked: list[tuple[set[str], str, bool]] = []
        self._broken = broken

    def __call__(self, lines: Lines, texts: Texts, until: datetime, dark: bool) -> bytes:
        assert until == NOW
        self.asked.append(({line.authority for line in lines}, texts.language, dark))
        if self._broken:
            raise ConfigError("timeline.png: the picture can't be drawn: no room")
        return b"\x89PNG"


def with_painter(talk: Talk, painter: Painter) -> Talk:
    """The same bot, able to draw."""
    desk = replace(talk.desk, gallery=Gallery(painter))
    talk.application.handlers.clear()
    return replace(talk, desk=desk, menus=register(talk.application, desk))


async def test_timeline_is_text_and_then_a_picture(talk: Talk, database: Database) -> None:
    """The text comes first, with its buttons; then the picture of the same decisions, announced
    while it is drawn, with a caption."""
    know(database, *LEDGER)
    painter = Painter()
    talk = with_painter(talk, painter)
    text, action, photo = await talk.say("/timeline")
    assert (text.method, action.method, photo.method) == (
        "sendMessage",
        "sendChatAction",
        "sendPhoto",
    )
    assert "🟢\u00a0Allowed" in text.text
    assert action.params["action"] == "upload_photo"
    assert photo.params["caption"] == "Strikes with supplied weapons · up to May 30, 2024"
    assert painter.asked == [({"US", "GB"}, "en", False)]
    pressed = await talk.press(text.buttons[EN.say("button.picture.dark")])
    assert [c.method for c in pressed] == ["sendChatAction", "answerCallbackQuery", "sendPhoto"]
    assert painter.asked[1] == ({"US", "GB"}, "en", True)


async def test_timeline_of_a_country_in_dark(talk: Talk, database: Database) -> None:
    """A country and a theme may stand in any order; of one country all matters are told."""
    know(database, *LEDGER)
    painter = Painter()
    talk = with_painter(talk, painter)
    text, _, photo = await talk.say("/timeline dark Німеччина", language="uk")
    assert text.text.startswith("<b>🇩🇪 Німеччина</b> · Рішення")
    assert photo.params["caption"] == "Німеччина · станом на 30 трав. 2024\u202fр."
    assert painter.asked == [({"DE"}, "uk", True)]


async def test_without_the_extra_there_is_text_alone(talk: Talk, database: Database) -> None:
    """Nobody is offered a picture that can't be drawn; owners are told what draws it."""
    know(database, *LEDGER)
    answer = await talk.ask("/timeline")
    assert EN.say("button.picture.dark") not in answer.buttons
    assert "pip install" not in answer.text
    assert "pip install" in (await talk.ask("/timeline", user=OWNER)).text
    toast, nothing = await talk.pressed("picture:-:-:dark")
    assert (toast, nothing) == (EN.say("button.stale"), None)


async def test_a_picture_that_fails_is_told(
    talk: Talk, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """When drawing fails the reader is told so in a sentence, the log says why."""
    know(database, *LEDGER)
    talk = with_painter(talk, Painter(broken=True))
    *_, last = await talk.say("/timeline")
    assert last.text == EN.say("timeline.no_picture_now")
    assert "no room" in caplog.text
    assert "Traceback" not in caplog.text


async def test_timeline_of_nothing(talk: Talk, database: Database) -> None:
    """Without a decision there is neither a page nor a picture; what isn't about weapons is told
    and not drawn."""
    talk = with_painter(talk, Painter())
    assert [c.text for c in await talk.say("/timeline")] == [EN.say("timeline.none")]
    know(database, make_grant("US", matter=Matter.OTHER, seeded=True))
    text, none = await talk.say("/timeline US")
    assert "🟢" in text.text
    assert none.text == EN.say("picture.empty")


async def test_in_a_group_text_and_picture_quote_the_command(
    talk: Talk, database: Database
) -> None:
    """Whose question is answered stays clear."""
    know(database, *LEDGER)
    talk = with_painter(talk, Painter())
    text, _, photo = await talk.say("/timeline", chat=GROUP)
    assert "reply_parameters" in text.params
    assert text.params["reply_parameters"] == photo.params["reply_parameters"]


# --- /search --------------------------------------------------------------------------------


def codes(sent: Sent) -> list[dict[str, Any]]:
    """The code entities of a message as Telegram would send them back with a press."""
    before, _, rest = sent.text.partition("<code>")
    words = rest.partition("</code>")[0]
    offset = len(before.encode("utf-16-le")) // 2
    return [{"type": "code", "offset": offset, "length": len(words)}]


def as_shown(sent: Sent) -> dict[str, Any]:
    return {
        "text": sent.text.replace("<code>", "").replace("</code>", ""),
        "entities": codes(sent),
    }


async def test_search_finds_and_opens(talk: Talk, database: Database) -> None:
    """/search lists the alerts that hold the words; one is opened by its number, and from it the
    way leads back to what was found."""
    told(database, "US grants Taurus missiles", "GB grants something else", "DE denies Taurus")
    answer = await talk.ask("/search TAURUS")
    assert "<code>TAURUS</code> · 2 alerts" in answer.text
    assert answer.text.index("DE denies") < answer.text.index("US grants")
    assert "something else" not in answer.text
    _, opened = await talk.pressed(answer.buttons["2"], **as_shown(answer))
    assert opened
    assert opened.method == "editMessageText"
    assert "US grants Taurus missiles" in opened.text
    assert "why:1" in opened.buttons.values()
    _, back = await talk.pressed(opened.buttons[EN.say("button.found")], **as_shown(opened))
    assert back
    assert back.text == answer.text


async def test_search_is_paged(talk: Talk, database: Database) -> None:
    """More than a handful of finds have pages; a button remembers the words."""
    told(database, *(f"U{letter} grants Taurus" for letter in "ABCDEFG"))
    answer = await talk.ask("/search taurus grants")
    assert "1/2" in answer.buttons
    _, second = await talk.pressed(answer.buttons["▶"], **as_shown(answer))
    assert second
    assert "UA grants" in second.text
    assert "taurus grants" in second.text


async def test_search_for_nothing(talk: Talk, database: Database) -> None:
    """No words, no finds and a button whose words are lost: each says what to do."""
    assert (await talk.ask("/search")).text == EN.say("search.wanted")
    assert (await talk.ask("/search …!")).text == EN.say("search.wanted")
    answer = await talk.ask("/search <i>nothing")
    assert "<code>&lt;i&gt;nothing</code>" in answer.text
    assert EN.say("search.none") in answer.text
    toast, nothing = await talk.pressed("find:1")
    assert (toast, nothing) == (EN.say("button.stale"), None)


# --- /why -----------------------------------------------------------------------------------


async def test_why_with_a_link(talk: Talk, database: Database) -> None:
    """The kept verdict of that page in words, whatever twin of its address is given."""
    told(database, "US grants it")
    answer = await talk.ask("/why http://www.example.org/e0?utm_source=x")
    assert answer.text.startswith(f"<b>{EN.say('trace.not_told')}</b>")
    assert EN.say("reason.new_decision") in answer.text
    assert EN.say("nottold.off", at="May 30, 2024, 12:00 UTC") in answer.text
    assert "Example" in answer.text


async def test_why_of_what_was_no_news(talk: Talk, database: Database) -> None:
    """An entry that nobody was told of has its reason too."""
    told(database, "A bridge was opened")
    answer = await talk.ask("/why example.org/e0", language="uk")
    assert UK.say("reason.nothing_found") in answer.text


async def test_why_of_a_page_that_nobody_brought(talk: Talk) -> None:
    """A page that no feed brought was never judged: said plainly, with where else to look."""
    answer = await talk.ask("/why https://example.org/<unseen>")
    assert EN.say("trace.unseen", url="https://example.org/&lt;unseen&gt;") in answer.text
    assert "/latest" in answer.text
    assert "/addfeed" not in answer.text
    assert "/addfeed" in (await talk.ask("/why https://example.org/x", user=OWNER)).text
    assert (await talk.ask("/why")).text == EN.say("trace.wanted")
    assert (await talk.ask("/why me")).text == EN.say("trace.wanted")


def alert_message(alert: Alert, *entities: dict[str, Any]) -> dict[str, Any]:
    """An alert as it hangs in a chat."""
    keyboard = [[{"text": "Why?", "callback_data": f"why:{alert.id}"}]]
    return message(
        ANN,
        500,
        text="An alert",
        reply_markup={"inline_keyboard": keyboard},
        entities=list(entities),
    )


async def test_why_as_a_reply_to_an_alert(talk: Talk, database: Database) -> None:
    """The alert that is replied to is explained; once its entry was forgotten, from what the
    alert itself keeps."""
    (alert,) = told(database, "US grants it")
    answer = await talk.ask("/why", reply_to_message=alert_message(alert))
    assert EN.say("reason.new_decision") in answer.text
    with database.begin() as session:
        session.exec_driver_sql("DELETE FROM entries")
    answer = await talk.ask("/why", reply_to_message=alert_message(alert))
    assert EN.say("why.header") in answer.text
    gone = alert_message(replace(alert, id=99))
    assert (await talk.ask("/why", reply_to_message=gone)).text == EN.say("trace.wanted")


@pytest.mark.parametrize(
    "holding",
    [
        {"text": "see https://example.org/e0 !", "entities": [("url", 4, 22)]},
        {"text": "see example.org/e0", "entities": [("url", 4, 14)]},
        {"text": "see here", "entities": [("text_link", 4, 4)]},
        {"caption": "see here", "caption_entities": [("text_link", 4, 4)]},
    ],
)
async def test_why_as_a_reply_to_a_link(
    talk: Talk, database: Database, holding: dict[str, Any]
) -> None:
    """A message with a link, forwarded or written, is enough to reply to."""
    told(database, "US grants it")
    content = {
        key: [_entity(*each) for each in value] if isinstance(value, list) else value
        for key, value in holding.items()
    }
    answer = await talk.ask("/why", reply_to_message=message(ANN, 400, **content))
    assert EN.say("reason.new_decision") in answer.text


def _entity(kind: str, offset: int, length: int) -> dict[str, Any]:
    link = {"url": "https://example.org/e0"} if kind == "text_link" else {}
    return {"type": kind, "offset": offset, "length": length, **link}


# --- everything -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "status:us",
        "status:-:nothing",
        "status:-:strike:x",
        "status:US:-:-1",
        "timeline:<b>",
        "timeline:-:-:9999999999999999999999",
        "picture:US",
        "picture:US:-:pink",
        "find:x",
        "found:1:1",
        "found:x",
    ],
)
async def test_a_button_that_means_nothing_is_stale(talk: Talk, data: str) -> None:
    """Data that no button of ours has is answered with a toast."""
    talk = with_painter(talk, Painter())
    toast, nothing = await talk.pressed(data)
    assert (toast, nothing) == (EN.say("button.stale"), None)


async def test_the_menu_leads_there(talk: Talk, database: Database) -> None:
    """A subscriber's /start offers both views, and they come in place of the menu."""
    know(database, *LEDGER)
    await talk.say("/subscribe")
    answer = await talk.ask("/start")
    for key, shown in (("button.status", "status.title"), ("button.timeline", "timeline.title")):
        _, screen = await talk.pressed(answer.buttons[EN.say(key)])
        assert screen
        assert screen.method == "editMessageText"
        assert EN.say(shown) in screen.text
