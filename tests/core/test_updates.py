"""What an edit keeps of the message that it mends, and what it adds."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model import Alert, AlertKind, Matter, Stance, Story
from bot.core.stories import join, open_story
from bot.core.updates import mend
from tests.core.making import MAY, after, entry, finding

STORY = Story("s", Stance.GRANTED, Matter.STRIKE, (), ("US",), MAY, MAY)
FIRST = Alert(
    1,
    AlertKind.NEW,
    MAY,
    STORY,
    finding(weapons=("HIMARS",), without=("ATACMS",), scope=("near Kharkiv",)),
    entry("US lets Ukraine strike near Kharkiv"),
)
LATER = Alert(
    2,
    AlertKind.UPDATE,
    after(0.1),
    STORY,
    finding(weapons=("GMLRS",), scope=("over the border",), beneficiaries=("UA",)),
    entry("Les États-Unis autorisent", source="two.example"),
    push=False,
)


def test_an_edit_keeps_the_headline_and_adds_details() -> None:
    """The reader finds the message he knows, with the weapons and limits that others told."""
    mended = mend(FIRST, LATER)
    assert mended.entry == FIRST.entry
    assert mended.finding.weapons == ("HIMARS", "GMLRS")
    assert mended.finding.scope == ("near Kharkiv", "over the border")
    assert (mended.finding.beneficiaries, mended.finding.without) == (("UA",), ("ATACMS",))
    assert (mended.kind, mended.at, mended.push) == (AlertKind.UPDATE, LATER.at, False)


def test_an_official_word_takes_the_headlines_place() -> None:
    """When the authority itself confirms, its words stand first; the details told before stay."""
    mended = mend(FIRST, replace(LATER, change="confirmed"))
    assert mended.entry == LATER.entry
    assert mended.finding.weapons == ("GMLRS", "HIMARS")


def test_a_weapon_named_later_is_no_longer_left_out() -> None:
    """What a first report left out stays out until a later one names it as included."""
    later = replace(LATER, finding=finding(weapons=("ATACMS",)))
    assert mend(FIRST, later).finding.without == ()


def test_limits_in_another_language_are_not_mixed_in() -> None:
    """Limits are the entry's own words: those of another language stand in only where none are."""
    later = replace(LATER, finding=finding(scope=("sous conditions",), language="fr"))
    assert mend(FIRST, later).finding.scope == ("near Kharkiv",)
    bare = replace(FIRST, finding=finding())
    assert mend(bare, later).finding.scope == ("sous conditions",)


def test_a_headline_whose_report_was_changed_gives_way() -> None:
    """Its report has other words now, or left the story: the later one's stand first; of a story
    that nobody else tells, what the first words told is gone with them."""
    alone = open_story(LATER.finding, LATER.entry, MAY, ())
    mended = mend(FIRST, replace(LATER, story=alone))
    assert (mended.entry, mended.finding) == (LATER.entry, LATER.finding)
    shared = join(alone, finding(), entry("So they say", source="three.example"), MAY)
    mended = mend(FIRST, replace(LATER, story=shared))
    assert (mended.entry, mended.finding.weapons) == (LATER.entry, ("GMLRS", "HIMARS"))
    kept = join(open_story(FIRST.finding, FIRST.entry, MAY, ()), LATER.finding, LATER.entry, MAY)
    assert mend(FIRST, replace(LATER, story=kept)).entry == FIRST.entry
