"""One version of a module in memory, and which of several stands in for another."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.manifest import Entry


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one module, ready to be called."""

    name: str
    entry: Entry
    call: Callable[..., Any]

    @property
    def id(self) -> str:
        """Its short name, as in the manifest and in reflections."""
        return self.entry.version

    @property
    def shape(self) -> inspect.Signature:
        """How it is called: names, order, defaults and types, that of the answer too."""
        return inspect.signature(self.call)


def last_alike(
    versions: Sequence[Version], shape: inspect.Signature | None
) -> Version | None:
    """Return the last version of this shape, None where none is.

    Callers are written for one shape. Handed a version of another they fail before its
    wrapper's `try`, where nothing contains it, or give it what it takes for another thing.
    """
    return next((one for one in reversed(versions) if one.shape == shape), None)
