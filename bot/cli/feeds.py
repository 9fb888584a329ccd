"""feeds list, check, add, remove, import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import app as house
from bot.cli import display
from bot.cli.base import console, said, settings, show, wait_for
from bot.config import Settings
from bot.core.errors import ConfigError, FileError
from bot.core.model import Feed, FeedSpec, Topic
from bot.feedfile import dump_feedfile, parse_feedfile
from bot.feeds.opml import read_opml, write_opml
from bot.locale import texts_for

app = typer.Typer(help="The feeds that are listened to.", no_args_is_help=True)

BY = "shell"
"""Who did it, for the audit trail."""


@app.command("list")
def list_feeds() -> None:
    """Print all feeds with their state.

    Example: python -m bot feeds list
    """
    show(console(), display.feed_table(wait_for(_feeds(settings())), texts_for("en")))


async def _feeds(loaded: Settings) -> list[Feed]:
    async with house.open_house(loaded) as parts:
        return parts.manage.feeds()


@app.command("check")
def check() -> None:
    """Fetch each feed once and tell its health; nothing is changed. Exit code 1 if one is ill.

    Example: python -m bot feeds check
    """
    raise typer.Exit(1 if wait_for(_check(settings())) else 0)


async def _check(loaded: Settings) -> int:
    out = console()
    async with house.open_house(loaded) as parts:
        checked = await parts.manage.check_all(
            lambda each: show(out, display.checked_line(each, texts_for("en")))
        )
    ill = sum(each.failure is not None for each in checked)
    show(out, f"{len(checked) - ill} of {len(checked)} feeds are well.")
    return ill


@app.command("add")
def add(url: Annotated[str, typer.Argument(help="A feed's address, or a page's.")]) -> None:
    """Fetch a feed and add it if it answers.

    Example: python -m bot feeds add https://example.org/rss.xml
    """
    feed = wait_for(_add(settings(), url))
    show(console(), f"Added as number {feed.id}: {feed.name}", feed.url)


async def _add(loaded: Settings, url: str) -> Feed:
    async with house.open_house(loaded) as parts:
        return await parts.manage.add(url, house.clock(), BY)


@app.command("remove")
def remove(feed: Annotated[str, typer.Argument(help="A feed's number or address.")]) -> None:
    """Remove a feed; feeds.yaml does not bring it back, add does.

    Example: python -m bot feeds remove https://example.org/rss.xml
    """
    gone = wait_for(_remove(settings(), feed))
    show(console(), f"Removed: {gone.name}", gone.url)


async def _remove(loaded: Settings, which: str) -> Feed:
    async with house.open_house(loaded) as parts:
        return parts.manage.remove(which, house.clock(), BY)


@app.command("import")
def take(file: Annotated[Path, typer.Argument(help="An OPML or YAML file.")]) -> None:
    """Add the feeds of an OPML or YAML file, without fetching them. Known ones are left out.

    Example: python -m bot feeds import subscriptions.opml
    """
    loaded = settings()
    specs, refused = _read_file(file, loaded)
    added = wait_for(_take(loaded, specs))
    for line in refused:
        show(console(stderr=True), line)
    show(console(), f"Added {len(added)} of {len(specs) + len(refused)} feeds.")
    raise typer.Exit(1 if refused else 0)


async def _take(loaded: Settings, specs: tuple[FeedSpec, ...]) -> list[Feed]:
    async with house.open_house(loaded) as parts:
        return parts.manage.take(specs, house.clock(), BY)


def _read_file(file: Path, loaded: Settings) -> tuple[tuple[FeedSpec, ...], list[str]]:
    """The feeds of a file, and a line for each that was refused."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FileError(str(file), None, error.strerror or "unreadable", "Check the path") from None
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return parse_feedfile(content.decode("utf-8-sig", "replace"), str(file)).feeds, []
    opml = read_opml(content, allow_private=loaded.allow_private_feeds)
    return opml.feeds, [f"{file}:{one.line}: {said(one.error)}" for one in opml.refused]


@app.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; its ending says how.")] = None,
) -> None:
    """Write the feeds as YAML, or as OPML into a file ending in .opml; without a file, print YAML.

    Example: python -m bot feeds export my-feeds.opml
    """
    loaded = settings()
    topics, specs = wait_for(_export(loaded))
    outline = file is not None and file.suffix.lower() in (".opml", ".xml")
    text = write_opml(specs) if outline else dump_feedfile(specs, topics)
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: can't be written ({error.strerror})") from None
    show(console(), f"{len(specs)} feeds written to {file}")


async def _export(loaded: Settings) -> tuple[tuple[Topic, ...], list[FeedSpec]]:
    async with house.open_house(loaded) as parts:
        return parts.file.topics, [_spec(feed) for feed in parts.manage.feeds()]


def _spec(feed: Feed) -> FeedSpec:
    return FeedSpec(feed.url, feed.name, feed.language, feed.tier, feed.every, feed.topics)
