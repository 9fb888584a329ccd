"""What people ask about the past: looks across entries, stories, alerts and deliveries.

All of them only read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, select

from bot.core.address import registrable_domain
from bot.core.model import (
    Alert,
    DeliveryState,
    Entry,
    Finding,
    Outcome,
    Stance,
    Story,
    Tier,
)
from bot.core.whynot import Kept, Told
from bot.store.alerts import read
from bot.store.codec import decode
from bot.store.db import Session
from bot.store.entries import page_of
from bot.store.rows import cut
from bot.store.tables import alerts, deliveries, entries, feeds, stories

_PAGE = 500
_KEPT = 20  # verdicts on one page; a live page is an entry again and again

_BEST_FIRST = (
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.ATTEMPTED,
    DeliveryState.PENDING,
    DeliveryState.FAILED,
    DeliveryState.CANCELLED,
)


def list_kept(session: Session, url: str) -> list[Kept]:
    """The verdicts on the page at an address, newest first, whichever feeds brought it."""
    rows = session.execute(
        select(entries, feeds.c.name, feeds.c.tier)
        .join(feeds, feeds.c.id == entries.c.feed_id)
        .where(entries.c.page == page_of(url))
        .order_by(entries.c.id.desc())
        .limit(_KEPT)
    )
    return [
        Kept(
            entry=Entry(
                keys=(row.url,),
                url=row.url,
                title=row.title,
                summary=row.summary,
                published=row.published,
                language=row.language,
                source=registrable_domain(row.url),
                tier=Tier(row.tier),
            ),
            outcome=Outcome(row.outcome),
            reason=row.reason,
            finding=None if row.finding is None else decode(Finding, row.finding),
            story=row.story_id or "",
            feed=row.name,
            seen_at=row.seen_at,
        )
        for row in rows
    ]


def list_decided(session: Session, stances: Collection[Stance], limit: int) -> list[Story]:
    """The stories of these stances, the newest ``limit`` of them, newest first."""
    rows = session.scalars(
        select(stories.c.story)
        .where(stories.c.stance.in_(stances))
        .order_by(stories.c.first_at.desc(), stories.c.id)
        .limit(limit)
    )
    return [decode(Story, row) for row in rows]


def list_changed(session: Session, since: datetime | None) -> Iterator[Story]:
    """The stories that were told of since then (None: all), oldest first."""
    wanted = select(stories.c.story).order_by(stories.c.first_at, stories.c.id)
    if since:
        wanted = wanted.where(stories.c.last_at >= since)
    for row in session.scalars(wanted.execution_options(yield_per=_PAGE)):
        yield decode(Story, row)


def list_told(session: Session, since: datetime | None) -> Iterator[Alert]:
    """The alerts since then (None: all), silent ones too, oldest first."""
    wanted = select(alerts).order_by(alerts.c.id)
    if since:
        wanted = wanted.where(alerts.c.at >= since)
    for row in session.execute(wanted.execution_options(yield_per=_PAGE)):
        yield read(row)


def list_sounding(session: Session, story: str) -> list[Alert]:
    """The alerts of a story that made a sound, oldest first."""
    rows = session.execute(
        select(alerts).where(alerts.c.story_id == story, alerts.c.push).order_by(alerts.c.id)
    )
    return [read(row) for row in rows]


def find_told(session: Session, subscriber_id: int, story: str) -> Told | None:
    """What became of a story's news at a subscriber: the delivery that got furthest, the earliest
    of those. None where there was none."""
    rank = case(
        {state.value: number for number, state in enumerate(_BEST_FIRST)},
        value=deliveries.c.state,
    )
    row = session.execute(
        select(deliveries.c.state, deliveries.c.settled_at)
        .where(deliveries.c.subscriber_id == subscriber_id, deliveries.c.story_id == story)
        .order_by(rank, deliveries.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Told(DeliveryState(row.state), row.settled_at)


class Line(NamedTuple):
    """What a search looks at of one alert: headline, outlet and weapons; the countries' codes."""

    story: str
    text: str
    codes: str


def scan(session: Session, limit: int) -> Iterator[Line]:
    """The newest ``limit`` alerts, silent ones too, newest first: each report that added an
    outlet to a story is one of them. Lists come as JSON spells them."""
    entry, finding = alerts.c.entry, alerts.c.finding
    words = (entry["title"], entry["source"], finding["weapons"])
    named = (finding["actors"], finding["beneficiaries"], finding["territory"])
    rows = session.execute(
        select(alerts.c.story_id, _glue(words), _glue(named))
        .order_by(alerts.c.id.desc())
        .limit(limit)
        .execution_options(yield_per=_PAGE)
    )
    for row in rows:
        yield Line(*row)


def _glue(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """The parts of a JSON value as one text, a blank between."""
    texts = [func.coalesce(part.as_string(), "") for part in parts]
    glued: ColumnElement[str] = texts[0]
    for text in texts[1:]:
        glued = glued + " " + text
    return glued


def list_last(session: Session, names: Collection[str]) -> list[int]:
    """Of each of these stories the last alert that made a sound: their numbers, newest first."""
    found: dict[str, int] = {}
    for chunk in cut(names):
        rows = session.execute(
            select(alerts.c.story_id, alerts.c.id).where(
                alerts.c.push, alerts.c.story_id.in_(chunk)
            )
        )
        for story, number in rows:
            found[story] = max(number, found.get(story, 0))
    return sorted(found.values(), reverse=True)
