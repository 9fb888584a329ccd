"""Refits the weights of the detector from labelled items: deterministic, story-grouped folds.

    python bench/fit.py LABELLED.jsonl … [--own MORE.jsonl …] [--check]

Prints precision, recall and F1 out of fold (no story is ever on both sides), fits on everything,
calibrates on the out-of-fold chances (Platt 1999) and writes bot/lexicons/weights.json.
Items of --own count less (ours, written to fill what real ones leave out). With --check nothing is
written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.core.model import DECISIONS, Stance
from bot.lexicons import HERE, load_detector

STANCE = {"unrelated": "none"}
LEAST = 4  # entries a feature must be seen in
STRENGTH = 0.05  # inverse of the L2 penalty
OWN = 0.3  # what an item of our own counts
FOLDS = 5
NEGLIGIBLE = 0.01  # weights below this are left out of the file
# what may never speak for a grant, whatever the items say: an easing in one of these modes, and
# a plea, refusal or reaction in front of a word of permission
SIGNED = re.compile(
    r"[TL]f:(ease|mention):(urged|negated|refused|disavowed|reacted|explained|questioned)$"
    r"|[TL]:(plea|neg|refuse|react|disavow)>(permit|lift|resume|nolimit|entitled)$"
)


def read(paths: list[str]) -> list[dict[str, Any]]:
    lines = [line for path in paths for line in Path(path).read_text("utf-8").splitlines()]
    rows = [json.loads(line) for line in lines]
    return list({row["id"]: row for row in rows}.values())


def featurise(rows: list[dict[str, Any]]) -> list[set[str]]:
    detector = load_detector()
    return [
        detector.featurise(row["title"], row["summary"], row["lang"], _day(row["published"]))
        for row in rows
    ]


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def fold(row: dict[str, Any]) -> int:
    """The fold of an item: by its story (or itself), the same on every machine."""
    group = row["story"] or row["id"]
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def matrix(found: list[set[str]], vocabulary: dict[str, int]) -> csr_matrix:
    rows, columns = [], []
    for at, held in enumerate(found):
        for feature in held:
            if feature in vocabulary:
                rows.append(at)
                columns.append(vocabulary[feature])
    shape = (len(found), len(vocabulary))
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def fit(
    x: csr_matrix, y: np.ndarray, worth: np.ndarray, vocabulary: dict[str, int]
) -> LogisticRegression:
    model = LogisticRegression(C=STRENGTH, max_iter=500).fit(x, y, sample_weight=worth)
    granted = list(model.classes_).index(Stance.GRANTED.value)
    for feature, at in vocabulary.items():
        if SIGNED.match(feature):
            model.coef_[granted, at] = min(0.0, model.coef_[granted, at])
    return model


def decisions(model: LogisticRegression, x: csr_matrix) -> np.ndarray:
    chances = model.predict_proba(x)
    return sum(chances[:, list(model.classes_).index(s.value)] for s in DECISIONS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--own", nargs="*", default=[], help="files whose items count less")
    given = parser.parse_args()
    whole = read(given.files)
    rows = whole + read(given.own)
    found = featurise(rows)
    # what the gate lets go is never scored, so it has no say in the weights
    scored = np.array([bool(held) for held in found])
    worth = np.array([1.0] * len(whole) + [OWN] * (len(rows) - len(whole))) * scored
    seen = Counter(feature for held in found for feature in held)
    vocabulary = {f: i for i, f in enumerate(sorted(f for f, n in seen.items() if n >= LEAST))}
    x = matrix(found, vocabulary)
    y = np.array([STANCE.get(row["stance"], row["stance"]) for row in rows])
    alert = np.array([y_ in DECISIONS for y_ in y])
    folds = np.array([fold(row) for row in rows])
    raw = np.zeros(len(rows))
    for k in range(FOLDS):
        rest = folds != k
        model = fit(x[rest], y[rest], worth[rest], vocabulary)
        raw[folds == k] = decisions(model, x[folds == k]) * scored[folds == k]
    odds = np.log(np.clip(raw, 1e-6, 1 - 1e-6) / np.clip(1 - raw, 1e-6, 1))
    platt = LogisticRegression(C=1e6).fit(odds.reshape(-1, 1), alert, sample_weight=worth)
    slope, offset = float(platt.coef_[0][0]), float(platt.intercept_[0])
    main_ = slice(0, len(whole))
    report(raw[main_], slope, offset, alert[main_], whole)
    model = fit(x, y, worth, vocabulary)
    write(model, vocabulary, (slope, offset), len(rows), given.check)


def report(
    raw: np.ndarray, slope: float, offset: float, alert: np.ndarray, rows: list[dict[str, Any]]
) -> None:
    odds = np.log(np.clip(raw, 1e-6, 1 - 1e-6) / np.clip(1 - raw, 1e-6, 1))
    score = 1 / (1 + np.exp(-(slope * odds + offset)))
    for cut in (0.4, 0.5, 0.6, 0.7):
        said = score >= cut
        hit = int((said & alert).sum())
        p, r = hit / max(1, said.sum()), hit / alert.sum()
        print(f"out of fold, cut {cut:.1f}: P {p:.3f} R {r:.3f} F1 {2 * p * r / (p + r):.3f}")
    print("reliability (score: items, share that are decisions)")
    for low in np.arange(0, 1, 0.1):
        held = (score >= low) & (score < low + 0.1)
        if held.any():
            print(f"  {low:.1f}–{low + 0.1:.1f}: {held.sum():4d}  {alert[held].mean():.2f}")
    for lang in sorted({row["lang"] for row in rows}):
        of = np.array([row["lang"] == lang for row in rows])
        said = (score >= 0.5) & of
        hit = int((said & alert).sum())
        p, r = hit / max(1, said.sum()), hit / max(1, (alert & of).sum())
        print(f"  {lang}: {of.sum()} items, P {p:.2f} R {r:.2f}")


def write(
    model: LogisticRegression,
    vocabulary: dict[str, int],
    calibration: tuple[float, float],
    items: int,
    check: bool,
) -> None:
    weights = {
        feature: [round(float(w), 3) for w in model.coef_[:, at]]
        for feature, at in vocabulary.items()
        if np.abs(model.coef_[:, at]).max() >= NEGLIGIBLE
    }
    missing = {s.value for s in Stance} - set(model.classes_)
    if missing:
        sys.exit(f"no item is labelled {', '.join(sorted(missing))}: every stance needs some")
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(weights.items()))
    head = {
        "items": items,
        "stances": list(model.classes_),
        "bias": [round(float(b), 3) for b in model.intercept_],
        "calibration": [round(c, 4) for c in calibration],
    }
    text = json.dumps(head, indent=1)[:-2] + f',\n "weights": {{\n{lines}\n }}\n}}\n'
    print(f"{len(weights)} features")
    if not check:
        (HERE / "weights.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
