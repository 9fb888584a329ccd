"""Promises of bot/services/manage.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.core.errors import UserError
from bot.core.model import Feed, FeedSpec, FeedState, Topic, Validators
from bot.core.ports import Body, Failure, FetchFault, Unchanged
from bot.feedfile import FeedFile
from bot.services.manage import Manage
from bot.store import audit, feeds
from bot.store.db import Database
from tests.fakes import (
    NOW,
    FakeDetector,
    FakeFetch,
    fake_parse_aside,
    make_body,
    make_entry,
)

URL = "https://example.org/feed"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Found:
    url: str


def check_url(url: str) -> str:
    if " " in url:
        raise UserError("feed.bad_url", url=url, why="characters")
    return url if "://" in url else f"https://{url}"


def discover(html: bytes, base_url: str) -> list[Found]:
    return [Found(f"{base_url}/broken"), Found(f"{base_url}/feed")]


@pytest.fixture
def network() -> FakeFetch:
    return FakeFetch({URL: make_body(make_entry("a", "US grants"), make_entry("b", "weather"))})


@pytest.fixture
def manage(database: Database, network: FakeFetch) -> Manage:
    topics = (Topic("strike-permission"),)
    return Manage(database, network, fake_parse_aside, discover, check_url, FakeDetector(), topics)


def acts(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(act.actor, act.action) for act in reversed(audit.list_latest(session, 99))]


async def test_a_feed_is_added_when_it_answers(manage: Manage, database: Database) -> None:
    """The feed is asked, named after itself, due at once, and the change is written down."""
    feed = await manage.add("example.org/feed", NOW, "telegram:7")
    assert (feed.url, feed.name, feed.language) == (URL, "A feed", "en")
    assert feed.next_poll_at == NOW
    assert feed.last_success_at is None, "its first poll is still to come"
    assert manage.feeds() == [feed]
    assert acts(database) == [("telegram:7", "feed.added")]


@pytest.mark.parametrize("twin", [URL, "http://example.org/feed", f"{URL}/"])
async def test_a_feed_is_added_once(manage: Manage, twin: str) -> None:
    """Another spelling of a known address is refused, and says which feed it is."""
    await manage.add(URL, NOW, "me")
    with pytest.raises(UserError) as caught:
        await manage.add(twin, NOW, "me")
    assert (caught.value.key, caught.value.params["name"]) == ("feed.known", "A feed")


async def test_a_page_leads_to_its_feed(manage: Manage, network: FakeFetch) -> None:
    """Of the feeds that a page names, the first one that can be read is added."""
    page = "https://example.com"
    network.answer(page, replace(make_body(), content=b"page", url=page))
    network.answer(f"{page}/feed", make_body(make_entry("a")))
    assert (await manage.add(page, NOW, "me")).url == f"{page}/feed"


async def test_a_feed_that_has_moved_is_added_where_it_is(
    manage: Manage, network: FakeFetch
) -> None:
    """A permanent redirect is followed at once: there is nothing yet that could be lost."""
    network.answer("https://old.example/f", make_body(moved_to="https://new.example/f"))
    assert (await manage.add("https://old.example/f", NOW, "me")).url == "https://new.example/f"


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (Failure(FetchFault.TIMEOUT, "10 s"), "fault.timeout"),
        (Failure(FetchFault.FORBIDDEN_ADDRESS), "fault.forbidden_address"),
        (Body(b"page", "x", "https://nowhere.example"), "fault.not_a_feed"),
        (Unchanged(Validators()), "fault.broken"),
    ],
)
async def test_what_is_no_feed_is_refused(
    manage: Manage, network: FakeFetch, answer: Body | Failure | Unchanged, key: str
) -> None:
    """The reply names the fault, and nothing is added; so with a trial."""
    network.answer("https://bad.example", answer)
    for ask in (manage.add("https://bad.example", NOW, "me"), manage.trial("bad.example", NOW)):
        with pytest.raises(UserError) as caught:
            await ask
        assert caught.value.key == key
        assert caught.value.params["url"] == "https://bad.example"
    assert manage.feeds() == []


async def test_an_address_that_is_none(manage: Manage, network: FakeFetch) -> None:
    """What ``check_url`` refuses is never asked."""
    with pytest.raises(UserError, match=r"feed\.bad_url"):
        await manage.add("two words", NOW, "me")
    assert network.asked == []


async def test_pause_resume_remove(manage: Manage, database: Database) -> None:
    """A feed is found by number or address; a removed one is gone from sight, and can be added
    again with all that was seen in it."""
    feed = await manage.add(URL, NOW, "me")
    assert manage.pause(feed.id, NOW, "me").state is FeedState.PAUSED
    assert manage.pause(f"#{feed.id}", NOW, "me").state is FeedState.PAUSED
    resumed = manage.resume("example.org/feed", NOW + DAY, "me")
    assert (resumed.state, resumed.next_poll_at) == (FeedState.ACTIVE, NOW + DAY)
    assert manage.remove(URL, NOW, "me").state is FeedState.REMOVED
    assert manage.feeds() == []
    for act in (manage.remove, manage.pause, manage.resume):
        with pytest.raises(UserError, match=r"feed\.unknown"):
            act(feed.id, NOW, "me")
    again = await manage.add(URL, NOW + DAY, "me")
    assert (again.id, again.state) == (feed.id, FeedState.ACTIVE)
    assert [action for _, action in acts(database)] == [
        "feed.added",
        "feed.paused",
        "feed.resumed",
        "feed.removed",
        "feed.added",
    ]


@pytest.mark.parametrize("which", ["999", "#999", "https://nowhere.example", "", "9" * 30])
def test_an_unknown_feed(manage: Manage, which: str) -> None:
    """A feed that isn't there is named in the refusal."""
    with pytest.raises(UserError) as caught:
        manage.remove(which, NOW, "me")
    assert (caught.value.key, caught.value.params) == ("feed.unknown", {"feed": which})


async def test_a_trial_changes_nothing(
    manage: Manage, network: FakeFetch, database: Database
) -> None:
    """It shows what would have been alerted over the whole document, old entries too, and why."""
    old = make_entry("c", "GB grants", published=NOW - 400 * DAY)
    network.answer(URL, make_body(make_entry("a", "US grants"), make_entry("b", "weather"), old))
    trial = await manage.trial(URL, NOW)
    assert [v.entry.title for v in trial.verdicts] == ["GB grants", "US grants", "weather"]
    assert [bool(v.kind and v.push) for v in trial.verdicts] == [True, True, False]
    assert all(v.reason for v in trial.verdicts)
    assert (trial.url, trial.title, trial.skipped) == (URL, "A feed", 0)
    assert manage.feeds() == []
    assert acts(database) == []


def seed(manage: Manage, *urls: str) -> list[Feed]:
    return manage.seed(FeedFile(tuple(FeedSpec(url, url) for url in urls), ()), NOW)


def test_the_file_seeds_what_was_never_here(manage: Manage, database: Database) -> None:
    """A second start adds nothing; removed, paused and moved feeds stay as they are."""
    a, b, c = seed(manage, "https://a.example/", "https://b.example/", "https://c.example/")
    manage.remove(a.id, NOW, "me")
    manage.pause(b.id, NOW, "me")
    with database.begin() as session:
        feeds.move(session, c, "https://moved.example/", NOW)
    new = seed(manage, a.url, b.url, c.url, "http://d.example", "https://d.example/")
    assert [feed.url for feed in new] == ["http://d.example"]
    assert [(f.url, f.state) for f in manage.feeds()] == [
        (b.url, FeedState.PAUSED),
        ("https://moved.example/", FeedState.ACTIVE),
        ("http://d.example", FeedState.ACTIVE),
    ]


async def test_checking_tells_each_feeds_health(manage: Manage, network: FakeFetch) -> None:
    """Every feed is asked once, whatever the others do; nothing is recorded."""
    good, bad = seed(manage, URL, "https://down.example/")
    heard = []
    healthy, broken = await manage.check_all(heard.append)
    assert (healthy.feed, healthy.failure, healthy.entries) == (good, None, 2)
    assert healthy.newest == NOW - timedelta(minutes=1)
    assert (broken.feed, broken.failure and broken.failure.fault) == (bad, FetchFault.UNREACHABLE)
    assert sorted(heard, key=lambda c: c.feed.id) == [healthy, broken]
    assert manage.feeds() == [good, bad]
    assert len(network.asked) == 2
