"""rejudge: what a changed lexicon makes of entries that were judged before."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import app as house
from bot.cli import display
from bot.cli.base import (
    AsJson,
    AtLevel,
    console,
    existing_database,
    progress,
    settings,
    show,
    topics_of,
)
from bot.core.duration import parse_duration
from bot.core.errors import StoreError
from bot.core.model import Finding, Level, Stance
from bot.core.ports import Texts
from bot.core.render import STANCE_MARKS, clip
from bot.lexicons import load_detector
from bot.locale import texts_for
from bot.seedfile import load_seed
from bot.services import rejudge as rejudging
from bot.services.rejudge import Comparison, Differing, Kind, Rejudge, Sending

_ALL = timedelta(days=36_500)

_TITLES = {
    Kind.GAINED: "Gained: an alert now, and none then",
    Kind.LOST: "Lost: an alert then, and none now",
    Kind.MOVED: "Moved: the same story, told by another report",
}


def rejudge(
    since: Annotated[
        str, typer.Option(help="How far back, by when entries were first seen: 12h, 30d.")
    ] = "30d",
    as_json: AsJson = False,
    level: AtLevel = Level.DECISIONS,
    send: Annotated[
        bool, typer.Option("--send", help="Tell subscribers what was gained, marked as late.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --send: don't ask again.")] = False,
) -> None:
    """Judge stored entries again, after a lexicon has changed: alerts gained and lost.

    Nothing is written and nothing is sent, unless you say --send.

    Example: python -m bot rejudge --since 30d
    """
    span = _read_span(since)
    if send and not yes and not sys.stdin.isatty():
        raise typer.BadParameter("--send asks before it sends, and nobody is there: add --yes")
    loaded, now = settings(), house.clock()
    topics = topics_of(loaded)
    with existing_database(loaded) as database:
        if database is None:
            raise StoreError("database: there is none yet; run: python -m bot db upgrade")
        again = Rejudge(
            database,
            load_detector(topics),
            topics,
            seed=load_seed() if loaded.ledger_seed else (),
            level=level,
            first_poll_max_age=loaded.first_poll_max_age,
        )
        begin = now - span
        with progress("entries", again.count(begin, now)) as steps:
            compared = again.compare(begin, now, steps.step)
        gained, sent = compared.of(Kind.GAINED), None
        if not as_json:
            show(console(), *_tables(compared, texts_for("en")))
        if send and gained and (yes or _ask(len(gained))):
            sent = again.send(gained, begin, now)
    if as_json:
        typer.echo(json.dumps(rejudging.to_json(compared, sent), ensure_ascii=False))
    elif sent:
        show(console(), _tell_sent(sent))


def _read_span(text: str) -> timedelta:
    try:
        return min(parse_duration(text), _ALL)
    except ValueError as error:
        raise typer.BadParameter(f"--since: got {text!r}; accepted: {error}") from None


def _ask(number: int) -> bool:
    return typer.confirm(f"Tell subscribers of {number} that came too late?", err=True)


def _tell_sent(sent: Sending) -> str:
    kept = [f"{sent.known} were told meanwhile"] if sent.known else []
    kept += [f"{sent.old} were published too long ago"] if sent.old else []
    rest = f" ({', '.join(kept)})" if kept else ""
    return (
        f"Told late: {sent.alerts}. Messages that wait: {sent.deliveries}{rest}. "
        "They go out while `python -m bot run` is running."
    )


def _tables(compared: Comparison, texts: Texts) -> list[str | Table]:
    parts: list[str | Table] = []
    for kind, title in _TITLES.items():
        if found := compared.of(kind):
            parts += [_table(title, found, texts), ""]
    counts = ", ".join(f"{len(compared.of(kind))} {kind}" for kind in Kind)
    return [*parts, f"{compared.entries} entries: {compared.same} alerts as before, {counts}."]


def _table(title: str, found: Sequence[Differing], texts: Texts) -> Table:
    made = display.table("published", "entry", "was", "now", "why", title=title)
    for each in found:
        entry, verdict = each.seen.entry, each.verdict
        made.add_row(
            _day(entry.published or each.seen.at),
            f"{escape(clip(entry.title, 120))}\n[dim]{escape(each.feed.name)}[/]",
            _found(each.seen.finding, texts),
            _found(verdict.finding, texts),
            texts.say(verdict.reason),
        )
    return made


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _found(finding: Finding | None, texts: Texts) -> str:
    stance = finding.stance if finding else Stance.NONE
    score = f" {finding.score:.2f}" if finding else ""
    return f"{STANCE_MARKS[stance]} {texts.say(f'stance.{stance}')}{score}"
