"""The knobs of the trading loop. Fractions are fractions, times are in candles or ms."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.trader.entry_config import CANDLE_MS, EntryConfig

__all__ = ["CANDLE_MS", "TraderConfig"]


@dataclass(frozen=True, slots=True)
class TraderConfig:
    """Defaults are cautious; all of them are the strategy's, none the exchange's.

    Attributes:
        lookback: candles kept for the indicators.
        symbols: those that may be entered; all that the gateway knows when empty.
        symbols_at_most: how many symbols the scanner may hand on.
        min_volume_usd: traded in 24 hours at least, so that an exit finds somebody.
        risk_frac: of equity, lost at most by one trade that is stopped.
        ceiling_frac: of equity, lost at most if every open trade is stopped.
        clip_usd: notional of one slice of an execution.
        slippage_frac: of the decision's price, paid at most by an entry.
        twap_usd: notional above which an entry is spread over `twap_ms`.
        trail_frac: of the first stop's distance, kept by the trailing stop; 0 for none.
        trail_step_frac: of that distance, by which the stop moves at least.
        max_stop_failures: ticks without a stop at the exchange before a trade is ended.
        pool_frac: of equity, bound at most as margin of all trades.
        reopen_after: ticks with a drift that nothing explains, before the books are opened
            anew from what the exchange says, as a restart would do.
        drift_usd: what rounding may make between our balance and the exchange's.
        beat_timeout_s: silence after which the gateway takes entries back.
        max_slippage_frac: of the price at the decision; what is worse is a failed trade.
    """

    entry: EntryConfig = field(default_factory=EntryConfig)
    lookback: int = 500
    ema_fast: int = 9
    ema_slow: int = 21
    rsi_length: int = 14
    vwap_window: int = 48
    volume_window: int = 20
    volatility_window: int = 48
    symbols: tuple[str, ...] = ()
    symbols_at_most: int = 3
    max_spread_frac: float = 0.005
    min_volume_usd: float = 1_000_000.0
    risk_frac: Decimal = Decimal("0.01")
    ceiling_frac: Decimal = Decimal("0.03")
    stop_multiple: Decimal = Decimal("6")
    take_multiple: Decimal = Decimal("9")
    max_hold_ms: int = 144 * CANDLE_MS
    clip_usd: Decimal = Decimal("2500")
    max_notional_usd: Decimal = Decimal("9000")
    slippage_frac: Decimal = Decimal("0.003")
    twap_usd: Decimal = Decimal("7500")
    twap_ms: int = 2 * CANDLE_MS
    trail_frac: Decimal = Decimal("1")
    trail_step_frac: Decimal = Decimal("0.1")
    max_stop_failures: int = 3
    pool_frac: Decimal = Decimal("0.8")
    max_leverage: Decimal = Decimal("5")
    adopt_volatility_frac: float = 0.005
    beat_timeout_s: int = 60
    reopen_after: int = 6
    max_slippage_frac: Decimal = Decimal("0.01")
    drift_usd: Decimal = Decimal("0.01")

    def may_enter(self, symbol: str) -> bool:
        """Tell whether a symbol is one of those that are traded."""
        return not self.symbols or symbol in self.symbols

    @property
    def required_win_frac(self) -> float:
        """Return the win rate at which stops and takes cancel out, costs left aside."""
        return float(self.stop_multiple / (self.stop_multiple + self.take_multiple))
