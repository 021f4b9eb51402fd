"""Who judges for a build, and how many texts at once."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from architect.code_generator import Judge
from architect.gate.verdict import Verdict
from core.errors import ArchitectError
from core.spec import Spec

Answer = Verdict | ArchitectError


class Judges(Protocol):
    """Takes up to `slots` texts and gives their verdicts in the order of being ready."""

    slots: int

    def submit(self, spec: Spec, text: str) -> None:
        """Begin to judge a body or a module of `spec`."""

    def ready(self) -> tuple[str, Answer]:
        """Wait for one; return its spec's name and its verdict, or what went wrong."""

    def close(self) -> None:
        """Let go of everything, also of what is judged now."""


class OneByOne:
    """Judges in this process, one at a time."""

    slots = 1

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._waiting: deque[tuple[Spec, str]] = deque()

    def submit(self, spec: Spec, text: str) -> None:
        """Begin to judge a body or a module of `spec`."""
        self._waiting.append((spec, text))

    def ready(self) -> tuple[str, Answer]:
        """Wait for one; return its spec's name and its verdict, or what went wrong."""
        spec, text = self._waiting.popleft()
        try:
            return spec.name, self._judge(spec, text)
        except ArchitectError as error:
            return spec.name, error

    def close(self) -> None:
        """Let go of what waits."""
        self._waiting.clear()
