"""run, poll, doctor, db: what an operator types."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot import app as house
from bot import doctor as checks
from bot.cli import display
from bot.cli.base import console, existing_database, settings, show, wait_for
from bot.config import Settings
from bot.core.errors import StoreError
from bot.services.ingest import Recorded, Visit
from bot.store.db import Database
from bot.worker import Role

database = typer.Typer(help="The database's schema.", no_args_is_help=True)

_AGAIN = 5.0  # seconds between two looks at what is due


def run(
    role: Annotated[Role, typer.Option(help="What this process does.")] = Role.ALL,
) -> None:
    """Run the service until SIGTERM or Ctrl-C. Migrates the database first.

    Example: python -m bot run
    """
    wait_for(house.run(settings(), role))


def poll(
    once: Annotated[
        bool, typer.Option("--once/--keep-on", help="Stop after one round, or only by Ctrl-C.")
    ] = True,
) -> None:
    """Poll all due feeds and print what was found. Exit code 1 if one of them failed.

    Example: python -m bot poll --once
    """
    failed = wait_for(_poll(settings(), once=once))
    raise typer.Exit(1 if failed else 0)


async def _poll(loaded: Settings, *, once: bool) -> bool:
    out = console()

    def told(visit: Recorded) -> None:
        if out.is_terminal:
            out.print(f"[dim]{visit.visit}: {visit.feed.url}[/]")

    async with house.open_house(loaded) as parts:
        poller = parts.make_poll(told)
        while True:
            visits = await poller.run(house.clock())
            if visits or once:
                show(out, display.poll_table(visits) if visits else "No feed is due.")
            if once:
                return any(visit.visit is Visit.FAILED for visit in visits)
            await asyncio.sleep(_AGAIN)


def doctor() -> None:
    """Check token, database, feeds file, clock and network; say what cures what is wrong.

    Example: python -m bot doctor
    """
    raise typer.Exit(0 if wait_for(_examine(settings())) else 1)


async def _examine(loaded: Settings) -> bool:
    out, well = console(), True
    async for finding in checks.examine(loaded, house.clock):
        show(out, display.examined_line(finding))
        well = well and finding.well
    return well


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database's schema up to date.

    Example: python -m bot db upgrade
    """
    opened = Database(settings().database_url)
    try:
        opened.migrate()
    finally:
        opened.close()
    show(console(), "The database is up to date.")


@database.command("check")
def check() -> None:
    """Say whether the database answers and its schema is this program's. Exit code 1 if not.

    Example: python -m bot db check
    """
    with existing_database(settings()) as opened:
        if opened is None:
            raise StoreError("database: there is none yet; run: python -m bot db upgrade")
    show(console(), "The database answers and is up to date.")
