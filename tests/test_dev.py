"""dev.py and the lock: what a stranger types first."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked() -> dict[str, str]:
    pins = [line.split(" ")[0] for line in LOCK.splitlines() if "==" in line.split(" ;")[0]]
    return dict(pin.removesuffix("\\").strip().split("==") for pin in pins if "--hash" not in pin)


def test_the_lock_names_no_host() -> None:
    """The lock holds versions and hashes, no addresses of package indexes."""
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_the_lock_holds_what_pyproject_asks_for() -> None:
    """Every dependency of every group is locked, in a version that pyproject.toml accepts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *[x for extra in project["project"]["optional-dependencies"].values() for x in extra],
        *project["dependency-groups"]["dev"],
    ]
    pins = locked()
    assert len(pins) > 50
    for requirement in map(Requirement, wanted):
        name = requirement.name.lower()
        assert pins.get(name) in requirement.specifier, requirement


def test_every_locked_version_has_hashes() -> None:
    """pip --require-hashes can install the lock: each pin is followed by at least one hash."""
    lines = LOCK.splitlines()
    pins = [n for n, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert pins
    assert [lines[n] for n in pins if "--hash=sha256:" not in lines[n + 1]] == []


def test_the_lock_says_how_it_is_made(dev: ModuleType) -> None:
    """The first line of the lock is the one that 'dev.py lock' writes."""
    assert LOCK.startswith(dev.HEADER)


@pytest.mark.parametrize(("words", "code"), [([], 2), (["--help"], 0), (["nonsense"], 2)])
def test_dev_explains_itself(words: list[str], code: int) -> None:
    """Without a known task dev.py prints its tasks; asked for help, that is no error."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, ROOT / "dev.py", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    for task in ("demo", "run", "test", "lint", "lock"):
        assert f"dev.py {task}" in done.stdout


def test_a_wrong_python_is_told(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a Python that is too old, with no better one in reach, one line says what is needed."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", "")
    assert dev.main(["demo"]) == 2
    assert "3.11, 3.12 or 3.13; this is 3.9" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="makes a shell script")
def test_a_better_python_is_used(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a Python that is too old, a fitting one on the PATH is handed the same words."""
    fitting = tmp_path / "python3.12"
    fitting.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/words\n', encoding="utf-8")
    fitting.chmod(0o755)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dev.main(["demo", "--plain"]) == 0
    assert (tmp_path / "words").read_text().splitlines() == [
        "--version",
        f"{ROOT / 'dev.py'} demo --plain",
    ]


def test_a_venv_that_fits_is_left_alone(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the stamp of this lock, this Python and this folder, nothing is installed again."""
    ran: list[object] = []
    monkeypatch.setattr(dev, "VENV", tmp_path)
    monkeypatch.setattr(dev, "STAMP", tmp_path / "locked")
    monkeypatch.setattr(
        dev.subprocess,
        "run",
        lambda command, **_: ran.append(command) or subprocess.CompletedProcess(command, 0),
    )
    dev.environment()
    assert len(ran) == 3
    assert "--require-hashes" in str(ran[1])
    dev.environment()
    assert len(ran) == 3


def test_continuous_integration_runs_the_same_checks() -> None:
    """.ci/run is executable and does what 'python3 dev.py test' does."""
    script = ROOT / ".ci" / "run"
    assert "exec python3 dev.py test" in script.read_text(encoding="utf-8")
    assert os.name != "posix" or os.access(script, os.X_OK)
