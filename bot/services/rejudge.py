"""Judges stored entries again, after a lexicon has changed: which alerts would be gained, which
lost. Nothing is written, and nobody is told, unless ``send`` is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

from bot.core.address import registrable_domain
from bot.core.judge import MEMORY, Judged, Memory, Policy, judge
from bot.core.lines import line_key
from bot.core.model import (
    LEVEL_STANCES,
    Feed,
    FeedState,
    Finding,
    Grant,
    Level,
    Outcome,
    Stance,
    Topic,
    Verdict,
)
from bot.core.past import RollingMemory, recall_past
from bot.services.handed import Detects
from bot.services.telling import tell, topics_of
from bot.store import feeds, rewordings, seen, stories
from bot.store.db import Database, Session, hold
from bot.store.seen import Seen

PAST = timedelta(days=400)
"""How far before the beginning the stories are read that tell what the ledger held then."""

REJUDGED = "rejudged"
"""Marks an alert that comes so late: a key under ``change.`` and under ``reason.``."""


class Kind(StrEnum):
    """What becomes of an alert."""

    GAINED = "gained"  # it comes now, and came not
    LOST = "lost"  # it came, and comes no more
    MOVED = "moved"  # it comes of another report of the same story


@dataclass(frozen=True, slots=True)
class Differing:
    """An entry that sets off an alert and did not, or the other way round."""

    kind: Kind
    seen: Seen
    feed: Feed
    verdict: Verdict  # of now


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, in the order in which it was seen, and how much does not."""

    entries: int = 0
    same: int = 0  # alerts that come as they came
    differing: tuple[Differing, ...] = ()

    def of(self, kind: Kind) -> list[Differing]:
        """Those of one kind."""
        return [each for each in self.differing if each.kind is kind]


class Sending(NamedTuple):
    """What came of telling late."""

    alerts: int = 0
    deliveries: int = 0
    known: int = 0  # told meanwhile, or nothing any more after what was learnt since
    old: int = 0  # published too long ago


class Rejudge:
    """Replays what is stored. Synchronous: call it in a thread."""

    def __init__(
        self,
        database: Database,
        detector: Detects,
        topics: Sequence[Topic] = (),
        *,
        seed: Sequence[Grant] = (),
        level: Level = Level.DECISIONS,
        first_poll_max_age: timedelta = timedelta(hours=24),
    ) -> None:
        """``seed`` is what was known before the bot began, for a ledger that began with it; what
        counts is an alert at ``level``."""
        self._database = database
        self._detector = detector
        self._topics = topics
        self._seed = seed
        self._stances = LEVEL_STANCES[level]
        self._first_poll_max_age = first_poll_max_age

    def count(self, since: datetime, now: datetime) -> int:
        """How many entries were seen since then."""
        with self._database.read() as session:
            return seen.count(session, since, now)

    def compare(
        self, since: datetime, now: datetime, step: Callable[[], None] = lambda: None
    ) -> Comparison:
        """What comes of the entries seen since then, held against what is recorded of them.

        ``step`` is called for each. Held at a time are a page of them, what was decided in three
        weeks, and what differs.
        """
        with self._database.read() as session:
            known = {feed.id: feed for feed in feeds.list_all(session, tuple(FeedState))}
            beginnings = seen.list_beginnings(session)
            decided = stories.list_recent(session, since - PAST)
            lines = stories.list_grants(session)
        seeded = any(line.seeded for line in lines)
        past = recall_past(decided, lines, self._seed if seeded else (), since)
        memory = RollingMemory(past)
        tally = _Tally()
        walk = seen.walk(self._database, since, now)
        for (feed_id, at), visit in groupby(walk, key=lambda each: (each.feed, each.at)):
            feed = known.get(feed_id)
            if feed is None:  # added a moment ago
                continue
            topics = topics_of(feed, self._topics)
            first = feed.last_success_at is not None and beginnings.get(feed_id) == at
            policy = Policy(first, self._first_poll_max_age, topics=topics)
            batch = list(visit)
            judged = [self._read(each, feed, topics) for each in batch]
            for each, verdict in zip(batch, memory.judge(judged, at, policy), strict=True):
                tally.add(each, feed, verdict, self._came(each), self._comes(verdict))
                step()
        return tally.close()

    def send(self, gained: Sequence[Differing], since: datetime, now: datetime) -> Sending:
        """Tells what was gained of entries published since then, oldest first, each in its own
        transaction. Each is judged once more, on what is known by now: what was told meanwhile is
        not told again. Its row then says so.
        """
        alerts, deliveries, known, old = 0, 0, 0, 0
        for each in gained:
            if (each.seen.entry.published or each.seen.at) < since:
                old += 1
                continue
            with self._database.begin() as session:
                hold(session, "ingest")
                verdict = self._judge_late(session, each)
                if verdict is None:
                    known += 1
                    continue
                rewordings.rewrite(session, each.seen.row, verdict)
                _, waiting = tell(session, [verdict], now)
            alerts, deliveries = alerts + 1, deliveries + waiting
        return Sending(alerts, deliveries, known, old)

    def _judge_late(self, session: Session, late: Differing) -> Verdict | None:
        """The verdict that is to be told, or None."""
        outcome = seen.find_outcome(session, late.seen.row)
        if outcome is not late.seen.outcome:  # judged again meanwhile, or forgotten
            return None
        topics = topics_of(late.feed, self._topics)
        judged = self._read(late.seen, late.feed, topics)
        lines = stories.list_grants(session)
        recent = stories.list_recent(session, late.seen.at - MEMORY)
        policy = Policy(topics=topics)
        (verdict,) = judge([judged], Memory(recent, lines), late.seen.at, policy)
        if not self._comes(verdict):
            return None
        younger = {line_key(line): line.since for line in lines}
        return replace(
            verdict,
            reason=f"reason.{REJUDGED}",
            change=REJUDGED,
            # what was decided later stands
            grants=tuple(
                line
                for line in verdict.grants
                if younger.get(line_key(line), line.since) <= line.since
            ),
        )

    def _read(self, each: Seen, feed: Feed, topics: tuple[Topic, ...]) -> Judged:
        source = registrable_domain(each.entry.url or feed.url)
        entry = replace(each.entry, source=source, tier=feed.tier)
        if self._topics and not topics:
            return Judged(entry)
        at = entry.published or each.at
        return Judged(entry, self._detector.detect(entry.title, entry.summary, entry.language, at))

    def _came(self, each: Seen) -> bool:
        """Whether an alert is recorded of the entry."""
        return each.outcome is Outcome.NEWS and self._counts(each.finding)

    def _comes(self, verdict: Verdict) -> bool:
        return verdict.kind is not None and verdict.push and self._counts(verdict.finding)

    def _counts(self, finding: Finding | None) -> bool:
        return finding is not None and finding.stance in self._stances


class _Tally:
    """Counts, and keeps what differs."""

    def __init__(self) -> None:
        self._entries, self._same = 0, 0
        self._differing: list[Differing] = []

    def add(self, each: Seen, feed: Feed, verdict: Verdict, came: bool, comes: bool) -> None:
        self._entries += 1
        if each.reason == "reason.retracted":
            return  # what it says now is not what was told
        if came and comes:
            self._same += 1
        elif came or comes:
            kind = Kind.LOST if came else Kind.GAINED
            self._differing.append(Differing(kind, each, feed, verdict))

    def close(self) -> Comparison:
        """The comparison. What another report of the same story tells instead is neither gained
        nor lost."""
        stories: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        for each in self._differing:
            stories[each.kind].add(_story_of(each))
        moved = (stories[Kind.GAINED] & stories[Kind.LOST]) - {""}
        differing = (
            replace(each, kind=Kind.MOVED) if _story_of(each) in moved else each
            for each in self._differing
        )
        return Comparison(self._entries, self._same, tuple(differing))


def _story_of(each: Differing) -> str:
    return each.verdict.story.id if each.verdict.story else ""


# --- as JSON --------------------------------------------------------------------------------


def to_json(compared: Comparison, sent: Sending | None = None) -> dict[str, Any]:
    """The comparison as ``rejudge --json`` prints it; ``sent`` where that was asked for."""
    kinds = {str(kind): [_row(each) for each in compared.of(kind)] for kind in Kind}
    counts = {"entries": compared.entries, "same": compared.same}
    counts |= {kind: len(rows) for kind, rows in kinds.items()}
    return {"counts": counts, **kinds, "sent": None if sent is None else sent._asdict()}


def _row(each: Differing) -> dict[str, Any]:
    entry, verdict = each.seen.entry, each.verdict
    return {
        "title": entry.title,
        "url": entry.url,
        "feed": each.feed.url,
        "published": entry.published and entry.published.isoformat(),
        "seen": each.seen.at.isoformat(),
        "was": _found(each.seen.finding, each.seen.outcome, each.seen.reason),
        "now": _found(verdict.finding, verdict.outcome, verdict.reason),
        "story": _story_of(each),
    }


def _found(finding: Finding | None, outcome: Outcome, reason: str) -> dict[str, Any]:
    return {
        "stance": str(finding.stance if finding else Stance.NONE),
        "score": round(finding.score, 3) if finding else 0.0,
        "outcome": str(outcome),
        "reason": reason,
    }
