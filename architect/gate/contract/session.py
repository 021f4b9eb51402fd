"""Runs contract checks as pytest items, in this process and without files.

pytest keeps the order, the reports and the stop at the first failure; nothing of the
project's or the user's pytest configuration takes part, and a session may run inside
another one.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from architect.gate.contract.failure import Broken, Check, Failure
from architect.gate.time_box import CLAIM_S, Overdue
from core.errors import GateError

_FOLDER = Path(__file__).parent
# All that pytest would load by itself but does not need for items made here.
_WITHOUT = """
assertion cacheprovider capture debugging doctest faulthandler junitxml legacypath
logging monkeypatch pastebin python recwarn setuponly setupplan skipping stepwise
subtests terminal threadexception tmpdir unittest unraisableexception warnings
"""
_ARGUMENTS = [
    f"--config-file={os.devnull}",
    f"--rootdir={_FOLDER}",
    f"--confcutdir={_FOLDER}",
    "--noconftest",
    "--disable-plugin-autoload",
    "--exitfirst",
    *(f"-pno:{name}" for name in _WITHOUT.split()),
]
_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")
_LAST = ("last_type", "last_value", "last_traceback", "last_exc")
# pytest keeps its state in the process's environment: one session at a time.
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Session:
    """How a run of checks ended: the first failure if any, and how many checks held."""

    failure: Failure | None
    held: int


class _Failed(Exception):
    """Tells pytest that the item failed."""


class _Item(pytest.Item):
    """A check as pytest sees it."""

    def __init__(self, *, check: Check, plugin: _Plugin, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check, self.plugin = check, plugin

    def runtest(self) -> None:
        try:
            failure = self.check.run()
        except Broken as broken:
            failure = broken.failure
        except Overdue:
            failure = Failure(
                f"{self.name}: the claim about the result is not decided within "
                f"{CLAIM_S:g} s",
                hint="answer less, or make the claim cheaper to check",
            )
        except Exception as error:
            self.plugin.error = error
            raise
        if failure is not None:
            self.plugin.failure = failure
            raise _Failed(failure.message)

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        return _FOLDER, 0, self.name


class _Plugin:
    """Collects the checks as items and counts those that hold."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = checks
        self.failure: Failure | None = None
        self.error: Exception | None = None
        self.held = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        session.items = [
            _Item.from_parent(session, name=check.name, check=check, plugin=self)
            for check in self.checks
        ]
        session.testscollected = len(session.items)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.held += 1


def run(checks: Sequence[Check]) -> Session:
    """Run the checks in order until one fails.

    What a check raises rises from here; GateError when pytest did not run them all.
    """
    plugin = _Plugin(checks)
    with _LOCK, _undisturbed():
        code = pytest.main(list(_ARGUMENTS), plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if plugin.error is not None:
        raise plugin.error
    if plugin.failure is None and (plugin.held != len(checks) or (checks and code)):
        raise GateError(f"pytest ran {plugin.held} of {len(checks)} checks: {code!r}")
    return Session(plugin.failure, plugin.held)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hide what pytest reads from this process, and put back what it leaves there."""
    kept = {name: os.environ.pop(name, None) for name in _VARIABLES}
    last = {name: getattr(sys, name) for name in _LAST if hasattr(sys, name)}
    try:
        yield
    finally:
        for name in _LAST:
            if hasattr(sys, name):
                delattr(sys, name)
        for name, value in last.items():
            setattr(sys, name, value)
        os.environ.update({n: v for n, v in kept.items() if v is not None})
