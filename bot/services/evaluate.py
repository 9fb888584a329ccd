"""Evaluation: the detector and the stories against labelled items.

What each figure means:

- ``alert``: the finding of each item alone; predicted true when its stance is granted or revoked,
  told as news (not as standing), with a score at or above the default threshold.
- ``stance``: the stance of that finding, none when there is none; macro F1 over the classes
  that the labels hold.
- ``actors``, ``weapons``: micro-averaged over the items labelled granted or revoked; an item in
  which nothing was found counts with empty slots.
- ``stories``: a replay of all items at level decisions. B³ (Bagga and Baldwin, 1998) is taken
  over the items labelled as alerts that the replay put into a story: it measures the linking,
  recall measures the rest.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.errors import FileError
from bot.core.model import DECISIONS, LEVEL_STANCES, THRESHOLD, Finding, Level, Stance
from bot.services.handed import Detects
from bot.services.replay import Item, in_memory, run

UNRELATED = "unrelated"
"""The labels' word for ``Stance.NONE``."""

LABELS = tuple(UNRELATED if stance is Stance.NONE else str(stance) for stance in Stance)


@dataclass(slots=True)
class _Tally:
    """True positives, false positives, false negatives, and what follows from them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, gold: Iterable[object], predicted: Iterable[object]) -> None:
        wanted, got = set(gold), set(predicted)
        self.tp += len(wanted & got)
        self.fp += len(got - wanted)
        self.fn += len(wanted - got)

    def ratios(self) -> dict[str, float]:
        precision = _ratio(self.tp, self.tp + self.fp)
        recall = _ratio(self.tp, self.tp + self.fn)
        return {"precision": precision, "recall": recall, "f1": _f1(precision, recall)}


@dataclass(frozen=True, slots=True)
class _Scored:
    """A labelled item and what the detector said of it alone."""

    item: Item
    finding: Finding | None
    gold: str = field(init=False)
    predicted: str = field(init=False)
    alerts: bool = field(init=False)

    def __post_init__(self) -> None:
        stance = self.finding.stance if self.finding else Stance.NONE
        object.__setattr__(self, "gold", self.item.labels["stance"])
        object.__setattr__(self, "predicted", _label(stance))
        object.__setattr__(self, "alerts", would_alert(self.finding))


def evaluate(
    items: Sequence[Item],
    detector: Detects,
    *,
    strict: bool = False,
    stopwatch: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """The report of ``eval --json``. ``strict`` leaves out items noted as debatable.

    Raises FileError for an item without the labels that are needed.
    """
    kept = [i for i in items if not (strict and "debatable" in str(i.labels.get("note") or ""))]
    for item in kept:
        _check_labels(item)
    began = stopwatch()
    scored = [_Scored(item, _best(item, detector)) for item in kept]
    took = stopwatch() - began
    return {
        "n": len(kept),
        "alert": _alert(scored, counts=True),
        "by_lang": _by_language(scored),
        "stance": _stances(scored),
        "actors": _slots(scored, "actors", lambda f: f.actors),
        # labels name every system of the text, those left out by the permission too
        "weapons": _slots(scored, "weapons", lambda f: (*f.weapons, *f.without)),
        "stories": score_stories(kept, detector),
        "errors": _errors(scored),
        "items_per_second": round(len(kept) / took, 1) if took > 0 else 0.0,
    }


def would_alert(finding: Finding | None) -> bool:
    """Whether a finding alone, with nothing known, is one to wake somebody for."""
    return bool(
        finding
        and finding.stance in DECISIONS
        and not finding.standing
        and finding.score >= THRESHOLD
    )


def score_stories(items: Sequence[Item], detector: Detects) -> dict[str, Any]:
    """Replays the items on an empty memory and counts pushes against the labelled stories."""
    gold = {i.labels["story"] for i in items if i.labels["alert"] and i.labels.get("story")}
    pushed: Counter[str] = Counter()
    pushes = false_pushes = 0
    groups: dict[str, tuple[str, str]] = {}
    for _, item, verdict in run(items, in_memory(detector)):
        finding, story, labels = verdict.finding, verdict.story, item.labels
        if not finding or finding.stance not in LEVEL_STANCES[Level.DECISIONS]:
            continue
        if verdict.push:
            pushes += 1
            false_pushes += not labels["alert"]
            if labels.get("story") in gold:
                pushed[labels["story"]] += 1
        if labels["alert"] and story and labels.get("story"):
            groups[item.id] = (labels["story"], story.id)
    return {
        "gold": len(gold),
        "alerted": len(pushed),
        "recall": _ratio(len(pushed), len(gold)),
        "pushes": pushes,
        "pushes_per_story": _ratio(pushed.total(), len(pushed)),
        "false_pushes": false_pushes,
        "bcubed_f1": bcubed_f1(groups.values()),
    }


def bcubed_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """B³-F1 of a grouping, given each item's (gold, predicted) group. 0 for no items."""
    counted = Counter(pairs)
    total = sum(counted.values())
    wanted: Counter[str] = Counter()
    got: Counter[str] = Counter()
    for (gold, predicted), number in counted.items():
        wanted[gold] += number
        got[predicted] += number
    precision = _ratio(sum(n * n / got[p] for (_, p), n in counted.items()), total)
    recall = _ratio(sum(n * n / wanted[g] for (g, _), n in counted.items()), total)
    return _f1(precision, recall)


def _check_labels(item: Item) -> None:
    labels = item.labels
    if labels.get("stance") not in LABELS:
        cure = f"Give one of {', '.join(LABELS)}"
        raise FileError(item.path, item.line, f'"stance" is {labels.get("stance")!r}', cure)
    if not isinstance(labels.get("alert"), bool):
        raise FileError(item.path, item.line, '"alert" is missing', "Give true or false")
    if not isinstance(labels.get("story"), str | None):
        raise FileError(item.path, item.line, '"story" is no string', "Give its id, or null")
    for key in ("actors", "weapons"):
        if not isinstance(labels.get(key, []), list):
            raise FileError(item.path, item.line, f'"{key}" is no list', "Give a list of strings")


def _best(item: Item, detector: Detects) -> Finding | None:
    entry = item.entry
    return next(
        iter(detector.detect(entry.title, entry.summary, entry.language, entry.published)), None
    )


def _label(stance: Stance) -> str:
    return UNRELATED if stance is Stance.NONE else str(stance)


def _alert(scored: Iterable[_Scored], *, counts: bool = False) -> dict[str, float]:
    tally = _Tally()
    for one in scored:
        tally.add({True} if one.item.labels["alert"] else (), {True} if one.alerts else ())
    found: dict[str, float] = dict(tally.ratios())
    return found | {"tp": tally.tp, "fp": tally.fp, "fn": tally.fn} if counts else found


def _by_language(scored: Sequence[_Scored]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[_Scored]] = defaultdict(list)
    for one in scored:
        groups[one.item.entry.language or ""].append(one)
    return {lang: {"n": len(group), **_alert(group)} for lang, group in sorted(groups.items())}


def _stances(scored: Sequence[_Scored]) -> dict[str, Any]:
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for one in scored:
        confusion[one.gold][one.predicted] += 1
    right = sum(row[gold] for gold, row in confusion.items())
    f1 = []
    for gold in confusion:
        tally = _Tally(
            tp=confusion[gold][gold],
            fp=sum(row[gold] for other, row in confusion.items() if other != gold),
            fn=sum(n for other, n in confusion[gold].items() if other != gold),
        )
        f1.append(tally.ratios()["f1"])
    return {
        "macro_f1": _ratio(sum(f1), len(f1)),
        "accuracy": _ratio(right, len(scored)),
        "confusion": {label: dict(confusion[label]) for label in LABELS if label in confusion},
    }


def _slots(
    scored: Iterable[_Scored], slot: str, told: Callable[[Finding], tuple[str, ...]]
) -> dict[str, float]:
    tally = _Tally()
    for one in scored:
        if one.item.labels["alert"]:
            predicted = told(one.finding) if one.finding else ()
            tally.add(
                {str(value).casefold() for value in one.item.labels.get(slot) or ()},
                {value.casefold() for value in predicted},
            )
    return tally.ratios()


def _errors(scored: Iterable[_Scored]) -> list[Mapping[str, Any]]:
    """What went wrong: false and missed alerts first, then other mistakes of stance."""
    wrong = [
        (one.alerts == one.item.labels["alert"], one)
        for one in scored
        if one.alerts != one.item.labels["alert"] or one.gold != one.predicted
    ]
    return [
        {
            "id": one.item.id,
            "gold": one.gold,
            "predicted": one.predicted,
            "score": round(one.finding.score, 3) if one.finding else 0.0,
            "why": " · ".join(one.finding.rules) if one.finding else "nothing found",
        }
        for _, one in sorted(wrong, key=lambda pair: pair[0])
    ]


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return _ratio(2 * precision * recall, precision + recall)
