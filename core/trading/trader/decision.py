"""Whether to enter: the market, the hours so far, the pause since the last entry, the model.

It decides and sends nothing. The same questions are asked by a backtest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Model
from core.trading.trader.config import TraderConfig
from core.trading.trader.history import Standing, TradeHistory
from core.trading.trader.market import Market
from core.trading.trader.views import indicators, view_at

HOUR_MS = 3_600_000


class NoModel:
    """The model port where none is set: it never answers."""

    def judge(self, key: str, context: str) -> str | None:
        """Return None."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all symbols at one moment, after the trades of `standing`."""

    now_ms: int
    standing: Standing
    criteria: Any
    hour_weight: float


@dataclass
class Decision:
    """Asks the modules; `history` is what earlier trades tell."""

    modules: Registry
    market: Market
    history: TradeHistory
    model: Model
    config: TraderConfig
    _terms: Terms | None = field(default=None, repr=False)

    def terms(self, now_ms: int) -> Terms:
        """Return the terms of this moment; asked of the modules once, until a trade changes."""
        known, standing = self._terms, self.history.standing()
        if known is None or known.now_ms != now_ms or known.standing is not standing:
            known = self._terms = Terms(
                now_ms,
                standing,
                self.criteria(self.flex_steps(now_ms, standing)),
                self.hour_weight(
                    now_ms // HOUR_MS % 24, standing, self.required_frac(standing)
                ),
            )
        return known

    def view(self, symbol: str, now_ms: int) -> Any:
        """Return the MarketView of a symbol at its last closed candle."""
        series = indicators(self.modules, self.config, self.market.candles[symbol])
        weight = self.terms(now_ms).hour_weight
        return view_at(self.modules, symbol, series, -1, weight)

    def required_frac(self, standing: Standing) -> float:
        """Return the win rate at which trades like those so far would make nothing."""
        required: float = self.modules["breakeven_win_rate"](
            standing.nets_usd,
            self.config.required_win_frac,
            self.config.entry.evidence_trades,
        )
        return required

    def hour_weight(self, hour: int, standing: Standing, required_frac: float) -> float:
        """Return what an entry in an hour of the day is worth, 0 to 1."""
        weight: float = self.modules["hourly_heatmap_filter"](
            standing.hours, hour, required_frac
        )
        return weight

    def flex_steps(self, now_ms: int, standing: Standing) -> int:
        """Return by how many steps the criteria are relaxed, while nothing is entered."""
        c = self.config.entry
        steps: int = self.modules["strategy_flex_mode"](
            now_ms,
            standing.entries_ms[-2:],
            standing.streak,
            c.flex_quiet_ms,
            c.flex_step_ms,
            c.flex_steps,
            c.flex_max_losses,
        )
        return steps

    def criteria(self, steps: int) -> Any:
        """Return the EntryCriteria, relaxed by some steps."""
        c = self.config.entry
        record = self.modules.records["EntryCriteria"]
        return self.modules["entry_flex_tuner"](
            record(**c.normal), record(**c.loosest), steps, c.flex_steps
        )

    def signal(self, symbol: str, now_ms: int) -> tuple[Any, Any]:
        """Return the MarketView of a symbol and its Signal, the model not asked yet."""
        view = self.view(symbol, now_ms)
        return view, self.decided(view, self.terms(now_ms).criteria)

    def decided(self, view: Any, criteria: Any) -> Any:
        """Return the Signal of a MarketView under EntryCriteria."""
        return self.modules["entry_decision"](view, criteria)

    def asked(self, view: Any, side: str, now_ms: int) -> tuple[Any, Any]:
        """Ask the model of an entry; return the view with its score and the final Signal."""
        opinion = self.modules["entry_filter_gpt"](self.model, view, side, now_ms)
        view = replace(view, model_score=opinion.score)
        return view, self.decided(view, self.terms(now_ms).criteria)

    def room(self, now_ms: int) -> int:
        """Return how many trades may still be opened at this moment: together they are one bet."""
        c = self.config.entry
        room: int = self.modules["cluster_room"](
            self.history.standing().clusters,
            now_ms,
            c.cluster_gap_ms,
            c.cluster_at_most,
        )
        return room

    def risk_frac(self, model_score: float) -> Decimal:
        """Return the part of equity that one trade may lose, by results and the model."""
        c, standing = self.config.entry, self.history.standing()
        scale = self.modules["performance_scaling"](
            standing.streak, c.gain_frac, c.loss_frac, c.lowest_scale, c.highest_scale
        )
        part: Decimal = self.modules["dynamic_position_sizing"](
            self.config.risk_frac * scale,
            c.max_risk_frac,
            model_score,
            standing.wins,
            standing.closed,
        )
        return part
