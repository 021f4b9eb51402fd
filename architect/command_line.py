"""`architect`: the commands of the table, each in a module that is imported when used.

Data goes to stdout, everything else to stderr. Exit codes: 0, 1 (it failed), 2 (it was
called wrongly). `--help` costs no heavy import.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

from architect.command_table import COMMANDS, COMMITTING
from core.errors import ArchitectError

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Terminated(BaseException):
    """SIGTERM came: what was begun is ended in order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _terminate)
        code = _ended(words)
        _flush()
        return code
    except ArchitectError as error:
        return _failed(str(error), error.hint)
    except KeyboardInterrupt:
        return _stopped("interrupted", signal.SIGINT, words)
    except Terminated:
        return _stopped("terminated", signal.SIGTERM, words)
    except BrokenPipeError:
        _throw_output_away()
        return 128 + signal.SIGPIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            return _no_room(error)
        from architect import crash

        return _failed(*crash.told(error))


def _ended(words: list[str]) -> int:
    """Run a command; where it ended the program, as --help does, return with which code."""
    try:
        return _run(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0


def _flush() -> None:
    """Write what is waiting here, where a closed pipe or a full disk is met, and not when
    the interpreter ends."""
    if sys.stdout is not None:  # it may have been closed from the start
        sys.stdout.flush()


def _no_room(error: OSError) -> int:
    """Say that a disk is full: mostly that of the file into which the output goes."""
    try:
        _flush()
    except OSError:
        _throw_output_away()
    hint = "free some space or write the output elsewhere, then run the command again"
    return _failed(f"nothing more can be written: {error.strerror}", hint)


def _throw_output_away() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def _failed(message: str, hint: str | None, code: int = 1) -> int:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return code


def _stopped(how: str, number: signal.Signals, words: list[str]) -> int:
    commits = COMMITTING.intersection(words[:1])
    told = f"{how}: what was accepted is committed" if commits else how
    print(f"\n{told}", file=sys.stderr)
    return 128 + number


def _run(words: list[str]) -> int:
    chosen = next((word for word in words if not word.startswith("-")), None)
    if words[:1] == ["--version"]:
        return _version()
    if words[:1] == ["--root"]:
        return _failed("--root goes behind the command", "architect --help", 2)
    if chosen is None:
        parser = _parser(None)
        parser.parse_args(words)
        parser.print_help(sys.stderr)
        return 2
    if chosen not in COMMANDS:
        near = _nearest(chosen, COMMANDS) or "architect --help"
        return _failed(f"there is no command {chosen!r}", near, 2)
    module = importlib.import_module(f"architect.commands.{chosen}")
    options, rest = _parser(module).parse_known_args(words)
    if rest:
        return _refused(chosen, module, rest[0])
    code: int = module.run(options)
    return code


def _version() -> int:
    from importlib.metadata import version

    print(f"architect {version('architect')}")
    return 0


def _refused(command: str, module: ModuleType, word: str) -> int:
    """Refuse what a command does not take; name the nearest that it does."""
    if not word.startswith("-"):
        return _failed(
            f"{word!r} is one word too many", f"architect {command} --help", 2
        )
    probe = argparse.ArgumentParser(add_help=False)
    _arguments(probe, module)
    known = [text for action in probe._actions for text in action.option_strings]
    hint = _nearest(word.partition("=")[0], known) or f"architect {command} --help"
    return _failed(f"architect {command} has no option {word}", hint, 2)


def _nearest(word: str, known: Iterable[str]) -> str | None:
    import difflib

    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]}?" if near else None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SystemExit(_failed(message, f"{self.prog} --help", 2))


def _parser(loaded: ModuleType | None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="architect",
        description="Software that builds, checks, runs and repairs software.",
        epilog="Each command has --help with an example.",
    )
    parser.add_argument("--version", action="store_true", help="say which one this is")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS.items():
        mine = loaded if loaded and loaded.__name__.endswith(f".{name}") else None
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
        _arguments(sub, module)


def _arguments(parser: argparse.ArgumentParser, module: ModuleType) -> None:
    help_text = "the project (default: the one around here)"
    parser.add_argument("--root", type=Path, metavar="DIR", help=help_text)
    module.add_arguments(parser)


if __name__ == "__main__":
    sys.exit(main())
