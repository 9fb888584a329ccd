"""Entry → Finding: shallow, lexicon-driven frames with ConText modifiers and a fitted score."""

from __future__ import annotations

from bot.core.detect.detector import Detector
from bot.core.detect.people import Person
from bot.core.detect.slots import Weapon

__all__ = ["Detector", "Person", "Weapon"]
