"""Open trades: what was entered, at which levels it ends, and what it has cost so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
PRICE_STEP = Decimal("1e-8")
# So many ticks what is over waits for the account log before it is closed in the books.
MOST_UNTOLD_TICKS = 3


@dataclass
class OpenTrade:
    """One trade from entry to exit. `base_*` are the symbol's sums when it began; `begun` says
    that they are known: one that was adopted in haste may lack what its position has cost.

    `ending` is why it ends, empty before, `wanted` why the loop itself is to end it, and
    `exit_sent` says that this process has sent an exit.
    `trail_usd` is the distance that its stop keeps from the price, 0 where it stands still.
    `plan` is the SlicePlan of an entry that is not all sent yet, else None; `answered` is
    what the answers to its slices said was filled, 0 once our fills tell as much; `seen` says
    that the exchange's positions have shown it. `failed_candle` is the number of the last
    candle in which its stop failed, `untold_ticks` for how many ticks it has been over without
    being closed in the books, and `ended_ms` when it was seen that somebody turned it, 0 if
    nobody did.
    """

    trade_id: str
    symbol: str
    side: str
    size: Decimal
    entry_price: Decimal
    levels: Any
    opened_ms: int
    score: float
    base_realised_usd: Decimal
    base_fees_usd: Decimal
    base_funding_usd: Decimal
    leverage: Decimal = Decimal(1)
    begun: bool = True
    trail_usd: Decimal = ZERO
    has_trailed: bool = False
    plan: Any = None
    answered: Decimal = ZERO
    seen: bool = False
    entries_sent: int = 0
    orders_sent: int = 0
    stop_failures: int = 0
    failed_candle: int = 0
    untold_ticks: int = 0
    ended_ms: int = 0
    dust_told: bool = False
    ending: str = ""
    wanted: str = ""
    exit_sent: bool = False
    exit_size: Decimal = ZERO
    exit_cost_usd: Decimal = ZERO

    def follow(self, position: Any) -> None:
        """Take size and price of the entry from the position, while it is built up."""
        self.size, self.entry_price = abs(position.size), position.entry_price

    def is_of(self, position: Any | None) -> bool:
        """Tell whether a position is on the trade's side."""
        return position is not None and (position.size > ZERO) == (self.side == "long")

    @property
    def only_grew(self) -> bool:
        """Tell whether nothing is known that makes its position smaller again."""
        return not (self.exit_size or self.exit_sent)

    def shown(self, *positions: Any) -> Decimal:
        """Return the coins of it that are told of, by whoever says most.

        Our fills may be shown late, and a position may be read late: what either of them or
        an answer has told is there.
        """
        sizes = (abs(p.size) for p in positions if self.is_of(p))
        largest: Decimal = max((self.answered, *sizes))
        return largest

    def entered(self, *positions: Any) -> Decimal:
        """Return the coins that the entry has filled, by whoever says most."""
        return max(self.size, self.shown(*positions))

    def move_stop(self, stop_price: Decimal) -> None:
        """Set the stop nearer to a profit."""
        self.levels = replace(self.levels, stop_price=stop_price)
        self.has_trailed = True

    def note_exit(self, fill: Any, purpose: str) -> None:
        """Count a fill that made the position smaller; `purpose` is its order's."""
        if purpose in ("stop", "take") and not self.ending:
            self.ending = "trail" if purpose == "stop" and self.has_trailed else purpose
        self.exit_size += fill.size
        self.exit_cost_usd += fill.size * fill.price

    def exit_price(self, otherwise: Decimal) -> Decimal:
        """Return the average of the exit fills, to 8 places."""
        price = self.exit_cost_usd / self.exit_size if self.exit_size else otherwise
        return price.quantize(PRICE_STEP)

    def record(
        self,
        trade: type,
        totals: Any,
        exit_price: Decimal | None = None,
        closed_ms: int | None = None,
        reason: str = "",
    ) -> Any:
        """Return the Trade record, open while `closed_ms` is None."""
        return trade(
            trade_id=self.trade_id,
            symbol=self.symbol,
            side=self.side,
            size=self.size,
            entry_price=self.entry_price,
            exit_price=exit_price,
            opened_ms=self.opened_ms,
            closed_ms=closed_ms,
            realised_usd=totals.realised_usd - self.base_realised_usd,
            fees_usd=totals.fees_usd - self.base_fees_usd,
            funding_usd=totals.funding_usd - self.base_funding_usd,
            score=self.score,
            exit_reason=reason,
        )


def filled_of(statuses: list[Any], price: Decimal) -> tuple[Decimal, Decimal]:
    """Return the coins that orders filled and what they cost in all, Decimal USD.

    `price` stands in where the exchange did not tell the average.
    """
    filled = sum((s.filled for s in statuses), ZERO)
    return filled, sum((s.filled * (s.average_price or price) for s in statuses), ZERO)
