"""The pass rates of the behavioural suite, by capability and language.

python -m bench.checklist            the table
python -m bench.checklist --wrong    and every headline that came out wrong
"""

from __future__ import annotations

import sys

from bot.lexicons import load_detector
from tests.checklist.ordinary_news import load_ordinary
from tests.checklist.suite import alerts, load_cases, measure, table


def main() -> None:
    """Prints the table and how many ordinary headlines alert."""
    detector = load_detector()
    rates, wrong = measure(load_cases(), detector)
    ordinary = load_ordinary()
    loud = [(code, headline) for code, headline in ordinary if alerts(detector, headline, code)]
    print(table(rates))
    print(f"\nordinary news: {len(loud)} of {len(ordinary)} headlines alert")
    if "--wrong" in sys.argv[1:]:
        for case in wrong:
            print(f"{case.capability}\t{case.language}\t{case.title}")
        for code, headline in loud:
            print(f"ordinary\t{code}\t{headline}")


if __name__ == "__main__":
    main()
