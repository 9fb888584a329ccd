"""How well a story is attested."""

from __future__ import annotations

import pytest

from bot.core.corroboration import Attested, corroborate
from bot.core.model import Matter, Report, Stance, Story, Tier
from tests.core.making import MAY


def story(*reports: Report) -> Story:
    return Story("s", Stance.GRANTED, Matter.STRIKE, (), ("US",), MAY, MAY, reports=reports)


def report(source: str, tier: Tier = Tier.OUTLET, *, copy: bool = False) -> Report:
    return Report("Headline", "en", source, MAY, tier=tier, copy=copy)


OFFICIAL, CHANNEL = Tier.OFFICIAL, Tier.CHANNEL
RULES = [
    ("nothing", [], Attested.UNVERIFIED, 0, False),
    ("channels alone", [report("a", CHANNEL), report("b", CHANNEL)], Attested.UNVERIFIED, 0, False),
    ("one outlet", [report("a")], Attested.SINGLE, 1, False),
    ("one outlet twice", [report("a"), report("a")], Attested.SINGLE, 1, False),
    ("an outlet and its copy", [report("a"), report("b", copy=True)], Attested.SINGLE, 1, False),
    ("an outlet and a channel", [report("a"), report("b", CHANNEL)], Attested.SINGLE, 1, False),
    ("two outlets", [report("a"), report("b")], Attested.CONFIRMED, 2, True),
    ("the authority", [report("mod", OFFICIAL)], Attested.OFFICIAL, 1, True),
    ("the authority late", [report("a"), report("mod", OFFICIAL)], Attested.OFFICIAL, 2, True),
]


@pytest.mark.parametrize(
    ("reports", "attested", "outlets", "enough"),
    [rule[1:] for rule in RULES],
    ids=[rule[0] for rule in RULES],
)
def test_the_label(reports: list[Report], attested: Attested, outlets: int, enough: bool) -> None:
    """Official before confirmed, single, unverified; copies and channels attest nothing."""
    found = corroborate(story(*reports))
    assert (found.attested, found.outlets, found.confirmed) == (attested, outlets, enough)
