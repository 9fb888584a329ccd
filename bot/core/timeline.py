"""Decisions in the order in which they fell, as text and as lines for a picture.

The ledger holds what is so now; what was before stands in the stories. Both together, with what
was known before the bot began, make the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.markup import link, safe
from bot.core.model import Grant, LedgerState, Matter, Stance, Story
from bot.core.paging import SCREEN, Page, count_rows, cut_back
from bot.core.ports import Texts
from bot.core.render import join_some, name_country
from bot.core.standing import describe, join_lines, name_state

LANES = 10
"""Authorities in one picture: as many as a phone shows legibly."""

_TELLS = {Stance.GRANTED: LedgerState.GRANTED, Stance.REVOKED: LedgerState.REVOKED}


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of the history: ``line`` with all who took it and all whom it helps."""

    line: Grant
    authorities: tuple[str, ...]
    beneficiaries: tuple[str, ...] = ()
    url: str = ""


def list_decisions(stories: Iterable[Story], grants: Iterable[Grant]) -> list[Decision]:
    """What was decided, oldest first.

    Permissions and withdrawals are told by their stories; by the ledger what was known before,
    what is only signalled so far, and what its owner disputes.
    """
    decisions = [
        _from_story(story, _TELLS[story.stance])
        for story in stories
        if story.stance in _TELLS and story.actors
    ]
    decisions += [
        Decision(
            one.line,
            (one.line.authority,),
            one.beneficiaries,
            next(iter(one.sources), ""),
        )
        for one in join_lines(filter(is_told_by_ledger, grants))
    ]
    return sorted(decisions, key=lambda one: one.line.since)


def narrow(
    decisions: Iterable[Decision], authority: str = "", matter: Matter | None = None
) -> list[Decision]:
    """Those of one authority, if it is given, and of one matter, if that is."""
    return [
        one
        for one in decisions
        if (not authority or authority in one.authorities) and matter in (None, one.line.matter)
    ]


def is_told_by_ledger(line: Grant) -> bool:
    """Whether a ledger line is a step of the history that no story of a decision tells."""
    if line.state in (LedgerState.SIGNALLED, LedgerState.CONTESTED):
        return True
    return line.seeded and not line.story


def _from_story(story: Story, state: LedgerState) -> Decision:
    line = Grant(
        authority=story.actors[0],
        matter=story.matter,
        state=state,
        since=story.first_at,
        weapons=story.weapons,
        scope=story.scope,
        story=story.id,
    )
    url = next((report.url for report in story.reports if report.url), "")
    return Decision(line, story.actors, story.beneficiaries, url)


def render_timeline(
    decisions: Sequence[Decision],
    texts: Texts,
    authority: str = "",
    matter: Matter | None = None,
    *,
    cut: bool = False,
) -> tuple[Page, ...]:
    """The decisions, narrowed already, on pages: newest last. ``cut``: older ones are left out.

    No pages without a decision.
    """
    word = texts.say("timeline.title")
    title = f"<b>{name_country(authority, texts)}</b> · {word}" if authority else f"<b>{word}</b>"
    if matter:
        title += f" · {texts.say(f'matter.{matter}')}"
    if cut:
        title += f"\n<i>{texts.say('timeline.cut')}</i>"
    lines = [_tell(one, texts, who=not authority, what=matter is None) for one in decisions]
    pages = cut_back(lines, SCREEN - count_rows(title))
    return tuple(Page("\n\n".join((title, *page))) for page in pages)


def _tell(one: Decision, texts: Texts, *, who: bool, what: bool) -> str:
    """Day, who, state and for whom; below it what, with which limits."""
    line = one.line
    names = [name_country(code, texts) for code in one.authorities] if who else []
    helped = [name_country(code, texts) for code in one.beneficiaries]
    head = [
        link(one.url, safe(texts.day(line.since), 40)),
        join_some(names, ", ", 3),
        name_state(line.state, texts),
    ]
    whom = f" → {join_some(helped, ', ', 3)}" if helped else ""
    details = describe(line, line.weapons, (), texts, limits=(1, 60))
    if what and not line.weapons:
        details.insert(0, texts.say(f"matter.{line.matter}"))
    first = f"{' · '.join(filter(None, head))}{whom}"
    return "\n".join(filter(None, (first, " · ".join(details))))


def picture_lines(decisions: Iterable[Decision], authority: str = "") -> tuple[Grant, ...]:
    """The decisions, narrowed already, as lines of a picture: those of the given authority, or of
    the ``LANES`` that decided last. What isn't about weapons is left out."""
    lines = [
        Grant(
            authority=each,
            matter=one.line.matter,
            state=one.line.state,
            since=one.line.since,
            beneficiary=one.beneficiaries[0] if len(one.beneficiaries) == 1 else "",
            weapons=one.line.weapons,
            scope=one.line.scope,
        )
        for one in decisions
        if one.line.matter is not Matter.OTHER
        for each in one.authorities
        if authority in ("", each)
    ]
    newest_first = dict.fromkeys(
        line.authority for line in sorted(lines, key=lambda line: line.since, reverse=True)
    )
    shown = set(list(newest_first)[:LANES])
    return tuple(line for line in lines if line.authority in shown)
