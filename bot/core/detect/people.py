"""Who speaks for a state on a day: people, their office and the time they served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Person:
    """A holder of office. ``served``: first and last days; no last day means to this day."""

    name: str
    state: str
    office: str
    served: tuple[tuple[date, date | None], ...]

    def serves(self, on: date) -> bool:
        return any(first <= on and (last is None or on <= last) for first, last in self.served)


class People:
    """Everybody whose name the lexicons know."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._people = tuple(people)
        self.out_of_office = lru_cache(maxsize=64)(self._out_of_office)

    def _out_of_office(self, on: date) -> frozenset[str]:
        """The names of those who hold no office on a day."""
        return frozenset(person.name for person in self._people if not person.serves(on))
