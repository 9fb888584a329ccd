"""``python -m bot``.

The shell is imported when it is called for: the parser's worker processes import this module too,
and need none of it.
"""

from __future__ import annotations


def main() -> None:
    """The shell."""
    from bot.cli import main as shell

    shell()


if __name__ == "__main__":
    main()
