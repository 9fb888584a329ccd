"""What owners do with feeds: add, remove, pause, resume, try out, check, seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from bot.core.errors import UserError
from bot.core.judge import Judged, Memory, Policy, judge
from bot.core.model import Feed, FeedSpec, FeedState, Tier, Topic, Verdict
from bot.core.ports import Body, Failure, Fetch, FetchFault, FetchResult
from bot.services.handed import Detects, ParseAside, Parsed
from bot.store import audit, feeds
from bot.store.db import Database, Session

if TYPE_CHECKING:
    from bot.feedfile import FeedFile

LIVE = (FeedState.ACTIVE, FeedState.PAUSED, FeedState.GONE)
"""The states of feeds that an owner sees; a removed one is only remembered."""

_PAGE_FEEDS_TRIED = 3
_CHECKS_AT_ONCE = 10
_ALL_TIME = timedelta(days=36_500)


class Found(Protocol):
    """A feed that a page names."""

    @property
    def url(self) -> str: ...


class Choices(UserError):
    """A page names several feeds: which one is meant?"""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = tuple(found)
        super().__init__("feed.choices")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a feed would have brought, had it been followed for as long as its document reaches.

    ``verdicts`` are of all its entries, oldest first; those with a ``kind`` and ``push`` would
    have alerted. ``url`` is the feed's own address, also when a page was named.
    """

    url: str
    title: str
    language: str | None
    verdicts: tuple[Verdict, ...]
    skipped: int  # entries too broken to be read


@dataclass(frozen=True, slots=True)
class Checked:
    """A feed's health, asked just now."""

    feed: Feed
    failure: Failure | None
    entries: int = 0
    newest: datetime | None = None


class Manage:
    """Changes the feeds. ``fetch``, ``parse``, ``discover`` (a page's own feeds) and
    ``check_url`` (an address in its normal form, or a UserError) are handed in."""

    def __init__(
        self,
        database: Database,
        fetch: Fetch,
        parse: ParseAside,
        discover: Callable[[bytes, str], Sequence[Found]],
        check_url: Callable[[str], str],
        detector: Detects,
        topics: Sequence[Topic] = (),
    ) -> None:
        self._database = database
        self._fetch = fetch
        self._parse = parse
        self._discover = discover
        self._check_url = check_url
        self._detector = detector
        self._topics = tuple(topic for topic in topics if topic.enabled)

    async def add(self, url: str, now: datetime, by: str, *, choose: bool = False) -> Feed:
        """Adds the feed at an address, or the first one that the page there names; ``choose``
        raises ``Choices`` instead when the page names several.

        It is asked now, and must answer. UserError ``feed.known`` when we have it, ``fault.…``
        (a FetchFault) when it doesn't answer or is no feed, and those of ``check_url``.
        """
        url = self._check_url(url)
        await asyncio.to_thread(self._refuse_known, url)
        address, parsed = await self._read(url, choose=choose)
        spec = FeedSpec(
            url=address,
            name=parsed.title or urlsplit(address).hostname or address,
            language=parsed.language,
        )
        return await asyncio.to_thread(self._add, spec, now, by)

    def remove(self, which: str | int, now: datetime, by: str) -> Feed:
        """Forgets a feed, by number or address: it stays removed, whatever feeds.yaml says.

        UserError ``feed.unknown`` here and below when there is no such feed.
        """
        return self._set_state(which, FeedState.REMOVED, "feed.removed", now, by)

    def pause(self, which: str | int, now: datetime, by: str) -> Feed:
        """A feed is not asked any more until it is resumed."""
        return self._set_state(which, FeedState.PAUSED, "feed.paused", now, by)

    def resume(self, which: str | int, now: datetime, by: str) -> Feed:
        """A paused feed, or one that its server said is gone, is asked again, at once."""
        return self._set_state(which, FeedState.ACTIVE, "feed.resumed", now, by)

    def feeds(self) -> list[Feed]:
        """All feeds but removed ones, in the order in which they were added."""
        with self._database.read() as session:
            return feeds.list_all(session, LIVE)

    async def trial(self, url: str, now: datetime) -> Trial:
        """What the feed at an address would have alerted of, and why; nothing is recorded.

        UserErrors as with ``add``, but for ``feed.known``.
        """
        address, parsed = await self._read(self._check_url(url))
        verdicts = await asyncio.to_thread(self._judge, parsed, now)
        return Trial(address, parsed.title, parsed.language, verdicts, parsed.skipped)

    async def check_all(self, told: Callable[[Checked], None] | None = None) -> list[Checked]:
        """Asks every feed once, changing nothing; ``told`` hears of each as soon as it answered."""
        gate = asyncio.Semaphore(_CHECKS_AT_ONCE)

        async def check(feed: Feed) -> Checked:
            async with gate:
                checked = await self._check(feed)
            if told:
                told(checked)
            return checked

        known = await asyncio.to_thread(self.feeds)
        return list(await asyncio.gather(*map(check, known)))

    def seed(self, file: FeedFile, now: datetime) -> list[Feed]:
        """Adds those feeds of a file that were never here; what owners changed or removed stays as
        it is."""
        return self.take(file.feeds, now, "feeds.yaml")

    def take(self, specs: Iterable[FeedSpec], now: datetime, by: str) -> list[Feed]:
        """Adds feeds without asking them, all or none; leaves out those that were ever here."""
        with self._database.begin() as session:
            added = []
            for spec in specs:
                if feeds.find_by_url(session, *_twins(spec.url)) is None:
                    feed = feeds.add(session, spec, now)
                    audit.record(session, now, by, "feed.added", feed.url)
                    added.append(feed)
            return added

    # --- asking -----------------------------------------------------------------------------

    async def _read(self, url: str, *, choose: bool = False) -> tuple[str, Parsed]:
        """What the feed at ``url`` says, or one that the page there names; and its address."""
        body, parsed = await self._ask(url)
        if body and isinstance(parsed, Failure) and parsed.fault is FetchFault.NOT_A_FEED:
            found = await asyncio.to_thread(self._discover, body.content, body.url)
            if choose and len(found) > 1:
                raise Choices(found)
            for each in found[:_PAGE_FEEDS_TRIED]:
                inner, read = await self._ask(each.url)
                if inner and not isinstance(read, Failure):
                    return inner.moved_to or each.url, read
        if body is None or isinstance(parsed, Failure):
            raise _refusal(url, parsed)
        return body.moved_to or url, parsed

    async def _ask(self, url: str) -> tuple[Body | None, Parsed | Failure]:
        result: FetchResult = await self._fetch(url)
        if isinstance(result, Failure):
            return None, result
        if not isinstance(result, Body):
            return None, Failure(FetchFault.BROKEN, "304 to a first visit")
        return result, await self._parse(result, language=None, tier=Tier.OUTLET, skip=frozenset())

    async def _check(self, feed: Feed) -> Checked:
        _, parsed = await self._ask(feed.url)
        if isinstance(parsed, Failure):
            return Checked(feed, parsed)
        dates = [entry.published for entry in parsed.entries if entry.published]
        return Checked(feed, None, len(parsed.entries), max(dates, default=None))

    def _judge(self, parsed: Parsed, now: datetime) -> tuple[Verdict, ...]:
        oldest_first = sorted(parsed.entries, key=lambda entry: entry.published or now)
        judged = [
            Judged(e, self._detector.detect(e.title, e.summary, e.language, e.published or now))
            for e in oldest_first
        ]
        policy = Policy(stale_after=_ALL_TIME, topics=self._topics)
        return tuple(judge(judged, Memory(), now, policy))

    # --- changing ---------------------------------------------------------------------------

    def _refuse_known(self, url: str) -> None:
        with self._database.read() as session:
            _refuse_live(feeds.find_by_url(session, *_twins(url)))

    def _add(self, spec: FeedSpec, now: datetime, by: str) -> Feed:
        with self._database.begin() as session:
            known = feeds.find_by_url(session, *_twins(spec.url))
            _refuse_live(known)
            feed = feeds.add(session, spec, now) if known is None else _revive(session, known, now)
            audit.record(session, now, by, "feed.added", feed.url)
            return feed

    def _set_state(
        self, which: str | int, state: FeedState, action: str, now: datetime, by: str
    ) -> Feed:
        with self._database.begin() as session:
            feed = _pick(session, which)
            if feed.state is state:
                return feed
            if state is FeedState.ACTIVE:
                feed = _revive(session, feed, now)
            else:
                feed = replace(feed, state=state)
                feeds.save(session, feed)
            audit.record(session, now, by, action, feed.url)
            return feed


def _revive(session: Session, feed: Feed, now: datetime) -> Feed:
    feed = replace(feed, state=FeedState.ACTIVE, next_poll_at=now, failures=0, last_error=None)
    feeds.save(session, feed)
    return feed


def _pick(session: Session, which: str | int) -> Feed:
    name = str(which).strip()
    if name.removeprefix("#").isdecimal():
        feed = feeds.find(session, int(name.removeprefix("#")))
    else:
        feed = feeds.find_by_url(session, *_twins(name), *_twins(f"https://{name}"))
    if feed is None or feed.state is FeedState.REMOVED:
        raise UserError("feed.unknown", feed=name)
    return feed


def _refuse_live(feed: Feed | None) -> None:
    if feed and feed.state in (FeedState.ACTIVE, FeedState.PAUSED):
        raise UserError("feed.known", name=feed.name, url=feed.url)


def _refusal(url: str, failure: Failure | Parsed) -> UserError:
    assert isinstance(failure, Failure)
    return UserError(f"fault.{failure.fault}", url=url, detail=failure.detail)


def _twins(url: str) -> set[str]:
    """The spellings of an address that lead to one and the same feed: http and https, with and
    without a closing slash. (``canonical_url`` goes further than is safe for feeds: a parameter
    called ``rss`` may name the section.)"""
    bare = url.partition("://")[2].rstrip("/") or url
    return {url, *(f"{scheme}://{bare}{end}" for scheme in ("http", "https") for end in ("", "/"))}
