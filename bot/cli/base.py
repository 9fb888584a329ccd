"""What the commands share: settings with logging, consoles, progress, a database made for once."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from bot.chat.call import refusal
from bot.config import Settings, load_settings
from bot.core.errors import ConfigError, UserError
from bot.core.model import Level, Topic
from bot.core.ports import Texts
from bot.feedfile import load_feedfile
from bot.locale import LANGUAGES, texts_for
from bot.logs import start_logging
from bot.store.db import Database

R = TypeVar("R")

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON.")]
AtLevel = Annotated[Level, typer.Option("--level", help="How much the subscriber hears.")]
InLanguage = Annotated[str, typer.Option("--lang", help=f"Of alerts: {', '.join(LANGUAGES)}.")]

_WIDTH_IN_A_PIPE = 120
_PLAIN_STEPS = 10  # lines of progress in a pipe, at most


def settings(**overrides: Any) -> Settings:
    """The checked settings; from here on the log is written as they say."""
    loaded = load_settings(**overrides)
    password = urlsplit(loaded.database_url).password
    hidden = [loaded.telegram_bot_token, loaded.webhook_secret]
    secrets = [each.get_secret_value() for each in hidden if each]
    start_logging(
        loaded.log_level, loaded.log_format, [*secrets, *([password] if password else [])]
    )
    return loaded


def topics_of(loaded: Settings) -> tuple[Topic, ...]:
    """The topics of the feeds file; without one there are none, and everything is looked for."""
    return load_feedfile(loaded.feeds_file).topics if loaded.feeds_file.exists() else ()


def console(*, stderr: bool = False) -> Console:
    """Colours on a terminal; in a pipe plain lines of a fair width."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        made.width = _WIDTH_IN_A_PIPE
    return made


def show(out: Console, *parts: str | Table) -> None:
    for part in parts:
        if isinstance(part, str):
            out.print(part, soft_wrap=True)
        else:
            out.print(part)


def said(error: UserError) -> str:
    """A refusal in plain English."""
    return refusal(texts_for("en"), error)


def fitting_texts(language: str) -> Texts:
    """The texts of a language that we speak; ConfigError for another."""
    if language not in LANGUAGES:
        raise ConfigError(f"--lang: got {language!r}; accepted: {', '.join(LANGUAGES)}")
    return texts_for(language)


def wait_for(work: Coroutine[Any, Any, R]) -> R:
    return asyncio.run(work)


class Steps:
    """Counts steps: a bar on a terminal, now and then a plain line in a pipe."""

    def __init__(self, out: Console, what: str, total: int, bar: Progress | None) -> None:
        self._out, self._what, self._total, self._bar = out, what, total, bar
        self._task = bar.add_task(what, total=total) if bar else None
        self._done = 0

    def step(self) -> None:
        self._done += 1
        if self._bar and self._task is not None:
            self._bar.advance(self._task)
        elif self._done % max(1, self._total // _PLAIN_STEPS) == 0:
            self._out.print(f"{self._what}: {self._done} of {self._total}")


@contextmanager
def progress(what: str, total: int) -> Iterator[Steps]:
    """Progress on standard error, so that what is printed stays clean."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield Steps(out, what, total, None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        yield Steps(out, what, total, bar)


@contextmanager
def existing_database(loaded: Settings) -> Iterator[Database | None]:
    """The database of the settings, checked; None where there is none yet: none is made."""
    file = Path(loaded.database_url.removeprefix("sqlite:///"))
    if loaded.database_url.startswith("sqlite:") and not file.exists():
        yield None
        return
    database = Database(loaded.database_url)
    try:
        database.check()
        yield database
    finally:
        database.close()


@contextmanager
def passing_database() -> Iterator[Database]:
    """An empty database that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="greenlight-") as folder:
        database = Database(f"sqlite:///{Path(folder, 'replay.db').as_posix()}")
        try:
            database.migrate()
            yield database
        finally:
            database.close()
