"""What owners do with feeds in a chat."""

from __future__ import annotations

import pytest

from bot.chat.commands import COMMANDS, PRESSES
from bot.core.model import FeedSpec, FeedState
from bot.core.ports import Failure, FetchFault
from bot.locale import texts_for
from bot.store import feeds
from bot.store.db import Database
from tests.chat.wire import OWNER, Talk
from tests.fakes import NOW, make_body, make_entry

EN = texts_for("en")
URL = "https://example.org/feed"


def seed(database: Database, number: int) -> None:
    with database.begin() as session:
        for n in range(1, number + 1):
            feeds.add(session, FeedSpec(f"{URL}/{n}", f"Feed <{n}>"), NOW)


@pytest.mark.parametrize("command", [c.name for c in COMMANDS if c.admin])
async def test_admin_commands_are_not_for_others(talk: Talk, command: str) -> None:
    """Whoever is not in ADMIN_IDS gets one short answer, and nothing is fetched."""
    assert (await talk.ask(f"/{command} {URL}")).text == EN.say("admin.only")
    assert talk.fetch.asked == []


@pytest.mark.parametrize("verb", [p.verb for p in PRESSES.values() if p.admin])
async def test_admin_buttons_are_not_for_others(talk: Talk, verb: str) -> None:
    """A forwarded or guessed admin button does nothing in other hands."""
    assert await talk.pressed(f"{verb}:1") == (EN.say("admin.only"), None)


async def test_adding_a_feed(talk: Talk) -> None:
    """/addfeed asks the address once, adds what answers, and offers to test it."""
    talk.fetch.answer(URL, make_body(make_entry("a")))
    answer = await talk.ask(f"/addfeed {URL}", user=OWNER)
    assert EN.say("feed.added") in answer.text
    assert URL in answer.text
    assert answer.buttons[EN.say("button.test")] == "test:1"
    assert [url for url, _ in talk.fetch.asked] == [URL]
    again = await talk.ask(f"/addfeed {URL}", user=OWNER)
    assert again.text == EN.say("feed.known", name="A feed")


async def test_adding_shows_that_it_takes_a_moment(talk: Talk) -> None:
    """While the address is asked, the chat shows the bot typing."""
    talk.fetch.answer(URL, make_body())
    calls = [call.method for call in await talk.say(f"/addfeed {URL}", user=OWNER)]
    assert calls[0] == "sendChatAction"


@pytest.mark.parametrize("command", ["addfeed", "testfeed"])
async def test_what_can_not_be_fetched_is_told(talk: Talk, command: str) -> None:
    """A feed that fails is not added; the reason is told in plain words, nothing else changes."""
    talk.fetch.answer(URL, Failure(FetchFault.TIMEOUT, "no answer in 30 s"))
    assert (await talk.ask(f"/{command} {URL}", user=OWNER)).text == EN.say("fault.timeout")
    assert talk.desk.manage.feeds() == []
    missing = await talk.ask(f"/{command}", user=OWNER)
    assert missing.text == EN.say("feed.url.wanted", command=command)


async def test_a_page_offers_its_feeds(talk: Talk) -> None:
    """A page's address is answered with its feeds; pressing a number adds that one."""
    talk.fetch.answer("https://example.org/", make_body(content=b"page"))
    talk.fetch.answer("https://example.org/sport.xml", make_body(make_entry("a")))
    answer = await talk.ask("/addfeed https://example.org/", user=OWNER)
    assert list(answer.buttons.values()) == ["add:1", "add:2"]
    links = ["https://example.org/news.xml", "https://example.org/sport.xml"]
    entities = [
        {"type": "text_link", "offset": n, "length": 1, "url": url} for n, url in enumerate(links)
    ]
    _, reply = await talk.pressed("add:2", user=OWNER, entities=entities)
    assert reply
    assert EN.say("feed.added") in reply.text
    assert [feed.url for feed in talk.desk.manage.feeds()] == [links[1]]
    assert await talk.pressed("add:3", user=OWNER, entities=entities) == (
        EN.say("button.stale"),
        None,
    )


async def test_the_list_of_feeds_has_pages(talk: Talk, database: Database) -> None:
    """/feeds shows eight at a time with their state; the buttons turn pages and open feeds."""
    assert (await talk.ask("/feeds", user=OWNER)).text == EN.say("feeds.none")
    seed(database, 10)
    answer = await talk.ask("/feeds", user=OWNER)
    assert EN.say("feeds.title", total=10, page=1, pages=2) in answer.text
    assert "Feed &lt;8&gt;: not polled yet" in answer.text
    assert "Feed &lt;9&gt;" not in answer.text
    _, second = await talk.pressed(answer.buttons[EN.say("button.later")], user=OWNER)
    assert second
    assert "Feed &lt;10&gt;" in second.text
    _, one = await talk.pressed("feed:10", user=OWNER)
    assert one
    assert f"{URL}/10" in one.text


@pytest.mark.parametrize("which", ["1", "#1", f"{URL}/1"])
async def test_pausing_resuming_and_removing(talk: Talk, database: Database, which: str) -> None:
    """A feed is named by its number or its address."""
    seed(database, 1)
    for command, state in (("pause", FeedState.PAUSED), ("resume", FeedState.ACTIVE)):
        answer = await talk.ask(f"/{command}feed {which}", user=OWNER)
        assert "Feed &lt;1&gt;" in answer.text
        assert [feed.state for feed in talk.desk.manage.feeds()] == [state]
    answer = await talk.ask(f"/removefeed {which}", user=OWNER)
    assert answer.text == EN.say("feed.removed", name="Feed &lt;1&gt;")
    assert talk.desk.manage.feeds() == []
    gone = await talk.ask(f"/removefeed {which}", user=OWNER)
    assert gone.text == EN.say("feed.unknown", feed=which)


async def test_without_a_name_the_feeds_are_offered(talk: Talk, database: Database) -> None:
    """/pausefeed alone offers the feeds that can be paused, /resumefeed those that sleep."""
    seed(database, 2)
    await talk.say("/pausefeed 2", user=OWNER)
    assert list((await talk.ask("/pausefeed", user=OWNER)).buttons.values()) == ["pause:1", "feeds"]
    assert list((await talk.ask("/resumefeed", user=OWNER)).buttons.values()) == [
        "resume:2",
        "feeds",
    ]
    await talk.say("/resumefeed 2", user=OWNER)
    assert (await talk.ask("/resumefeed", user=OWNER)).text == EN.say("feeds.none.resume")


async def test_removing_by_button_asks_first(talk: Talk, database: Database) -> None:
    """The Remove button wants a second press; then the feed is gone, and its buttons are stale."""
    seed(database, 1)
    _, sure = await talk.pressed("remove:1", user=OWNER)
    assert sure
    assert list(sure.buttons.values()) == ["sure:1", "feed:1"]
    assert talk.desk.manage.feeds()
    _, done = await talk.pressed("sure:1", user=OWNER)
    assert done
    assert talk.desk.manage.feeds() == []
    toast, rest = await talk.pressed("pause:1", user=OWNER)
    assert (toast, rest) == (EN.say("feed.unknown", feed="1"), None)


async def test_pausing_by_button(talk: Talk, database: Database) -> None:
    """Pause and Resume are always there; the one that would change nothing says so."""
    seed(database, 1)
    toast, screen = await talk.pressed("pause:1", user=OWNER)
    assert screen
    assert toast == EN.say("toast.saved")
    assert EN.say("feed.state.paused") in screen.text
    assert await talk.pressed("pause:1", user=OWNER) == (EN.say("toast.already"), None)
    _, screen = await talk.pressed("resume:1", user=OWNER)
    assert screen
    assert EN.say("feed.state.new") in screen.text


async def test_trying_a_feed(talk: Talk) -> None:
    """/testfeed shows what would have alerted, what not and why, and records nothing."""
    entries = (
        make_entry("a", "US grants <strikes>"),
        make_entry("b", "US grants <strikes> again"),
        make_entry("c", "Ministry buys chairs"),
    )
    talk.fetch.answer(URL, make_body(*entries))
    answer = await talk.ask(f"/testfeed {URL}", user=OWNER)
    assert EN.count("trial.alerts", 1) in answer.text
    assert "🔔 <b>Granted</b> 90% · US grants &lt;strikes&gt;" in answer.text
    assert EN.say("reason.new_decision") in answer.text
    assert EN.count("trial.rest", 1) in answer.text
    assert talk.desk.manage.feeds() == []
    assert talk.desk.subscriptions.latest(5) == []


async def test_trying_a_huge_feed_fits_into_one_message(talk: Talk) -> None:
    """However much a feed holds, the answer stays within Telegram's 4096 units."""
    titles = [f"{code} grants {'strikes ' * 30}" for code in ("US", "GB", "FR", "DE", "PL") * 20]
    entries = [make_entry(f"e{n}", title) for n, title in enumerate(titles)]
    talk.fetch.answer(URL, make_body(*entries))
    answer = await talk.ask(f"/testfeed {URL}", user=OWNER)
    assert 1000 < len(answer.text.encode("utf-16-le")) // 2 <= 4096
