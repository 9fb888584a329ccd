"""What is decided of each entry, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.judge import MEMORY, RELATED, Judged, Memory, Policy, judge, remember
from bot.core.ledger import RETOLD
from bot.core.lines import line_key
from bot.core.model import (
    AlertKind,
    LedgerState,
    Matter,
    Outcome,
    Reach,
    Stance,
    Tier,
    Topic,
    Verdict,
)
from tests.core.making import MAY, REACHES, after, entry, finding, grant, told

TITLE = "Biden lets Ukraine strike inside Russia with American weapons"
OTHER_WORDS = "In a reversal, White House drops long-held objections"
EMPTY = Memory()
STRIKES = Topic("strike-permission", threshold=0.6)


def one(judged: Judged, memory: Memory = EMPTY, days: float = 0.1, **policy: Any) -> Verdict:
    (verdict,) = judge([judged], memory, after(days), Policy(**policy))
    return verdict


def pushes(verdicts: list[Verdict]) -> int:
    return sum(verdict.push for verdict in verdicts)


def knowing(*entries: Judged) -> Memory:
    """The memory of somebody who read these, each at its own time."""
    memory = EMPTY
    for judged in entries:
        memory = remember(memory, judge([judged], memory, judged.entry.published or MAY))
    return memory


# --- one entry ------------------------------------------------------------------------------


def test_a_decision_is_news() -> None:
    """A new permission wakes, opens a story and is written into the ledger."""
    verdict = one(told(TITLE))
    assert (verdict.outcome, verdict.kind, verdict.push) == (Outcome.NEWS, AlertKind.NEW, True)
    assert (verdict.reason, verdict.change) == ("reason.new_decision", "new")
    assert verdict.story
    assert verdict.story.id == "US-2024-05-30-strike-granted"
    assert [(line.state, line.story) for line in verdict.grants] == [
        (LedgerState.GRANTED, verdict.story.id)
    ]


@pytest.mark.parametrize(
    ("stance", "reason"),
    [
        (Stance.GRANTED, "reason.new_decision"),
        (Stance.REVOKED, "reason.new_decision"),
        (Stance.DENIED, "reason.new_denial"),
        (Stance.SIGNALLED, "reason.new_signal"),
        (Stance.URGED, "reason.new_plea"),
        (Stance.USED, "reason.new_strike"),
        (Stance.REACTION, "reason.new_reaction"),
    ],
)
def test_every_stance_is_news_to_somebody(stance: Stance, reason: str) -> None:
    """What is not a decision opens a story too, for the levels that follow it."""
    verdict = one(told(TITLE, MAY, "one.example", finding(stance)))
    assert (verdict.outcome, verdict.reason, verdict.push) == (Outcome.NEWS, reason, True)


NOTHING = [
    ("no finding", Judged(entry()), (), "reason.nothing_found"),
    ("stance none", told("x", MAY, "s", finding(Stance.NONE)), (), "reason.nothing_found"),
    ("no topic's", told(topics=("weapons",)), (STRIKES,), "reason.no_topic"),
    ("a topic switched off", told(topics=("strike-permission",)),
     (replace(STRIKES, enabled=False),), "reason.no_topic"),
    ("below the default", told(score=0.49), (), "reason.below_threshold"),
    ("below its topic's", told(score=0.59, topics=("strike-permission",)), (STRIKES,),
     "reason.below_threshold"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("judged", "topics", "reason"), [row[1:] for row in NOTHING], ids=[row[0] for row in NOTHING]
)
def test_what_is_irrelevant(judged: Judged, topics: tuple[Topic, ...], reason: str) -> None:
    """Nothing found, nobody's topic, or too unsure: nothing is remembered of it."""
    verdict = one(judged, topics=topics)
    assert (verdict.outcome, verdict.reason) == (Outcome.IRRELEVANT, reason)
    assert (verdict.story, verdict.kind, verdict.grants) == (None, None, ())


def test_the_threshold_is_for_decisions() -> None:
    """The score is the chance of a decision: a signal's is low by nature and holds nothing up."""
    assert one(told("x", MAY, "s", finding(Stance.SIGNALLED, score=0.1))).push
    assert one(told(score=0.6, topics=("strike-permission",)), topics=(STRIKES,)).push


# --- age ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "first_poll", "outcome"),
    [
        (timedelta(hours=1), True, Outcome.NEWS),
        (timedelta(hours=30), True, Outcome.BASELINE),
        (timedelta(hours=30), False, Outcome.NEWS),
        (timedelta(days=8), False, Outcome.STALE),
        (timedelta(days=8), True, Outcome.BASELINE),
        (timedelta(days=-3), False, Outcome.NEWS),  # a wrong clock is not held against it
    ],
)
def test_age(age: timedelta, first_poll: bool, outcome: Outcome) -> None:
    """A first poll tells only what is young; later, what slid back from last week is no news."""
    (verdict,) = judge([told(TITLE, MAY - age)], EMPTY, MAY, Policy(first_poll=first_poll))
    assert verdict.outcome is outcome
    assert verdict.push is (outcome is Outcome.NEWS)
    assert verdict.grants


def test_an_undated_entry_is_as_old_as_now_but_not_on_a_first_poll() -> None:
    """Without a date: news, unless the feed is met for the first time, when nobody can tell."""
    assert one(told(TITLE, None)).push
    assert one(told(TITLE, None), first_poll=True).outcome is Outcome.BASELINE


def test_what_the_first_poll_brought_is_not_told_later() -> None:
    """A baseline decision is learnt: the next feed's report of it joins in silence."""
    memory = remember(EMPTY, judge([told(TITLE, after(-1.5))], EMPTY, MAY, Policy(first_poll=True)))
    verdict = one(told(OTHER_WORDS, after(0.1), "two.example"), memory)
    assert (verdict.outcome, verdict.push) == (Outcome.JOINED, False)


@pytest.mark.parametrize("first_poll", [True, False])
def test_an_old_entry_opens_no_story(first_poll: bool) -> None:
    """Its day's stories may lie beyond the memory, under the very id it would take."""
    (verdict,) = judge([told(TITLE, MAY)], EMPTY, MAY + MEMORY, Policy(first_poll=first_poll))
    assert verdict.story is None


# --- stories --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "source", "tier", "reason", "kind"),
    [
        (OTHER_WORDS, "two.example", Tier.OUTLET, "reason.joined_source", AlertKind.UPDATE),
        (OTHER_WORDS, "one.example", Tier.OUTLET, "reason.joined", None),
        (f"{TITLE} - Reuters", "two.example", Tier.OUTLET, "reason.near_copy", None),
        (OTHER_WORDS, "gov.example", Tier.OFFICIAL, "reason.confirmed", AlertKind.UPDATE),
    ],
)
def test_a_further_report_joins_in_silence(
    title: str, source: str, tier: Tier, reason: str, kind: AlertKind | None
) -> None:
    """At most what was sent is edited: a source more, or the official word."""
    further = Judged(entry(title, after(0.5), source, tier=tier), (finding(),))
    verdict = one(further, knowing(told(TITLE)), 0.6)
    assert (verdict.outcome, verdict.reason, verdict.kind) == (Outcome.JOINED, reason, kind)
    assert not verdict.push
    assert verdict.story
    assert len(verdict.story.reports) == 2


def test_a_second_official_report_confirms_nothing_more() -> None:
    """The confirmation is told once."""
    official = [
        Judged(entry(title, after(0.5), source, tier=Tier.OFFICIAL), (finding(),))
        for title, source in ((OTHER_WORDS, "gov.example"), ("It is so", "mod.example"))
    ]
    verdicts = judge(official, knowing(told(TITLE)), after(0.6))
    assert [v.reason for v in verdicts] == ["reason.confirmed", "reason.joined_source"]


def test_a_weapon_named_later_goes_into_the_ledger() -> None:
    """Details of further reports are written, under the time of the story's first."""
    verdict = one(
        told(OTHER_WORDS, after(0.5), "two.example", weapons=("ATACMS",)), knowing(told(TITLE)), 1
    )
    assert [(line.weapons, line.since) for line in verdict.grants] == [(("ATACMS",), MAY)]


def test_a_late_report_does_not_undo_a_denial() -> None:
    """Once the owner denied it, one more report of the same story leaves the line contested."""
    denial = told("White House: no such decision", after(1), "gov", finding(Stance.DENIED))
    memory = knowing(told(TITLE), denial)
    assert [line.state for line in memory.grants] == [LedgerState.CONTESTED]
    late = one(told(TITLE.lower(), after(1.5), "two.example"), memory, 1.6)
    assert (late.outcome, late.grants) == (Outcome.JOINED, ())


# --- ledger ---------------------------------------------------------------------------------


LATER: list[tuple[str, dict[str, Any], float, Outcome, str]] = [
    ("repeated in another language", {"language": "pl"}, 6, Outcome.KNOWN, "reason.restated"),
    ("a weapon more", {"weapons": ("ATACMS",)}, 20, Outcome.NEWS, "reason.widened"),
    ("another authority", {"actors": ("GB",)}, 6, Outcome.NEWS, "reason.new_decision"),
    ("another matter", {"matter": Matter.TRANSFER}, 6, Outcome.NEWS, "reason.new_decision"),
    ("told anew", {}, 20, Outcome.NEWS, "reason.reaffirmed"),
    ("as standing", {"standing": True}, 20, Outcome.KNOWN, "reason.standing"),
]


@pytest.mark.parametrize(
    ("slots", "days", "outcome", "reason"),
    [row[1:] for row in LATER],
    ids=[row[0] for row in LATER],
)
def test_what_the_ledger_says_to_a_later_report(
    slots: dict[str, Any], days: float, outcome: Outcome, reason: str
) -> None:
    """Beyond the story's window the ledger decides what is news."""
    verdict = one(
        told(OTHER_WORDS, after(days), "two.example", **slots), knowing(told(TITLE)), days
    )
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert verdict.push is (outcome is Outcome.NEWS)


def test_a_withdrawal_and_a_renewal_are_news() -> None:
    """Granted, withdrawn, granted again: three alerts, each saying what it changed."""
    withdrawn = told("Washington withdraws it", after(3), "one", finding(Stance.REVOKED))
    again = told(TITLE, after(5), "one.example")
    verdicts = judge([told(TITLE), withdrawn, again], EMPTY, after(6))
    assert [v.change for v in verdicts] == ["new", "narrowed", "renewed"]
    assert pushes(verdicts) == 3


def test_a_denial_corrects() -> None:
    """The owner's denial of what was told the day before is a correction."""
    denial = told("White House: no such decision", after(1), "gov", finding(Stance.DENIED))
    verdict = one(denial, knowing(told(TITLE)), 1)
    assert (verdict.kind, verdict.reason) == (AlertKind.CORRECTION, "reason.contradicted")


# --- an entry that tells of several things --------------------------------------------------

OVERVIEW = told(
    "The alliance will soon ease the limits",
    after(1),
    "overview.example",
    finding(Stance.SIGNALLED, actors=("NATO",)),
    finding(actors=("GB",), standing=True),
    finding(scope=("near Kharkiv",), without=("ATACMS",), standing=True),
)


def test_standing_permissions_are_learnt_beside_the_news() -> None:
    """An overview signals for the alliance and teaches what two members allow already."""
    verdict = one(OVERVIEW, days=1)
    assert verdict.finding
    assert (verdict.finding.stance, verdict.outcome) == (Stance.SIGNALLED, Outcome.NEWS)
    assert [(g.authority, g.state, g.without) for g in verdict.grants] == [
        ("GB", LedgerState.GRANTED, ()),
        ("US", LedgerState.GRANTED, ("ATACMS",)),
        ("NATO", LedgerState.SIGNALLED, ()),
    ]


def test_an_overview_read_again_teaches_and_tells_nothing() -> None:
    """Once the ledger knows them, standing permissions are neither learnt nor told again."""
    memory = knowing(OVERVIEW)
    verdict = one(OVERVIEW, memory, 1.5)
    assert (verdict.outcome, verdict.push, verdict.grants) == (Outcome.JOINED, False, ())
    known = Judged(OVERVIEW.entry, OVERVIEW.findings[1:])
    assert one(known, memory, 1.5).outcome is Outcome.KNOWN


# --- laws -----------------------------------------------------------------------------------

tellings = st.builds(
    lambda days, stance, actors, weapons, reach, language, n: Judged(
        entry(f"{TITLE if n % 2 else OTHER_WORDS} {n}", after(days), f"s{n % 3}.example"),
        (finding(stance, actors=actors, weapons=weapons, language=language, **REACHES[reach]),),
    ),
    st.integers(0, 40),
    st.sampled_from(list(Stance)),
    st.sampled_from([(), ("US",), ("GB",), ("US", "GB")]),
    st.sampled_from([(), ("ATACMS",), ("HIMARS",)]),
    st.sampled_from(list(Reach)),
    st.sampled_from(["en", "uk"]),
    st.integers(0, 9),
)
batches = st.lists(tellings, max_size=8)
PATIENT = Policy(stale_after=timedelta(days=60))


@settings(deadline=None)  # machines differ; the law is not about speed
@given(batches)
def test_the_same_batch_twice_wakes_nobody_the_second_time(batch: list[Judged]) -> None:
    """Whatever came in: what has been told is not told again the next minute."""
    memory = remember(EMPTY, judge(batch, EMPTY, after(41), PATIENT))
    assert pushes(judge(batch, memory, after(41), PATIENT)) == 0


@settings(deadline=None)  # machines differ; the law is not about speed
@given(batches)
def test_one_verdict_for_each_entry_and_stories_keep_their_beginning(batch: list[Judged]) -> None:
    """Every entry is answered in its place; a story's first_at never changes."""
    verdicts = judge(batch, EMPTY, after(41), PATIENT)
    assert [v.entry for v in verdicts] == [j.entry for j in batch]
    began: dict[str, object] = {}
    for verdict in verdicts:
        assert verdict.reason.startswith("reason.")
        if verdict.story:
            first = began.setdefault(verdict.story.id, verdict.story.first_at)
            assert verdict.story.first_at == first


@settings(deadline=None)  # machines differ; the law is not about speed
@given(tellings, tellings)
def test_the_order_of_two_reports_of_a_day_is_no_matter(first: Judged, second: Judged) -> None:
    """Two outlets race: whoever comes first, as many pushes go out."""
    pair = [
        replace(judged, entry=replace(judged.entry, published=MAY)) for judged in (first, second)
    ]
    assert pushes(judge(pair, EMPTY, MAY)) == pushes(judge(pair[::-1], EMPTY, MAY))


@settings(deadline=None)  # machines differ; the law is not about speed
@given(tellings, st.floats(0, RETOLD.days), st.sampled_from(["en", "pl"]))
def test_a_covered_restatement_never_wakes(telling: Judged, days: float, language: str) -> None:
    """A permission of a known authority told again within its time, in any words, is silent."""
    (told_first,) = telling.findings
    if told_first.stance not in (Stance.GRANTED, Stance.REVOKED) or not told_first.actors:
        return
    first = replace(telling, entry=replace(telling.entry, published=MAY))
    memory = remember(EMPTY, judge([first], EMPTY, MAY))
    again = Judged(
        entry("Quite other words about it", after(days), "else.example"),
        (replace(told_first, language=language),),
    )
    assert not one(again, memory, days).push


@settings(deadline=None)  # machines differ; the law is not about speed
@given(batches)
def test_what_is_remembered_is_what_was_judged(batch: list[Judged]) -> None:
    """A batch at once and entry by entry come to the same end."""
    now = after(41)
    at_once = judge(batch, EMPTY, now)
    memory, singly = EMPTY, []
    for judged in batch:
        (verdict,) = judge([judged], memory, now)
        memory = remember(memory, [verdict])
        singly.append(verdict)
    assert singly == at_once
    assert memory == remember(EMPTY, at_once)


def test_memory_holds_one_line_for_each_key() -> None:
    """A line written again replaces the older one."""
    old, new = grant(), grant(LedgerState.REVOKED, 3)
    memory = remember(Memory(grants=(old,)), [Verdict(entry(), Outcome.NEWS, "r", grants=(new,))])
    assert line_key(old) == line_key(new)
    assert memory.grants == (new,)


# --- what changes an earlier story ----------------------------------------------------------


FIRST = told(TITLE, MAY, "one.example", weapons=("HIMARS",))
FIRST_ID = "US-2024-05-30-strike-granted"
CHANGES = [
    ("widened", Stance.GRANTED, {"weapons": ("ATACMS",)}, 5, AlertKind.UPDATE, None),
    ("narrowed", Stance.REVOKED, {}, 5, AlertKind.UPDATE, LedgerState.REVOKED),
    ("contradicted", Stance.DENIED, {}, 1, AlertKind.CORRECTION, LedgerState.CONTESTED),
]


@pytest.mark.parametrize(
    ("change", "stance", "slots", "days", "kind", "undone"),
    CHANGES,
    ids=[row[0] for row in CHANGES],
)
def test_a_change_follows_what_it_changes(
    change: str,
    stance: Stance,
    slots: dict[str, Any],
    days: float,
    kind: AlertKind,
    undone: LedgerState | None,
) -> None:
    """What widens, narrows or contradicts a story wakes as an update of it, and the old story is
    marked where it no longer holds."""
    later = told(OTHER_WORDS, after(days), "two.example", finding(stance, **slots))
    verdict = one(later, knowing(FIRST), days + 0.1)
    assert (verdict.change, verdict.kind, verdict.push) == (change, kind, True)
    assert verdict.follows
    assert (verdict.follows.id, verdict.follows.undone) == (FIRST_ID, undone)
    assert verdict.story
    assert verdict.story.id != FIRST_ID


def test_a_change_of_what_nobody_was_told_is_new() -> None:
    """What is known from the seed alone has no message to reply to: its change is plain news."""
    seeded = Memory(grants=[grant(days=-90, seeded=True, weapons=("HIMARS",))])
    verdict = one(told(TITLE, MAY, "one.example", weapons=("ATACMS",)), seeded)
    assert (verdict.change, verdict.kind, verdict.follows) == ("widened", AlertKind.NEW, None)


def test_what_is_too_old_marks_nothing() -> None:
    """A stale entry changes no message that was sent."""
    later = told(OTHER_WORDS, after(5), "two.example", finding(Stance.REVOKED))
    verdict = one(later, knowing(FIRST), 15)
    assert (verdict.outcome, verdict.follows) == (Outcome.STALE, None)


def test_a_cap_before_any_permission_is_a_denial() -> None:
    """On an empty ledger a block of strikes tells that things stay as they are."""
    capped = finding(Stance.REVOKED, event="block", weapons=("ATACMS",))
    assert one(told(TITLE, MAY, "one.example", capped)).reason == "reason.new_denial"
    later = told(TITLE, after(5), "one.example", capped)
    assert one(later, Memory(grants=[grant(weapons=("ATACMS",))]), 5.1).reason == "reason.narrowed"


def test_what_is_in_force_is_not_affirmed_by_a_second_wording() -> None:
    """Told as news long after, a permission is affirmed anew, once: an outlet that names another
    receiver the same day doesn't wake anybody again."""
    arms = {"matter": Matter.TRANSFER}
    old = Memory(grants=[grant(days=-90, **arms)])
    first = told(TITLE, MAY, "one.example", beneficiaries=("UA",), **arms)
    (told_first,) = judge([first], old, after(0.1))
    assert (told_first.change, told_first.push) == ("reaffirmed", True)
    known = remember(old, [told_first])
    second = told(OTHER_WORDS, after(0.2), "two.example", beneficiaries=("PL",), **arms)
    assert one(second, known, 0.3).outcome is not Outcome.NEWS


def test_stories_of_other_stances_may_be_left_out_of_the_memory() -> None:
    """What ``RELATED`` leaves out changes no verdict, whatever is told."""
    memory = EMPTY
    for stance in Stance:
        memory = remember(memory, judge([told(TITLE, MAY, "one.example", finding(stance))],
                                        memory, MAY))  # fmt: skip
    for stance in Stance:
        judged = told(OTHER_WORDS, after(1), "two.example", finding(stance))
        kept = [story for story in memory.stories if story.stance in RELATED[stance]]
        part = replace(memory, stories=kept)
        assert one(judged, part, 1.1) == one(judged, memory, 1.1)


# --- what has long been in force ------------------------------------------------------------


LONG_AGO = Memory(grants=[grant(days=-400)])


def test_one_outlet_does_not_make_an_old_permission_news() -> None:
    """Told as news by one outlet, a permission of long ago is known; nobody is woken, and the
    ledger keeps its day."""
    verdict = one(told(TITLE), LONG_AGO)
    assert (verdict.outcome, verdict.reason) == (Outcome.KNOWN, "reason.long_standing")
    assert (verdict.kind, verdict.push, verdict.grants) == (None, False, ())


def test_two_outlets_do() -> None:
    """When a second one tells it, it has been affirmed anew: told once, and learnt."""
    first = told(TITLE)
    second = told(OTHER_WORDS, after(0.2), "two.example")
    third = told("Kyiv may fire across the border", after(0.3), "three.example")
    verdicts = judge([first, second, third], LONG_AGO, after(0.5))
    assert [verdict.push for verdict in verdicts] == [False, True, False]
    assert (verdicts[1].kind, verdicts[1].change) == (AlertKind.NEW, "reaffirmed")
    assert [line.since for line in verdicts[1].grants] == [after(0.2)]
    assert verdicts[2].outcome is Outcome.JOINED


def test_a_copy_of_the_first_outlet_does_not() -> None:
    """The same outlet again, or its words elsewhere, is no second witness."""
    again = told(OTHER_WORDS, after(0.1), "one.example")
    copied = told(TITLE, after(0.2), "two.example")
    verdicts = judge([told(TITLE), again, copied], LONG_AGO, after(0.5))
    assert [verdict.push for verdict in verdicts] == [False, False, False]


def test_what_waits_teaches_the_ledger_nothing() -> None:
    """A weapon that only the waiting outlet names stays unknown: told by two, it is news."""
    armed = {"weapons": ("ATACMS",)}
    again = told(OTHER_WORDS, after(0.1), "one.example", **armed)
    first, second = judge([told(TITLE), again], LONG_AGO, after(0.5))
    assert (first.grants, second.grants, second.push) == ((), (), False)


def test_the_authority_itself_does() -> None:
    """An official source that tells it as news needs no second one."""
    official = told(TITLE)
    verdict = one(replace(official, entry=replace(official.entry, tier=Tier.OFFICIAL)), LONG_AGO)
    assert (verdict.change, verdict.push) == ("reaffirmed", True)
