"""What everybody can do in a chat once the first minute is over, from the update to the Bot API
call."""

from __future__ import annotations

import pytest

from bot.core.model import Alert, FeedSpec
from bot.locale import texts_for
from bot.services.ingest import Ingest
from bot.store import feeds
from bot.store.db import Database
from tests.chat.conftest import TOPICS
from tests.chat.wire import ANN, OWNER, Talk
from tests.fakes import NOW, FakeDetector, fake_parse, make_body, make_entry

EN, UK = texts_for("en"), texts_for("uk")


def told(database: Database, *titles: str) -> list[Alert]:
    """Alerts as a poll would leave them behind."""
    ingest = Ingest(database, fake_parse, FakeDetector(), TOPICS)
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    entries = [make_entry(f"e{n}", title) for n, title in enumerate(titles)]
    return list(ingest.record(feed, make_body(*entries), NOW).alerts)


async def test_a_chat_may_wait_for_a_second_outlet(talk: Talk) -> None:
    """/subscribe confirmed, or the button: told once two outlets or the authority tell it; any, or
    the other button, takes it back; the settings say which it is."""
    await talk.say("/subscribe confirmed")
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert subscriber.confirmed
    assert EN.say("settings.confirmed") in (await talk.ask("/settings")).text
    toast, screen = await talk.pressed("attested:any")
    assert toast == EN.say("toast.any")
    assert screen
    assert EN.say("settings.any") in screen.text
    again, none = await talk.pressed("attested:any")
    assert (again, none) == (EN.say("toast.already"), None)
    await talk.press("attested:confirmed")
    await talk.say("/subscribe any")
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert not subscriber.confirmed


async def test_unsubscribe_and_come_back(talk: Talk) -> None:
    """/unsubscribe ends it, a second one says so, and coming back finds the settings kept."""
    await talk.say("/subscribe signals")
    assert EN.say("unsubscribe.done") in (await talk.ask("/unsubscribe")).text
    assert EN.say("unsubscribe.already") in (await talk.ask("/unsubscribe")).text
    assert EN.say("level.signals") in (await talk.ask("/subscribe")).text


async def test_settings_mark_what_is_chosen(talk: Talk) -> None:
    """A press on a level edits the one message: the choice is marked with ✓ and in words."""
    toast, screen = await talk.pressed("level:signals")
    assert EN.say("level.signals") in toast
    assert screen
    assert screen.method == "editMessageText"
    chosen = [
        line for line in screen.text.splitlines() if line.startswith("✓") and "chosen" in line
    ]
    assert [EN.say("level.signals") in line for line in chosen] == [True]
    again, none = await talk.pressed("level:signals")
    assert (again, none) == (EN.say("toast.already"), None)


async def test_settings_before_subscribing_are_kept(talk: Talk) -> None:
    """Settings chosen with alerts off wait for /subscribe and do not turn alerts on."""
    await talk.press("level:everything")
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert not subscriber.active
    assert EN.say("level.everything") in (await talk.ask("/subscribe")).text


async def test_topics_are_left_and_followed(talk: Talk) -> None:
    """A topic's button leaves it and follows it again; the last one can't be left."""
    _, screen = await talk.pressed("topic:weapons-restrictions")
    assert screen
    assert "▫️ Restrictions: off" in screen.text
    assert "✓ <b>Strikes</b>: on" in screen.text
    toast, none = await talk.pressed("topic:strike-permission")
    assert (toast, none) == (EN.say("topics.last"), None)
    await talk.press("topic:weapons-restrictions")
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert subscriber.topics == ()


async def test_on_and_off_by_button(talk: Talk) -> None:
    """The settings turn alerts on and off, and say so in a toast and in the screen."""
    toast, screen = await talk.pressed("alerts:on")
    assert screen
    assert toast == EN.say("subscribe.toast")
    assert EN.say("settings.on") in screen.text
    assert (await talk.pressed("alerts:on"))[0] == EN.say("toast.already")
    toast, screen = await talk.pressed("alerts:off")
    assert screen
    assert toast == EN.say("unsubscribe.toast")
    assert EN.say("settings.off") in screen.text


async def test_language_follows_telegram_until_it_is_chosen(talk: Talk) -> None:
    """Replies are in the client's language; a chosen one wins and stays."""
    assert (await talk.ask("/unsubscribe", language="uk")).text == UK.say("unsubscribe.already")
    assert (await talk.ask("/unsubscribe", language="pt-br")).text == EN.say("unsubscribe.already")
    toast, screen = await talk.pressed("language:uk")
    assert screen
    assert toast == UK.say("toast.saved")
    assert "✓ <b>Українська</b>" in screen.text
    assert (await talk.ask("/unsubscribe", language="en")).text == UK.say("unsubscribe.already")


async def test_latest_without_alerts(talk: Talk) -> None:
    """With nothing to show, /latest says that the first alert comes by itself."""
    assert (await talk.ask("/latest")).text == EN.say("latest.none")


async def test_latest_shows_alerts_to_be_opened(talk: Talk, database: Database) -> None:
    """/latest lists what this chat gets, newest first; a number opens the alert in full."""
    first, second = told(database, "US grants a thing", "FR grants <another>")
    answer = await talk.ask("/latest")
    assert answer.text.index("&lt;another&gt;") < answer.text.index("a thing")
    assert answer.buttons["1"] == f"alert:{second.id}"
    _, screen = await talk.pressed(f"alert:{first.id}")
    assert screen
    assert "a thing" in screen.text
    assert screen.buttons[EN.say("button.why")] == f"why:{first.id}"


async def test_why_replies_with_the_evidence(talk: Talk, database: Database) -> None:
    """The Why button under an alert answers with a reply to it."""
    (alert,) = told(database, "US grants a thing")
    _, reply = await talk.pressed(f"why:{alert.id}")
    assert reply
    assert reply.method == "sendMessage"
    assert "reply_parameters" in reply.params
    assert EN.say("why.granted") in reply.text


@pytest.mark.parametrize(
    "data",
    ["why:4711", "why:", "why:x", "attested:",
     "attested:maybe", "alert:99999999999999999999", "level:loud", "topic:gone",
     "language:xx", "nonsense", "", "feed:1:2"],
)  # fmt: skip
async def test_stale_buttons_get_a_toast(talk: Talk, data: str) -> None:
    """A button of an earlier version, or of something deleted, is answered by a short toast."""
    toast, rest = await talk.pressed(data, user=OWNER)
    assert toast
    assert len(toast) <= 200
    assert rest is None


async def test_help_lists_what_the_speaker_may_use(talk: Talk) -> None:
    """/help shows admin commands to owners only."""
    everyone, owner = await talk.ask("/help"), await talk.ask("/help", user=OWNER)
    assert "/subscribe – " in everyone.text
    assert "/addfeed" not in everyone.text
    assert "/addfeed – " in owner.text


async def test_unknown_commands_are_met_with_the_nearest(talk: Talk) -> None:
    """A mistyped command is answered with "did you mean", other words with a hint at /help."""
    assert "/subscribe" in (await talk.ask("/subscibe")).text
    assert "/unsubscribe" in (await talk.ask("/Unsubscrib")).text
    assert (await talk.ask("/xyzzy")).text == EN.say("unknown")
    assert (await talk.ask("hello there")).text == EN.say("unknown")
    assert "/addfeed" not in (await talk.ask("/addfed")).text
    assert "/addfeed" in (await talk.ask("/addfed", user=OWNER)).text


async def test_an_edited_command_is_not_run_again(talk: Talk) -> None:
    """Editing an old message does not repeat what it once did."""
    calls = await talk.update(
        edited_message={
            "message_id": 1, "date": 1_717_000_000, "edit_date": 1_717_000_100,
            "chat": {"id": ANN, "type": "private"}, "text": "/subscribe",
            "from": {"id": ANN, "is_bot": False, "first_name": "Ann"},
            "entities": [{"type": "bot_command", "offset": 0, "length": 10}],
        }
    )  # fmt: skip
    assert calls == []
