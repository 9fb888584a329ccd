"""Which reports tell one story."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Entry, Finding, Matter, Reach, Stance, Story
from bot.core.stories import (
    LIMITS_KEPT,
    REPORTS_KEPT,
    adds_source,
    find_story,
    is_copy,
    join,
    open_story,
)
from tests.core.making import MAY, REACHES, after, entry, finding

ARMS: dict[str, Any] = {"matter": Matter.TRANSFER}
LIMITED, DEEP = Reach.LIMITED, Reach.DEEP
TITLE = "Biden lets Ukraine strike inside Russia with American weapons"
SAME_WORDS = "Biden has let Ukraine strike targets inside Russia with US weapons"
OTHER_WORDS = "In a reversal, White House drops long-held objections"
UKRAINIAN = "Байден дозволив бити по Росії"


def story_of(
    title: str = TITLE, at: datetime = MAY, stance: Stance = Stance.GRANTED, **slots: Any
) -> Story:
    return open_story(finding(stance, **slots), entry(title, at), at, ())


def belongs(story: Story, found: Finding, title: str, at: datetime) -> bool:
    return find_story(found, entry(title, at), at, [story]) is story


# The first report: Washington, granted, strikes, en. Slots, title and days later → one story?
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str, float, bool]] = [
    ("the same words, the same day", {}, {}, SAME_WORDS, 0.2, True),
    ("other words, the same day", {}, {}, OTHER_WORDS, 0.2, True),
    ("another language, next day", {}, {"language": "uk"}, UKRAINIAN, 1, True),
    ("another language, a week later", {}, {"language": "uk"}, UKRAINIAN, 7, False),
    ("the same words, a week later", {}, {}, SAME_WORDS, 7, True),
    ("other words, a week later", {}, {}, OTHER_WORDS, 7, False),
    ("the same words, a month later", {}, {}, SAME_WORDS, 30, False),
    ("published before the first report came in", {}, {}, SAME_WORDS, -1, True),
    ("another authority", {}, {"actors": ("GB",)}, SAME_WORDS, 0.2, False),
    ("NATO is not one of its members", {}, {"actors": ("NATO",)}, SAME_WORDS, 0.2, False),
    ("a bundle with the same authority", {}, {"actors": ("US", "GB")}, OTHER_WORDS, 1, True),
    ("one of a bundle", {"actors": ("US", "GB")}, {"actors": ("GB",)}, OTHER_WORDS, 1, True),
    ("nobody named, the same words", {}, {"actors": ()}, SAME_WORDS, 0.2, True),
    ("nobody named, other words", {}, {"actors": ()}, OTHER_WORDS, 0.2, False),
    ("nobody named, the weapon shared", {"weapons": ("ATACMS",)},
     {"actors": (), "weapons": ("ATACMS",)}, OTHER_WORDS, 0.2, True),
    ("a weapon named later", {}, {"weapons": ("ATACMS",)}, SAME_WORDS, 1, True),
    ("a weapon left out", {"weapons": ("ATACMS",)}, {}, SAME_WORDS, 1, True),
    ("another weapon", {"weapons": ("HIMARS",)}, {"weapons": ("ATACMS",)}, SAME_WORDS, 0.2, False),
    ("one weapon of two", {"weapons": ("HIMARS", "GMLRS")}, {"weapons": ("HIMARS",)},
     SAME_WORDS, 0.2, True),
    ("another beneficiary", {"beneficiaries": ("IL",)}, {"beneficiaries": ("UA",)},
     SAME_WORDS, 0.2, False),
    ("the beneficiary taken for the place", {"beneficiaries": ("IL",), "territory": ("PS",)},
     {"beneficiaries": ("PS",)}, SAME_WORDS, 0.2, True),
    ("another territory", {"territory": ("RU",)}, {"territory": ("IR",)}, SAME_WORDS, 0.2, False),
    ("the weapon is shared, a beneficiary was misread",
     {"beneficiaries": ("KP",), "weapons": ("ATACMS",)},
     {"beneficiaries": ("UA",), "weapons": ("ATACMS",)}, OTHER_WORDS, 0.2, True),
    ("the receiver of arms taken for the giver", ARMS | {"beneficiaries": ("IL",)},
     ARMS | {"actors": ("IL",)}, OTHER_WORDS, 0.2, True),
    ("one who is helped in a strike may strike by itself", {"beneficiaries": ("IL",)},
     {"actors": ("IL",)}, OTHER_WORDS, 0.2, False),
    ("intelligence is another matter", {}, {"matter": Matter.INTELLIGENCE}, OTHER_WORDS, 0.2,
     False),
    ("a matter misread: no weapon is named", {}, {"matter": Matter.TRANSFER}, OTHER_WORDS, 0.2,
     True),
    ("another matter: one names its weapon", {"weapons": ("ATACMS",)},
     {"matter": Matter.TRANSFER}, OTHER_WORDS, 0.2, False),
    ("a matter misread: the words agree", {}, {"matter": Matter.BASES}, SAME_WORDS, 0.2, True),
    ("an embargo told by the ports it closes", ARMS | {"beneficiaries": ("IL",)},
     {"matter": Matter.BASES, "beneficiaries": ("IL",)}, OTHER_WORDS, 0.2, True),
    ("ports closed to somebody else", ARMS | {"beneficiaries": ("IL",)},
     {"matter": Matter.BASES, "beneficiaries": ("RU",)}, OTHER_WORDS, 0.2, False),
    ("another matter in the same words later", {}, {"matter": Matter.TRANSFER}, SAME_WORDS, 5,
     False),
    ("a wider reach, days later", REACHES[LIMITED], REACHES[DEEP], SAME_WORDS, 7,
     False),
    ("a narrower reach, days later", REACHES[DEEP], REACHES[LIMITED], SAME_WORDS, 7,
     True),
    ("a reach worded otherwise the same day", REACHES[LIMITED], REACHES[DEEP],
     OTHER_WORDS, 0.2, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "slots", "title", "days", "one_story"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_what_makes_one_story(
    first: dict[str, Any], slots: dict[str, Any], title: str, days: float, one_story: bool
) -> None:
    """Slots must be compatible; time and words decide how much more is asked."""
    assert belongs(story_of(**first), finding(**slots), title, after(days)) is one_story


@pytest.mark.parametrize("stance", [s for s in Stance if s is not Stance.GRANTED])
def test_a_decision_neither_swallows_nor_is_swallowed_by_another_stance(stance: Stance) -> None:
    """The same words of the same day with another stance are another story, both ways round."""
    assert not belongs(story_of(), finding(stance), TITLE, after(0))
    assert not belongs(story_of(stance=stance), finding(), TITLE, after(0))


def test_reports_do_not_chain_two_decisions_together() -> None:
    """The window hangs on the first report: a story told for a fortnight takes in nothing later."""
    story = story_of()
    for day in range(1, 14):
        story = join(story, finding(), entry(SAME_WORDS, after(day), f"s{day}.example"), after(day))
    assert story.last_at == after(13)
    assert not belongs(story, finding(), SAME_WORDS, after(15))


def test_a_neighbour_mentioned_along_the_way_keeps_its_own_decision() -> None:
    """ "Washington and Berlin" in a second report doesn't take Berlin's decision into the story."""
    story = join(story_of(), finding(actors=("US", "DE")), entry(OTHER_WORDS), MAY)
    assert story.actors == ("US",)
    assert not belongs(story, finding(actors=("DE",)), SAME_WORDS, after(1))


def test_the_first_named_authority_becomes_the_storys() -> None:
    """A story that began with nobody named takes the name from a later report."""
    nameless = story_of(actors=())
    assert join(nameless, finding(actors=("FR",)), entry(), MAY).actors == ("FR",)


def test_after_the_opposite_decision_a_grant_is_a_new_one() -> None:
    """Shared, paused, shared again within a fortnight: the third is no report of the first."""
    shared, paused = story_of(), story_of("Washington pauses it", after(3), Stance.REVOKED)
    again = entry(SAME_WORDS, after(6))
    assert find_story(finding(), again, after(6), [shared]) is shared
    assert find_story(finding(), again, after(6), [shared, paused]) is None


def test_the_closest_of_several_stories_is_taken() -> None:
    """With two candidates the one with the same authorities and words wins, in whatever order."""
    both = story_of(OTHER_WORDS, actors=("US", "GB"))
    one = story_of(TITLE)
    for known in ([both, one], [one, both]):
        assert find_story(finding(), entry(SAME_WORDS), MAY, known) is one


def test_an_undated_entry_may_be_as_old_as_any_story() -> None:
    """Without a date, the very same authority is enough; a further one is another decision."""
    undated = entry(UKRAINIAN, None, language="uk")
    old = story_of(at=after(-300))
    assert find_story(finding(language="uk"), undated, MAY, [old]) is old
    assert find_story(finding(actors=("US", "SE"), language="uk"), undated, MAY, [old]) is None


# --- identity -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slots", "name"),
    [
        ({}, "US-2024-05-30-strike-granted"),
        ({"actors": ("FI", "SE")}, "FI-SE-2024-05-30-strike-granted"),
        ({"actors": ()}, "XX-2024-05-30-strike-granted"),
        ({"matter": Matter.TRANSFER}, "US-2024-05-30-transfer-granted"),
    ],
)
def test_ids_are_readable(slots: dict[str, Any], name: str) -> None:
    """Who, when, what and how it went can be read off the id."""
    assert story_of(**slots).id == name


def test_ids_do_not_clash() -> None:
    """A second and third story of the same kind and day are numbered."""
    taken: list[str] = []
    for _ in range(3):
        taken.append(open_story(finding(), entry(), MAY, taken).id)
    stem = "US-2024-05-30-strike-granted"
    assert taken == [stem, f"{stem}-2", f"{stem}-3"]


moments = st.integers(-400, 400).map(lambda hours: after(hours / 12))


@given(st.lists(st.tuples(moments, st.sampled_from([(), ("ATACMS",), ("HIMARS",)])), max_size=8))
def test_joining_moves_neither_the_id_nor_the_beginning(
    reports: list[tuple[datetime, tuple[str, ...]]],
) -> None:
    """Whatever joins and whenever it was published, id and first_at stay; slots only grow."""
    story = first = story_of()
    for at, weapons in reports:
        grown = join(story, finding(weapons=weapons), entry(TITLE, at), at)
        assert set(grown.weapons) == set(story.weapons) | set(weapons)
        assert grown.last_at == max(story.last_at, at)
        story = grown
    assert (story.id, story.first_at) == (first.id, first.first_at)


@given(
    st.integers(0, 16),
    st.sampled_from([(), ("US",), ("GB",), ("US", "GB")]),
    st.sampled_from([(), ("US",), ("GB",)]),
    st.sampled_from([TITLE, SAME_WORDS, OTHER_WORDS]),
)
def test_belonging_together_is_mutual(
    days: int, mine: tuple[str, ...], theirs: tuple[str, ...], title: str
) -> None:
    """Which of two reports comes first doesn't change whether they tell one story."""
    one, two = finding(actors=mine), finding(actors=theirs)
    first = open_story(one, entry(TITLE, MAY), MAY, ())
    second = open_story(two, entry(title, after(days)), after(days), ())
    assert belongs(first, two, title, after(days)) == belongs(second, one, TITLE, MAY)


def test_the_same_report_is_kept_once() -> None:
    """An entry that comes in twice adds no second report."""
    story = story_of()
    assert join(story, finding(), entry(TITLE, MAY), after(1)).reports == story.reports


def test_a_flood_of_reports_is_bounded() -> None:
    """A story keeps a bounded number of reports and limits, however many tell it."""
    story = story_of()
    for n in range(REPORTS_KEPT + 20):
        told = entry(f"{TITLE} {n}", MAY, f"s{n}.example")
        story = join(story, finding(scope=(f"place {n}",)), told, after(n / 1000))
    assert len(story.reports) == REPORTS_KEPT
    assert len(story.scope) == LIMITS_KEPT
    assert story.last_at > MAY
    assert not adds_source(story, entry(source="new.example"))
    assert adds_source(story_of(), entry(source="new.example"))
    assert not adds_source(story_of(), entry(source="one.example"))


@pytest.mark.parametrize(
    ("title", "copied"),
    [
        (f"{TITLE} - Reuters", True),
        (TITLE.upper(), True),
        ("Biden lets Ukraine strike inside Russia", False),
        (TITLE.replace("American", "500 American"), False),
        (OTHER_WORDS, False),
    ],
)
def test_near_copies(title: str, copied: bool) -> None:
    """Case and outlet don't matter; a mere part of the title, or another number, does."""
    wire: Entry = entry(title, after(0.1), "two.example")
    assert is_copy(wire, finding(), story_of()) is copied
    assert not is_copy(wire, finding(language="uk"), story_of())
