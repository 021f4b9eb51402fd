"""The one wrapper that every call of a generated module passes.

It checks the contract, times the call, contains an error and appends a reflection.
It is the hottest code of the project, so the checks of a module are compiled into one
function when the module loads, and the caller's thread pays for two clocks, a tuple
and an append. What a failure leads to is not decided here: `hooks.contain` is set by
the process that runs modules; where it is not set (in the gate), errors pass through.
"""

from __future__ import annotations

import inspect
import linecache
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from core.contract import TERMS
from core.errors import ContractError, DeadlineExceeded, EnsuresError, RequiresError
from core.hooks import Failure, Interrupted, Reflection, hooks, words_of

__all__ = [
    "Failure",
    "Interrupted",
    "Reflection",
    "Wrapping",
    "hooks",
    "module",
    "unrecorded",
    "wrapped_body",
]

_PATH = "<wrapper of "


def wrapped_body(frame: FrameType) -> CodeType | None:
    """Return the code of the body that a frame of a wrapped call runs, else None."""
    if not frame.f_code.co_filename.startswith(_PATH):
        return None
    body: CodeType = frame.f_globals["_body"].__code__
    return body


def module(
    *,
    kind: str,
    requires: Sequence[str] = (),
    ensures: Sequence[str] = (),
    on_failure: str | None = None,
    reflect: str = "full",
    ports: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wrap a module's function; see the module docstring.

    `on_failure` is an expression over the parameters, None to let the error rise.
    `reflect` is full (arguments and result), result or none.
    """

    def wrap(body: Callable[..., Any]) -> Callable[..., Any]:
        return Wrapping(
            body, kind, requires, ensures, on_failure, reflect, ports
        ).call()

    return wrap


def unrecorded(**terms: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wrap like `module`, but record no call that went well: no clocks, no reflection.

    For one who calls modules by the million and would throw the records away.
    """
    made = {**_UNSAID, **terms}
    return lambda body: Wrapping(body, **made, recorded=False).call()


_UNSAID: Mapping[str, Any] = {
    name: parameter.default
    for name, parameter in inspect.signature(module).parameters.items()
    if parameter.default is not parameter.empty
}


class Wrapping:
    """Compiles one module's checked call; the call holds it as `__wrapping__`."""

    def __init__(
        self,
        body: Callable[..., Any],
        kind: str,
        requires: Sequence[str],
        ensures: Sequence[str],
        on_failure: str | None,
        reflect: str,
        ports: Sequence[str],
        *,
        recorded: bool = True,
    ) -> None:
        self.body, self.kind, self.on_failure = body, kind, on_failure
        self.recorded = recorded
        self.requires, self.ensures = requires, ensures
        self.reflect, self.ports = reflect, tuple(ports)
        self.parameters = inspect.signature(body).parameters
        self.name = body.__name__
        self.version = str(body.__globals__.get("__version__", "unversioned"))

    def call(self) -> Callable[..., Any]:
        source = self._source()
        path = f"{_PATH}{self.name} {self.version}>"
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)
        scope = self._scope()
        exec(compile(source, path, "exec"), scope)
        wrapped: Callable[..., Any] = scope[self.name]
        self.code = wrapped.__code__
        wrapped.__doc__ = self.body.__doc__
        wrapped.__module__ = self.body.__module__
        wrapped.__wrapped__ = self.body  # type: ignore[attr-defined]
        wrapped.__wrapping__ = self  # type: ignore[attr-defined]
        return wrapped

    def _scope(self) -> dict[str, Any]:
        defaults = {
            f"_default_{name}": p.default
            for name, p in self.parameters.items()
            if p.default is not p.empty
        }
        return {
            **self.body.__globals__,
            **TERMS,
            **defaults,
            "_body": self.body,
            "_kind": self.kind,
            "_caught": (Exception, Interrupted),
            "_now": time.perf_counter_ns,
            "_hooks": hooks,
            "_failed": self._failed,
            "_requires": self._requires,
            "_ensures": self._ensures,
        }

    def _source(self) -> str:
        names = ", ".join(self.parameters)
        shown = [name for name in self.parameters if name not in self.ports]
        packed = f"({', '.join(shown)},)" if shown else "()"
        checks = [
            line
            for which, texts in (("requires", self.requires), ("ensures", self.ensures))
            for line in self._checks(which, texts)
        ]
        middle = len(self.requires) * 2
        seen = packed if self.reflect == "full" else "None"
        result = "None" if self.reflect == "none" else "result"
        started = "_started" if self.recorded else "_now()"
        record = [
            f"    _hooks.append((_started, {self.name!r}, {self.version!r}, _hooks.tick,",
            f"        _now() - _started, 'ok', None, {seen}, {result}))",
        ]
        return "\n".join(
            [
                f"def {self.name}({self._signature()}):",
                *(["    _started = _now()"] if self.recorded else []),
                "    try:",
                *checks[:middle],
                f"        result = _body({names})",
                *checks[middle:],
                "    except _caught as _error:",
                f"        return _failed(_error, {started}, ({names}{',' if names else ''}))",
                *(record if self.recorded else []),
                "    return result",
            ]
        )

    def _signature(self) -> str:
        return ", ".join(
            name if p.default is p.empty else f"{name}=_default_{name}"
            for name, p in self.parameters.items()
        )

    def _checks(self, which: str, texts: Sequence[str]) -> list[str]:
        lines = []
        for i, text in enumerate(texts):
            lines += [f"        if not ({text}):", f"            _{which}({i})"]
        return lines

    def _requires(self, i: int) -> None:
        raise RequiresError(f"{self.name} requires {self.requires[i]}", owner=self)

    def _ensures(self, i: int) -> None:
        raise EnsuresError(f"{self.name} does not ensure {self.ensures[i]}", owner=self)

    def _failed(
        self, error: Exception | Interrupted, started: int, args: tuple[Any, ...]
    ) -> Any:
        if isinstance(error, StopIteration):
            error = _no_end(error, self.name)
        if hooks.contain is not None and self._called_by_itself():
            raise error
        if isinstance(error, Interrupted):
            error = self._overdue(error)
        took = time.perf_counter_ns() - started
        outcome = self._outcome(error)
        text = words_of(error)
        given = dict(zip(self.parameters, args, strict=True))
        arguments = {k: v for k, v in given.items() if k not in self.ports}
        shown = tuple(arguments.values()) if self.reflect == "full" else None
        hooks.append(
            (
                started,
                self.name,
                self.version,
                hooks.tick,
                took,
                outcome,
                text,
                shown,
                None,
            )
        )
        if hooks.contain is None:
            raise error
        fallback = self.fallback(given) if self.on_failure is not None else None
        return hooks.contain(
            Failure(
                self.name, self.version, self.kind, outcome, error, arguments,
                self.ports, fallback,
            )
        )  # fmt: skip

    def _overdue(self, interrupted: Interrupted) -> Exception:
        """Return the error of a call that was ended; let pass what ends another one."""
        if interrupted.code is not self.code:
            raise interrupted
        message = f"{self.name} used up its {interrupted.limit_ms} ms and was ended"
        return DeadlineExceeded(message).with_traceback(interrupted.__traceback__)

    def _called_by_itself(self) -> bool:
        """Tell whether a call of this very module is under way further out.

        A recursion fails as one call, with the arguments it began with: the inner
        ones may be harmless by themselves.
        """
        frame = sys._getframe(2).f_back
        while frame is not None:
            if frame.f_code is self.code:
                return True
            frame = frame.f_back
        return False

    def fallback(self, given: dict[str, Any]) -> Callable[..., Any]:
        """Return what computes the spec's safe value for these arguments."""
        assert self.on_failure is not None
        code = compile(self.on_failure, f"<on_failure of {self.name}>", "eval")
        scope = {**self.body.__globals__, **TERMS, **given}
        return lambda: eval(code, scope)

    def _outcome(self, error: Exception) -> str:
        # A breach inside a used module is an error of this one, not its own breach.
        if isinstance(error, ContractError) and error.owner is self:
            return "requires" if isinstance(error, RequiresError) else "ensures"
        return "error"


def _no_end(error: StopIteration, name: str) -> Exception:
    """As from a generator: a caller's `map` would take it for the end of its items."""
    raised = RuntimeError(f"{name} raised StopIteration")
    raised.__cause__ = error
    return raised.with_traceback(error.__traceback__)
