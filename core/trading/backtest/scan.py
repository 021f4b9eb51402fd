"""At which candle the trading loop has something to do: asked of many candles at once.

It asks the decisions themselves, by the loop's own methods and the accepted modules, so
there is no second copy of a decision. What is the same for all candles of a stretch is
asked once: nothing happens between the trades that it is asked for, so what they tell
stays as it is. Whatever makes a tick act must be found here: a condition that is missing
is found by the tests that compare this with the loop run at every candle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from core.trading.backtest.history import Moment, Window
from core.trading.trader.decision import HOUR_MS
from core.trading.trader.history import Standing
from core.trading.trader.loop import TradingLoop
from core.trading.trader.views import indicators, view_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many candles' indicators are made into Python numbers at a time.
PART = 512


class Act(Enum):
    """What there is to do at a candle's close: nothing, move stops, or a whole tick."""

    NOTHING = 0
    FOLLOW = 1
    TICK = 2


class Scan:
    """Looks at the candles of one history for `loop`; it moves `moment` on as it goes."""

    def __init__(
        self, loop: TradingLoop, moment: Moment, start_ms: int, interval_ms: int
    ) -> None:
        self._loop, self._moment = loop, moment
        self._start_ms, self._interval_ms = start_ms, interval_ms
        self._entries = _Entries(loop)

    def first(self, count: int, last: int) -> tuple[int, Act]:
        """Return the first count of candles, up to `last`, at which there is something to do.

        Between `count` and there the exchange does nothing. `last + 1` if there is none.
        """
        loop, moment = self._loop, self._moment
        moment.count = count
        if self._unsettled():
            return count, Act.TICK
        free = [s for s in loop.entries.allowed() if s not in loop.trades]
        ready = [s for s in free if loop.market.ready(s)]
        # What is not ready now may be at the next candle: look again then.
        end = last if len(ready) == len(free) else count
        self._entries.begin(ready)
        for moment.count in range(count, end + 1):
            act = self._at(self._start_ms + moment.count * self._interval_ms)
            if act is not Act.NOTHING:
                return moment.count, act
        return (end + 1, Act.NOTHING) if end == last else self.first(end + 1, last)

    def _unsettled(self) -> bool:
        """Tell whether anything waits that a tick would go on with."""
        loop = self._loop
        return bool(
            loop.left
            or loop.halted
            or loop.books.positions.keys() != loop.trades.keys()
            or any(trade.plan is not None for trade in loop.trades.values())
            or any(trade.ending for trade in loop.trades.values())
        )

    def _at(self, now_ms: int) -> Act:
        exits, act = self._loop.exits, Act.NOTHING
        for trade in self._loop.trades.values():
            if exits.reason(trade, now_ms):
                return Act.TICK
            if exits.stop_now(trade) != trade.levels.stop_price:
                act = Act.FOLLOW
        return Act.TICK if self._entries.wanted(now_ms, self._moment.count) else act


class _Entries:
    """Whether anything may be entered, while no trade is opened, changed or closed."""

    def __init__(self, loop: TradingLoop) -> None:
        self._loop, self._decision = loop, loop.entries.decision
        self._ready: list[str] = []
        self._views: dict[str, _Views | None] = {}
        self._criteria: dict[int, Any] = {}
        self._standing: Standing | None = None
        self._hour, self._weight, self._required = -1, 0.0, 1.0

    def begin(self, ready: list[str]) -> None:
        """Look at these symbols from now on."""
        self._ready = ready
        standing = self._decision.history.standing() if ready else None
        if standing is not None and standing is not self._standing:
            self._standing, self._hour = standing, -1
            self._required = self._decision.required_frac(standing)

    def wanted(self, now_ms: int, count: int) -> bool:
        """Tell whether a symbol may be entered at this close."""
        if not self._ready or self._standing is None:
            return False
        hour = now_ms // HOUR_MS
        if hour != self._hour:
            weight = self._decision.hour_weight(
                hour % 24, self._standing, self._required
            )
            self._hour, self._weight = hour, weight
        criteria = self._criteria_of(self._decision.flex_steps(now_ms, self._standing))
        for symbol in self._ready:
            views = self._views_of(symbol)
            if views is None:
                _, signal = self._decision.signal(symbol, now_ms)
            else:
                signal = self._decision.decided(views.at(count, self._weight), criteria)
            if signal.side != "none":
                return True
        return False

    def _criteria_of(self, steps: int) -> Any:
        found = self._criteria.get(steps)
        if found is None:
            found = self._criteria[steps] = self._decision.criteria(steps)
        return found

    def _views_of(self, symbol: str) -> _Views | None:
        if symbol not in self._views:
            decision = self._decision
            candles = decision.market.candles[symbol]
            columns: Mapping[str, Any] = indicators(
                decision.modules, decision.config, candles
            )
            passed = all(isinstance(column, Window) for column in columns.values())
            self._views[symbol] = (
                _Views(decision.modules, symbol, columns) if passed else None
            )
        return self._views[symbol]


class _Views:
    """The MarketViews of one symbol, from indicators of which one pass is all."""

    def __init__(
        self, modules: Any, symbol: str, columns: Mapping[str, Window]
    ) -> None:
        self._modules, self._symbol = modules, symbol
        self._names = tuple(columns)
        self._columns: list[NDArray[Any]] = [c.values for c in columns.values()]
        self._first = self._end = 0
        self._rows: list[Iterable[float]] = []

    def at(self, count: int, hour_weight: float) -> Any:
        """Return the MarketView after `count` candles."""
        if not self._first < count <= self._end:
            self._first, self._end = count - 1, count - 1 + PART
            parts = [
                column[self._first : self._end].tolist() for column in self._columns
            ]
            self._rows = list(zip(*parts, strict=True))
        row = self._rows[count - 1 - self._first]
        values = dict(zip(self._names, row, strict=True))
        return view_of(self._modules, self._symbol, values, hour_weight)
