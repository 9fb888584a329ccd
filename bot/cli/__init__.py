"""The shell: ``python -m bot``. Each command reads its arguments, calls one service, shows.

Exit codes: 0 done, 1 the work found a fault, 2 wrong use or settings.
"""

from __future__ import annotations

import sys

import typer

from bot.cli import asking, demo, feeds, rejudging, replays, service
from bot.cli.base import said
from bot.core.errors import ConfigError, StoreError, UserError

app = typer.Typer(
    name="greenlight",
    help="Wakes you the minute a government newly permits strikes or eases a limit on weapons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("run")(service.run)
app.command("poll")(service.poll)
app.command("demo")(demo.demo)
app.command("replay")(replays.replay)
app.command("eval")(replays.evaluate)
app.command("why")(replays.why)
app.command("rejudge")(rejudging.rejudge)
app.command("export")(asking.export)
app.add_typer(feeds.app, name="feeds")
app.add_typer(service.database, name="db")
app.command("doctor")(service.doctor)


def main() -> None:
    """Run a command; what an operator can mend is told in a line, without a traceback."""
    try:
        app()
    except ConfigError as error:
        sys.exit(_tell(str(error), 2))
    except StoreError as error:
        sys.exit(_tell(str(error), 1))
    except UserError as error:
        sys.exit(_tell(said(error), 1))


def _tell(words: str, code: int) -> int:
    typer.echo(words, err=True)
    return code
