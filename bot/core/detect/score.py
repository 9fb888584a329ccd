"""The log-linear score: a table of weights per stance, fitted offline, read from a data file.

p(stance | entry) ∝ exp(bias[stance] + Σ weight[feature][stance]) (multinomial logistic
regression). The score of a finding is the calibrated chance that the entry is a decision.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import nsmallest

from bot.core.model import Stance

STANCES = tuple(Stance)


@dataclass(frozen=True)
class Weights:
    """``table`` maps a feature to its weight for each of ``STANCES``; ``bias`` likewise."""

    bias: tuple[float, ...] = (0.0,) * len(STANCES)
    table: dict[str, tuple[float, ...]] = field(default_factory=dict)
    calibration: tuple[float, float] = (1.0, 0.0)  # slope and offset on the log-odds

    @classmethod
    def from_json(cls, text: str) -> Weights:
        raw = json.loads(text)
        order = [raw["stances"].index(s.value) for s in STANCES]
        return cls(
            tuple(raw["bias"][i] for i in order),
            {k: tuple(v[i] for i in order) for k, v in raw["weights"].items()},
            tuple(raw["calibration"]),
        )

    def chances(self, features: Iterable[str]) -> dict[Stance, float]:
        """How likely each stance is, given the features. Sums to 1."""
        rows = [row for row in map(self.table.get, features) if row is not None]
        sums = [sum(column) for column in zip(self.bias, *rows, strict=True)]
        top = max(sums)
        powers = [math.exp(s - top) for s in sums]
        total = sum(powers)
        return {stance: power / total for stance, power in zip(STANCES, powers, strict=True)}

    def heaviest(
        self, features: Iterable[str], stance: Stance, most: int = 3
    ) -> tuple[tuple[str, float], ...]:
        """The features that spoke loudest for a stance, with their weights."""
        at = STANCES.index(stance)
        rows = [(self.table[f][at], f) for f in features if f in self.table]
        loudest = nsmallest(most, [(-abs(weight), f, weight) for weight, f in rows])
        return tuple((f, weight) for _, f, weight in loudest)

    def calibrate(self, chance: float) -> float:
        """The raw chance of a decision → how often such entries really are one."""
        slope, offset = self.calibration
        chance = min(max(chance, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(slope * math.log(chance / (1 - chance)) + offset)))
