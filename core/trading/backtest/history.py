"""A whole history, shown to the trading loop only up to a moment that moves on.

Indicators are causal by test: a prefix of the candles gives the same prefix of the
result. So each is computed once over the whole history, by the very module, and a
`Window` shows of it what the loop would have seen at the moment; the future is in the
array and out of reach. Where a result depends on how far back the window reaches, the
one pass would not be what the loop sees: `Indicators` finds that out and asks the module
at every candle instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.trading.candles import Candles

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

COLUMNS = ("time_ms", "open", "high", "low", "close", "volume")
# Where the one pass is compared with the loop's own window, and how closely.
PROBES = 12
TOLERANCE = 1e-9


class Moment:
    """How many candles have closed; `lookback` is how many of them the loop keeps."""

    __slots__ = ("count", "lookback")

    def __init__(self, count: int, lookback: int) -> None:
        self.count, self.lookback = count, lookback


class Window:
    """One column as a pandas Series of the last candles, of which mostly the last is read.

    Anything but the newest value and the length is answered by a real Series.
    """

    __slots__ = ("_moment", "iloc", "values")

    def __init__(self, values: NDArray[Any], moment: Moment) -> None:
        self.values, self._moment = values, moment
        # Places are counted from the window's end, so it is its own `iloc`.
        self.iloc = self

    def __getitem__(self, place: Any) -> Any:
        if place == -1:
            return self.values.item(self._moment.count - 1)
        return self.series().iloc[place]

    def __len__(self) -> int:
        return min(self._moment.count, self._moment.lookback)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.series(), name)

    def series(self) -> pd.Series:
        """Return what the loop holds at the moment."""
        return self.ended_at(self._moment.count)

    def ended_at(self, count: int) -> pd.Series:
        """Return what the loop held when `count` candles had closed."""
        import pandas as pd

        first = max(0, count - self._moment.lookback)
        return pd.Series(self.values[first:count])

    def whole(self) -> pd.Series:
        """Return the whole history, the future too: only for a causal module."""
        import pandas as pd

        return pd.Series(self.values)


class Frame:
    """The columns of one symbol, by name, as the loop reads a DataFrame of candles."""

    def __init__(self, candles: Candles, moment: Moment) -> None:
        self._columns = {
            name: Window(getattr(candles, name), moment) for name in COLUMNS
        }

    def __getitem__(self, name: str) -> Window:
        return self._columns[name]

    def __len__(self) -> int:
        return len(self._columns["close"])

    @property
    def empty(self) -> bool:
        """Tell whether no candle has closed."""
        return not len(self)


class Columns:
    """A table that an indicator answers, by column, as the loop reads it."""

    def __init__(self, table: pd.DataFrame, moment: Moment) -> None:
        self._columns = {
            name: Window(table[name].to_numpy(), moment) for name in table.columns
        }

    def __getitem__(self, name: str) -> Window:
        return self._columns[name]


class Indicators:
    """One indicator's results: a whole pass for each set of arguments it is called with."""

    def __init__(self, call: Callable[..., Any], moment: Moment) -> None:
        self._call, self._moment = call, moment

    def answer(self) -> Callable[..., Any]:
        """Return the function that stands in for the indicator."""
        known: dict[Any, Window | Columns | None] = {}
        asked, whole_pass = self._asked, self._pass

        def answered(*args: Any, **more: Any) -> Any:
            key = (args, tuple(more.items())) if more else args
            try:
                found = known[key]
            except KeyError:
                found = known[key] = whole_pass(args, more)
            except TypeError:  # a list or a real Series: no history of ours
                found = None
            return asked(args, more) if found is None else found

        return answered

    def _asked(self, args: Any, more: Any) -> Any:
        return self._apply(args, more, Window.series)

    def _apply(self, args: Any, more: Any, show: Callable[[Window], Any]) -> Any:
        given = [show(a) if isinstance(a, Window) else a for a in args]
        named = {k: show(a) if isinstance(a, Window) else a for k, a in more.items()}
        return self._call(*given, **named)

    def _pass(self, args: Any, more: Any) -> Window | Columns | None:
        if not any(isinstance(a, Window) for a in (*args, *more.values())):
            return None
        found = self._apply(args, more, Window.whole)
        values = found.to_numpy()
        if not self._agrees(values, args, more):
            return None
        if values.ndim == 1:
            return Window(values, self._moment)
        return Columns(found, self._moment)

    def _agrees(self, found: NDArray[Any], args: Any, more: Any) -> bool:
        """Tell whether the loop's own window gives the same last value, at some candles."""
        first = min(self._moment.count, len(found))
        for count in np.unique(np.linspace(first, len(found), PROBES).astype(int)):
            if count == 0:
                continue
            seen = self._apply(args, more, partial(_ended, count=int(count)))
            last = seen.to_numpy()[-1]
            if not np.allclose(
                last, found[count - 1], TOLERANCE, TOLERANCE, equal_nan=True
            ):
                return False
        return True


def _ended(window: Window, count: int) -> pd.Series:
    return window.ended_at(count)
