"""An alert as its reader sees it: Telegram's HTML subset, within Telegram's limits.

Pure. Every part that comes from outside is clipped (``markup.safe``) so that the sum of all stays
under the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.core.markup import TEXT_LIMIT, clip, is_link, link, mark, plain, safe
from bot.core.model import (
    Alert,
    AlertKind,
    Entry,
    Evidence,
    Finding,
    Matter,
    Report,
    Stance,
    Story,
    Tier,
)
from bot.core.ports import Button, Message, Texts

__all__ = [
    "STANCE_MARKS",
    "TEXT_LIMIT",
    "clip",
    "flag",
    "plain",
    "render_alert",
    "render_brief",
    "render_sample",
    "render_why",
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
        buttons=_buttons(
            Button(texts.say("button.why"), data=f"why:{alert.id}"), _source(alert.entry, texts)
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


def render_why(alert: Alert, texts: Texts) -> Message:
    """What the detector went by: one sentence, the words that counted, rules, score, sources."""
    finding, entry = alert.finding, alert.entry
    lines = [
        f"<b>{texts.say('why.header')}</b>",
        f"{STANCE_MARKS[finding.stance]} {texts.say(f'why.{finding.stance}')}",
        "",
        f"<blockquote>{_marked_entry(entry, finding.evidence)}</blockquote>",
        texts.say("why.score", percent=round(100 * min(max(finding.score, 0.0), 1.0))),
    ]
    if finding.rules:
        rules = ", ".join(f"<code>{safe(rule, 60)}</code>" for rule in finding.rules[:10])
        lines.append(texts.say("why.rules", rules=rules))
    if sources := _sources(alert.story):
        shown = ", ".join(link(url, safe(source, 60)) for source, url in sources[:8])
        rest = f" +{len(sources) - 8}" if len(sources) > 8 else ""
        lines.append(f"{texts.count('why.sources', len(sources))} {shown}{rest}")
    return Message("\n".join(lines), _buttons(_source(entry, texts)), silent=True)


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
    lines = []
    if icon := _KIND_MARKS.get(alert.kind):
        lines.append(
            " · ".join(filter(None, (f"{icon} {texts.say(f'kind.{alert.kind}')}", change)))
        )
    lines.append(_decision(alert, texts))
    if change and alert.kind is AlertKind.NEW:
        lines.append(f"<i>{change}</i>")
    named = finding.weapons or story.weapons
    weapons = [safe(weapon, 40) for weapon in named if weapon not in finding.without]
    matter = texts.say(f"matter.{finding.matter}")
    lines.append(f"{matter}: {_join(weapons, ', ', 6)}" if weapons else matter)
    if places := [_country(code, texts) for code in finding.territory or story.territory]:
        lines.append(texts.say("alert.territory", places=_join(places, ", ", 4)))
    if limits := _limits(finding, texts):
        lines.append(texts.say("alert.limits", limits=_join(limits, " · ", 6)))
    lines.append("")
    if headline := safe(entry.title or entry.summary or entry.source, 400):
        lines.append(f"<b>{link(entry.url, headline)}</b>")
    origin = [
        safe(entry.source, 80),
        texts.say(f"tier.{entry.tier}"),
        texts.moment(entry.published or alert.at),
    ]
    if (number := len(_sources(story))) > 1:
        origin.append(texts.count("alert.sources", number))
    lines.append(" · ".join(filter(None, origin)))
    return lines


def _decision(alert: Alert, texts: Texts) -> str:
    """The first line: the stance, whose it is, whom it helps."""
    finding, story = alert.finding, alert.story
    actors = [_actor(code, finding.inferred, texts) for code in finding.actors or story.actors]
    helped = [_country(code, texts) for code in finding.beneficiaries or story.beneficiaries]
    who = _join(actors, ", ", 4) or texts.say("alert.unnamed")
    stance = f"{STANCE_MARKS[finding.stance]} <b>{texts.say(f'stance.{finding.stance}')}</b>"
    return f"{stance} · {who}" + (f" → {_join(helped, ', ', 3)}" if helped else "")


def _limits(finding: Finding, texts: Texts) -> list[str]:
    """The limits at one glance: where, and with which weapons not."""
    return [safe(limit, 100) for limit in finding.scope[:4]] + [
        texts.say("alert.without", weapon=safe(weapon, 40)) for weapon in finding.without[:4]
    ]


def _country(code: str, texts: Texts) -> str:
    return f"{flag(code)} {safe(texts.country(code), 50)}".strip()


def _actor(code: str, inferred: Sequence[str], texts: Texts) -> str:
    name = _country(code, texts)
    return texts.say("alert.inferred", name=name) if code in inferred else name


def _sources(story: Story) -> list[tuple[str, str]]:
    """The story's outlets in the order in which they came, each with its first address."""
    found: dict[str, str] = {}
    for report in story.reports:
        if report.source:
            found.setdefault(report.source, report.url)
    return list(found.items())


def _source(entry: Entry, texts: Texts) -> Button | None:
    return Button(texts.say("button.source"), url=entry.url) if is_link(entry.url) else None


def _buttons(*buttons: Button | None) -> tuple[tuple[Button, ...], ...]:
    row = tuple(button for button in buttons if button)
    return (row,) if row else ()


def _join(parts: Sequence[str], separator: str, most: int) -> str:
    rest = f" +{len(parts) - most}" if len(parts) > most else ""
    return separator.join(parts[:most]) + rest


def _marked_entry(entry: Entry, evidence: Sequence[Evidence]) -> str:
    """Headline and summary with the words that counted in bold."""
    shown = []
    for part, text, units in (("title", entry.title, 400), ("summary", entry.summary, 900)):
        spans = [(span.start, span.end) for span in evidence if span.part == part]
        if marked := mark(text, spans, units):
            shown.append(marked)
    return "\n".join(shown)
