"""What is written about Greenlight is about this Greenlight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bot.chat.commands import COMMANDS
from bot.cli import app
from bot.config import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
README = "README.md"
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def shell_commands(group: typer.Typer, prefix: str = "") -> Iterator[str]:
    """Every command of the shell, as it is typed after ``python -m bot``."""
    for command in group.registered_commands:
        assert command.callback
        yield f"{prefix}{command.name or command.callback.__name__}"
    for inner in group.registered_groups:
        assert inner.typer_instance
        yield from shell_commands(inner.typer_instance, f"{prefix}{inner.name} ")


@pytest.mark.parametrize("name", [field.upper() for field in Settings.model_fields])
def test_every_setting_is_documented(name: str) -> None:
    """Each setting stands in the README and in the example of an .env file."""
    assert f"`{name}`" in read(README)
    assert re.search(rf"^{name}=", EXAMPLE, re.MULTILINE)


def test_the_example_of_an_env_file_says_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Used as it stands, .env.example changes nothing, and it names no setting that isn't one."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = load_settings()
    (tmp_path / ".env").write_text(EXAMPLE, encoding="utf-8")
    assert load_settings() == defaults
    named = {name.lower() for name in re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE)}
    assert named == set(Settings.model_fields)


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_chat_command_is_documented(name: str) -> None:
    """Each command of the chat stands in the README."""
    assert re.search(rf"/{name}\b", read(README))


@pytest.mark.parametrize("command", sorted(shell_commands(app)))
def test_every_shell_command_is_documented(command: str) -> None:
    """Each command of the shell stands in the README; of a group, its name and the command's."""
    group, _, name = command.rpartition(" ")
    assert re.search(rf"\b{group}\b.*\b{name}\b", read(README))


def test_the_two_commands_of_the_start_are_there() -> None:
    """A stranger finds what to type first, and dev.py knows it."""
    for task in ("demo", "test", "run"):
        assert f"python3 dev.py {task}" in read(README)
        assert f"def {task}(" in read("dev.py")


def test_the_procfile_names_real_roles() -> None:
    """Each process of the Procfile is a command that the shell has."""
    lines = re.findall(r"^(\w+): python -m bot (.+)$", read("Procfile"), re.MULTILINE)
    assert {name for name, _ in lines} >= {"release", "worker"}
    known = set(shell_commands(app))
    for _, command in lines:
        assert command.partition(" --role")[0] in known


def test_everything_linked_from_the_readme_exists() -> None:
    """A relative link of the README leads to a file of the repository."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", read(README))
    assert [target for target in targets if not (ROOT / target).exists()] == []
