"""The ceiling on open risk holds at each entry that is sent, in whatever order fills come."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from in_process import at_stake, candles, decide, session, tick

from core.errors import ExchangeUnavailable, OutcomeUnknown
from core.trading.backtest.exchange import BacktestExchange
from core.trading.backtest.run import PAPER, Session
from core.trading.paper import NewOrder
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.entry_config import EntryConfig

TICKS = 20
# Only the ceiling binds: margin, clusters and the size of a trade leave more room.
CONFIG = TraderConfig(
    lookback=120,
    entry=EntryConfig(cluster_at_most=100),
    stop_multiple=Decimal(3),
    slippage_frac=Decimal("0.001"),
    twap_usd=Decimal(4000),
    pool_frac=Decimal(5),
    max_leverage=Decimal(20),
    max_hold_ms=6 * CANDLE_MS,
)
CHOICES = {
    "ceiling_frac": [Decimal("0.002"), Decimal("0.004"), Decimal("0.008")],
    "clip_usd": [Decimal(1500), Decimal(4000)],
}
SHARES = [None, None, Decimal("0.3"), Decimal("0.7")]


class Unruly(BacktestExchange):
    """Fills in part, shows fills late and in any order, and notes what is at stake.

    `used` is by entry the share of the ceiling that it would fill with all that is open,
    by the engine's books at the moment at which it is sent.
    """

    def __init__(self, engine: Any, records: Any) -> None:
        super().__init__(engine, records)
        self.draws, self.ceiling_usd = random.Random(0), Decimal(0)
        self.session: Session | None = None
        self.used: list[Decimal] = []
        self.lost = 0.0
        self._silent = self._asked = 0
        self._shown_at: dict[str, int] = {}
        self._share: Decimal | None = None
        send = engine.send
        engine.send = lambda request: send(
            request, share=None if request.reduce_only else self._share
        )

    def fills(self, since_ms: int) -> list[Any]:
        """Show each fill up to three calls late, and all of them in any order."""
        self._asked += 1
        found = super().fills(since_ms)
        for fill in found:
            late = self._asked + self.draws.randrange(4)
            self._shown_at.setdefault(fill.fill_id, late)
        found = [f for f in found if self._shown_at[f.fill_id] <= self._asked]
        self.draws.shuffle(found)
        return found

    def report_drift(self, drift_usd: Decimal) -> None:
        """Note the true equity at the comparison, by which the tick's entries are sized."""
        assert self.session is not None
        frac = self.session.setup.config.ceiling_frac
        self.ceiling_usd = self.engine.margin().equity * frac

    def place(self, order: Any) -> Any:
        self._share = None
        if order.reduce_only:
            return super().place(order)
        assert self.session is not None
        risk = order.size * abs(order.limit_price - order.protect_price)
        self.used.append((at_stake(self.session) + risk) / self.ceiling_usd)
        self._share = self.draws.choice(SHARES)
        done = super().place(order)
        if self.draws.random() < self.lost:
            self._silent = self.draws.choice([0, 2, 8])
            raise OutcomeUnknown("the reply was lost")
        return done

    def order(self, client_id: str) -> Any:
        if self._silent:
            self._silent -= 1
            raise ExchangeUnavailable("503")
        return super().order(client_id)


def person(one: Session, draws: random.Random) -> None:
    """Trade past the loop now and then: a small position, or an order that rests."""
    if draws.random() < 0.8:
        return
    engine, symbol = one.engine, "PF_ETHUSD"
    price = (engine.market.price[symbol] * Decimal("0.9")).quantize(Decimal(1))
    limit = price if draws.random() < 0.5 else None
    engine.send(
        NewOrder(
            symbol, "buy", "lmt" if limit else "mkt", Decimal("0.003"), None, limit
        )
    )


def traded(seed: int, lost: float = 0.0) -> Session:
    draws = random.Random(seed)
    config = replace(
        CONFIG, **{name: draws.choice(some) for name, some in CHOICES.items()}
    )
    paper = replace(PAPER, depth_frac=Decimal("0.02"), warmup=150)
    one = session(config, Unruly, history=candles(seed % 4, 300), paper=paper)
    exchange: Any = one.exchange
    exchange.draws, exchange.session, exchange.lost = draws, one, lost

    def decision(symbol: str, close: float) -> tuple[str, float]:
        drawn = random.Random(f"{seed} {symbol} {close}")
        return drawn.choice(["long", "short"]), drawn.uniform(0.6, 1)

    decide(one, decision)
    for _ in range(TICKS):
        person(one, draws)
        tick(one)
    return one


def used(sessions: list[Session]) -> list[Decimal]:
    return [share for one in sessions for share in one.exchange.used]  # type: ignore[attr-defined]


def test_no_entry_passes_the_ceiling_in_whatever_order_fills_come() -> None:
    """Of three symbols, in slices, filled in part, beside what a person trades."""
    sessions = [traded(seed) for seed in range(12)]
    shares = used(sessions)
    assert max(shares) <= 1
    # It was reached, by entries on several symbols and by slices sent later.
    assert sum(share > Decimal("0.9") for share in shares) > 30
    ids = [
        o.client_id or "" for one in sessions for o in one.engine.venue.orders.values()
    ]
    assert any(name.endswith("-entry-100") for name in ids)
    assert any("-entry-1" in name for name in ids)


def test_no_entry_passes_the_ceiling_where_answers_are_lost() -> None:
    """What nobody knows of may be there: nothing more goes in before it is known."""
    shares = used([traded(seed, lost=0.3) for seed in range(12)])
    assert sum(share > Decimal("0.9") for share in shares) > 30
    assert max(shares) <= 1
