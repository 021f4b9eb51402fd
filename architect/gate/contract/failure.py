"""What a contract check answers when a candidate breaks the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from architect.gate.verdict import CounterExample


@dataclass(frozen=True)
class Failure:
    """One broken claim.

    `private` is what a held-back example would show: it is for a person, never for a
    model. `final` failures (a call that never ends) are not shrunk. `stage` names the
    stage where it is not the one of the checks around it.
    """

    message: str
    counter_example: CounterExample | None = None
    private: CounterExample | None = None
    line: int | None = None
    hint: str | None = None
    final: bool = False
    stage: str | None = None


class Broken(BaseException):
    """Carries a failure past hypothesis and past an expression that catches errors."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class Check:
    """One pytest item: its name, and a run that returns a failure or None."""

    name: str
    run: Callable[[], Failure | None]
