"""What a spec's ports offer, read from their Protocols in core/<package>/ports.py.

The prompt shows it, the structure check allows it, the gate plays it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from core import types
from core.errors import SpecError
from core.types import Type


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a port; types are those of specs."""

    name: str
    params: dict[str, Type]
    returns: Type
    summary: str

    @property
    def signature(self) -> str:
        """The call as a person writes it, with types."""
        args = ", ".join(f"{name}: {kind}" for name, kind in self.params.items())
        return f"{self.name}({args}) -> {self.returns}"


@cache
def methods(port: str, package: str = "trading") -> tuple[Method, ...]:
    """Return the methods of a port by its class name; SpecError if there is none."""
    protocol = _protocols(package).get(port)
    if protocol is None:
        known = ", ".join(port_names(package))
        raise SpecError(f"there is no port {port!r}", hint=f"ports: {known}")
    functions = vars(protocol).items()
    return tuple(_method(n, f) for n, f in functions if _is_public_function(n, f))


def port_names(package: str = "trading") -> list[str]:
    """Return the class names of all ports."""
    return sorted(_protocols(package))


def _protocols(package: str) -> dict[str, type]:
    module = importlib.import_module(f"core.{package}.ports")
    found = vars(module).items()
    # Protocol itself is imported there and is none.
    return {
        n: v
        for n, v in found
        if getattr(v, "_is_protocol", False) and v.__module__ == module.__name__
    }


def _is_public_function(name: str, value: Any) -> bool:
    return inspect.isfunction(value) and not name.startswith("_")


def _method(name: str, function: Callable[..., Any]) -> Method:
    kinds = {n: types.parse(str(text)) for n, text in function.__annotations__.items()}
    returns = kinds.pop("return")
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return Method(name, kinds, returns, summary)
