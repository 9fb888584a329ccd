"""The house's import rules, read from the source: see DESIGN in the README's map of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOT = ROOT / "bot"

# Each layer may import the layers before it and itself; parts of one layer in different
# sets are strangers to each other.
LAYERS: list[list[set[str]]] = [
    [{"core"}],
    [{"marked"}, {"drawing"}],
    [
        {"config"},
        {"feedfile", "topicfile"},
        {"seedfile"},
        {"lexicons"},
        {"locale"},
        {"feeds"},
        {"store"},
        {"messengers"},
        {"pictures"},
        {"demo"},
    ],
    [{"services"}],
    [{"chat"}],
    [{"logs", "health", "worker", "doctor", "app"}],
    [{"cli"}],
    [{"__main__"}],
]

# A third-party package and the only places it may be imported in (module prefixes).
HOMES: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("bot.store",),
    "alembic": ("bot.store",),
    "telegram": ("bot.messengers", "bot.chat"),
    "aiohttp": ("bot.feeds", "bot.health", "bot.doctor"),
    "feedparser": ("bot.feeds.parse",),
    "listparser": ("bot.feeds.opml",),
    "yaml": ("bot.marked", "bot.feedfile"),
    "apscheduler": ("bot.worker",),
    "pydantic": ("bot.config", "bot.store.codec"),
    "pydantic_settings": ("bot.config",),
    "structlog": ("bot.logs",),
    "typer": ("bot.cli", "bot.__main__"),
    "rich": ("bot.cli",),
    "matplotlib": ("bot.drawing",),
    "babel": ("bot.locale",),
}

CORE_MAY = {"rapidfuzz"}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(BOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, those inside functions and TYPE_CHECKING included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else ""


def place(part: str) -> tuple[int, int] | None:
    for height, layer in enumerate(LAYERS):
        for index, members in enumerate(layer):
            if part in members:
                return height, index
    return None


def direction_fault(importer: str, imported: str) -> str | None:
    """Why ``importer`` may not import ``imported``, both modules of ours; None when it may."""
    here, there = place(part_of(importer)), place(part_of(imported))
    if here is None or there is None:
        return None if not part_of(imported) else f"{importer} or {imported} has no layer"
    if there[0] > here[0]:
        return f"{importer} imports upward: {imported}"
    if there[0] == here[0] and there[1] != here[1]:
        return f"{importer} imports a stranger: {imported}"
    return None


def home_fault(importer: str, imported: str) -> str | None:
    """Why a third-party import is in the wrong place; None when it isn't."""
    package = imported.split(".")[0]
    homes = HOMES.get(package)
    if homes and not any(importer == home or importer.startswith(home + ".") for home in homes):
        return f"{importer} imports {package}, whose home is {', '.join(homes)}"
    return None


def test_every_module_is_seen_and_has_a_layer() -> None:
    """The rules below look at every module of bot/, and each belongs to a known layer."""
    seen = [module for module, _ in modules()]
    assert len(seen) == len(list(BOT.rglob("*.py"))) >= 30
    assert [m for m in seen if part_of(m) and place(part_of(m)) is None] == []


def test_imports_go_one_way() -> None:
    """Each module imports only what stands to its left."""
    faults = [
        fault
        for module, path in modules()
        for name in imports(path)
        if name == "bot" or name.startswith("bot.")
        if (fault := direction_fault(module, name))
    ]
    assert faults == []


def test_each_library_has_one_home() -> None:
    """A third-party package is imported only where its job is done."""
    faults = [
        fault
        for module, path in modules()
        for name in imports(path)
        if (fault := home_fault(module, name))
    ]
    assert faults == []


def test_core_is_pure() -> None:
    """The core imports itself, rapidfuzz, and of the standard library nothing that does I/O."""
    worldly = {"os", "io", "pathlib", "socket", "subprocess", "sqlite3", "asyncio", "threading"}
    worldly |= {"random", "time", "logging", "urllib.request", "http", "tempfile", "shutil"}
    import sys

    faults = []
    for module, path in modules():
        if part_of(module) != "core":
            continue
        for name in imports(path):
            top = name.split(".")[0]
            allowed = top in CORE_MAY or top == "bot" or top in sys.stdlib_module_names
            if not allowed or top in worldly or name in worldly:
                faults.append(f"{module} imports {name}")
    assert faults == []


def test_services_are_handed_their_network_and_messengers() -> None:
    """No service imports a messenger, the chat or the fetcher: they come as arguments."""
    forbidden = ("bot.messengers", "bot.chat", "bot.feeds.fetch", "bot.config")
    faults = [
        f"{module} imports {name}"
        for module, path in modules()
        if part_of(module) == "services"
        for name in imports(path)
        if name.startswith(forbidden)
    ]
    assert faults == []


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node.lineno, ast.unparse(node)


def test_the_clock_is_read_in_one_place() -> None:
    """Nobody but the composition root asks what time it is."""
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "time.time", "date.today"}
    faults = [
        f"{module}:{line}: {text}"
        for module, path in modules()
        if module != "bot.app"
        for line, text in calls(path)
        if text in clocks
    ]
    assert faults == []


def test_the_environment_is_read_in_one_place() -> None:
    """Nobody but config looks at environment variables."""
    faults = [
        f"{module}:{line}"
        for module, path in modules()
        if module != "bot.config"
        for line, text in calls(path)
        if text in {"os.environ", "os.getenv", "environ"}
    ]
    assert faults == []


def test_no_module_builds_its_world_at_import() -> None:
    """No module-level engine, client, loop or settings object."""
    builders = {"create_engine", "Database", "Settings", "load_settings", "ClientSession"}
    builders |= {"Fetcher", "AsyncIOScheduler", "Application", "new_event_loop", "load_detector"}
    faults = []
    for module, path in modules():
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in builders:
                    faults.append(f"{module}:{node.lineno}")
    assert faults == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("bot.core.judge", "bot.store.db"),
        ("bot.store.feeds", "bot.feeds.parse"),
        ("bot.services.poll", "bot.chat.reply"),
        ("bot.chat.reply", "bot.app"),
        ("bot.locale", "bot.config"),
    ],
)
def test_the_rule_of_direction_bites(importer: str, imported: str) -> None:
    """An upward or sideways import would be found."""
    assert direction_fault(importer, imported)


def test_the_rule_of_homes_bites() -> None:
    """A library outside its home would be found."""
    assert home_fault("bot.services.poll", "telegram.ext")
    assert home_fault("bot.core.text", "sqlalchemy")
    assert home_fault("bot.store.db", "sqlalchemy.orm") is None
