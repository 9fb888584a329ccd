"""What a finding changes in the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ledger import Change, Weighing, learn, settle_stance, weigh
from bot.core.lines import line_key
from bot.core.model import Difference, Grant, LedgerState, Matter, Reach, Stance
from bot.core.reach import goes_beyond
from tests.core.making import MAY, REACHES, after, finding, grant

GRANTED, REVOKED = LedgerState.GRANTED, LedgerState.REVOKED
CONTESTED, SIGNALLED = LedgerState.CONTESTED, LedgerState.SIGNALLED
G, R, D, S = Stance.GRANTED, Stance.REVOKED, Stance.DENIED, Stance.SIGNALLED
ATACMS: dict[str, Any] = {"weapons": ("ATACMS",)}
HIMARS: dict[str, Any] = {"weapons": ("HIMARS",)}


LIMITED: dict[str, Any] = {"reach": Reach.LIMITED}
DEEP: dict[str, Any] = {"reach": Reach.DEEP}
NEAR, FAR, ANYWHERE = (REACHES[r] for r in (Reach.LIMITED, Reach.DEEP, Reach.UNLIMITED))


# What is in force since day 0, what is told on which day → the change.
RULES: list[tuple[str, list[Grant], Stance, dict[str, Any], float, Change | None]] = [
    ("an empty slot", [], G, {}, 0, Change.NEW),
    ("another authority", [grant(authority="GB")], G, {}, 5, Change.NEW),
    ("another matter", [grant(matter=Matter.TRANSFER)], G, {}, 5, Change.NEW),
    ("another beneficiary", [grant(beneficiary="IL")], G, {"beneficiaries": ("UA",)}, 5,
     Change.NEW),
    ("another territory", [grant(territory="IR")], G, {"territory": ("RU",)}, 5, Change.NEW),
    ("a vague repetition", [grant(**ATACMS)], G, {}, 5, Change.RESTATED),
    ("the same weapon", [grant(**ATACMS)], G, ATACMS, 5, Change.RESTATED),
    ("one weapon of two", [grant(weapons=("ATACMS", "HIMARS"))], G, ATACMS, 5, Change.RESTATED),
    ("two weapons of two lines", [grant(**ATACMS), grant(**HIMARS)], G,
     {"weapons": ("ATACMS", "HIMARS")}, 5, Change.RESTATED),
    ("another weapon", [grant(**HIMARS)], G, ATACMS, 5, Change.WIDENED),
    ("one weapon more", [grant(**HIMARS)], G, {"weapons": ("HIMARS", "ATACMS")}, 5,
     Change.WIDENED),
    ("a weapon where none was named", [grant()], G, ATACMS, 5, Change.WIDENED),
    ("a weapon left out so far", [grant(without=("ATACMS",))], G, ATACMS, 5, Change.WIDENED),
    ("a wider reach", [grant(**LIMITED)], G, FAR, 5, Change.WIDENED),
    ("a wide reach where none was said", [grant()], G, ANYWHERE, 5, Change.WIDENED),
    ("a narrow reach where none was said", [grant()], G, NEAR, 5, Change.RESTATED),
    ("a narrower reach", [grant(**DEEP)], G, NEAR, 5, Change.RESTATED),
    ("an unknown reach", [grant(**LIMITED)], G, {}, 5, Change.RESTATED),
    ("from deep to anywhere", [grant(**DEEP)], G, ANYWHERE, 5, Change.WIDENED),
    ("another place", [grant(scope=("near Kharkiv",), **LIMITED)], G, {"scope": ("near Kursk",)},
     5, Change.RESTATED),
    ("told anew long after", [grant()], G, {}, 60, Change.REAFFIRMED),
    ("a line from the future", [grant(days=30)], G, {}, 0, Change.NEW),
    ("only signalled so far", [grant(SIGNALLED)], G, {}, 5, Change.NEW),
    ("granted after a denial", [grant(CONTESTED)], G, {}, 60, Change.RENEWED),
    ("granted after a withdrawal", [grant(REVOKED)], G, {}, 5, Change.RENEWED),
    ("granted again, then repeated", [grant(REVOKED, **ATACMS), grant(days=3)], G, {}, 5,
     Change.RESTATED),
    ("another weapon was withdrawn", [grant(REVOKED, **HIMARS)], G, ATACMS, 5, Change.NEW),
    ("a withdrawal", [grant()], R, {}, 60, Change.NARROWED),
    ("a withdrawal of what was contested", [grant(CONTESTED)], R, {}, 60, Change.NARROWED),
    ("a withdrawal of another weapon", [grant(**HIMARS)], R, ATACMS, 60, Change.NEW),
    ("a withdrawal of what nobody knew of", [], R, {}, 0, Change.NEW),
    ("a withdrawal, repeated", [grant(REVOKED)], R, {}, 5, Change.RESTATED),
    ("a withdrawal made law a month later", [grant(REVOKED)], R, {}, 30, Change.REAFFIRMED),
    ("denied the next day", [grant()], D, {}, 1, Change.CONTRADICTED),
    ("a refusal of more than is in force", [grant(**LIMITED)], D, FAR, 1, None),
    ("a refusal of another weapon", [grant(**HIMARS)], D, ATACMS, 1, None),
    ("a refusal weeks later", [grant()], D, {}, 20, None),
    ("a refusal out of the blue", [], D, {}, 0, None),
    ("a signal", [], S, {}, 0, Change.NEW),
    ("a signal of more", [grant()], S, ATACMS, 5, None),
    ("a plea", [grant()], Stance.URGED, {}, 5, None),
    ("a strike", [grant()], Stance.USED, {}, 5, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "stance", "slots", "days", "change"),
    [rule[1:] for rule in RULES],
    ids=[rule[0] for rule in RULES],
)
def test_the_rules(
    lines: list[Grant], stance: Stance, slots: dict[str, Any], days: float, change: Change | None
) -> None:
    """Each row of docs/detection.md's table of changes."""
    assert weigh(finding(stance, **slots), lines, after(days)).change is change


CAPS = [
    ("a cap with nothing in force", "block", ATACMS, [], D),
    ("a cap on what is in force", "block", ATACMS, [grant()], R),
    ("tightened, nothing in force", "tighten", {"territory": ("RU",)}, [], D),
    ("in force by somebody else's leave", "block", ATACMS, [grant(authority="GB")], D),
    ("a withdrawal of what nobody knew", "revoke", ATACMS, [], R),
    ("a halt of what nobody knew", "suspend", ATACMS, [], R),
    ("a ban on trade", "block", {"matter": Matter.TRANSFER, **ATACMS}, [], R),
    ("a cap on nothing named", "block", {}, [], R),
]


@pytest.mark.parametrize(
    ("event", "slots", "lines", "stance"), [row[1:] for row in CAPS], ids=[row[0] for row in CAPS]
)
def test_a_cap_is_a_denial_where_nothing_is_in_force(
    event: str, slots: dict[str, Any], lines: list[Grant], stance: Stance
) -> None:
    """Strikes need a permission, trade doesn't; a withdrawal is a revocation whatever is known."""
    told = finding(R, event=event, **slots)
    assert settle_stance(told, lines, after(5)).stance is stance


def test_a_seeded_line_is_unknown_to_its_own_days() -> None:
    """An archive that tells of the decision itself tells news; one that recalls it, none."""
    line = grant(seeded=True)
    assert weigh(finding(), [line], after(1)).change is Change.NEW
    assert weigh(finding(), [line], after(5)).change is Change.RESTATED


@pytest.mark.parametrize(
    ("line", "slots", "difference"),
    [
        (grant(**HIMARS), {"weapons": ("HIMARS", "ATACMS")}, Difference(("ATACMS",))),
        (grant(**LIMITED), FAR, Difference((), Reach.LIMITED, Reach.DEEP)),
    ],
)
def test_the_difference_is_told(line: Grant, slots: dict[str, Any], difference: Difference) -> None:
    """What was widened says which weapons are new and how much further it reaches, and names the
    story of the permission before it."""
    told = weigh(finding(**slots), [replace(line, story="before")], after(5))
    assert (told.change, told.difference, told.story) == (Change.WIDENED, difference, "before")


def test_what_is_taken_back_is_told() -> None:
    """A withdrawal says which weapons are lost, and names the story of the permission."""
    told = weigh(finding(R, **ATACMS), [grant(story="before", **ATACMS)], after(60))
    assert told.difference == Difference(("ATACMS",))
    assert told.story == "before"


def states(weighing: Weighing) -> list[tuple[str, LedgerState]]:
    return [("+".join(line.weapons), line.state) for line in weighing.grants]


def test_a_new_permission_is_written_whole() -> None:
    """Slots, limits, exclusions, time and story of the line are the finding's own."""
    told = finding(
        beneficiaries=("UA",),
        territory=("RU",),
        weapons=("HIMARS",),
        scope=("near Kharkiv",),
        without=("ATACMS",),
    )
    (line,) = weigh(told, [], MAY, "a-story").grants
    assert line == Grant(
        authority="US",
        matter=Matter.STRIKE,
        state=GRANTED,
        since=MAY,
        beneficiary="UA",
        territory="RU",
        weapons=("HIMARS",),
        scope=("near Kharkiv",),
        story="a-story",
        without=("ATACMS",),
        reach=Reach.LIMITED,
    )


def test_a_withdrawal_ends_the_lines_it_touches_and_no_others() -> None:
    """The withdrawn weapon's line is revoked, another weapon's stands."""
    lines = [grant(**ATACMS), grant(**HIMARS)]
    assert states(weigh(finding(R, weapons=("ATACMS",)), lines, after(60))) == [
        ("ATACMS", REVOKED),
        ("ATACMS", REVOKED),
    ]


def test_a_denial_contests_the_line() -> None:
    """The owner's denial leaves the line there, in doubt."""
    assert states(weigh(finding(D), [grant(**ATACMS)], after(1))) == [("ATACMS", CONTESTED)]


def test_a_restatement_writes_nothing_and_names_the_story() -> None:
    """What was known is left as it is, and where it was known from is said."""
    weighing = weigh(finding(), [grant(story="old"), grant(authority="GB", story="other")], MAY)
    assert (weighing.grants, weighing.story) == ((), "old")


def test_a_signal_that_came_true_is_no_longer_one() -> None:
    """The signalled line is granted together with the new one."""
    weighing = weigh(finding(weapons=("ATACMS",)), [grant(SIGNALLED)], after(5))
    assert states(weighing) == [("", GRANTED), ("ATACMS", GRANTED)]


def test_of_a_bundle_the_weightiest_change_counts() -> None:
    """One that allows it anew and one that did before: new, and only the new line is written."""
    weighing = weigh(finding(actors=("GB", "US")), [grant()], after(5))
    assert weighing.change is Change.NEW
    assert [line.authority for line in weighing.grants] == ["GB"]


def test_nobody_named_changes_nothing() -> None:
    """A finding without an authority has no slot."""
    assert weigh(finding(actors=()), [grant()], MAY) == Weighing()


@pytest.mark.parametrize("state", [GRANTED, CONTESTED, REVOKED])
def test_an_undated_repetition_proves_nothing(state: LedgerState) -> None:
    """Without a date of its own a repetition is no affirmation and no renewal, at any age."""
    assert weigh(finding(), [grant(state)], after(300), dated=False).change is Change.RESTATED


# --- standing permissions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "slots", "learnt"),
    [
        ([], {}, 1),
        ([], {"actors": ("GB", "US")}, 2),
        ([grant(authority="GB")], {"actors": ("GB", "US")}, 1),
        ([grant()], {}, 0),
        ([grant()], ATACMS, 1),
        ([grant(SIGNALLED)], {}, 1),
        ([grant(REVOKED)], ATACMS, 0),
        ([grant(CONTESTED)], {}, 0),
    ],
)
def test_standing_permissions_are_learnt_once(
    lines: list[Grant], slots: dict[str, Any], learnt: int
) -> None:
    """What the ledger lacks is added; what it holds, or knows to be undone, is not."""
    assert len(learn(finding(standing=True, **slots), lines, after(5))) == learnt


def test_a_standing_refusal_is_not_learnt() -> None:
    """Only permissions and withdrawals stand in the ledger."""
    assert learn(finding(D, standing=True), [], MAY) == ()


# --- laws -----------------------------------------------------------------------------------

weapons = st.sets(st.sampled_from(["ATACMS", "HIMARS", "Storm Shadow"])).map(sorted).map(tuple)
reaches = st.sampled_from(list(Reach))
stances = st.sampled_from([G, R])
tellings = st.builds(
    lambda stance, weapons, reach: finding(stance, weapons=weapons, **REACHES[reach]),
    stances,
    weapons,
    reaches,
)


@settings(deadline=None)  # machines differ; the law is not about speed
@given(st.lists(tellings, max_size=6), tellings)
def test_what_was_just_written_is_known(past: list[Any], told: Any) -> None:
    """Whatever the ledger held: a finding told again at once is a restatement."""
    lines: dict[tuple[str, ...], Grant] = {}
    for day, one in enumerate([*past, told]):
        for line in weigh(one, lines.values(), after(day)).grants:
            lines[line_key(line)] = line
    assert weigh(told, lines.values(), after(len(past) + 0.1)).change is Change.RESTATED


@given(weapons, reaches)
def test_the_unknown_never_goes_beyond_what_is_in_force(
    held: tuple[str, ...], reach: Reach
) -> None:
    """A report without weapon and reach restates any standing permission."""
    line = grant(weapons=held, reach=reach)
    assert weigh(finding(), [line], after(1)).change is Change.RESTATED


@given(reaches, reaches)
def test_reaches_are_ordered(held: Reach, told: Reach) -> None:
    """A permission widens exactly when it reaches further."""
    change = weigh(finding(**REACHES[told]), [grant(reach=held)], after(1)).change
    assert (change is Change.WIDENED) == goes_beyond(told, held)


def test_lines_are_told_apart_by_slot_weapons_and_reach() -> None:
    """State, time, story and the wording of limits are no part of a line's identity."""
    line = grant(weapons=("A", "B"), scope=("near Kharkiv",), reach=Reach.LIMITED)
    assert line_key(line) == line_key(
        grant(REVOKED, 9, weapons=("B", "A"), reach=Reach.LIMITED, story="x", without=("C",))
    )
    for other in (grant(authority="GB"), grant(weapons=("A",)), grant(reach=Reach.DEEP)):
        assert line_key(other) != line_key(line)
