"""What is so, what was decided, what was told and why: the questions of a chat. Only reads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.lines import line_key
from bot.core.model import Alert, FeedState, Grant, Report, Stance
from bot.core.search import Query
from bot.core.timeline import Decision, is_told_by_ledger, list_decisions
from bot.core.whynot import Kept, Trace
from bot.locale.places import list_names
from bot.services.upkeep import RETENTION
from bot.store import alerts, asked, feeds, stories
from bot.store.db import Database, Session

SCANNED = 30_000
"""The newest reports that a search looks through: some years' worth, in about half a second."""

FOUND_KEPT = 200
"""Finds that can be paged through; more say nothing that one more word wouldn't say better."""

DECIDED = 1_000
"""The newest decisions that a timeline tells."""

_CODE = re.compile("[A-Z]{2,}")
_DECIDED_STANCES = (Stance.GRANTED, Stance.REVOKED)
_SOURCES = 8  # addresses of one permission
_LATEST = 20  # decisions, of which one is likely to hold still


@dataclass(frozen=True, slots=True)
class History:
    """Decisions, oldest first. ``cut``: there are older ones."""

    decisions: tuple[Decision, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what a search found, newest first. ``cut``: older reports were not looked at."""

    alerts: tuple[Alert, ...]
    total: int
    page: int
    pages: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """The last decision that was told and still holds, if any; how many feeds are watched, and
    when one was last read."""

    decision: Alert | None
    feeds: int
    read_at: datetime | None


class Ask:
    """Answers from the database. Synchronous: from async code, call it in a thread.

    ``known`` is what was permitted before the bot began: of the lines that changed since then, the
    ledger no longer tells how they began.
    """

    def __init__(self, database: Database, known: Sequence[Grant] = ()) -> None:
        self._database, self._known = database, tuple(known)

    def ledger(self) -> list[Grant]:
        """Who permits what: every line, oldest first."""
        with self._database.read() as session:
            return stories.list_grants(session)

    def authority(self, code: str) -> list[Grant]:
        """The lines of one authority, each with the addresses of the reports that told it."""
        with self._database.read() as session:
            return _with_sources(session, stories.list_grants(session, [code]))

    def history(self) -> History:
        """What was decided."""
        with self._database.read() as session:
            told = asked.list_decided(session, _DECIDED_STANCES, DECIDED + 1)
            told_by_ledger = filter(is_told_by_ledger, stories.list_grants(session))
            lines = _with_sources(session, told_by_ledger)
        beginnings = {(line_key(line), line.since): line for line in (*lines, *self._known)}
        cut = len(told) > DECIDED
        decisions = list_decisions(told[:DECIDED], beginnings.values())
        if cut:  # a history that begins somewhere must not tell single older lines
            begin = told[DECIDED - 1].first_at
            decisions = [one for one in decisions if one.line.since >= begin]
        return History(tuple(decisions), cut)

    def watch(self, topics: Collection[str] = ()) -> Watch:
        """What there is to tell a newcomer who follows these topics (none: all)."""
        with self._database.read() as session:
            told = alerts.list_latest(session, _LATEST, _DECIDED_STANCES, topics)
            decision = next((alert for alert in told if _holds(session, alert)), None)
            watched = feeds.count(session).get(FeedState.ACTIVE, 0)
            return Watch(decision, watched, feeds.find_last_success(session))

    def search(self, words: str, page: int = 1, size: int = 5) -> Found:
        """The alerts of stories of which one report holds all the words: in its headline, its
        outlet, its weapons, or as the name of a country in any language that we speak.

        Pages count from 1; one beyond the last is the last.
        """
        query = Query.of(words)
        with self._database.read() as session:
            matching, looked = _look(session, query)
            numbers = asked.list_last(session, matching)[:FOUND_KEPT]
            pages = max(1, -(-len(numbers) // size))
            page = min(max(page, 1), pages)
            shown = [alerts.find(session, n) for n in numbers[(page - 1) * size : page * size]]
        found = tuple(alert for alert in shown if alert)
        return Found(found, len(numbers), page, pages, cut=looked >= SCANNED)

    def trace(
        self, urls: Sequence[str], now: datetime, subscriber_id: int | None = None
    ) -> Trace | None:
        """All that is known of the first of these pages that a feed ever brought, and of what the
        subscriber was told of it. None where no feed brought any."""
        with self._database.read() as session:
            for url in urls:
                if kept := asked.list_kept(session, url):
                    return _trace(session, kept, now, subscriber_id)
        return None

    def alert(self, alert_id: int) -> Alert | None:
        """The alert of that number."""
        with self._database.read() as session:
            return alerts.find(session, alert_id)


def _holds(session: Session, alert: Alert) -> bool:
    """Whether nothing told later of its story took the decision back."""
    last = alerts.find_last(session, alert.story.id) or alert
    return last.story.undone is None and last.finding.stance in _DECIDED_STANCES


def _trace(
    session: Session, kept: Sequence[Kept], now: datetime, subscriber_id: int | None
) -> Trace:
    name = next((one.story for one in kept if one.story), "")
    story = stories.find_all(session, [name]).get(name)
    alert = next(iter(asked.list_sounding(session, name)), None) if story else None
    told = None
    if alert and subscriber_id is not None:
        told = asked.find_told(session, subscriber_id, name)
    forgotten = alert is not None and told is None and now - alert.at > RETENTION
    return Trace(tuple(kept), story, alert, told, forgotten)


def _look(session: Session, query: Query) -> tuple[set[str], int]:
    """The stories that match, and how many reports were looked at."""
    if not query:
        return set(), 0
    named = query.find_named(list_names())
    matching, looked = set(), 0
    for line in asked.scan(session, SCANNED):
        looked += 1
        if query.fits(line.text, frozenset(_CODE.findall(line.codes)), named):
            matching.add(line.story)
    return matching, looked


def _with_sources(session: Session, lines: Iterable[Grant]) -> list[Grant]:
    """The lines, those without sources given their story's."""
    lines = list(lines)
    names = {line.story for line in lines if line.story and not line.sources}
    told = stories.find_all(session, names) if names else {}
    return [
        replace(line, sources=_addresses(told[line.story].reports))
        if not line.sources and line.story in told
        else line
        for line in lines
    ]


def _addresses(reports: Iterable[Report]) -> tuple[str, ...]:
    found = dict.fromkeys(report.url for report in reports if report.url)
    return tuple(found)[:_SOURCES]
