"""Everything that can go wrong on purpose.

    GreenlightError
    ├── ConfigError        a setting or a file of the operator's is wrong      → exit 2
    │   └── FileError      … at a line of a file: path, line, key, cure
    ├── StoreError         the database is locked, full, damaged, out of reach … → exit 1
    └── UserError          somebody asked for something that can't be done     → a short reply
                           carries a catalogue key and its parameters; rendered at the edge

Expected trouble with one feed or one delivery is not raised: it is a value (see ports).
"""

from __future__ import annotations


class GreenlightError(Exception):
    """The root of the tree."""


class ConfigError(GreenlightError):
    """A wrong setting, told in one line: its name, what was given, what is accepted."""


class FileError(ConfigError):
    """A fault in a file, with the place and the cure."""

    def __init__(self, path: str, line: int | None, problem: str, cure: str) -> None:
        self.path, self.line, self.problem, self.cure = path, line, problem, cure
        place = path if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {problem}. {cure}")


class StoreError(GreenlightError):
    """The database can't do what was asked; the message says why and what helps."""


class UserError(GreenlightError):
    """A request that can't be met; ``key`` names the reply in the message catalogue."""

    def __init__(self, key: str, **params: object) -> None:
        self.key, self.params = key, params
        super().__init__(f"{key} {params}" if params else key)
