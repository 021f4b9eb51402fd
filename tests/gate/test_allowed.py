"""The allowlist itself: no word of it leads to a module, a frame, code or a class."""

from __future__ import annotations

import builtins
import types
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from body_cases import Case

from architect.gate import allowed
from architect.gate.scope import scope_of
from core import errors
from core.imports import IMPORTS, import_name

SERIES = pd.Series([1.0, 2.0, 3.0])
FRAME = pd.DataFrame({"open": [1.0, 2.0], "close": [2.0, 3.0]})
DOORS = (
    types.ModuleType,
    types.FrameType,
    types.CodeType,
    types.TracebackType,
    type,
)


def _error() -> Exception:
    try:
        raise ValueError("x")
    except ValueError as error:
        return error


VALUES: list[Any] = [
    SERIES, FRAME, SERIES.index, SERIES.to_numpy(), SERIES.rolling(2), SERIES.ewm(span=2),
    SERIES.expanding(), SERIES.groupby([0, 0, 1]), FRAME.groupby("open"), FRAME.rolling(2),
    pd.Series(["a"]).str, pd.Series([datetime(2026, 1, 1, tzinfo=UTC)]).dt,
    SERIES.iloc, FRAME.loc, SERIES.dtype, np.float64(1), np.bool_(True), np.add,
    1, 1.0, True, "a", b"a", (), [], {}, set(), frozenset(), range(2), slice(1), None,
    Decimal(1), datetime(2026, 1, 1, tzinfo=UTC), timedelta(1), Counter(), deque(),
    sha256(b""), _error(), (i for i in ()), lambda: 0, len, print, "".join, np.sum, iter([]),
]  # fmt: skip

MODULES = {
    "bisect": "bisect",
    "itertools": "itertools",
    "math": "math",
    "statistics": "statistics",
    "np": "numpy",
    "pd": "pandas",
    "momentum": "ta.momentum",
    "trend": "ta.trend",
    "volatility": "ta.volatility",
    "ta_volume": "ta.volume",
}


def _everything() -> frozenset[str]:
    case = Case(
        "all",
        "s: Series, d: Decimal, t: datetime, p: Position -> Fill",
        "",
        imports=(
            "collections.Counter", "collections.deque", "hashlib.sha256", "itertools",
            "ta.trend", "collections.defaultdict", "numpy",
        ),
    )  # fmt: skip
    return scope_of(case.spec(), case.graph()).attributes


def _reached(value: Any) -> Iterator[tuple[str, Any]]:
    for word in sorted(_everything()):
        try:
            found = getattr(value, word)
        except (AttributeError, ValueError, TypeError, NotImplementedError):
            continue
        yield word, found


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.filterwarnings("ignore")
def test_no_allowed_attribute_opens_a_door(value: Any) -> None:
    assert [word for word, found in _reached(value) if isinstance(found, DOORS)] == []


@pytest.mark.parametrize("name", allowed.MODULES)
def test_allowed_members_exist_and_are_no_modules(name: str) -> None:
    module = import_module(MODULES[name])
    members = {word: getattr(module, word) for word in allowed.MODULES[name]}
    assert not [
        word for word, found in members.items() if isinstance(found, types.ModuleType)
    ]


def test_a_series_knows_only_what_its_spec_brings() -> None:
    """Decimal, datetime and candle words are allowed where such values can be."""
    plain = Case("plain", "x: int -> int", "")
    words = scope_of(plain.spec(), plain.graph()).attributes
    assert not words & {"quantize", "rolling", "timestamp", "most_common", "price"}


def test_risky_words_are_not_allowed_anywhere() -> None:
    doors = {
        "format",
        "format_map",
        "mro",
        "eval",
        "query",
        "pipe",
        "ctypes",
        "base",
        "send",
    }
    assert not _everything() & doors


def test_nothing_of_the_sandbox_or_of_the_running_system_can_be_caught() -> None:
    imported = tuple(key for key in IMPORTS if key.startswith("core.errors."))
    case = Case("all", "x: int -> int", "", imports=imported)
    scope = scope_of(case.spec(), case.graph())
    assert {import_name(key) for key in imported} <= scope.caught
    kept = (
        MemoryError, RecursionError, TimeoutError, errors.ContractError,
        errors.RequiresError, errors.EnsuresError, errors.DeadlineExceeded, errors.Barred,
        errors.NotAccepted,
    )  # fmt: skip
    for word in scope.caught:
        kind = getattr(builtins, word, None) or getattr(errors, word)
        assert not any(issubclass(one, kind) for one in kept), word
    assert {"Exception", "RuntimeError"} <= scope.exceptions
