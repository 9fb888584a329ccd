"""What Telegram answers, and what it means for the message."""

from __future__ import annotations

import json
import logging
import socket
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

from bot.core.ports import (
    Button,
    Gone,
    Message,
    Moved,
    Refused,
    RetryAt,
    SendOutcome,
    Sent,
    Unknown,
)
from bot.messengers.pace import Pacer, Urgency, seconds_of
from bot.messengers.telegram import TelegramMessenger, settle
from tests.messengers.wire import TOKEN, VirtualTime, Wire, refusal

NOW = datetime(2024, 5, 30, 18, tzinfo=UTC)
MESSAGE = Message(
    html='🟢 <b>Granted</b> · <a href="https://example.org/a?b=1&amp;c=2">5 &lt; 6</a>',
    buttons=((Button("Why?", data="why:1"), Button("Open", url="https://example.org/")),),
)


def messenger(wire: Wire, pacer: Pacer | None = None) -> TelegramMessenger:
    return TelegramMessenger(wire.bot(pacer), lambda: NOW)


async def send(*script: httpx.Response | Exception) -> tuple[SendOutcome, Wire]:
    wire = Wire(*script)
    return await messenger(wire).send("7", MESSAGE), wire


async def test_a_message_goes_out_whole() -> None:
    """Markup, buttons, topic and silence reach Telegram; the outcome carries the message's id."""
    wire = Wire()
    silent = Message(MESSAGE.html, MESSAGE.buttons, silent=True)
    assert await messenger(wire).send("-1005", silent, thread=9, reply_to="41") == Sent("100")
    ((method, fields),) = wire.calls
    assert method == "sendMessage"
    assert fields["chat_id"] == "-1005"
    assert fields["text"] == MESSAGE.html
    assert fields["parse_mode"] == "HTML"
    assert fields["disable_notification"] == "true"
    assert fields["message_thread_id"] == "9"
    # a message that was deleted can't be replied to: then it comes without the mark, not never
    assert json.loads(fields["reply_parameters"]) == {
        "message_id": 41,
        "allow_sending_without_reply": True,
    }
    assert '"is_disabled": true' in fields["link_preview_options"]
    assert wire.keyboard() == [
        [
            {"text": "Why?", "callback_data": "why:1"},
            {"text": "Open", "url": "https://example.org/"},
        ]
    ]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            refusal(429, "Too Many Requests: retry after 35", retry_after=35),
            RetryAt(NOW + timedelta(seconds=35), "Flood control exceeded. Retry in 0:00:35"),
        ),
        (
            refusal(429, "Too Many Requests: retry after 10072", retry_after=10072),
            RetryAt(NOW + timedelta(seconds=10072), "Flood control exceeded. Retry in 2:47:52"),
        ),
        (
            refusal(429, "Too Many Requests"),
            RetryAt(NOW + timedelta(seconds=30), "Too Many Requests"),
        ),
        (
            refusal(403, "Forbidden: bot was blocked by the user"),
            Gone("Forbidden: bot was blocked by the user"),
        ),
        (
            refusal(403, "Forbidden: user is deactivated"),
            Gone("Forbidden: user is deactivated"),
        ),
        (
            refusal(403, "Forbidden: bot was kicked from the supergroup chat"),
            Gone("Forbidden: bot was kicked from the supergroup chat"),
        ),
        (
            refusal(403, "Forbidden: bot is not a member of the channel chat"),
            Gone("Forbidden: bot is not a member of the channel chat"),
        ),
        (
            refusal(403, "Forbidden: the group chat was deleted"),
            Gone("Forbidden: the group chat was deleted"),
        ),
        (
            refusal(403, "Forbidden: bot can't send messages to the user"),
            Gone("Forbidden: bot can't send messages to the user", for_good=False),
        ),
        (
            refusal(403, "Forbidden: bot can't initiate conversation with a user"),
            Gone("Forbidden: bot can't initiate conversation with a user", for_good=False),
        ),
        (
            refusal(403, "Forbidden: words nobody has seen yet"),
            Gone("Forbidden: words nobody has seen yet", for_good=False),
        ),
        (
            refusal(400, "Bad Request: chat not found"),
            Gone("Chat not found", for_good=False),
        ),
        (
            refusal(400, "Bad Request: not enough rights to send text messages to the chat"),
            Gone("Not enough rights to send text messages to the chat", for_good=False),
        ),
        (
            refusal(400, "Bad Request: TOPIC_CLOSED"),
            Gone("Topic_closed", for_good=False),
        ),
        (
            refusal(400, "Bad Request: message thread not found"),
            Gone("Message thread not found", for_good=False),
        ),
        (
            refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-10042),
            Moved("-10042"),
        ),
        (refusal(400, "Bad Request: message text is empty"), Refused("Message text is empty")),
        (
            refusal(500, "Internal Server Error"),
            RetryAt(NOW + timedelta(seconds=5), "Internal Server Error"),
        ),
        (
            refusal(504, "Gateway Timeout"),
            Unknown("Gateway Timeout"),
        ),
        (
            refusal(409, "Conflict: terminated by other getUpdates request"),
            RetryAt(NOW + timedelta(seconds=5), "Conflict: terminated by other getUpdates request"),
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, httpx.Response) else "",
)
async def test_each_refusal_has_its_outcome(answer: httpx.Response, outcome: SendOutcome) -> None:
    """Every answer of Telegram's becomes one outcome, and the message is sent no second time."""
    got, wire = await send(answer)
    assert got == outcome
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), RetryAt),
        (httpx.ConnectTimeout("slow"), RetryAt),
        (httpx.PoolTimeout("all busy"), RetryAt),
        (httpx.ReadTimeout("slow"), Unknown),
        (httpx.WriteTimeout("slow"), Unknown),
        (httpx.ReadError("reset"), Unknown),
        (httpx.WriteError("reset"), Unknown),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), Unknown),
        (OSError("anything else"), Unknown),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
async def test_only_what_surely_never_left_is_tried_again(
    error: Exception, kind: type[SendOutcome]
) -> None:
    """A connection that never stood is a retry; a line lost later leaves the message unknown."""
    got, _ = await send(error)
    assert isinstance(got, kind)


async def test_a_refused_connection_is_known_as_such() -> None:
    """At a real closed port PTB's client gives the error that we read as "never left"."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/bot"
        bot: ExtBot[Urgency] = ExtBot(TOKEN, base_url=url)
        got = await TelegramMessenger(bot, lambda: NOW).send("7", MESSAGE)
        await bot.shutdown()
    assert isinstance(got, RetryAt)
    assert got.everywhere


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text='{"ok": true, "result":'),
        httpx.Response(200, text="<html>captive portal</html>"),
        httpx.Response(200, json={"ok": True}),
        httpx.Response(200, json={"ok": True, "result": {"surprise": 1}}),
        httpx.Response(200, json={"ok": True, "result": []}),
    ],
)
async def test_an_unreadable_yes_is_unknown(answer: httpx.Response) -> None:
    """An answer of 200 that makes no sense may have been a delivery."""
    got, _ = await send(answer)
    assert isinstance(got, Unknown)


async def test_a_page_from_a_proxy_is_tried_again_without_its_secrets() -> None:
    """A 502 page means not delivered; an address quoted in it doesn't carry the token further."""
    page = f"<html>cannot reach /bot{TOKEN}/sendMessage {'x' * 5000}</html>"
    got, _ = await send(httpx.Response(502, text=page))
    assert isinstance(got, RetryAt)
    assert not got.everywhere
    assert TOKEN not in got.why
    assert len(got.why) <= 300


@pytest.mark.parametrize("status", [401, 404])
async def test_a_wrong_token_stops_everything_and_says_so(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A rejected token keeps the whole outbox waiting and raises an alarm in the log."""
    with caplog.at_level(logging.CRITICAL):
        got, _ = await send(refusal(status, "Unauthorized"))
    assert got == RetryAt(NOW + timedelta(minutes=5), "Unauthorized", everywhere=True)
    assert "token" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "words",
    [
        "Bad Request: can't parse entities: Unsupported start tag",
        "Bad Request: message is too long",
        "Bad Request: inline keyboard button URL 'http://x' is invalid: Wrong HTTP URL",
        "Bad Request: BUTTON_URL_INVALID",
    ],
)
async def test_what_telegram_cannot_read_goes_out_plain_once(words: str) -> None:
    """Unreadable markup or buttons: the same text plain, with the buttons that can't be wrong."""
    got, wire = await send(refusal(400, words))
    assert isinstance(got, Sent)
    assert len(wire.calls) == 2
    fields = wire.calls[-1][1]
    assert fields["text"] == "🟢 Granted · 5 < 6 (https://example.org/a?b=1&c=2)"
    assert "parse_mode" not in fields
    assert wire.keyboard() == [[{"text": "Why?", "callback_data": "why:1"}]]


async def test_plain_is_tried_once_only() -> None:
    """A message that is refused plain too is Refused: no third try."""
    no = "Bad Request: can't parse entities"
    got, wire = await send(refusal(400, no), refusal(400, no))
    assert isinstance(got, Refused)
    assert len(wire.calls) == 2


async def test_an_edit_replaces_the_message() -> None:
    """An edit keeps the message's id and brings the new text and buttons."""
    wire = Wire()
    assert await messenger(wire).edit("7", "55", MESSAGE) == Sent("55")
    ((method, fields),) = wire.calls
    assert method == "editMessageText"
    assert fields["message_id"] == "55"


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (
            "Bad Request: message is not modified: specified new message content is the same",
            Sent("55"),
        ),
        ("Bad Request: message to edit not found", Refused("Message to edit not found")),
        ("Bad Request: message can't be edited", Refused("Message can't be edited")),
    ],
)
async def test_edits_that_change_nothing_count_as_sent(words: str, outcome: SendOutcome) -> None:
    """Nothing to change is success; a message that is gone is Refused."""
    assert await messenger(Wire(refusal(400, words))).edit("7", "55", MESSAGE) == outcome


async def test_a_channel_is_addressed_by_name() -> None:
    """A public channel's "@name" goes through as it is."""
    wire = Wire()
    wire.on_call = lambda *_: httpx.Response(
        200,
        json={
            "ok": True,
            "result": {"message_id": 3, "date": 0, "chat": {"id": -100, "type": "channel"}},
        },
    )
    assert await messenger(wire).send("@news", MESSAGE) == Sent("3")
    assert wire.calls[0][1]["chat_id"] == "@news"


async def test_a_silenced_chat_is_not_called() -> None:
    """While a chat's flood lasts the pacer answers in Telegram's stead, with the time left."""
    time = VirtualTime()
    wire = Wire(refusal(429, "Too Many Requests", retry_after=600))
    post = messenger(wire, Pacer(28, clock=time.clock, sleep=time.sleep))
    assert (await time.run(post.turn("7")))[0] is None
    first = (await time.run(post.send("7", MESSAGE)))[0]
    second = (await time.run(post.turn("7")))[0]
    assert isinstance(first, RetryAt)
    assert isinstance(second, RetryAt)
    assert abs(second.at - first.at) < timedelta(seconds=1)
    assert len(wire.calls) == 1


async def test_alerts_wait_behind_replies() -> None:
    """What the messenger sends is paced as an alert: a reply asked for later goes first."""
    time = VirtualTime()
    wire = Wire()
    bot = wire.bot(Pacer(1, clock=time.clock, sleep=time.sleep))
    post = TelegramMessenger(bot, lambda: NOW)

    async def tell(chat: str) -> None:
        assert await post.turn(chat) is None
        await post.send(chat, MESSAGE)

    await time.run(*(tell(str(chat)) for chat in range(1, 5)), bot.send_message(99, "reply"))
    chats = [fields["chat_id"] for _, fields in wire.calls]
    assert chats.index("99") == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimedOut(), Unknown),
        (NetworkError("Bad Gateway (502)"), RetryAt),
        (TelegramError("anything"), Unknown),
    ],
)
def test_bare_errors_are_settled_on_the_safe_side(
    error: TelegramError, kind: type[SendOutcome]
) -> None:
    """Errors of another HTTP client than PTB's are judged without knowing its exceptions."""
    assert isinstance(settle(error, NOW, secret=TOKEN), kind)


def test_both_forms_of_retry_after_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds come out right whether PTB hands an int, as by default, or a timedelta."""
    flood = RetryAfter(timedelta(seconds=90))
    assert seconds_of(flood) == 90
    monkeypatch.delenv("PTB_TIMEDELTA")
    with pytest.warns(PTBDeprecationWarning):
        old = RetryAfter(17)
    assert seconds_of(old) == 17


async def test_the_client_is_ptbs_own() -> None:
    """The tests of this module run through PTB's HTTP client, not a stand-in of it."""
    assert isinstance(Wire().bot().request, HTTPXRequest)
