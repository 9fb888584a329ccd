"""export: what the bot knows, for other programs."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot import app as house
from bot.cli.base import console, existing_database, settings, show
from bot.core.duration import parse_duration
from bot.core.errors import ConfigError, StoreError
from bot.services import export as exporting


def export(
    file: Annotated[
        Path | None, typer.Argument(help="Where to; without one, standard output.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Stories and alerts of so long alone: 12h, 30d.")
    ] = None,
) -> None:
    """Write the ledger, the stories and the alerts as JSON (docs/export.md).

    Example: python -m bot export greenlight.json --since 30d
    """
    begin = house.clock() - _span(since) if since else None
    with existing_database(settings()) as database:
        if database is None:
            raise StoreError("database: there is none yet; run: python -m bot db upgrade")
        found = exporting.export(database, begin)
    # Half a surrogate pair, which no UTF-8 can hold, may come out of a feed's own JSON.
    document = json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode()
    if file is None:
        typer.echo(document)
        return
    try:
        file.write_text(f"{document}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: can't be written ({error.strerror})") from None
    lines, stories, alerts = (len(rows) for rows in found.values())
    counted = f"{lines} ledger lines, {stories} stories, {alerts} alerts"
    show(console(), f"{escape(str(file))}: {counted}")


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"--since: got {text!r}; accepted: {error}") from None
