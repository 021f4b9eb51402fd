"""The drawers draw what hypothesis' own methods draw, only sooner."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from random import Random
from sys import float_info
from typing import Any

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.floats import make_float_clamper

from architect.gate import drawers
from architect.gate.contract.search import _plain_draws

Draws = Callable[[ConjectureData], Any]
ORIGINAL = providers.INTEGERS_DISTRIBUTION
BOUNDS = [(0, 1), (-3, 40), (-1_000_000, 1_000_000), (5, 10**15)]


def drawn(draw: Draws, *, plainly: bool) -> tuple[list[Any], list[Any]]:
    """Return what is drawn from many seeds, and the choices that are recorded."""
    values, choices = [], []
    with (
        _plain_draws(),
        nullcontext() if plainly else pytest.MonkeyPatch.context() as patch,
    ):
        if patch is not None:
            patch.setattr(providers, "make_float_clamper", make_float_clamper)
            patch.setattr(providers, "INTEGERS_DISTRIBUTION", ORIGINAL)
        for seed in range(200):
            data = ConjectureData(random=Random(seed))
            values.append([draw(data) for _ in range(5)])
            choices.append([(n.type, n.constraints, n.value) for n in data._nodes])
    return values, choices


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_integers(low: int, high: int) -> None:
    ours = drawn(drawers.whole(low, high), plainly=True)
    theirs = drawn(lambda data: data.draw_integer(low, high), plainly=False)
    assert ours == theirs
    assert len({str(value) for value in ours[0]}) > 20


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_floats(low: float, high: float) -> None:
    bounds = float(low), float(high)

    def plain(data: ConjectureData) -> float:
        return _float(data, *bounds) + 0.0

    ours = drawn(drawers.real(*bounds), plainly=True)
    assert ours == drawn(plain, plainly=False)
    assert len({str(value) for value in ours[0]}) > 100


def _float(data: ConjectureData, low: float, high: float) -> float:
    least = float_info.min
    return data.draw_float(low, high, allow_nan=False, smallest_nonzero_magnitude=least)


def test_bytes() -> None:
    ours = drawn(drawers.some_bytes(2, 30), plainly=True)
    assert ours == drawn(lambda data: data.draw_bytes(2, 30), plainly=False)
    assert len({str(value) for value in ours[0]}) > 100
