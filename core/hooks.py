"""What the process around the modules sets: where reflections go, what a failure leads to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

Reflection = tuple[int, str, str, int, int, str, str | None, Any, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call: `outcome` is requires, ensures or error; `args` without ports."""

    module: str
    version: str
    kind: str
    outcome: str
    error: Exception
    arguments: dict[str, Any]
    ports: tuple[str, ...]
    fallback: Callable[..., Any] | None


class Interrupted(BaseException):
    """Raised into a call that ran too long; `code` is the call's, as a frame shows it.

    No Exception, so that no body and no call in between takes it for its own.
    """

    def __init__(self, code: CodeType, limit_ms: int) -> None:
        super().__init__(code.co_name)
        self.code, self.limit_ms = code, limit_ms


def words_of(error: BaseException) -> str:
    """Return an error's type and text; its type alone where no text can be made of it.

    Whoever contains an error must not fail by it.
    """
    kind = type(error).__name__
    try:
        return f"{kind}: {error}"
    except Exception:
        return kind


class Hooks:
    """What the process around the modules sets: sink, containment, number of the tick.

    A reflection is (start in perf_counter ns, module, version, tick, duration in ns,
    outcome, error, arguments, result).
    """

    __slots__ = ("append", "contain", "tick")

    def __init__(self) -> None:
        self.append: Callable[[Reflection], None]
        self.contain: Callable[[Failure], Any] | None
        self.tick = 0
        self.reset()

    def reset(self) -> None:
        """Set sink and containment as they are where no runtime is: in the gate."""
        recent: deque[Reflection] = deque(maxlen=1000)
        self.append, self.contain = recent.append, None


hooks = Hooks()
