"""Who permits what, now: the ledger as pages that fit a phone's screen.

Pure, and within Telegram's limits like ``render``: what comes from outside is clipped part by
part, and a page is closed before it grows too long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.address import registrable_domain
from bot.core.markup import link, safe
from bot.core.model import Grant, LedgerState, Matter, Reach
from bot.core.paging import Block, Page, paginate
from bot.core.ports import Texts
from bot.core.render import join_some, name_country

STATE_MARKS = {
    LedgerState.GRANTED: "🟢",
    LedgerState.CONTESTED: "⚠️",
    LedgerState.SIGNALLED: "🟡",
    LedgerState.REVOKED: "🔴",
    LedgerState.NONE: "▫️",
}
"""In the order in which they are told. Never shown without the state's word."""

SEEDED = "📖"
"""Marks what was known before the bot began."""

_ORDER = tuple(STATE_MARKS)
_MATTERS = tuple(Matter)


@dataclass(frozen=True, slots=True)
class Permission:
    """Ledger lines of one authority, matter and state. ``line`` is the newest of them; the rest
    is joined over all."""

    line: Grant
    first: datetime
    beneficiaries: tuple[str, ...]
    territory: tuple[str, ...]
    weapons: tuple[str, ...]
    sources: tuple[str, ...]


def render_status(
    grants: Iterable[Grant], texts: Texts, matter: Matter | None = None
) -> tuple[Page, ...]:
    """Every authority, the newest change first: of one matter what it permits, signalled or took
    back, since when and within which limits; without one, at a glance, which matters these are.

    A page's keys are its authorities. No pages when there is nothing to tell.
    """
    lines = [line for line in grants if matter in (None, line.matter)]
    whose: dict[str, list[Permission]] = {}
    for one in sorted(sum_up(lines), key=_by_order):
        whose.setdefault(one.line.authority, []).append(one)
    changed = {code: max(one.line.since for one in whose[code]) for code in whose}
    blocks = [
        _block(code, whose[code], texts, matter)
        for code in sorted(whose, key=lambda code: changed[code], reverse=True)
    ]
    return paginate(_title(texts.say("status.title"), lines, texts, matter), blocks)


def _block(
    code: str, permissions: Sequence[Permission], texts: Texts, matter: Matter | None
) -> Block:
    name = f"<b>{name_country(code, texts)}</b>"
    if matter:
        return Block(code, name, [_in_brief(one, texts) for one in permissions])
    changed = texts.day(max(one.line.since for one in permissions))
    return Block(code, f"{name} · {changed}", _at_a_glance(permissions, texts))


def render_authority(
    authority: str, grants: Iterable[Grant], texts: Texts, matter: Matter | None = None
) -> tuple[Page, ...]:
    """Everything that one authority permits, signalled or took back, with the sources."""
    lines = [line for line in grants if matter in (None, line.matter)]
    name = name_country(authority, texts)
    if not lines:
        return (Page(texts.say("status.country.none", name=name)),)
    told = sorted(join_lines(lines), key=_by_order)
    blocks = [
        Block(
            each,
            "" if matter else f"<b>{texts.say(f'matter.{each}')}</b>",
            [f"{_in_full(one, texts)}\n" for one in told if one.line.matter is each],
        )
        for each in dict.fromkeys(one.line.matter for one in told)
    ]
    title = _title(name, lines, texts, matter)
    if any(line.seeded for line in lines):
        title += f"\n<i>{SEEDED} {texts.say('status.seeded')}</i>"
    return paginate(title, blocks)


def list_matters(grants: Iterable[Grant]) -> tuple[Matter, ...]:
    """The matters that there are lines of, in their order."""
    known = {line.matter for line in grants}
    return tuple(matter for matter in Matter if matter in known)


def join_lines(grants: Iterable[Grant]) -> list[Permission]:
    """The lines, joined where they differ in nothing but whom they help and on whose soil."""
    return _join(
        grants,
        lambda line: (
            line.authority,
            line.matter,
            line.state,
            line.since,
            line.story,
            frozenset(line.weapons),
            frozenset(line.scope),
            frozenset(line.without),
            line.reach,
            line.seeded,
        ),
    )


def sum_up(grants: Iterable[Grant]) -> list[Permission]:
    """The lines, joined wherever authority, matter and state agree."""
    return _join(grants, lambda line: (line.authority, line.matter, line.state))


def name_state(state: LedgerState, texts: Texts) -> str:
    """A state's mark and word, kept on one line."""
    return f"{STATE_MARKS[state]}\u00a0{texts.say(f'state.{state}')}"


def describe(
    line: Grant,
    weapons: Sequence[str],
    territory: Sequence[str],
    texts: Texts,
    *,
    limits: tuple[int, int] = (3, 100),
) -> list[str]:
    """Weapons, places and limits of a permission, each a piece of HTML; what isn't known is left
    out. ``limits``: so many, each in so many units."""
    pieces = []
    allowed = [safe(weapon, 40) for weapon in weapons if weapon not in line.without]
    if allowed:
        pieces.append(join_some(allowed, ", ", 6))
    if places := [name_country(code, texts) for code in territory]:
        pieces.append(texts.say("alert.territory", places=join_some(places, ", ", 4)))
    if line.reach in (Reach.DEEP, Reach.UNLIMITED):  # a limited one's limits say it themselves
        pieces.append(texts.say(f"reach.{line.reach}"))
    bounds = [texts.say("alert.without", weapon=safe(weapon, 40)) for weapon in line.without[:4]]
    bounds += [safe(limit, limits[1]) for limit in line.scope[: limits[0]]]
    if bounds:
        pieces.append(texts.say("alert.limits", limits=", ".join(bounds)))
    return pieces


def list_outlets(urls: Iterable[str]) -> list[tuple[str, str]]:
    """The outlets behind some addresses, each with its first one."""
    found: dict[str, str] = {}
    for url in urls:
        if outlet := registrable_domain(url):
            found.setdefault(outlet, url)
    return list(found.items())


# --- the parts ------------------------------------------------------------------------------


def _join(grants: Iterable[Grant], key: Callable[[Grant], tuple[object, ...]]) -> list[Permission]:
    joined: dict[tuple[object, ...], list[Grant]] = {}
    for line in sorted(grants, key=lambda line: line.since, reverse=True):
        joined.setdefault(key(line), []).append(line)
    return [
        Permission(
            line=lines[0],
            first=lines[-1].since,
            beneficiaries=_union([line.beneficiary] for line in lines),
            territory=_union([line.territory] for line in lines),
            weapons=_union(line.weapons for line in lines),
            sources=_union(line.sources for line in lines),
        )
        for lines in joined.values()
    ]


def _union(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part if one))


def _by_order(one: Permission) -> tuple[int, int, float]:
    """By matter, what is in force first, newest first."""
    line = one.line
    return _MATTERS.index(line.matter), _ORDER.index(line.state), -line.since.timestamp()


def _title(name: str, lines: Sequence[Grant], texts: Texts, matter: Matter | None) -> str:
    """The name, the matter if there is but one, and how many permissions are in each state."""
    counts = Counter(one.line.state for one in join_lines(lines))
    tally = " · ".join(
        f"{mark} {_count(state, counts[state], texts)}".replace(" ", "\u00a0")
        for state, mark in STATE_MARKS.items()
        if counts[state]
    )
    head = f"<b>{name}</b>" + (f" · {texts.say(f'matter.{matter}')}" if matter else "")
    return f"{head}\n{tally}"


def _count(state: LedgerState, number: int, texts: Texts) -> str:
    return texts.say("pair", name=texts.say(f"state.{state}").lower(), value=number)


def _at_a_glance(permissions: Sequence[Permission], texts: Texts) -> list[str]:
    """For each state the matters that are in it."""
    matters: dict[LedgerState, list[str]] = {}
    for one in sorted(permissions, key=lambda one: _ORDER.index(one.line.state)):
        word = texts.say(f"button.matter.{one.line.matter}")
        matters.setdefault(one.line.state, []).append(word)
    return [
        texts.say("pair", name=f"<b>{name_state(state, texts)}</b>", value=", ".join(words))
        for state, words in matters.items()
    ]


def _in_brief(one: Permission, texts: Texts) -> str:
    """State, for whom and since when; below it the weapons and the newest line's limits."""
    head = f"<b>{name_state(one.line.state, texts)}</b>{_whom(one, texts)} · {_since(one, texts)}"
    details = describe(one.line, one.weapons, (), texts, limits=(2, 80))
    return "\n".join(filter(None, (head, " · ".join(details))))


def _in_full(one: Permission, texts: Texts) -> str:
    line = one.line
    details = describe(line, one.weapons, one.territory, texts)
    sources = list_outlets(one.sources)
    shown = [link(url, safe(outlet, 60)) for outlet, url in sources]
    if shown:
        details.append(join_some(shown, ", ", 4))
    if line.seeded:
        details = [*details[:-1], "\u00a0".join((*details[-1:], SEEDED))]
    head = f"<b>{name_state(line.state, texts)}</b> · {_since(one, texts)}{_whom(one, texts)}"
    return "\n".join(filter(None, (head, " · ".join(details))))


def _since(one: Permission, texts: Texts) -> str:
    """From when on; where several were joined, from the first to the newest."""
    line = one.line
    last = texts.day(line.since)
    if texts.day(one.first) != last:
        return texts.say("status.since_newest", first=texts.day(one.first), last=last)
    # What an entry only recalled began some time before it was told.
    told = line.seeded or line.story
    return texts.say("status.since" if told else "status.since_at_least", day=last)


def _whom(one: Permission, texts: Texts) -> str:
    helped = [name_country(code, texts) for code in one.beneficiaries]
    return f" → {join_some(helped, ', ', 3)}" if helped else ""
