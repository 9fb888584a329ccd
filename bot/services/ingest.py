"""What one visit to a feed brought, recorded: entries, stories, ledger, alerts, deliveries and the
feed's new state in ONE transaction. Either all of it happened or none, and then the next visit
brings it again; once it happened, its alerts are in the outbox and can't be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.judge import Judged, Policy, judge, remember
from bot.core.model import (
    Alert,
    Entry,
    Feed,
    FeedState,
    Finding,
    Topic,
    Validators,
    Verdict,
)
from bot.core.ports import Body, Failure, FetchFault, FetchResult, Unchanged
from bot.core.revise import revise
from bot.core.timing import jitter_of, next_poll
from bot.services.handed import Detects, Parse, Parsed
from bot.services.redirects import follow
from bot.services.telling import recall, tell, topics_of
from bot.store import entries, feeds, rewordings
from bot.store.db import Database, Session, hold


class Visit(StrEnum):
    """How a visit to a feed ended."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    DROPPED = "dropped"  # the feed was paused or removed meanwhile


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one visit left behind. ``verdicts`` are of the new entries, oldest first; ``changed``
    of known ones that say something else now."""

    feed: Feed
    visit: Visit
    failure: Failure | None = None
    verdicts: tuple[Verdict, ...] = ()
    changed: tuple[Verdict, ...] = ()
    alerts: tuple[Alert, ...] = ()
    deliveries: int = 0
    skipped: int = 0  # entries too broken to be read


Renew = Callable[[Session, Feed], Feed]
"""Makes a feed's new state of its state at the start of the transaction."""


class Ingest:
    """Records visits. Synchronous: call it in a thread, one feed at a time."""

    def __init__(
        self,
        database: Database,
        parse: Parse,
        detector: Detects,
        topics: Sequence[Topic] = (),
        *,
        interval: timedelta = timedelta(minutes=5),
        min_interval: timedelta = timedelta(seconds=60),
        first_poll_max_age: timedelta = timedelta(hours=24),
    ) -> None:
        self._database = database
        self._parse = parse
        self._detector = detector
        self._topics = topics
        self._interval = interval
        self._min_interval = min_interval
        self._first_poll_max_age = first_poll_max_age

    def record(
        self,
        feed: Feed,
        result: FetchResult,
        now: datetime,
        parsed: Parsed | Failure | None = None,
    ) -> Recorded:
        """Records what a visit brought, and when the next one is due.

        ``parsed`` is what was read out of the body, if somebody did that already. A body that
        failed to parse, or did not come, leaves validators and seen marks as they were.
        """
        if isinstance(result, Unchanged):
            if feed.body_hash is None:
                # Nothing was ever read here, and we asked for everything: a broken cache.
                return self._fail(feed, Failure(FetchFault.BROKEN, "304 to a first visit"), now)
            return self._renew(feed, result.validators, result.max_age, None, now)
        if isinstance(result, Body):
            if result.digest == feed.body_hash:
                return self._renew(feed, result.validators, result.max_age, result, now)
            parsed = self.read(feed, result) if parsed is None else parsed
            if not isinstance(parsed, Failure):
                return self._read(feed, result, parsed, now)
            result = parsed
        return self._fail(feed, result, now)

    def read(self, feed: Feed, body: Body) -> Parsed | Failure:
        """What is new in a body, read; nothing is recorded."""
        return self._parse(body, language=feed.language, tier=feed.tier, skip=feed.item_hashes)

    def take(self, feed: Feed, found: Sequence[Entry], now: datetime) -> Recorded:
        """Records entries as if the feed had brought them; its own state stays (for replays)."""
        return self._enter(feed, found, now, lambda _session, current: current, first_poll=False)

    # --- the ends of a visit ----------------------------------------------------------------

    def _read(self, feed: Feed, body: Body, parsed: Parsed, now: datetime) -> Recorded:
        def renew(session: Session, current: Feed) -> Feed:
            state = replace(
                self._well(current, body.validators, now),
                body_hash=body.digest,
                item_hashes=parsed.item_hashes,
                next_poll_at=self._next(current, now, max_age=body.max_age, ttl=parsed.ttl),
            )
            if not parsed.whole:
                # What was cut off must come with the next visit: we ask for everything, and if
                # this was the first visit, the next one is the baseline still.
                state = replace(
                    state,
                    validators=Validators(),
                    last_success_at=current.last_success_at,
                    last_error=f"{FetchFault.BROKEN}: cut short",
                )
            return follow(session, state, body, now)

        first = feed.last_success_at is None
        recorded = self._enter(feed, parsed.entries, now, renew, first_poll=first)
        return replace(recorded, skipped=parsed.skipped)

    def _renew(
        self,
        feed: Feed,
        validators: Validators,
        max_age: timedelta | None,
        body: Body | None,
        now: datetime,
    ) -> Recorded:
        def renew(session: Session, current: Feed) -> Feed:
            state = replace(
                self._well(current, validators, now),
                next_poll_at=self._next(current, now, max_age=max_age),
            )
            return state if body is None else follow(session, state, body, now)

        return self._settle(feed, renew, Visit.UNCHANGED)

    def _fail(self, feed: Feed, failure: Failure, now: datetime) -> Recorded:
        def renew(_session: Session, current: Feed) -> Feed:
            failures = current.failures + 1
            return replace(
                current,
                state=FeedState.GONE if failure.fault is FetchFault.GONE else current.state,
                last_poll_at=now,
                failures=failures,
                last_error=f"{failure.fault}: {failure.detail}".removesuffix(": "),
                next_poll_at=self._next(
                    current, now, retry_after=failure.retry_after, failures=failures
                ),
            )

        return replace(self._settle(feed, renew, Visit.FAILED), failure=failure)

    def _settle(self, feed: Feed, renew: Renew, visit: Visit) -> Recorded:
        with self._database.begin() as session:
            current = feeds.find(session, feed.id)
            if current is None or current.state is not FeedState.ACTIVE:
                feeds.release(session, feed.id)
                return Recorded(current or feed, Visit.DROPPED)
            state = renew(session, current)
            feeds.save(session, state)
            return Recorded(state, visit)

    # --- entries ----------------------------------------------------------------------------

    def _enter(
        self,
        feed: Feed,
        found: Sequence[Entry],
        now: datetime,
        renew: Renew,
        *,
        first_poll: bool,
    ) -> Recorded:
        with self._database.read() as session:
            new = entries.list_unknown(session, feed.id, found)
            fresh = {id(entry) for entry in new}
            seen = [entry for entry in found if id(entry) not in fresh]
            seen = [each.entry for each in rewordings.list_changed(session, feed.id, seen)]
        # Oldest first: a story's first report is then the first one told. Detecting takes the
        # longest and needs no transaction.
        for some in (new, seen):
            some.sort(key=lambda entry: entry.published or now)
        topics = topics_of(feed, self._topics)
        judged = [Judged(entry, self._detect(entry, topics, now)) for entry in new]
        again = {id(entry): self._detect(entry, topics, now) for entry in seen}
        with self._database.begin() as session:
            hold(session, "ingest")  # two outlets' reports must not race into two alerts
            current = feeds.find(session, feed.id)
            if current is None or current.state is not FeedState.ACTIVE:
                feeds.release(session, feed.id)
                return Recorded(current or feed, Visit.DROPPED)
            still_new = {id(e) for e in entries.list_unknown(session, feed.id, new)}
            judged = [each for each in judged if id(each.entry) in still_new]
            policy = Policy(
                first_poll=first_poll,
                first_poll_max_age=self._first_poll_max_age,
                topics=topics,
            )
            changes = [
                (changed, again[id(changed.entry)])
                for changed in rewordings.list_changed(session, feed.id, seen)
            ]
            memory = recall(session, judged, changes, now)
            verdicts = judge(judged, memory, now, policy)
            revised = revise(changes, remember(memory, verdicts), now, policy)
            entries.add(session, feed.id, verdicts, now)
            for (changed, _), one in zip(changes, revised, strict=True):
                rewordings.change(session, feed.id, changed, one.verdict)
            mended = [verdict for one in revised for verdict in (one.left, one.verdict) if verdict]
            told, waiting = tell(session, [*verdicts, *mended], now)
            state = renew(session, current)
            feeds.save(session, state)
        return Recorded(
            state,
            Visit.READ,
            verdicts=tuple(verdicts),
            changed=tuple(one.verdict for one in revised),
            alerts=told,
            deliveries=waiting,
        )

    def _detect(
        self, entry: Entry, topics: tuple[Topic, ...], now: datetime
    ) -> tuple[Finding, ...]:
        if self._topics and not topics:  # for the judge, no topics would mean all of them
            return ()
        return self._detector.detect(
            entry.title, entry.summary, entry.language, entry.published or now
        )

    # --- a feed's state ---------------------------------------------------------------------

    def _well(self, feed: Feed, validators: Validators, now: datetime) -> Feed:
        return replace(
            feed,
            validators=validators,
            last_poll_at=now,
            last_success_at=now,
            failures=0,
            last_error=None,
        )

    def _next(
        self,
        feed: Feed,
        now: datetime,
        *,
        max_age: timedelta | None = None,
        ttl: timedelta | None = None,
        retry_after: timedelta | None = None,
        failures: int = 0,
    ) -> datetime:
        return next_poll(
            now,
            interval=self._interval,
            min_interval=self._min_interval,
            every=feed.every,
            max_age=max_age,
            ttl=ttl,
            retry_after=retry_after,
            failures=failures,
            jitter=jitter_of(feed.id),
        )
