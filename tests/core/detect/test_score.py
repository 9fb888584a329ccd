"""The score: sums of weights, turned into chances."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.detect.score import STANCES, Weights
from bot.core.model import Stance
from bot.lexicons import HERE, load_weights

TABLE = {"a": tuple(1.0 if s is Stance.GRANTED else 0.0 for s in STANCES)}


def test_chances_sum_to_one() -> None:
    """The chances of all stances add up to one."""
    assert sum(Weights(table=TABLE).chances(["a", "unknown"]).values()) == pytest.approx(1)


def test_a_weight_moves_its_stance() -> None:
    """A feature that speaks for a stance makes it likelier."""
    weights = Weights(table=TABLE)
    assert weights.chances(["a"])[Stance.GRANTED] > weights.chances([])[Stance.GRANTED]


@given(st.floats(0, 1), st.floats(0, 1))
def test_calibration_keeps_order(low: float, high: float) -> None:
    """A higher raw chance never gets a lower score."""
    weights = Weights(calibration=(1.3, -0.2))
    if low <= high:
        assert weights.calibrate(low) <= weights.calibrate(high)


def test_the_file_is_read_by_name() -> None:
    """The order of stances in the file does not matter."""
    order = [s.value for s in reversed(STANCES)]
    text = json.dumps(
        {
            "stances": order,
            "bias": list(range(len(order))),
            "calibration": [1, 0],
            "weights": {"a": list(range(len(order)))},
        }
    )
    assert Weights.from_json(text).bias == tuple(reversed(range(len(order))))


@pytest.mark.parametrize("place", ["Tf", "Lf"])
@pytest.mark.parametrize("mode", ["urged", "negated", "refused", "disavowed", "reacted"])
def test_signs_that_must_hold(place: str, mode: str) -> None:
    """A plea, a negation, a refusal or a reaction on an easing never speaks for a grant."""
    row = load_weights(HERE / "weights.json").table.get(f"{place}:ease:{mode}")
    assert row is None or row[STANCES.index(Stance.GRANTED)] <= 0


@pytest.mark.parametrize("before", ["plea", "neg", "refuse", "react"])
@pytest.mark.parametrize("word", ["permit", "lift"])
def test_what_stands_before_a_permission(before: str, word: str) -> None:
    """A plea, negation, refusal or reaction in front of a permission never speaks for a grant."""
    row = load_weights(HERE / "weights.json").table.get(f"T:{before}>{word}")
    assert row is None or row[STANCES.index(Stance.GRANTED)] <= 0
