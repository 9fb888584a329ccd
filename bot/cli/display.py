"""What the shell shows: tables and lines, with colours on a terminal and plain in a pipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from bot.core.model import Feed, FeedState, Finding, Grant, Outcome, Verdict
from bot.core.ports import Texts
from bot.core.render import STANCE_MARKS, clip, plain
from bot.core.why import explain_stance
from bot.doctor import Examined
from bot.services.archive import Archived, Played
from bot.services.explain import Explanation
from bot.services.ingest import Recorded, Visit
from bot.services.manage import Checked


def table(*columns: str, title: str | None = None) -> Table:
    """A table in the house's looks; a column that begins with ``>`` holds numbers."""
    made = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        number = column.startswith(">")
        made.add_column(column.lstrip(">"), justify="right" if number else "left", overflow="fold")
    return made


def feed_table(feeds: Iterable[Feed], texts: Texts) -> Table:
    made = table(">", "feed", "language", "tier", "state", "last polled")
    for feed in feeds:
        last = texts.moment(feed.last_poll_at) if feed.last_poll_at else "never"
        name = f"{escape(feed.name)}\n[dim]{escape(feed.url)}[/]"
        made.add_row(str(feed.id), name, feed.language or "", feed.tier, feed_state(feed), last)
    return made


def feed_state(feed: Feed) -> str:
    if feed.state is not FeedState.ACTIVE:
        return feed.state
    if feed.failures:
        return f"[red]{feed.failures} failures[/]: {escape(feed.last_error or '')}"
    return "ok" if feed.last_success_at else "new"


def checked_line(checked: Checked, texts: Texts) -> str:
    """One feed's health, as soon as it is known."""
    feed = checked.feed
    if checked.failure:
        words = texts.say(f"fault.{checked.failure.fault}")
        detail = f" ({escape(checked.failure.detail)})" if checked.failure.detail else ""
        return (
            f"[red]✗[/] {feed.id:>3} {escape(feed.name)}: {words}{detail}\n      {escape(feed.url)}"
        )
    newest = f", newest {texts.moment(checked.newest)}" if checked.newest else ", undated"
    return f"[green]✓[/] {feed.id:>3} {escape(feed.name)}: {checked.entries} entries{newest}"


def examined_line(finding: Examined) -> str:
    mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
    cure = f" {escape(finding.cure)}" if finding.cure and not finding.well else ""
    return f"{mark} {finding.what}: {escape(finding.words)}{'' if finding.well else '.'}{cure}"


def poll_table(visits: Sequence[Recorded]) -> Table:
    made = table(">", "feed", "visit", ">new", ">changed", ">alerts", ">deliveries", "trouble")
    for visit in sorted(visits, key=lambda visit: visit.feed.id):
        colour = "red" if visit.visit is Visit.FAILED else "default"
        made.add_row(
            str(visit.feed.id),
            escape(visit.feed.name),
            f"[{colour}]{visit.visit}[/]",
            str(len(visit.verdicts)),
            str(len(visit.changed)),
            str(len(visit.alerts)),
            str(visit.deliveries),
            escape(visit.feed.last_error or "") if visit.failure else "",
        )
    return made


# --- why ------------------------------------------------------------------------------------


def explanation(explained: Explanation, texts: Texts) -> list[str | Table]:
    """A verdict in full: what was found, by which words, what decided, what was known before."""
    verdict = explained.verdict
    parts: list[str | Table] = [f"[bold]{escape(explained.entry.title)}[/]"]
    if explained.entry.url:
        parts.append(f"[dim]{escape(explained.entry.url)}[/]")
    outcome = f"[bold]{texts.say(f'outcome.{verdict.outcome}')}.[/]"
    parts += ["", f"{outcome} {texts.say(verdict.reason)}"]
    for number, finding in enumerate(explained.findings, start=1):
        parts += ["", *_finding(finding, number if len(explained.findings) > 1 else 0, texts)]
    if verdict.story:
        story = verdict.story
        parts += ["", f"[bold]Story[/] {story.id}, since {texts.moment(story.first_at)}"]
        parts += [f"  {escape(r.source)}: {escape(r.title)}" for r in story.reports[:5]]
    if explained.ledger:
        parts += ["", "[bold]Ledger[/]", *(_grant(grant, texts) for grant in explained.ledger)]
    if verdict.grants:
        parts += ["", "[bold]The ledger would say[/]"]
        parts += [_grant(grant, texts) for grant in verdict.grants]
    return parts


def _finding(finding: Finding, number: int, texts: Texts) -> list[str | Table]:
    which = f"{number}. " if number else ""
    stance = f"{STANCE_MARKS[finding.stance]} [bold]{texts.say(f'stance.{finding.stance}')}[/]"
    head = f"{which}{stance}, score {finding.score:.2f}, {texts.say(f'matter.{finding.matter}')}"
    lines: list[str | Table] = [f"{head}{', as already in force' if finding.standing else ''}"]
    if finding.reason:
        lines.append(f"  {escape(plain(explain_stance(finding, texts)))}")
    slots = {
        "topics": finding.topics,
        "whose policy": [_actor(actor, finding.inferred, texts) for actor in finding.actors],
        "for": [texts.country(code) for code in finding.beneficiaries],
        "where": [texts.country(code) for code in finding.territory],
        "weapons": finding.weapons or finding.weapon_classes,
        "left out": finding.without,
        "limits": finding.scope,
        "when": (finding.when,) if finding.when else (),
        "rules": finding.rules,
    }
    lines += [f"  {name}: {escape(', '.join(words))}" for name, words in slots.items() if words]
    if finding.evidence:
        made = table("  part", "words", "concept or slot")
        for span in finding.evidence:
            shown = escape(span.slot or span.concept)
            made.add_row(f"  {span.part}", escape(f"“{span.text}”"), shown)
        lines.append(made)
    if finding.features:
        weights = ", ".join(f"{name} {weight:+.2f}" for name, weight in finding.features[:8])
        lines.append(f"  [dim]score: {escape(weights)}[/]")
    return lines


def _actor(code: str, inferred: Sequence[str], texts: Texts) -> str:
    name = texts.country(code)
    return texts.say("alert.inferred", name=name) if code in inferred else name


def _grant(grant: Grant, texts: Texts) -> str:
    parties = texts.country(grant.authority)
    if grant.beneficiary:
        parties += f" → {texts.country(grant.beneficiary)}"
    limits = ", ".join((*grant.weapons, *grant.scope))
    since = texts.moment(grant.since)
    return escape(
        f"  {parties}: {grant.state}, {texts.say(f'matter.{grant.matter}')}, since {since}"
        + (f" ({limits})" if limits else "")
    )


# --- the demo -------------------------------------------------------------------------------


def demo_opening(feeds: Sequence[Archived], level: str) -> list[str]:
    entries = [entry for feed in feeds for entry in feed.entries]
    languages = {entry.language for entry in entries}
    dates = [entry.published for entry in entries if entry.published]
    return [
        f"[bold]Greenlight[/] replays {len(entries)} entries of {len(feeds)} feeds in "
        f"{len(languages)} languages, {min(dates):%B} to {max(dates):%B %Y}, through the real "
        "pipeline, the clock being each entry's time.",
        f"Below is what a subscriber at level “{level}” reads.",
        "",
    ]


def quiet_line(verdicts: Sequence[Verdict]) -> str:
    """How many entries woke nobody since the last alert, in one dim line."""
    joined = sum(verdict.outcome is Outcome.JOINED for verdict in verdicts)
    other = len(verdicts) - joined
    parts = [f"{joined} told of known stories"] if joined else []
    parts += [f"{other} held back"] if other else []
    return f"[dim]   · {', '.join(parts)}[/]"


def demo_closing(
    feeds: Sequence[Archived],
    played: Sequence[Played],
    quiet: Sequence[Verdict],
    edits: int,
    seconds: float,
    texts: Texts,
) -> list[str | Table]:
    """What was held back and why (the ``quiet`` verdicts, which woke nobody), then the figures."""
    languages = Counter(each.verdict.entry.language or "?" for each in played)
    facts = {
        "entries": f"{len(played)} of {len(feeds)} feeds",
        "languages": ", ".join(f"{code} {number}" for code, number in languages.most_common()),
        "alerts": f"{len(played) - len(quiet)}",
        "silent edits": f"{edits}: later reports added to a message that was there",
        "held back": f"{len(quiet)}",
        "time": f"{seconds:.1f} s",
    }
    closing = table("", "")
    closing.show_header = False
    for name, value in facts.items():
        closing.add_row(f"[bold]{name}[/]", value)
    return ["", _held_back(quiet, texts), "", closing, ""]


def _held_back(verdicts: Iterable[Verdict], texts: Texts) -> Table:
    """What woke nobody, by reason, the commonest first, each with an example."""
    by_reason: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_reason.setdefault(verdict.reason, []).append(verdict)
    made = table(">", "held back, because", "for example")
    for reason, kept in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        entry = kept[0].entry
        example = f"[dim]{entry.language or '?'}[/] {escape(clip(entry.title, 70))}"
        made.add_row(str(len(kept)), texts.say(reason), example)
    return made


# --- evaluation -----------------------------------------------------------------------------


def evaluation(report: Mapping[str, Any], errors: int = 10) -> list[str | Table]:
    """The figures of ``eval --json`` for people."""
    alert, stories = report["alert"], report["stories"]
    first = table("alerts", ">n", ">precision", ">recall", ">F1")
    first.add_row("all", str(report["n"]), *_ratios(alert))
    for language, row in report["by_lang"].items():
        first.add_row(language, str(row["n"]), *_ratios(row))
    second = table("slots", ">precision", ">recall", ">F1")
    second.add_row("actors", *_ratios(report["actors"]))
    second.add_row("weapons", *_ratios(report["weapons"]))
    stance = report["stance"]
    parts: list[str | Table] = [
        first,
        f"\nhits {alert['tp']}, false alarms {alert['fp']}, missed {alert['fn']}\n",
        second,
        f"\nstance: macro F1 {stance['macro_f1']:.3f}, accuracy {stance['accuracy']:.3f}",
        f"stories: {stories['alerted']} of {stories['gold']} alerted ({stories['recall']:.3f}), "
        f"{stories['pushes']} pushes, {stories['pushes_per_story']:.2f} a story, "
        f"{stories['false_pushes']} false; B³ F1 {stories['bcubed_f1']:.3f}",
        f"speed: {report['items_per_second']} items a second",
    ]
    if report["errors"]:
        wrong = table("wrong", "gold", "predicted", ">score", "why")
        for row in report["errors"][:errors]:
            wrong.add_row(
                escape(str(row["id"])),
                row["gold"],
                row["predicted"],
                f"{row['score']:.2f}",
                escape(str(row["why"])),
            )
        parts += [
            f"\n{len(report['errors'])} wrong; the first {min(errors, len(report['errors']))}:",
            wrong,
        ]
    return parts


def _ratios(row: Mapping[str, float]) -> tuple[str, str, str]:
    return f"{row['precision']:.3f}", f"{row['recall']:.3f}", f"{row['f1']:.3f}"
