"""`architect`: one table of commands, each in a module that is imported when it is used.

Data goes to stdout, everything else to stderr. Exit codes: 0, 1 (it failed), 2 (it was
called wrongly). `--help` costs no heavy import.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from core.errors import ArchitectError

# name -> what it does in a few words; the module is architect.commands.<name>.
COMMANDS: dict[str, str] = {
    "generate": "build what is stale from specs: prompt, reply, gate, file, commit",
    "verify": "check that generated/ is exactly what the manifest and replies say",
    "rebuild": "make generated/ again from specs and replies, byte for byte",
    "gate": "judge a body or a whole module against its spec",
    "status": "show how each module stands, and the running system if there is one",
    "log": "show the accepted versions of a module",
    "rollback": "bring back an accepted version of a module",
    "adopt": "judge a module that was edited by hand, and record it if accepted",
    "up": "start stores, gateway, trading loop and wick by one command",
    "wick": "repair what fails: a worker fed by the stream of failures",
    "incidents": "show incidents, or one of them with its whole story",
    "demo": "run the main job from specs to a trading system that repairs itself",
    "db": "create (init) or empty (purge) what is ours in the stores",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except ArchitectError as error:
        return _failed(error)
    except KeyboardInterrupt:
        print("\ninterrupted: what was accepted is committed", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _failed(error: ArchitectError) -> int:
    print(f"error: {error}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return 1


def _run(words: list[str]) -> int:
    chosen = next((word for word in words if not word.startswith("-")), None)
    if chosen not in COMMANDS:
        parser = _parser(None)
        options = parser.parse_args(words)
        parser.print_help()
        return 2 if getattr(options, "command", None) is None else 0
    module = importlib.import_module(f"architect.commands.{chosen}")
    options = _parser(module).parse_args(words)
    code: int = module.run(options)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"error: {message}", file=sys.stderr)
        print(f"hint: {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def _parser(loaded: ModuleType | None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="architect",
        description="Software that builds, checks, runs and repairs software.",
        epilog="Each command has --help with an example.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS.items():
        mine = loaded if loaded is not None and loaded.__name__.endswith(f".{name}") else None
        _add(commands, name, text, mine)
    return parser


def _add(commands: Any, name: str, text: str, module: ModuleType | None) -> None:
    sub = commands.add_parser(
        name,
        help=text,
        description=(module.__doc__ or "").strip() if module else text,
        epilog=f"example:\n{module.EXAMPLE}" if module else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if module is not None:
        sub.add_argument("--root", type=Path, help="the project (default: the one around here)")
        module.add_arguments(sub)


if __name__ == "__main__":
    sys.exit(main())
