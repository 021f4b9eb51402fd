"""Drawing straight from hypothesis' choices: the small parts of `strategies`.

A drawer is a function from hypothesis' data to a value. A strategy for each part costs
five times as much, and a module's inputs may have a hundred parts. Simple choices come
first in every drawer, because hypothesis shrinks towards them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import float_info
from typing import Any

from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.strategies import SearchStrategy

Drawer = Callable[[ConjectureData], Any]

LETTERS = "abcxyzABCXYZ0189_- .é"
TRIES = 3
_ITEM, _TRY = 0x17E4, 0x7241  # labels of hypothesis' spans: any fixed numbers


class Drawn(SearchStrategy[Any]):
    """A drawer as a strategy."""

    def __init__(self, drawer: Drawer) -> None:
        super().__init__()
        self.drawer = drawer

    def do_draw(self, data: ConjectureData) -> Any:
        return self.drawer(data)


def just(value: Any) -> Drawer:
    """Draw always the same value."""
    return lambda data: value


def pick(options: Sequence[Any]) -> Drawer:
    """Draw one of the options, the first being the simplest."""
    last = len(options) - 1
    if last == 0:
        return just(options[0])
    which = whole(0, last)
    return lambda data: options[which(data)]


def one_of(drawers: Sequence[Drawer]) -> Drawer:
    """Draw by one of the drawers."""
    if len(drawers) == 1:
        return drawers[0]
    which = pick(drawers)

    def draw(data: ConjectureData) -> Any:
        return which(data)(data)

    return draw


def weighed(plain: Sequence[Drawer], special: Sequence[Drawer], often: int) -> Drawer:
    """Draw by a plain drawer, or by a special one `often` times as often in all."""
    copies = max(1, round(len(special) / (often * len(plain))))
    return one_of([one for one in plain for _ in range(copies)] + [*special])


def whole(low: int, high: int) -> Drawer:
    """Draw an integer, 0 or what is nearest to it being the simplest."""
    bounds = _bounds(min_value=low, max_value=high, weights=None, shrink_towards=0)
    return lambda data: data._draw("integer", bounds, observe=True, forced=None)


def _bounds(**given: Any) -> Any:
    """Return the bounds of a choice, made once: `draw_integer` and the like check, make
    and look them up at each draw, which takes as long as the draw.
    """
    return given


def one_whole(low: int, high: int, value: int) -> Drawer:
    """Draw this integer, recorded as one of the range: it shrinks like any other."""
    return lambda data: data.draw_integer(low, high, forced=value)


def real(low: float, high: float, value: float | None = None) -> Drawer:
    """Draw a finite float, or the one given; -0.0 is not drawn."""

    bounds = _bounds(
        min_value=low,
        max_value=high,
        allow_nan=False,
        smallest_nonzero_magnitude=float_info.min,
    )

    def draw(data: ConjectureData) -> float:
        drawn: float = data._draw("float", bounds, observe=True, forced=value)
        return drawn + 0.0

    return draw


def some_bytes(low: int, high: int) -> Drawer:
    """Draw so many bytes."""
    bounds = _bounds(min_size=low, max_size=high)
    return lambda data: data._draw("bytes", bounds, observe=True, forced=None)


def text(low: int, high: int) -> Drawer:
    """Draw a short text of a few letters, digits and signs."""

    raw = some_bytes(low, high)

    def draw(data: ConjectureData) -> str:
        return "".join(LETTERS[byte % len(LETTERS)] for byte in raw(data))

    return draw


def items(item: Drawer, low: int, high: int) -> Drawer:
    """Draw a list; each item is a span, so that hypothesis can drop it."""

    how_many = whole(low, high)

    def draw(data: ConjectureData) -> list[Any]:
        made = []
        for _ in range(how_many(data)):
            data.start_span(_ITEM)
            made.append(item(data))
            data.stop_span()
        return made

    return draw


def kept(drawer: Drawer, keep: Callable[[Any], bool]) -> Drawer:
    """Draw until `keep` says yes, a few times at most; then the case counts for nothing."""

    def draw(data: ConjectureData) -> Any:
        for _ in range(TRIES):
            data.start_span(_TRY)
            value = drawer(data)
            if keep(value):
                data.stop_span()
                return value
            data.stop_span(discard=True)
        return data.mark_invalid()

    return draw
