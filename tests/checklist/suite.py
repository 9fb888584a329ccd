"""A CheckList of the detector (Ribeiro et al. 2020): granted headlines and what becomes of them.

``<language>.yaml`` holds granted headlines in own words, each with hand-written forms of it;
further forms are made here by rule. A capability is a kind of form: some must not alert, because
they no longer tell of a decision; some must still alert, because only the dress has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bot.core.detect import Detector, Weapon
from bot.core.model import DECISIONS, THRESHOLD
from bot.lexicons import HERE as LEXICONS
from bot.lexicons import load_names
from bot.marked import load_marked

HERE = Path(__file__).parent
SILENT = ("negated", "refused", "considered", "pleaded", "asked", "past", "reaction")
"""Hand-written forms that must not alert."""
WORDED = ("plain", "inflected")
"""Hand-written forms that must alert: as given, and in another tense, voice or part of speech."""
MADE = ("upper case", "quotes", "outlet", "weapon", "typo", "disguise")
"""Forms made by rule that must still alert."""
ALLIES = 2  # other weapons tried for each headline
FOES = frozenset({"RU", "IR", "UA"})  # whose weapons nobody else permits
LONG = 8  # letters from which on a word is hyphenated
SHORT = 5  # letters below which a mistyped name may be anything

OUTLETS = ("Kyiv Desk", "Thames Courier")
QUOTES = ("«»", "„“", "“”")
LOOKALIKES = (
    str.maketrans("ACEHKMOPTXaceopxi", "АСЕНКМОРТХасеорхі"),
    str.maketrans("АСЕНКМОРТХасеорхі", "ACEHKMOPTXaceopxi"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A headline, the capability it tries and whether it must alert."""

    language: str
    capability: str
    title: str
    alerts: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """How many cases of a capability in a language came out right."""

    language: str
    capability: str
    right: int
    total: int


def alerts(detector: Detector, title: str, language: str) -> bool:
    """Whether a headline alone would wake somebody: a decision, sure enough."""
    found = detector.detect(title, "", language)
    return bool(found) and found[0].stance in DECISIONS and found[0].score >= THRESHOLD


def load_cases(folder: Path = HERE) -> tuple[Case, ...]:
    """All cases of all languages, in a fixed order. Raises FileError with file, line and cure."""
    weapons = load_names(LEXICONS / "names.yaml").weapons
    paths = sorted(folder.glob("??.yaml"))
    return tuple(case for path in paths for case in _read(path, path.stem, weapons))


def _read(path: Path, language: str, weapons: dict[str, Weapon]) -> Iterator[Case]:
    for node in load_marked(path).items():
        keys = node.mapping(("title", "person", "inflected", *SILENT), required=("title",))
        forms = {name: form.text(name) for name, form in keys.items()}
        title, person = forms.pop("title"), forms.pop("person", "")
        if person not in title:
            raise keys["person"].fault(f"'{person}' is not in the title", "Write it as there.")
        yield Case(language, "plain", title, True)
        for name, form in forms.items():
            yield Case(language, name, form, name not in SILENT)
        named = sorted((w for w in weapons if w in title), key=len)[-1:]
        names = [name for name in (*named, person) if name]
        for capability, made in _dress(title, names):
            yield Case(language, capability, made, True)
        for own in named:
            for other in _others(weapons[own], weapons.values()):
                yield Case(language, "weapon", title.replace(own, other), True)


def _dress(title: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The same headline in other clothes."""
    yield "upper case", title.upper()
    for mark in QUOTES:
        yield "quotes", f"{mark[0]}{title}{mark[1]}"
    yield "outlet", f"{title} - {OUTLETS[0]}"
    yield "outlet", f"{OUTLETS[1]}: {title}"
    for name in names:
        if name.replace(" ", "").isalpha() and len(name) >= SHORT:
            yield "typo", title.replace(name, swap_letters(name))
            yield "typo", title.replace(name, double_letter(name))
    for change in (_hyphenated, *(_lookalike(names, table) for table in LOOKALIKES)):
        if (disguised := change(title)) != title:
            yield "disguise", disguised


def _hyphenated(title: str) -> str:
    return " ".join(map(hyphenate, title.split()))


def _lookalike(names: Sequence[str], table: dict[int, int]) -> Callable[[str], str]:
    """Writes the names and the longest word with the other script's letters that look alike."""

    def change(title: str) -> str:
        for word in (*names, max(title.split(), key=len)):
            title = title.replace(word, word.translate(table))
        return title

    return change


def _others(own: Weapon, weapons: Iterable[Weapon]) -> list[str]:
    """Weapons of the same class that a friendly state supplies."""
    return sorted(
        w.name
        for w in weapons
        if w.weapon_class == own.weapon_class
        and w.name not in own.name
        and not FOES & set(w.suppliers)
    )[:ALLIES]


def swap_letters(name: str) -> str:
    """The name with two inner letters of its longest word in each other's place."""
    return _in_longest_word(name, lambda w: w[: len(w) // 2] + _swapped(w[len(w) // 2 :]))


def double_letter(name: str) -> str:
    """The name with an inner letter of its longest word typed twice."""
    return _in_longest_word(name, lambda w: w[: len(w) // 2] + w[len(w) // 2 - 1 :])


def hyphenate(word: str) -> str:
    """A long word with a soft hyphen in its middle, as pages set it."""
    half = len(word) // 2
    return f"{word[:half]}\u00ad{word[half:]}" if len(word) >= LONG else word


def _in_longest_word(name: str, change: Callable[[str], str]) -> str:
    longest = max(name.split(), key=len)
    return name.replace(longest, change(longest))


def _swapped(end: str) -> str:
    return end[1::-1] + end[2:]


def measure(cases: Iterable[Case], detector: Detector) -> tuple[list[Rate], list[Case]]:
    """The pass rates by capability and language, and the cases that came out wrong."""
    rates, wrong = [], []
    ordered = sorted(cases, key=lambda case: (case.capability, case.language))
    for (capability, language), its in groupby(ordered, lambda c: (c.capability, c.language)):
        tried = list(its)
        missed = [c for c in tried if alerts(detector, c.title, language) is not c.alerts]
        rates.append(Rate(language, capability, len(tried) - len(missed), len(tried)))
        wrong += missed
    return rates, wrong


def share(rates: Iterable[Rate], capability: str) -> float:
    """The pass rate of a capability over all languages, 0 to 1."""
    own = [rate for rate in rates if rate.capability == capability]
    return sum(rate.right for rate in own) / sum(rate.total for rate in own)


def table(rates: Sequence[Rate]) -> str:
    """The pass rates in per cent, a line a capability, a column a language."""
    languages = sorted({rate.language for rate in rates})
    head = f"{'':12}" + "".join(f"{code:>5}" for code in languages) + f"{'all':>6}{'cases':>7}"
    lines = [head]
    for capability in (*WORDED, *MADE, *SILENT):
        own = {rate.language: rate for rate in rates if rate.capability == capability}
        cells = "".join(
            f"{100 * own[code].right / own[code].total:5.0f}" if code in own else f"{'-':>5}"
            for code in languages
        )
        total = sum(rate.total for rate in own.values())
        lines.append(f"{capability:12}{cells}{100 * share(rates, capability):6.1f}{total:7}")
    return "\n".join(lines)
