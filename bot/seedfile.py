"""The ledger's seed: what was permitted or forbidden before the bot began (bot/ledger/seed.yaml).

The file's own head says what each key means. Everything is checked before anything is used: a
fault names file, line and cure, and nothing of a faulty file is applied.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from bot.core.address import registrable_domain
from bot.core.lines import line_key
from bot.core.model import Grant, LedgerState, Matter, Reach
from bot.marked import Node, load_marked, parse_marked, suggest

SEED = Path(__file__).parent / "ledger" / "seed.yaml"

_FILE_KEYS = ("as_of", "lines")
_REQUIRED = ("authority", "matter", "state", "since", "sources")
_KEYS = (*_REQUIRED, "beneficiary", "territory", "weapons", "without", "reach", "scope")

_MATTERS = tuple(matter.value for matter in Matter if matter is not Matter.OTHER)
_STATES = (LedgerState.GRANTED.value, LedgerState.REVOKED.value)
_REACHES = tuple(reach.value for reach in Reach if reach is not Reach.UNSAID)

_CODE = re.compile(r"[A-Z]{2}|NATO")  # EU and UN are two letters too
_SOURCE = re.compile(r"(?:https?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/\S*)?")
_OUTLETS = 2  # at least so many tell of a line


def load_seed(path: Path = SEED) -> tuple[Grant, ...]:
    """The lines of a seed file, in its order; FileError with file, line and cure."""
    return _read(load_marked(path))


def parse_seed(text: str, name: str) -> tuple[Grant, ...]:
    """The same for text that is no file, called ``name`` in errors."""
    return _read(parse_marked(text, name))


def _read(root: Node) -> tuple[Grant, ...]:
    keys = root.mapping(_FILE_KEYS, required=_FILE_KEYS)
    as_of = _day(keys["as_of"], "as_of")
    grants: list[Grant] = []
    places: dict[tuple[str, ...], int] = {}
    for block in keys["lines"].items():
        grant = _grant(block, as_of)
        first = places.setdefault(line_key(grant), block.line)
        if first != block.line:
            raise block.fault(
                f"the same line as on line {first}: authority, matter, beneficiary, territory, "
                "weapons and reach are equal",
                "Keep the newer one.",
            )
        grants.append(grant)
    return tuple(grants)


def _grant(block: Node, as_of: datetime) -> Grant:
    keys = block.mapping(_KEYS, required=_REQUIRED)
    since = _day(keys["since"], "since")
    if since > as_of:
        raise keys["since"].fault(
            f"since: {since:%Y-%m-%d} is later than the file's as_of, {as_of:%Y-%m-%d}",
            "Mend the date, or move as_of on.",
        )
    return Grant(
        authority=_code(keys["authority"], "authority"),
        matter=Matter(_choose(keys["matter"], "matter", _MATTERS)),
        state=LedgerState(_choose(keys["state"], "state", _STATES)),
        since=since,
        beneficiary=_code(keys["beneficiary"], "beneficiary") if "beneficiary" in keys else "",
        territory=_code(keys["territory"], "territory") if "territory" in keys else "",
        weapons=_texts(keys, "weapons"),
        scope=_texts(keys, "scope"),
        without=_texts(keys, "without"),
        reach=_reach(keys["reach"]) if "reach" in keys else Reach.UNSAID,
        sources=_sources(keys["sources"]),
        seeded=True,
    )


def _day(node: Node, name: str) -> datetime:
    """The day's beginning, UTC."""
    try:
        return datetime.strptime(str(node.value), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise node.fault(
            f"{name}: '{node.value}' is no day", "Write year-month-day, such as 2024-05-30."
        ) from None


def _code(node: Node, name: str) -> str:
    code = node.text(name)
    if not _CODE.fullmatch(code):
        raise node.fault(
            f"{name}: '{code}' is no code",
            "Give two capital letters (ISO 3166-1 alpha-2, or EU, UN), or NATO.",
        )
    return code


def _choose(node: Node, name: str, known: Collection[str]) -> str:
    word = node.text(name)
    if word not in known:
        raise node.fault(f"{name}: '{word}' is not one of {', '.join(known)}", suggest(word, known))
    return word


def _reach(node: Node) -> Reach:
    return Reach(_choose(node, "reach", _REACHES))


def _texts(keys: dict[str, Node], name: str) -> tuple[str, ...]:
    return tuple(keys[name].texts(name)) if name in keys else ()


def _sources(node: Node) -> tuple[str, ...]:
    sources = node.texts("sources")
    for item, source in zip(node.items(), sources, strict=True):
        if not _SOURCE.fullmatch(source):
            raise item.fault(
                f"sources: '{source}' is neither an outlet's domain nor an address",
                "Write bbc.com, or the page's whole https:// address.",
            )
    if len({registrable_domain(source) for source in sources}) < _OUTLETS:
        raise node.fault(
            f"sources: fewer than {_OUTLETS} outlets", "Add another outlet, or drop the line."
        )
    return tuple(sources)
