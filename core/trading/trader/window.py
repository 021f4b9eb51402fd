"""The last closed candles of one symbol, kept as arrays and shown as pandas Series.

A DataFrame made anew at every tick costs more than all indicators that read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class CandleWindow:
    """The columns of the newest `most` candles by name: time_ms, open, high, low, close,
    volume.

    Each is a Series numbered from 0, oldest first; one that was handed out stays as it was.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._columns: dict[str, NDArray[np.generic]] = {}
        self._shown: dict[str, pd.Series] = {}

    def add(self, fresh: pd.DataFrame) -> None:
        """Append closed candles, and forget the oldest of too many."""
        for name in fresh.columns:
            new = fresh[name].to_numpy()
            held = self._columns.get(name)
            joined = new if held is None else np.concatenate((held, new))
            self._columns[name] = joined[-self._most :]
        self._shown = {}

    def __getitem__(self, name: str) -> pd.Series:
        # 0.4 s, and only those who ask for candles need it.
        import pandas as pd

        found = self._shown.get(name)
        if found is None:
            # A copy: what a module does to its argument stays its own.
            found = self._shown[name] = pd.Series(self._columns[name], copy=True)
        return found

    def __len__(self) -> int:
        return len(self._columns["time_ms"]) if self._columns else 0

    @property
    def last_ms(self) -> int:
        """When the newest candle opened, UTC milliseconds; IndexError without candles."""
        return int(self._columns["time_ms"].item(-1))
