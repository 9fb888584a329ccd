"""The first minute, from the update to the Bot API call: /start, its links, being subscribed."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bot.core.markup import plain
from bot.core.model import FeedSpec, Level
from bot.locale import LANGUAGES, texts_for
from bot.store import feeds
from bot.store.db import Database
from tests.chat.test_subscriber import told
from tests.chat.wire import ANN, GROUP, Sent, Talk
from tests.fakes import NOW

EN = texts_for("en")
BOB = 8


def rows(answer: Sent) -> list[list[str]]:
    """The buttons' data, row by row."""
    keyboard = json.loads(answer.params["reply_markup"])["inline_keyboard"]
    return [[button["callback_data"] for button in row] for row in keyboard]


async def test_from_start_to_subscribed_is_one_tap(talk: Talk) -> None:
    """The first button of /start subscribes, with the defaults, and says so in the same message."""
    welcome = await talk.ask("/start")
    assert talk.desk.subscriptions.find("telegram", str(ANN), None) is None
    _, done = await talk.pressed(rows(welcome)[0][0])
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert (subscriber.active, subscriber.level, subscriber.topics) == (True, Level.DECISIONS, ())
    assert done
    assert done.method == "editMessageText"
    assert EN.say("subscribe.done") in done.text


async def test_the_button_does_what_the_command_does(talk: Talk, database: Database) -> None:
    """Subscribe as a button and as a command end in the same words and buttons."""
    told(database, "US grants a thing")
    _, pressed = await talk.pressed("subscribe")
    said = await talk.ask("/subscribe", user=BOB)
    assert pressed
    assert (pressed.text, rows(pressed)) == (said.text, rows(said))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_newcomer_reads_three_lines_and_an_example(talk: Talk, language: str) -> None:
    """Three lines of at most 120 letters, an alert in one quote that is marked as an example, and
    one thing to do beside the language and help."""
    texts = texts_for(language)
    answer = await talk.ask("/start", language=language)
    explained, _, example = answer.text.partition("\n\n")
    lines = plain(explained).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 120
    assert texts.say("sample.header") in example.partition("<blockquote>")[0]
    (quoted,) = re.findall("<blockquote>(.*?)</blockquote>", answer.text, re.DOTALL)
    assert quoted.startswith("🟢")
    assert texts.say("sample.title") in quoted
    assert rows(answer) == [["subscribe"], ["language", "help"]]
    assert answer.params["parse_mode"] == "HTML"


async def test_start_is_a_menu_for_whoever_is_in(talk: Talk) -> None:
    """A subscribed chat is told what it hears and where to go; once it has left, it is a
    newcomer's again."""
    await talk.say("/subscribe signals strike-permission")
    answer = await talk.ask("/start")
    assert EN.say("level.signals") in answer.text
    assert "Strikes" in answer.text
    assert "<blockquote>" not in answer.text
    places = [["settings", "latest"], ["status", "timeline"], ["language", "help"]]
    assert rows(answer) == places
    _, menu = await talk.pressed("menu")
    assert menu
    assert (menu.text, rows(menu)) == (answer.text, places)
    await talk.say("/unsubscribe")
    assert rows(await talk.ask("/start"))[0] == ["subscribe"]


async def test_a_group_is_told_who_decides(talk: Talk) -> None:
    """In a group /start names its administrators, and a member's tap on Subscribe is refused."""
    assert EN.say("start.group") in (await talk.ask("/start", chat=GROUP)).text
    assert EN.say("start.group") not in (await talk.ask("/start")).text
    assert await talk.pressed("subscribe", chat=GROUP) == (EN.say("group.admins_only"), None)
    talk.wire.statuses[BOB] = "administrator"
    _, done = await talk.pressed("subscribe", user=BOB, chat=GROUP)
    assert done
    assert EN.say("start.group") in (await talk.ask("/start", chat=GROUP)).text


async def test_the_last_decision_is_shown_at_once(talk: Talk, database: Database) -> None:
    """A new subscription shows the last decision: who, when, and the headline as a link."""
    _, newest = told(database, "FR grants a thing", "US grants <another>")
    assert newest.entry.published
    answer = await talk.ask("/subscribe")
    _, _, last = answer.text.partition(EN.say("start.last"))
    assert "🇺🇸 United States" in last
    assert re.search('<a href="https://[^"]+">US grants &lt;another&gt;</a>', last)
    assert EN.moment(newest.entry.published) in last
    assert "FR grants" not in answer.text


async def test_without_a_decision_the_watch_is_shown(talk: Talk, database: Database) -> None:
    """With nothing told yet, the newcomer learns how many feeds are read and when they last
    were, or that this is about to begin."""
    assert EN.say("start.unread") in (await talk.ask("/subscribe")).text
    with database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
        feeds.save(session, replace(feed, last_success_at=NOW))
    answer = await talk.ask("/subscribe")
    assert EN.say("start.none") in answer.text
    assert EN.count("start.watched", 1, at=EN.moment(NOW)) in answer.text


async def test_what_will_be_heard_is_said_as_it_is_set(talk: Talk) -> None:
    """Level, topics and how well a story must be attested stand in the answer to /subscribe."""
    answer = await talk.ask("/subscribe signals strike-permission confirmed")
    assert EN.say("level.signals.about") in answer.text
    assert EN.say("start.topics", topics="Strikes") in answer.text
    assert EN.say("start.confirmed") in answer.text
    assert EN.say("start.confirmed") not in (await talk.ask("/subscribe any")).text


async def test_subscribe_says_so_in_one_message_with_settings(talk: Talk) -> None:
    """/subscribe subscribes with the defaults: decisions, all topics; in one message."""
    answer = await talk.ask("/subscribe")
    assert EN.say("subscribe.done") in answer.text
    assert EN.say("level.decisions") in answer.text
    every = f"{EN.say('topics.all')} (Strikes, Restrictions)"
    assert EN.say("start.topics", topics=every) in answer.text
    assert EN.say("button.settings") in answer.buttons
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert (subscriber.active, subscriber.level, subscriber.topics) == (True, Level.DECISIONS, ())


async def test_subscribing_twice_changes_nothing(talk: Talk) -> None:
    """A second /subscribe says that alerts are on already and keeps the settings."""
    await talk.say("/subscribe")
    await talk.press("level:everything")
    answer = await talk.ask("/subscribe")
    assert EN.say("subscribe.already") in answer.text
    assert EN.say("level.everything") in answer.text


async def test_subscribe_takes_a_level_and_topics(talk: Talk) -> None:
    """/subscribe signals strike-permission means just that; an unknown word names what there is."""
    await talk.say("/subscribe signals strike-permission")
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert (subscriber.level, subscriber.topics) == (Level.SIGNALS, ("strike-permission",))
    answer = await talk.ask("/subscribe <b>football")
    assert "&lt;b&gt;football" in answer.text
    assert "weapons-restrictions" in answer.text


async def test_deep_links(talk: Talk, database: Database) -> None:
    """t.me/bot?start=topic_<id> follows the topic, alert_<id> shows the alert, others /start."""
    (alert,) = told(database, "US grants a thing")
    assert "a thing" in (await talk.ask(f"/start alert_{alert.id}")).text
    assert EN.say("subscribe.done") in (await talk.ask("/start topic_strike-permission")).text
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert subscriber.topics == ("strike-permission",)
    for payload in ("topic_gone", "alert_4711", "alert_", "x" * 64):
        assert "Greenlight" in (await talk.ask(f"/start {payload}")).text


async def test_a_link_to_a_topic_adds_it(talk: Talk) -> None:
    """Who follows one topic and opens the link of another follows both: all there are."""
    await talk.say("/subscribe strike-permission")
    await talk.say("/start topic_weapons-restrictions")
    subscriber = talk.desk.subscriptions.find("telegram", str(ANN), None)
    assert subscriber
    assert subscriber.topics == ()
