"""feeds.yaml: the feeds and topics that the database is seeded from.

Everything is checked before anything is used: a fault names file, line, key and cure, and
nothing of a faulty file is applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import yaml

from bot.core.duration import FORM, format_duration, parse_duration
from bot.core.errors import FileError
from bot.core.model import FeedSpec, Tier, Topic
from bot.marked import Node, load_marked, parse_marked, suggest
from bot.topicfile import LANGUAGE, read_topics, topic_block

_FEED_KEYS = ("url", "name", "language", "tier", "every", "topics")

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class FeedFile:
    """What a feeds file says, checked."""

    feeds: tuple[FeedSpec, ...] = ()
    topics: tuple[Topic, ...] = ()


def load_feedfile(path: Path) -> FeedFile:
    """The feeds and topics of a file; FileError with file, line, key and cure."""
    if not path.exists():
        raise FileError(str(path), None, "no such file", "Put one there, or set FEEDS_FILE.")
    return _read(load_marked(path))


def parse_feedfile(text: str, name: str) -> FeedFile:
    """The same for text that is not (yet) a file, called ``name`` in errors."""
    return _read(parse_marked(text, name))


def _read(root: Node) -> FeedFile:
    if root.value is None:
        return FeedFile()
    blocks = root.mapping(("feeds", "topics"))
    topics = read_topics(blocks["topics"]) if "topics" in blocks else ()
    feeds = _feeds(blocks["feeds"], {topic.id for topic in topics}) if "feeds" in blocks else ()
    return FeedFile(feeds, topics)


def _feeds(node: Node, topics: set[str]) -> tuple[FeedSpec, ...]:
    lines: dict[str, int] = {}
    feeds = []
    for block in [] if node.value is None else node.items():
        spec = _feed(block, topics)
        key = identity(spec.url)
        if key in lines:
            raise block.fault(
                f"url: this feed is already on line {lines[key]}: {spec.url}", "Remove one of them."
            )
        lines[key] = block.line
        feeds.append(spec)
    return tuple(feeds)


def _feed(block: Node, topics: set[str]) -> FeedSpec:
    keys = block.mapping(_FEED_KEYS, required=("url",))
    url = _url(keys["url"])
    return FeedSpec(
        url=url,
        name=keys["name"].text("name") if "name" in keys else urlsplit(url).hostname or url,
        language=_language(keys["language"]) if "language" in keys else None,
        tier=_word(keys["tier"], "tier", Tier) if "tier" in keys else Tier.OUTLET,
        every=_duration(keys["every"]) if "every" in keys else None,
        topics=_references(keys["topics"], topics) if "topics" in keys else (),
    )


def _url(node: Node) -> str:
    url = node.text("url")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", url):
        raise node.fault(
            f"url: not a web address: '{url}'", "Give it whole, with https:// or http://."
        )
    return url


def identity(url: str) -> str:
    """What two spellings of one feed's address share: scheme and host know no case."""
    parts = urlsplit(url)
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path or "/"
    ).geturl()


def _language(node: Node) -> str | None:
    if node.value is None:
        return None
    if not isinstance(node.value, str) or not LANGUAGE.fullmatch(node.value):
        found = node.value if isinstance(node.value, str) else str(node.value).lower()
        raise node.fault(
            f"language: not a language code: '{found}'",
            "Give two small letters (ISO 639-1) such as en or uk, in quotes if need be.",
        )
    return node.value


def _word(node: Node, name: str, words: type[_Word]) -> _Word:
    text = node.text(name)
    known = [word.value for word in words]
    if text not in known:
        raise node.fault(f"{name}: '{text}' is not one of {', '.join(known)}", suggest(text, known))
    return words(text)


def _duration(node: Node) -> timedelta:
    text = str(node.value)
    try:
        every = parse_duration(text)
    except ValueError:
        every = timedelta(0)
    if not timedelta(0) < every <= timedelta(days=30):
        raise node.fault(f"every: '{text}' is not a time between visits", f"Give {FORM}.")
    return every


def _references(node: Node, topics: set[str]) -> tuple[str, ...]:
    named = []
    for item in [] if node.value is None else node.items():
        topic = item.text("topics")
        if topic not in topics:
            raise item.fault(
                f"topics: there is no topic '{topic}' in this file", suggest(topic, topics)
            )
        named.append(topic)
    return tuple(dict.fromkeys(named))


def dump_feedfile(feeds: Iterable[FeedSpec], topics: Sequence[Topic] = ()) -> str:
    """The YAML of a feeds file that load_feedfile reads back to the same values."""
    file: dict[str, list[dict[str, Any]]] = {"feeds": [_feed_block(feed) for feed in feeds]}
    if topics:
        file["topics"] = [topic_block(topic) for topic in topics]
    return yaml.safe_dump(file, allow_unicode=True, sort_keys=False, width=100)


def _feed_block(feed: FeedSpec) -> dict[str, Any]:
    block: dict[str, Any] = {"url": feed.url, "name": feed.name}
    if feed.language:
        block["language"] = feed.language
    block["tier"] = feed.tier.value
    if feed.every:
        block["every"] = format_duration(feed.every)
    if feed.topics:
        block["topics"] = list(feed.topics)
    return block
