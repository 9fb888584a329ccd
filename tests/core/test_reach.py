"""How far a permission goes."""

from __future__ import annotations

import pytest

from bot.core.model import Matter, Reach
from bot.core.reach import goes_beyond, reach_of
from tests.core.making import REACHES, finding, shows


def test_the_order_of_reaches() -> None:
    """Limited within deep within unlimited; what is not said claims nothing and allows little."""
    order = [Reach.LIMITED, Reach.DEEP, Reach.UNLIMITED]
    for i, narrow in enumerate(order):
        assert not goes_beyond(narrow, narrow)
        assert not goes_beyond(Reach.UNSAID, narrow)
        for wide in order[i + 1 :]:
            assert goes_beyond(wide, narrow)
            assert not goes_beyond(narrow, wide)
    assert [goes_beyond(reach, Reach.UNSAID) for reach in order] == [False, True, True]


@pytest.mark.parametrize("reach", list(Reach))
def test_the_reach_is_read_off_the_concepts(reach: Reach) -> None:
    """An absence of limits, a limit, or a long range shown in the entry."""
    assert reach_of(finding(**REACHES[reach])) is reach


def test_long_range_is_a_reach_of_strikes_only() -> None:
    """A long-range missile delivered says nothing of where it may be fired; a limit beats it."""
    assert reach_of(finding(matter=Matter.TRANSFER, evidence=shows("longrange"))) is Reach.UNSAID
    limited = finding(scope=("only near Kharkiv",), evidence=shows("longrange"))
    assert reach_of(limited) is Reach.LIMITED
