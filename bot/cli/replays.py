"""replay, eval, why: what the detector and the stories make of entries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import app as house
from bot.cli import display
from bot.cli.base import (
    AsJson,
    AtLevel,
    InLanguage,
    console,
    existing_database,
    fitting_texts,
    progress,
    settings,
    show,
    topics_of,
    wait_for,
)
from bot.config import Settings
from bot.core.address import canonical_url
from bot.core.errors import UserError
from bot.core.judge import Memory, Policy
from bot.core.model import Alert, AlertKind, Entry, Grant, Level, Verdict
from bot.core.ports import Body, Failure, FetchFault
from bot.core.render import render_alert
from bot.feeds.fetch import Fetcher
from bot.feeds.page import read_page
from bot.feeds.parse import parse_feed
from bot.lexicons import load_detector
from bot.locale import texts_for
from bot.messengers.console import draw
from bot.seedfile import load_seed
from bot.services import archive
from bot.services import evaluate as scoring
from bot.services import explain as explaining
from bot.services import replay as replaying
from bot.services.ingest import Ingest
from bot.services.seed import plant
from bot.store.db import Database


def replay(
    paths: Annotated[list[Path], typer.Argument(help="Feed files, .jsonl files, folders.")],
    as_json: AsJson = False,
    level: AtLevel = Level.DECISIONS,
    lang: InLanguage = "en",
    db: Annotated[
        str | None, typer.Option("--db", help="Keep the outcome in this database: sqlite:///FILE.")
    ] = None,
    seed: Annotated[
        bool, typer.Option("--seed/--no-seed", help="Begin with what was permitted before.")
    ] = False,
) -> None:
    """Feed entries from files through the pipeline, in order of publication; print the alerts.

    Example: python -m bot replay archive/ --level signals
    """
    loaded = settings(**({"database_url": db} if db else {}))
    texts = fitting_texts(lang)
    items = replaying.read_items(paths, parse_feed)
    known = load_seed() if seed else ()
    with (
        _pipeline(loaded, known, keep=db is not None) as record,
        progress("entries", len(items)) as steps,
    ):

        def counted(entry: Entry, at: datetime) -> Verdict:
            steps.step()
            return record(entry, at)

        for number, pushed in enumerate(replaying.replay(items, counted, level), start=1):
            if as_json:
                typer.echo(json.dumps(replaying.to_json(pushed), ensure_ascii=False))
                continue
            message = render_alert(_alert(number, pushed), texts)
            typer.echo(draw(message, f"{'🔕' if message.silent else '🔔'} {number}"))


@contextmanager
def _pipeline(
    loaded: Settings, known: Sequence[Grant], *, keep: bool
) -> Iterator[replaying.Record]:
    """In memory, or into the database of the settings, the ledger holding what is known."""
    topics = topics_of(loaded)
    detector = load_detector(topics)
    if not keep:
        yield replaying.in_memory(detector, Policy(topics=topics), Memory(grants=known))
        return
    database = Database(loaded.database_url)
    try:
        database.migrate()
        if known:
            plant(database, known)
        yield archive.record_into(database, Ingest(database, parse_feed, detector, topics))
    finally:
        database.close()


def _alert(number: int, pushed: replaying.Pushed) -> Alert:
    verdict = pushed.verdict
    assert verdict.finding
    assert verdict.story
    return Alert(
        number,
        verdict.kind or AlertKind.NEW,
        pushed.at,
        verdict.story,
        verdict.finding,
        verdict.entry,
        verdict.change,
        verdict.push,
    )


def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Labelled .jsonl files.")],
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out items noted as debatable.")
    ] = False,
) -> None:
    """Score the detector and the stories on labelled items.

    Example: python -m bot eval labelled.jsonl --strict
    """
    topics = topics_of(settings())
    items = [item for file in files for item in replaying.read_jsonl(file)]
    out = console(stderr=True)
    with out.status(f"scoring {len(items)} items") as status:
        if not out.is_terminal:
            status.stop()
            show(out, f"scoring {len(items)} items")
        report = scoring.evaluate(items, load_detector(topics), strict=strict)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        show(console(), *display.evaluation(report))


def why(
    url: Annotated[str | None, typer.Argument(help="An entry's address.")] = None,
    title: Annotated[str | None, typer.Option(help="Instead of an address: a headline …")] = None,
    summary: Annotated[str, typer.Option(help="… and its lead.")] = "",
    lang: Annotated[str | None, typer.Option(help="Their language, if it is known.")] = None,
    as_json: AsJson = False,
) -> None:
    """Explain the verdict on one entry: stance, score, words, rules, the story, the ledger.

    Example: python -m bot why --title "Biden lets Ukraine strike inside Russia"
    """
    if (url is None) == (title is None):
        raise typer.BadParameter("give either an address or --title")
    explained = wait_for(_explain(settings(), url, title or "", summary, lang))
    if as_json:
        typer.echo(json.dumps(explaining.to_json(explained), ensure_ascii=False))
    else:
        show(console(), *display.explanation(explained, texts_for("en")))


async def _explain(
    loaded: Settings, url: str | None, title: str, summary: str, lang: str | None
) -> explaining.Explanation:
    topics, now = topics_of(loaded), house.clock()
    with existing_database(loaded) as database:
        entry = Entry(keys=(title,), url="", title=title, summary=summary, language=lang)
        if url is not None:
            known = explaining.find_entry(database, canonical_url(url)) if database else None
            entry = known or await _fetch(url, loaded)
        memory = explaining.recall(database, now) if database else None
        return explaining.explain(entry, load_detector(topics), now, memory, topics)


async def _fetch(url: str, loaded: Settings) -> Entry:
    """What the page at an address says of itself."""
    async with Fetcher(allow_private=loaded.allow_private_feeds) as fetch:
        page = await fetch(url)
    if not isinstance(page, Body):
        fault = page.fault if isinstance(page, Failure) else FetchFault.BROKEN
        raise UserError(f"fault.{fault}")
    entry = read_page(page.content, page.url, page.headers.get("content-type", ""))
    if not entry.title:
        raise UserError("why.no_title", url=url)
    return entry
