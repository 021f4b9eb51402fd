"""The reference strategy in other projects' engines: run in the venv of the peers.

    python benchmarks/peers/backtests.py CANDLES.npz ENGINE RUNS

EMA 9/21 cross with an RSI filter, long and short, filled at the next open with a taker
fee, 2% of the equity. Prints the CPU seconds of each run, the peak memory in MB and
the number of trades, as JSON. Imports and a warm-up run are not counted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from typing import Any

import numpy as np

FEE, FRAC, CASH = 0.0005, 0.02, 1_000_000.0
warnings.simplefilter("ignore")


def indicators(close: Any) -> tuple[Any, Any, Any]:
    """Return both EMAs and the RSI, by pandas."""
    import pandas as pd

    series = pd.Series(np.asarray(close))
    change = series.diff().fillna(0.0)
    gain = change.clip(lower=0).ewm(alpha=1 / 14, min_periods=14, adjust=False).mean()
    loss = (
        (-change).clip(lower=0).ewm(alpha=1 / 14, min_periods=14, adjust=False).mean()
    )
    rsi = 100 - 100 / (1 + gain / loss)
    fast = series.ewm(span=9, min_periods=9, adjust=False).mean()
    slow = series.ewm(span=21, min_periods=21, adjust=False).mean()
    return fast.to_numpy(), slow.to_numpy(), rsi.to_numpy()


def crosses(close: Any) -> tuple[Any, Any]:
    """Return where the strategy turns long and where short."""
    fast, slow, rsi = indicators(close)
    above = np.where(np.isnan(slow), np.nan, fast - slow)
    before = np.concatenate(([np.nan], above[:-1]))
    return (above > 0) & (before <= 0) & (rsi < 70), (above < 0) & (before >= 0) & (
        rsi > 30
    )


def by_backtesting(data: dict[str, Any]) -> int:
    """Return the number of trades by backtesting.py."""
    import pandas as pd
    from backtesting import Backtest, Strategy

    up, down = crosses(data["close"])

    class Cross(Strategy):
        def init(self) -> None:
            self.up, self.down = self.I(lambda: up), self.I(lambda: down)

        def next(self) -> None:
            if self.up[-1]:
                self.position.close()
                self.buy(size=FRAC)
            elif self.down[-1]:
                self.position.close()
                self.sell(size=FRAC)

    # It trades whole units only: a unit is a thousandth of a coin here.
    names = ("open", "high", "low", "close")
    frame = pd.DataFrame({name.capitalize(): data[name] / 1000 for name in names})
    frame["Volume"] = data["volume"] * 1000
    frame.index = pd.to_datetime(data["time_ms"], unit="ms")
    run = Backtest(frame, Cross, cash=CASH, commission=FEE, exclusive_orders=False)
    return len(run.run()["_trades"])


def by_vectorbt(data: dict[str, Any]) -> int:
    """Return the number of trades by vectorbt, with the statistics that others make too.

    It cannot reverse a position that is a part of the equity: 2% of the start's instead.
    """
    import pandas as pd
    import vectorbt as vbt

    index = pd.to_datetime(data["time_ms"], unit="ms")
    up, down = crosses(data["close"])
    price = pd.Series(data["open"], index=index)
    close = pd.Series(data["close"], index=index)
    long = pd.Series(np.concatenate(([False], up[:-1])), index=index)
    short = pd.Series(np.concatenate(([False], down[:-1])), index=index)
    found = vbt.Portfolio.from_signals(
        close, entries=long, short_entries=short, price=price, fees=FEE, init_cash=CASH,
        size=FRAC * CASH / price, freq="5min", upon_opposite_entry="reverse",
    )  # fmt: skip
    _ = (found.total_return(), found.max_drawdown(), found.sharpe_ratio())
    return int(found.trades.count())


def by_plain_python(data: dict[str, Any]) -> int:
    """Return the number of trades bar by bar, without orders or statistics: the floor."""
    closes, opens = data["close"].tolist(), data["open"].tolist()
    fast = slow = closes[0]
    gain = loss = 0.0
    cash, held, trades, before, wish = CASH, 0.0, 0, 0.0, 0
    for i in range(1, len(closes)):
        if wish:
            price = opens[i]
            cash += held * price * (1 - FEE * (1 if held > 0 else -1))
            held = wish * FRAC * cash / price
            cash -= held * price * (1 + FEE * wish)
            trades, wish = trades + 1, 0
        close = closes[i]
        change = close - closes[i - 1]
        fast += 0.2 * (close - fast)
        slow += (close - slow) / 11
        gain += (max(change, 0.0) - gain) / 14
        loss += (max(-change, 0.0) - loss) / 14
        above = fast - slow
        rsi = 100 - 100 / (1 + gain / loss) if loss else 100.0
        if above > 0 >= before and rsi < 70:
            wish = 1
        elif above < 0 <= before and rsi > 30:
            wish = -1
        before = above
    return trades


ENGINES = {
    "backtesting.py": by_backtesting,
    "vectorbt": by_vectorbt,
    "plain Python": by_plain_python,
}


def main() -> None:
    """Run one engine and print what it took."""
    path, name, runs = sys.argv[1:4]
    data = dict(np.load(path))
    engine = ENGINES[name]
    engine({key: values[:3000] for key, values in data.items()})
    seconds, trades = [], 0
    for _ in range(int(runs)):
        started = time.process_time()
        trades = engine(data)
        seconds.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "trades": trades}))


if __name__ == "__main__":
    main()
