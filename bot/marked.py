"""YAML that remembers its lines, so that a fault in a file can be told with its place.

``load_marked`` gives a tree of ``Node`` values. A node is asked for what the caller needs of it
(``mapping``, ``items``, ``text``, ``number``, ``flag``) and raises FileError, with file, line and
cure, when it is something else. Duplicate and unknown keys are refused, never passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from bot.core.errors import FileError

Value = str | int | float | bool | None | list["Node"] | dict[str, "Node"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = frozenset({"str", "int", "float", "bool", "null"})
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file, the file it came from and its line there (from 1)."""

    file: str
    line: int
    value: Value

    def fault(self, problem: str, cure: str) -> FileError:
        """The error to raise when this node is wrong."""
        return FileError(self.file, self.line, problem, cure)

    def mapping(
        self, known: Collection[str] | None = None, *, required: Collection[str] = ()
    ) -> dict[str, Node]:
        """The keys and their nodes; with ``known``, any other key is a fault."""
        if not isinstance(self.value, dict):
            raise self.fault(f"expected 'key: value' lines, found {self._kind()}", "Indent them.")
        for key, node in self.value.items():
            if known is not None and key not in known:
                raise node.fault(f"unknown key '{key}'", suggest(key, known))
        for key in required:
            if key not in self.value:
                raise self.fault(f"'{key}' is missing", f"Add a line '{key}: …' to this block.")
        return self.value

    def items(self) -> list[Node]:
        """The members of a list."""
        if not isinstance(self.value, list):
            raise self.fault(
                f"expected a list, found {self._kind()}", "Write '- …' lines or [one, two]."
            )
        return self.value

    def text(self, name: str = "value") -> str:
        """A non-empty string, stripped. ``name`` is what the message calls it."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.fault(
                f"{name} must be text, found {self._kind()}", "Put the words in quotes."
            )
        return self.value.strip()

    def number(self, name: str = "value") -> float:
        """A number, whole or not."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.fault(f"{name} must be a number, found {self._kind()}", "Write digits.")
        return float(self.value)

    def flag(self, name: str = "value") -> bool:
        """A truth value."""
        if not isinstance(self.value, bool):
            raise self.fault(
                f"{name} must be true or false, found {self._kind()}", "Write true or false."
            )
        return self.value

    def texts(self, name: str = "value") -> list[str]:
        """A list of non-empty strings."""
        return [item.text(name) for item in self.items()]

    def _kind(self) -> str:
        match self.value:
            case None:
                return "nothing"
            case dict():
                return "a block of keys"
            case list():
                return "a list"
            case bool():
                return f"{self.value} (a bare yes, no, on or off counts as true or false)"
            case _:
                return repr(self.value)


def suggest(word: str, known: Collection[str]) -> str:
    """'Did you mean …?' when something near is known, else all that is."""
    near = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=60)
    return f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(sorted(known))}."


def load_marked(path: Path) -> Node:
    """The tree of a file. Raises FileError when it can't be read or isn't YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError(str(path), None, "no such file", "Check the path.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FileError(str(path), line, "not UTF-8", "Save the file as UTF-8 text.") from None
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise FileError(str(path), None, reason, "Check the path and its rights.") from None
    return parse_marked(text, str(path))


def parse_marked(text: str, file: str) -> Node:
    """The tree of YAML text; ``file`` is what faults are told of. An empty text is a null node."""
    loader = _LOADER(text)
    try:
        root = loader.get_single_node()
        return Node(file, 1, None) if root is None else _Reader(loader, file).read(root)
    except yaml.YAMLError as error:
        raise _syntax(error, file) from None
    finally:
        loader.dispose()


def _syntax(error: yaml.YAMLError, file: str) -> FileError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    cure = "Check the indentation, and put words with ': ' or '#' in quotes."
    return FileError(file, None if mark is None else mark.line + 1, f"not YAML: {problem}", cure)


class _Reader:
    """Turns PyYAML's nodes into ours, each once, however often an alias points at it."""

    def __init__(self, loader: yaml.SafeLoader, file: str) -> None:
        self._loader, self._file = loader, file
        self._done: dict[int, Node] = {}
        self._open: set[int] = set()

    def read(self, node: yaml.Node) -> Node:
        if id(node) in self._done:
            return self._done[id(node)]
        line = node.start_mark.line + 1
        if id(node) in self._open:
            raise FileError(self._file, line, "a block contains itself", "Remove the alias (*…).")
        self._open.add(id(node))
        value = self._value(node, line)
        self._open.discard(id(node))
        return self._done.setdefault(id(node), Node(self._file, line, value))

    def _value(self, node: yaml.Node, line: int) -> Value:
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if node.tag.removeprefix(_TAG) not in _SCALARS:  # a date, say: its text is what was meant
            return str(node.value)
        try:
            value: Value = self._loader.construct_object(node)
        except ValueError:  # YAML 1.1 takes 1:99 for a number of base 60, and fails on it
            return str(node.value)
        return value

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise FileError(self._file, line, "a key must be a word", "Write 'key: value'.")
            key, value = str(key_node.value), self.read(value_node)
            if key in found:
                problem = f"'{key}' is given twice in one block (first on line {found[key].line})"
                raise FileError(self._file, line, problem, "Keep one of them.")
            found[key] = Node(self._file, line, value.value)  # the key's line says more
        return found
