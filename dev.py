"""What a developer types. Standard library only; makes .venv from the hash lock where needed.

    python3 dev.py demo     show what Greenlight does: offline, no token
    python3 dev.py run      the service (settings: see .env.example)
    python3 dev.py test     format, lint, types, tests, migrations; exit 0 only if all hold
    python3 dev.py lint     mend what can be mended by itself, show the rest
    python3 dev.py lock     write requirements.lock anew from pyproject.toml

Words after demo and run go to the program, after test to pytest, after lock to uv.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / "python")
STAMP = VENV / "locked"
OLDEST, NEWEST = (3, 11), (3, 13)
HEADER = "# Locked by 'python3 dev.py lock' from pyproject.toml: every version with its hashes.\n"


def main(words: list[str]) -> int:
    tasks = {"demo": demo, "run": run, "test": test, "lint": lint, "lock": lock}
    if not words or words[0] not in tasks:
        print(__doc__, end="")
        return 0 if words[:1] in (["-h"], ["--help"], ["help"]) else 2
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return with_a_fitting_python(words)
    try:
        return tasks[words[0]](words[1:])
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as error:
        print(f"dev.py: failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1


def with_a_fitting_python(words: list[str]) -> int:
    """Hand over to a Python of a version that the lock was made for, if the machine has one."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        try:
            subprocess.run([name, "--version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return subprocess.run([name, __file__, *words], check=False).returncode
    here = ".".join(map(str, sys.version_info[:2]))
    print(f"dev.py: Greenlight needs Python 3.11, 3.12 or 3.13; this is {here}.", file=sys.stderr)
    return 2


def environment() -> None:
    """Make .venv hold exactly what the lock says, if it doesn't yet."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    version = ".".join(map(str, sys.version_info[:2]))
    wanted = f"{lock} {version} {ROOT}\n"
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Making .venv from requirements.lock (a minute or two, once) ...", flush=True)
    started = time.monotonic()
    config = VENV / "pyvenv.cfg"
    other = config.exists() and f"version = {version}." not in config.read_text()
    made = subprocess.run(
        [sys.executable, "-m", "venv", *(["--clear"] if other else []), VENV], check=False
    )
    if made.returncode:
        print(
            "dev.py: this Python can't make a venv; on Debian and Ubuntu: apt install python3-venv"
        )
        raise SystemExit(2)
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    # Only what is imported gets compiled, when it is: that takes a third off the wait.
    subprocess.run([*pip, "--no-compile", "--require-hashes", "-r", LOCK], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
    STAMP.write_text(wanted)
    print(f"... made in {time.monotonic() - started:.0f} s.", flush=True)


def demo(words: list[str]) -> int:
    return bot("demo", *words)


def run(words: list[str]) -> int:
    return bot("run", *words)


def bot(*words: str) -> int:
    """``python -m bot``, in this process's place where that can be: signals then reach it."""
    environment()
    command = [PYTHON, "-m", "bot", *words]
    if os.name == "posix":
        os.execv(PYTHON, command)  # noqa: S606
    return subprocess.run(command, check=False).returncode


def test(words: list[str]) -> int:
    """Every check, the failed ones named at the end."""
    environment()
    with tempfile.TemporaryDirectory() as folder:
        fresh = {"DATABASE_URL": f"sqlite:///{Path(folder, 'migrated.db').as_posix()}"}
        steps = [
            ("format", [PYTHON, "-m", "ruff", "format", "--check", "."], {}),
            ("lint", [PYTHON, "-m", "ruff", "check", "."], {}),
            ("types", [PYTHON, "-m", "mypy"], {}),
            ("tests", [PYTHON, "-m", "pytest", "-n", "2", *words], {"PYTHONDEVMODE": "1"}),
            ("migrations: upgrade", [PYTHON, "-m", "bot", "db", "upgrade"], fresh),
            ("migrations: check", [PYTHON, "-m", "bot", "db", "check"], fresh),
        ]
        failed = [name for name, command, more in steps if not step(name, command, more)]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll hold.")
    return 1 if failed else 0


def step(name: str, command: list[str], more: dict[str, str]) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False)
    print(f"== {name}: {'FAILED' if done.returncode else 'ok'}, {time.monotonic() - started:.1f} s")
    return done.returncode == 0


def lint(words: list[str]) -> int:
    environment()
    subprocess.run([PYTHON, "-m", "ruff", "format", "."], cwd=ROOT, check=True)
    subprocess.run([PYTHON, "-m", "ruff", "check", "--fix", "."], cwd=ROOT, check=True)
    return subprocess.run([PYTHON, "-m", "mypy", *words], cwd=ROOT, check=False).returncode


def lock(words: list[str]) -> int:
    """Versions in the lock stay unless pyproject.toml forbids them (``lock --upgrade``: newest)."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder, BIN.name, "python"))
        subprocess.run([python, "-m", "pip", "--quiet", "install", "uv"], check=True)
        new = Path(folder, "requirements.lock")
        if LOCK.exists():
            new.write_bytes(LOCK.read_bytes())
        command = [
            python,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--generate-hashes",
            "--universal",
        ]
        command += ["--all-extras", "--group", "dev", "--python-version", "3.11", "--system-certs"]
        command += ["--no-header", "--no-emit-index-url", "--output-file", str(new), *words]
        subprocess.run([*command, "pyproject.toml"], cwd=ROOT, check=True)
        lines = [line for line in new.read_text().splitlines() if "://" not in line]
    LOCK.write_text(HEADER + "\n".join(line for line in lines if line + "\n" != HEADER) + "\n")
    print(f"{LOCK.name}: {sum('==' in line for line in lines)} packages.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
