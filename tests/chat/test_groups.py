"""Groups, channels and forums: who may change what, where replies go, comings and goings."""

from __future__ import annotations

from typing import Any

import pytest

from bot.locale import texts_for
from tests.chat.wire import ANN, CHANNEL, GROUP, OWNER, Talk, chat_of, member, person

EN = texts_for("en")
BOB = 8


async def test_a_member_may_not_change_the_subscription(talk: Talk) -> None:
    """In a group, a plain member's /subscribe and presses are refused; nothing changes."""
    answer = await talk.ask("/subscribe@double_bot", chat=GROUP)
    assert answer.text == EN.say("group.admins_only")
    assert "reply_parameters" in answer.params
    toast, screen = await talk.pressed("level:signals", chat=GROUP)
    assert (toast, screen) == (EN.say("group.admins_only"), None)
    assert talk.desk.subscriptions.find("telegram", str(GROUP), None) is None


@pytest.mark.parametrize("status", ["administrator", "creator"])
async def test_an_administrator_may(talk: Talk, status: str) -> None:
    """A group's administrators and its owner subscribe it, by command and by button."""
    talk.wire.statuses[BOB] = status
    answer = await talk.ask("/subscribe", user=BOB, chat=GROUP)
    assert EN.say("subscribe.done") in answer.text
    toast, screen = await talk.pressed("level:signals", user=BOB, chat=GROUP)
    assert toast
    assert screen


async def test_an_anonymous_administrator_may(talk: Talk) -> None:
    """A message in the group's own name comes from an administrator (Bot API, sender_chat)."""
    answer = await talk.ask("/subscribe", user=1087968824, chat=GROUP, sender_chat=chat_of(GROUP))
    assert EN.say("subscribe.done") in answer.text


async def test_a_channel_speaking_in_the_group_may_not(talk: Talk) -> None:
    """Another chat's name in front of a message gives no rights, nor does an echoed post."""
    echo = {"sender_chat": chat_of(CHANNEL), "user": 777000, "chat": GROUP}
    assert (await talk.ask("/subscribe", **echo)).text == EN.say("group.admins_only")
    assert await talk.say("/subscribe", is_automatic_forward=True, **echo) == []


async def test_when_telegram_does_not_tell_the_rights(talk: Talk) -> None:
    """If the asker's rights can't be found out, he has none."""
    talk.wire.statuses[BOB] = "administrator"
    talk.wire.faults["getChatMember"] = [(400, "Bad Request: CHAT_ADMIN_REQUIRED")]
    answer = await talk.ask("/subscribe", user=BOB, chat=GROUP)
    assert answer.text == EN.say("group.admins_only")


async def test_everybody_in_a_group_may_read(talk: Talk) -> None:
    """/help, /latest and /start are open to members."""
    for command in ("/help", "/latest", "/start"):
        assert (await talk.ask(command, chat=GROUP)).text != EN.say("group.admins_only")


async def test_talk_in_a_group_is_none_of_ours(talk: Talk) -> None:
    """Words, other bots' commands and unknown ones are passed over; our name is answered to."""
    for text in ("hello", "/xyzzy", "/subscribe@other_bot", "/subscibe"):
        assert await talk.say(text, chat=GROUP) == []
    assert "/subscribe" in (await talk.ask("/subscibe@double_bot", chat=GROUP)).text


async def test_a_channel_subscribes_by_a_post(talk: Talk) -> None:
    """A post /subscribe in a channel subscribes it; who can post there is an administrator."""
    answer = await talk.ask("/subscribe", chat=CHANNEL)
    assert EN.say("subscribe.done") in answer.text
    assert talk.desk.subscriptions.find("telegram", str(CHANNEL), None)
    assert [c.method for c in await talk.say("/settings", chat=CHANNEL)] == ["sendMessage"]


async def test_a_channels_reader_may_not_press(talk: Talk) -> None:
    """Anybody can press a button in a channel; only its administrators change something."""
    sender = {"sender_chat": chat_of(CHANNEL)}
    toast, screen = await talk.pressed("alerts:off", chat=CHANNEL, **sender)
    assert (toast, screen) == (EN.say("group.admins_only"), None)


async def test_admin_commands_are_not_for_channels(talk: Talk) -> None:
    """A channel has no name in ADMIN_IDS."""
    assert (await talk.ask("/feeds", chat=CHANNEL)).text == EN.say("admin.only")


async def test_a_forum_topic_is_a_subscriber_of_its_own(talk: Talk) -> None:
    """/subscribe in a topic of a forum binds that topic, and is answered there."""
    talk.wire.statuses[BOB] = "administrator"
    answer = await talk.ask(
        "/subscribe", user=BOB, chat=GROUP, message_thread_id=5, is_topic_message=True
    )
    assert int(answer.params["message_thread_id"]) == 5
    assert talk.desk.subscriptions.find("telegram", str(GROUP), 5)
    assert talk.desk.subscriptions.find("telegram", str(GROUP), None) is None


async def test_a_reply_thread_is_not_a_topic(talk: Talk) -> None:
    """A thread of replies in an ordinary group is no forum topic (Bot API, is_topic_message)."""
    talk.wire.statuses[BOB] = "administrator"
    answer = await talk.ask("/subscribe", user=BOB, chat=GROUP, message_thread_id=5)
    assert "message_thread_id" not in answer.params
    assert talk.desk.subscriptions.find("telegram", str(GROUP), None)


BOT = {"id": 99, "is_bot": True, "first_name": "Greenlight"}


def change(chat: int, old: str, new: str) -> dict[str, Any]:
    return {
        "chat": chat_of(chat),
        "from": person(BOB, "uk"),
        "date": 1_717_000_000,
        "old_chat_member": member(BOT, old),
        "new_chat_member": member(BOT, new),
    }


async def test_who_blocks_the_bot_is_unsubscribed(talk: Talk) -> None:
    """Blocking ends the subscription without a word; coming back finds the settings."""
    await talk.say("/subscribe signals")
    assert await talk.update(my_chat_member=change(ANN, "member", "kicked")) == []
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert not subscriber.active
    assert EN.say("level.signals") in (await talk.ask("/subscribe")).text


async def test_a_group_that_takes_the_bot_in_is_greeted(talk: Talk) -> None:
    """Added to a group, the bot says how to turn alerts on; in a channel it posts nothing."""
    calls = await talk.update(my_chat_member=change(GROUP, "left", "member"))
    assert [call.text for call in calls] == [texts_for("uk").say("group.hello")]
    assert await talk.update(my_chat_member=change(CHANNEL, "left", "administrator")) == []
    assert await talk.update(my_chat_member=change(GROUP, "member", "administrator")) == []


async def test_a_group_where_the_bot_may_not_speak(talk: Talk) -> None:
    """A greeting that Telegram refuses is nobody's error."""
    talk.wire.faults["sendMessage"] = [(400, "Bad Request: not enough rights to send text")]
    calls = await talk.update(my_chat_member=change(GROUP, "left", "member"))
    assert [call.method for call in calls] == ["sendMessage"]


@pytest.mark.parametrize("both", [True, False])
async def test_a_group_that_becomes_a_supergroup_keeps_its_subscription(
    talk: Talk, both: bool
) -> None:
    """The subscription moves to the new id, told by either of the two service messages."""
    talk.wire.statuses[BOB] = "administrator"
    await talk.say("/subscribe", user=BOB, chat=GROUP)
    await talk.update(
        message={
            "message_id": 50, "date": 1_717_000_000, "chat": chat_of(GROUP),
            "migrate_to_chat_id": -100999,
        }
    )  # fmt: skip
    if both:
        await talk.update(
            message={
                "message_id": 1, "date": 1_717_000_000, "chat": chat_of(-100999),
                "migrate_from_chat_id": GROUP,
            }
        )  # fmt: skip
    assert talk.desk.subscriptions.find("telegram", str(GROUP), None) is None
    moved = talk.desk.subscriptions.find("telegram", "-100999", None)
    assert moved
    assert moved.active


async def test_an_owner_is_an_owner_in_groups_too(talk: Talk) -> None:
    """ADMIN_IDS are people: their admin commands work wherever they give them."""
    assert (await talk.ask("/feeds", user=OWNER, chat=GROUP)).text == EN.say("feeds.none")
