"""PTB's opt-in to timedeltas, so that its deprecation warning isn't taken for ours."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
