"""Why a chat was told of an entry, or why it was not: the kept verdict in words.

Pure, like ``why``; within Telegram's limits for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.corroboration import corroborate
from bot.core.markup import link, safe
from bot.core.model import (
    LEVEL_STANCES,
    Alert,
    DeliveryState,
    Entry,
    Finding,
    Outcome,
    Story,
    Subscriber,
)
from bot.core.ports import Texts
from bot.core.render import list_sources
from bot.core.why import explain_finding

OUTCOME_MARKS = {
    Outcome.NEWS: "🔔",
    Outcome.JOINED: "➕",
    Outcome.KNOWN: "📌",
    Outcome.BASELINE: "🗄",
    Outcome.STALE: "⌛️",
    Outcome.IRRELEVANT: "▫️",
}
"""In the order in which they matter. Never shown without the outcome's word."""

_ARRIVED = (DeliveryState.SENT, DeliveryState.UNKNOWN)
_FEEDS = 4  # that are named


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an entry that a feed brought: the verdict on it."""

    entry: Entry
    outcome: Outcome
    reason: str
    finding: Finding | None
    story: str  # its id, or nothing
    feed: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a story's news in one chat, and when that was settled."""

    state: DeliveryState
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is known of a page: the verdicts on it, its story, the alert that told of the
    story with a sound, and what became of that in the chat that asks. ``forgotten``: that was so
    long ago that it isn't known any more."""

    kept: tuple[Kept, ...]
    story: Story | None = None
    alert: Alert | None = None
    told: Told | None = None
    forgotten: bool = False


def render_trace(trace: Trace, reader: Subscriber | None, texts: Texts) -> str:
    """The verdict in words, whether this chat was told and why (not), what was found, the story.

    ``reader`` is None where nobody ever subscribed. The trace holds a verdict.
    """
    first = min(trace.kept, key=lambda one: (_RANK[one.outcome], one.seen_at))
    arrived = trace.told is not None and trace.told.state in _ARRIVED
    header = "trace.told" if arrived else "trace.not_told"
    lines = [
        f"<b>{texts.say('trace.forgotten' if trace.forgotten else header)}</b>",
        *_tell_entry(first, texts),
        "",
        texts.say(
            "trace.verdict",
            mark=OUTCOME_MARKS[first.outcome],
            outcome=texts.say(f"outcome.{first.outcome}"),
            reason=texts.say(first.reason),
        ),
    ]
    if trace.alert:
        lines.append(_explain_delivery(trace, trace.alert, reader, texts))
    if first.finding:
        lines += ["", *explain_finding(first.entry, first.finding, texts)]
    if trace.story:
        lines += ["", *_tell_story(trace.story, first.entry, texts)]
    lines += ["", *_tell_feeds(first, trace.kept, texts)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _tell_entry(one: Kept, texts: Texts) -> list[str]:
    """The outlet and the time; the headline too, where it isn't quoted further below."""
    entry = one.entry
    at = texts.moment(entry.published or one.seen_at)
    if one.finding:
        outlet = link(entry.url, safe(entry.source, 80) or texts.say("button.source"))
        return [f"{outlet} · {at}"]
    headline = safe(entry.title, 300) or safe(entry.source, 80) or texts.say("button.source")
    return [link(entry.url, headline), " · ".join(filter(None, (safe(entry.source, 80), at)))]


_RANK = {outcome: rank for rank, outcome in enumerate(OUTCOME_MARKS)}


def _explain_delivery(trace: Trace, alert: Alert, reader: Subscriber | None, texts: Texts) -> str:
    if told := trace.told:
        return texts.say(f"told.{told.state}", at=texts.moment(told.at or alert.at))
    why = "forgotten" if trace.forgotten else why_not(alert, reader)
    return texts.say(
        f"nottold.{why}",
        at=texts.moment(alert.at),
        level=texts.say(f"level.{reader.level}") if reader else "",
        stance=texts.say(f"stance.{alert.finding.stance}").lower(),
    )


def why_not(alert: Alert, reader: Subscriber | None) -> str:
    """Why there is no delivery of an alert to a chat, as far as its settings of now tell: a
    catalogue key under ``nottold.``."""
    if reader is None or not reader.active:
        return "off"
    if alert.finding.stance not in LEVEL_STANCES[reader.level]:
        return "level"
    if reader.topics and set(reader.topics).isdisjoint(alert.finding.topics):
        return "topic"
    if reader.confirmed and not corroborate(alert.story).confirmed:
        return "unconfirmed"
    return "earlier"


def _tell_story(story: Story, entry: Entry, texts: Texts) -> list[str]:
    """Who told the story first, if it wasn't this entry, and how many have told it since."""
    lines = []
    first = next(iter(story.reports), None)
    if first and (first.url, first.title) != (entry.url, entry.title):
        headline = safe(first.title, 200) or safe(first.source, 80)
        lines.append(
            texts.say(
                "trace.story",
                headline=link(first.url, headline),
                source=safe(first.source, 80),
                at=texts.moment(first.at),
            )
        )
    if (number := len(list_sources(story))) > 1:
        lines.append(texts.count("trace.sources", number))
    return lines


def _tell_feeds(first: Kept, kept: Sequence[Kept], texts: Texts) -> list[str]:
    """When it was seen and in which feed; the other feeds that brought it."""
    lines = [texts.say("trace.seen", at=texts.moment(first.seen_at), feed=safe(first.feed, 80))]
    others = list(dict.fromkeys(one.feed for one in kept if one.feed != first.feed))
    if others:
        names = ", ".join(safe(name, 80) for name in others[:_FEEDS])
        rest = f" +{len(others) - _FEEDS}" if len(others) > _FEEDS else ""
        lines.append(texts.say("trace.also", feeds=f"{names}{rest}"))
    return lines
