"""/privacy, /export_me and /delete_me, as people use them."""

from __future__ import annotations

import json
import logging

import pytest

from bot.core.model import FeedSpec
from bot.locale import LANGUAGES, texts_for
from bot.store import audit, feeds
from bot.store.db import Database
from tests.chat.wire import ANN, GROUP, OWNER, Sent, Talk
from tests.fakes import NOW
from tests.store.making import tell

EN = texts_for("en")
BOB = 8


def only(calls: list[Sent], method: str) -> Sent:
    (found,) = [call for call in calls if call.method == method]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_privacy_is_told_on_one_screen(talk: Talk, database: Database, language: str) -> None:
    """What is kept, for how long, and the way to see and erase it: in a phone's screenful."""
    await talk.say("/subscribe", language=language)
    with database.begin() as session:
        tell(session)
    answer = await talk.ask("/privacy", language=language)
    for part in ("180", "90", "/export_me", "/delete_me"):
        assert part in answer.text
    assert texts_for(language).count("privacy.now", 1) in answer.text
    assert len(answer.text) < 1000
    assert answer.text.count("\n") < 20
    assert {"export_me", "delete_me"} <= set(answer.buttons.values())


async def test_privacy_of_a_stranger(talk: Talk) -> None:
    """A chat that only looks around is told that nothing is kept of it, and that is so."""
    assert EN.say("privacy.none") in (await talk.ask("/privacy")).text
    assert (await talk.ask("/delete_me")).text == EN.say("privacy.none")
    assert talk.desk.subscriptions.find("telegram", str(ANN), None) is None


async def test_an_owner_is_told_of_the_audit_trail(talk: Talk) -> None:
    """Only who may change the bot learns that changes are written down."""
    assert EN.say("privacy.owner") in (await talk.ask("/privacy", user=OWNER)).text
    assert EN.say("privacy.owner") not in (await talk.ask("/privacy")).text


@pytest.mark.parametrize("pressed", [False, True])
async def test_a_chat_gets_its_data_as_a_file(
    talk: Talk, database: Database, pressed: bool
) -> None:
    """The file is JSON and holds settings and deliveries; by command and by button."""
    await talk.say("/subscribe signals")
    with database.begin() as session:
        alert, _ = tell(session)
    calls = await (talk.press("export_me") if pressed else talk.say("/export_me"))
    sent = only(calls, "sendDocument")
    assert sent.params["caption"] == EN.say("export.caption")
    ((name, content),) = sent.files
    assert name == "greenlight.json"
    (chat,) = json.loads(content)["subscribers"]
    assert (chat["address"], chat["level"]) == (str(ANN), "signals")
    assert [delivery["alert_id"] for delivery in chat["deliveries"]] == [alert.id]
    assert len([c for c in calls if c.method == "answerCallbackQuery"]) == pressed


async def test_a_group_where_no_files_may_be_sent(talk: Talk) -> None:
    """What Telegram does not allow is said, with the cure."""
    talk.wire.faults["sendDocument"] = [
        (400, "Bad Request: not enough rights to send documents to the chat")
    ]
    answer = await talk.ask("/export_me")
    assert answer.text == EN.say("export.refused")


async def test_a_chat_that_shut_the_bot_out_gets_no_file(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """That is nobody's error, and the log does not name the chat."""
    talk.wire.faults["sendDocument"] = [(403, "Forbidden: bot was blocked by the user")]
    with caplog.at_level(logging.INFO):
        await talk.say("/export_me", user=987654)
    (record,) = [r for r in caplog.records if r.name.startswith("bot")]
    assert record.levelname == "INFO"
    assert "987654" not in record.getMessage()


async def test_erasing_asks_first_and_then_erases(talk: Talk, database: Database) -> None:
    """The command only asks; the button does it, and afterwards the chat is unknown."""
    await talk.say("/subscribe signals")
    with database.begin() as session:
        tell(session)
    question = await talk.ask("/delete_me")
    assert question.text == EN.say("erase.sure")
    assert talk.desk.subscriptions.find("telegram", str(ANN), None)
    sure = question.buttons[EN.say("button.erase.sure")]
    toast, screen = await talk.pressed(sure)
    assert toast == EN.say("erase.toast")
    assert screen
    assert screen.text == EN.say("erase.done")
    assert not any(talk.desk.privacy.held("telegram", str(ANN)))
    _, again = await talk.pressed(sure)
    assert again
    assert again.text == EN.say("privacy.none")
    assert EN.say("level.decisions") in (await talk.ask("/subscribe")).text


async def test_keeping_keeps(talk: Talk) -> None:
    """The other button leads back, and nothing is erased."""
    await talk.say("/subscribe")
    _, question = await talk.pressed("delete_me")
    assert question
    _, screen = await talk.pressed(question.buttons[EN.say("button.keep")])
    assert screen
    assert EN.say("privacy.text", kept=180, left=90) in screen.text
    assert talk.desk.subscriptions.find("telegram", str(ANN), None)


async def test_an_owner_leaves_the_audit_trail_too(talk: Talk, database: Database) -> None:
    """What an owner did is kept, who it was isn't."""
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Feed"), NOW)
    await talk.say(f"/pausefeed {feed.id}", user=OWNER)
    await talk.pressed("delete_me:sure", user=OWNER)
    with database.read() as session:
        acts = audit.list_latest(session, 9)
    assert [(act.actor, act.subject) for act in acts] == [
        ("telegram:deleted", "https://example.org/feed")
    ]


@pytest.mark.parametrize("command", ["/export_me", "/delete_me"])
async def test_in_groups_it_is_for_administrators(talk: Talk, command: str) -> None:
    """A plain member gets neither the file nor the question; an administrator does."""
    talk.wire.statuses[BOB] = "administrator"
    await talk.say("/subscribe", user=BOB, chat=GROUP)
    assert (await talk.ask(command, chat=GROUP)).text == EN.say("group.admins_only")
    for data in ("export_me", "delete_me", "delete_me:sure"):
        assert await talk.pressed(data, chat=GROUP) == (EN.say("group.admins_only"), None)
    assert talk.desk.subscriptions.find("telegram", str(GROUP), None)
    calls = await talk.say(command, user=BOB, chat=GROUP)
    method = "sendDocument" if command == "/export_me" else "sendMessage"
    assert "reply_parameters" in only(calls, method).params


async def test_a_forum_is_erased_with_all_its_topics(talk: Talk) -> None:
    """Wherever in the forum it is asked for, and the answer stays in that topic."""
    talk.wire.statuses[BOB] = "administrator"
    for thread in (5, 6):
        place = {"message_thread_id": thread, "is_topic_message": True}
        await talk.say("/subscribe", user=BOB, chat=GROUP, **place)
    await talk.pressed("delete_me:sure", user=BOB, chat=GROUP, **place)
    assert not any(talk.desk.privacy.held("telegram", str(GROUP)))
    sent = only(await talk.say("/export_me", user=BOB, chat=GROUP, **place), "sendDocument")
    assert int(sent.params["message_thread_id"]) == 6
