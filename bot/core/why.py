"""Why a reader was told: one sentence, the words that counted, the rules, the weights, the sources.

Pure, like ``render``; within Telegram's limits for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.markup import link, mark, safe
from bot.core.model import Alert, Entry, Evidence, Finding
from bot.core.ports import Message, Texts
from bot.core.render import (
    STANCE_MARKS,
    in_a_row,
    join_some,
    list_sources,
    name_country,
    source_button,
)


def render_why(alert: Alert, texts: Texts) -> Message:
    """What the detector went by: one sentence, the words that counted, rules, score, sources."""
    lines = [
        f"<b>{texts.say('why.header')}</b>",
        *explain_finding(alert.entry, alert.finding, texts),
    ]
    if sources := list_sources(alert.story):
        shown = ", ".join(link(url, safe(source, 60)) for source, url in sources[:8])
        rest = f" +{len(sources) - 8}" if len(sources) > 8 else ""
        lines.append(f"{texts.count('why.sources', len(sources))} {shown}{rest}")
    return Message("\n".join(lines), in_a_row(source_button(alert.entry, texts)), silent=True)


def explain_finding(entry: Entry, finding: Finding, texts: Texts) -> list[str]:
    """What was found in an entry: the sentence, its own words with those that counted in bold,
    score, rules, weights."""
    lines = [f"{STANCE_MARKS[finding.stance]} {explain_stance(finding, texts)}"]
    if quoted := _marked_entry(entry, finding.evidence):
        lines += ["", f"<blockquote>{quoted}</blockquote>"]
    lines.append(texts.say("why.score", percent=round(100 * min(max(finding.score, 0.0), 1.0))))
    if finding.rules:
        rules = ", ".join(f"<code>{safe(rule, 60)}</code>" for rule in finding.rules[:10])
        lines.append(texts.say("why.rules", rules=rules))
    if finding.features:
        weights = ", ".join(
            f"<code>{safe(name, 60)} {weight:+.1f}</code>" for name, weight in finding.features[:3]
        )
        lines.append(texts.say("why.features", features=weights))
    return lines


def explain_stance(finding: Finding, texts: Texts) -> str:
    """One sentence of HTML: who, what, why this stance and not its neighbour. Alerts of old, which
    kept no reason, get what the stance means."""
    reason = finding.reason
    if reason is None:
        return texts.say(f"why.{finding.stance}")
    named = [name_country(code, texts) for code in finding.actors]
    things = [
        texts.say(f"matter.{finding.matter}"),
        *(safe(weapon, 40) for weapon in finding.weapons[:3]),
    ]
    against = "plain"  # for the neighbour, nothing should bear on the event
    if not reason.event:
        against = "weighed"
    elif reason.mode in ("asserted", "announced"):
        against = reason.neighbour
    return texts.say(
        "why.sentence",
        who=join_some(named, ", ", 3) or texts.say("alert.unnamed"),
        stance=texts.say(f"stance.{finding.stance}").lower(),
        what=", ".join(things),
        because=texts.say(
            f"why.because.{reason.mode}",
            event=safe(reason.event, 80),
            object=safe(reason.object, 80),
            modifier=safe(reason.modifier or reason.event, 80),
        ),
        neighbour=texts.say(f"stance.{reason.neighbour}").lower(),
        against=texts.say(f"why.against.{against}"),
    )


def _marked_entry(entry: Entry, evidence: Sequence[Evidence]) -> str:
    """Headline and summary with the words that counted in bold."""
    shown = []
    for part, text, units in (("title", entry.title, 400), ("summary", entry.summary, 900)):
        spans = [(span.start, span.end) for span in evidence if span.part == part and not span.slot]
        if marked := mark(text, spans, units):
            shown.append(marked)
    return "\n".join(shown)
