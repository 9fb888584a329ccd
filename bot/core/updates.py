"""An alert that was sent, mended: what later reports of its story add to it."""

from __future__ import annotations

from dataclasses import replace

from bot.core.ledger import Change
from bot.core.model import Alert, Finding
from bot.core.stories import LIMITS_KEPT, union


def mend(told: Alert, later: Alert) -> Alert:
    """The later alert of a story as an edit of the one told before.

    The reader finds the message he knows, with more in it: the headline stays, weapons, limits and
    places grow. Only when the authority itself confirms, its own words take the headline's place.
    What a permission leaves out stays left out until a report names it as included.

    A headline whose report was reworded, or left the story, gives way as well; of a story that
    nobody else tells, so does all that it had told.
    """
    gone = _is_gone(told, later)
    if gone and len(later.story.reports) == 1:
        return later
    if gone or later.change == Change.CONFIRMED:
        first, more, entry = later.finding, told.finding, later.entry
    else:
        first, more, entry = told.finding, later.finding, told.entry
    return replace(later, finding=_join(first, more), entry=entry)


def _is_gone(told: Alert, later: Alert) -> bool:
    headline = (told.entry.url, told.entry.title)
    reports = later.story.reports
    return bool(reports) and all((report.url, report.title) != headline for report in reports)


def _join(first: Finding, more: Finding) -> Finding:
    weapons = union(first.weapons, more.weapons)
    named = set(more.weapons) - set(more.without)
    return replace(
        first,
        actors=first.actors or more.actors,
        inferred=first.inferred if first.actors else more.inferred,
        beneficiaries=union(first.beneficiaries, more.beneficiaries),
        territory=union(first.territory, more.territory),
        weapons=weapons,
        scope=union(first.scope, more.scope if first.language == more.language else ())[
            :LIMITS_KEPT
        ]
        or more.scope,
        without=tuple(w for w in union(first.without, more.without) if w not in named),
    )
