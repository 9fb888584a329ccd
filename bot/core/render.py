"""An alert as its reader sees it: Telegram's HTML subset, within Telegram's limits.

Pure. Every part that comes from outside is clipped (``markup.safe``) so that the sum of all stays
under the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.core.corroboration import Attested, corroborate
from bot.core.ledger import Change
from bot.core.markup import TEXT_LIMIT, clip, is_link, link, plain, safe
from bot.core.model import (
    Alert,
    AlertKind,
    Entry,
    Finding,
    Matter,
    Report,
    Stance,
    Story,
    Tier,
)
from bot.core.ports import Button, Message, Texts
from bot.core.reach import goes_beyond

__all__ = [
    "STANCE_MARKS",
    "TEXT_LIMIT",
    "clip",
    "flag",
    "plain",
    "render_alert",
    "render_brief",
    "render_sample",
]

STANCE_MARKS = {
    Stance.GRANTED: "🟢",
    Stance.REVOKED: "🔴",
    Stance.SIGNALLED: "🟡",
    Stance.DENIED: "⚪️",
    Stance.URGED: "🔵",
    Stance.USED: "🟠",
    Stance.REACTION: "💬",
    Stance.NONE: "▫️",
}
"""Never shown without the stance's word: colour alone tells nothing to one man in twelve."""

_KIND_MARKS = {AlertKind.UPDATE: "🔄", AlertKind.CORRECTION: "✏️"}


def render_alert(alert: Alert, texts: Texts) -> Message:
    """The alert in one language: stance, who, what, limits, then the headline and its source."""
    return Message(
        html="\n".join(_lines(alert, texts)),
        buttons=in_a_row(
            Button(texts.say("button.why"), data=f"why:{alert.id}"),
            source_button(alert.entry, texts),
        ),
        silent=not alert.push,
    )


def render_sample(texts: Texts) -> Message:
    """A made-up alert, marked as such, that shows a newcomer what to expect."""
    at = datetime(2024, 5, 30, 18, 0, tzinfo=UTC)
    finding = Finding(
        stance=Stance.GRANTED,
        score=0.9,
        matter=Matter.STRIKE,
        actors=("US",),
        beneficiaries=("UA",),
        scope=(texts.say("sample.scope"),),
        without=("ATACMS",),
    )
    entry = Entry(
        keys=("sample",),
        url="https://example.org/",
        title=texts.say("sample.title"),
        published=at,
        source="example.org",
        tier=Tier.AGENCY,
    )
    reports = (Report("", "en", "example.org", at), Report("", "en", "example.net", at))
    story = Story("sample", Stance.GRANTED, Matter.STRIKE, (), ("US",), at, at, reports=reports)
    alert = Alert(0, AlertKind.NEW, at, story, finding, entry)
    return Message(
        "\n".join((f"<i>{texts.say('sample.header')}</i>", "", *_lines(alert, texts))), silent=True
    )


def render_brief(alert: Alert, texts: Texts) -> str:
    """The alert in two lines of HTML, for lists: who decided what, and the headline."""
    entry = alert.entry
    headline = link(entry.url, safe(entry.title, 140) or safe(entry.source, 80))
    return f"{_decision(alert, texts)}\n{headline} · {texts.moment(entry.published or alert.at)}"


def flag(code: str) -> str:
    """The flag emoji of a state, the EU or the UN by its two letters; NATO and others have none."""
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        return ""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code.upper())


# --- the parts of an alert ------------------------------------------------------------------


def _lines(alert: Alert, texts: Texts) -> list[str]:
    """The lines of an alert's text, stance first unless an earlier alert is being mended."""
    finding, story, entry = alert.finding, alert.story, alert.entry
    change = texts.say(f"change.{alert.change}") if alert.change not in ("", "new") else ""
    lines = [texts.say(f"undone.{story.undone}")] if story.undone else []
    grown = (
        not alert.push and alert.change != Change.CONFIRMED
    )  # the message known, with more in it
    if (icon := _KIND_MARKS.get(alert.kind)) and not grown:
        lines.append(
            " · ".join(filter(None, (f"{icon} {texts.say(f'kind.{alert.kind}')}", change)))
        )
    lines.append(_decision(alert, texts))
    if change and alert.kind is AlertKind.NEW:
        lines.append(f"<i>{change}</i>")
    lines += _difference(alert, texts)
    named = finding.weapons or story.weapons
    weapons = [safe(weapon, 40) for weapon in named if weapon not in finding.without]
    matter = texts.say(f"matter.{finding.matter}")
    lines.append(_pair(matter, join_some(weapons, ", ", 6), texts) if weapons else matter)
    if places := [name_country(code, texts) for code in finding.territory or story.territory]:
        lines.append(texts.say("alert.territory", places=join_some(places, ", ", 4)))
    if limits := _limits(finding, texts):
        lines.append(texts.say("alert.limits", limits=join_some(limits, " · ", 6)))
    lines.append("")
    if headline := safe(entry.title or entry.summary or entry.source, 400):
        lines.append(f"<b>{link(entry.url, headline)}</b>")
    origin = [
        safe(entry.source, 80),
        texts.say(f"tier.{entry.tier}"),
        texts.moment(entry.published or alert.at),
    ]
    lines += [" · ".join(filter(None, origin)), attestation(story, texts)]
    return lines


def attestation(story: Story, texts: Texts) -> str:
    """How well the story is attested, in words."""
    attested, outlets = corroborate(story)
    if attested is Attested.CONFIRMED:
        return texts.count("attested.confirmed", outlets)
    words = texts.say(f"attested.{attested}")
    number = len(list_sources(story))
    return f"{words} · {texts.count('alert.sources', number)}" if number > 1 else words


def _difference(alert: Alert, texts: Texts) -> list[str]:
    """What is more than before, or less."""
    difference = alert.difference
    if difference is None:
        return []
    lines = []
    if difference.weapons:
        key = "lost" if alert.finding.stance is Stance.REVOKED else "weapons"
        weapons = [safe(weapon, 40) for weapon in difference.weapons]
        lines.append(texts.say(f"difference.{key}", weapons=join_some(weapons, ", ", 6)))
    if goes_beyond(difference.now, difference.was):
        was, now = (texts.say(f"reach.{reach}") for reach in (difference.was, difference.now))
        lines.append(texts.say("difference.reach", was=was, now=now))
    return lines


def _pair(name: str, value: str, texts: Texts) -> str:
    """The two with a colon, as the language sets one."""
    return texts.say("pair", name=name, value=value)


def _decision(alert: Alert, texts: Texts) -> str:
    """The first line: the stance, whose it is, whom it helps."""
    finding, story = alert.finding, alert.story
    actors = [_actor(code, finding.inferred, texts) for code in finding.actors or story.actors]
    helped = [name_country(code, texts) for code in finding.beneficiaries or story.beneficiaries]
    who = join_some(actors, ", ", 4) or texts.say("alert.unnamed")
    stance = f"{STANCE_MARKS[finding.stance]} <b>{texts.say(f'stance.{finding.stance}')}</b>"
    return f"{stance} · {who}" + (f" → {join_some(helped, ', ', 3)}" if helped else "")


def _limits(finding: Finding, texts: Texts) -> list[str]:
    """The limits at one glance: where, and with which weapons not."""
    return [safe(limit, 100) for limit in finding.scope[:4]] + [
        texts.say("alert.without", weapon=safe(weapon, 40)) for weapon in finding.without[:4]
    ]


def name_country(code: str, texts: Texts) -> str:
    return f"{flag(code)} {safe(texts.country(code), 50)}".strip()


def _actor(code: str, inferred: Sequence[str], texts: Texts) -> str:
    name = name_country(code, texts)
    return texts.say("alert.inferred", name=name) if code in inferred else name


def list_sources(story: Story) -> list[tuple[str, str]]:
    """The story's outlets in the order in which they came, each with its first address."""
    found: dict[str, str] = {}
    for report in story.reports:
        if report.source:
            found.setdefault(report.source, report.url)
    return list(found.items())


def source_button(entry: Entry, texts: Texts) -> Button | None:
    return Button(texts.say("button.source"), url=entry.url) if is_link(entry.url) else None


def in_a_row(*buttons: Button | None) -> tuple[tuple[Button, ...], ...]:
    row = tuple(button for button in buttons if button)
    return (row,) if row else ()


def join_some(parts: Sequence[str], separator: str, most: int) -> str:
    rest = f" +{len(parts) - most}" if len(parts) > most else ""
    return separator.join(parts[:most]) + rest
