"""The three perpetuals that the system knows, in Kraken's own figures.

Candles round to these ticks and the paper exchange trades by them. Nothing live
reads this table: a gateway asks its exchange for the instruments.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True)
class MarginLevel:
    """Margin for a whole position whose notional is at least `from_usd`."""

    from_usd: Decimal
    initial_frac: Decimal
    maintenance_frac: Decimal


@dataclass(frozen=True, slots=True)
class Contract:
    """One linear perpetual: one contract is one coin, quoted and settled in USD."""

    symbol: str
    pair: str
    tick_size: Decimal
    size_step: Decimal
    max_position: Decimal
    margin_levels: tuple[MarginLevel, ...]

    @property
    def size_decimals(self) -> int:
        """Return the decimals of a size: 4 for a step of 0.0001."""
        return -int(self.size_step.as_tuple().exponent)

    def is_price(self, price: Decimal) -> bool:
        """Tell whether a price is positive and on the tick."""
        return price.is_finite() and price > 0 and price % self.tick_size == 0

    def is_size(self, size: Decimal) -> bool:
        """Tell whether a size is positive and on the step."""
        return size.is_finite() and size > 0 and size % self.size_step == 0

    def price_down(self, price: Decimal) -> Decimal:
        """Return the highest tick at or below a price."""
        return (price / self.tick_size).to_integral_value(ROUND_FLOOR) * self.tick_size

    def price_up(self, price: Decimal) -> Decimal:
        """Return the lowest tick at or above a price."""
        ticks = (price / self.tick_size).to_integral_value(ROUND_CEILING)
        return ticks * self.tick_size

    def price_of(self, price: float) -> Decimal:
        """Return a price that already stands on a tick, as an exact Decimal."""
        return Decimal(repr(price)).quantize(self.tick_size)

    def size_down(self, size: Decimal) -> Decimal:
        """Return the largest tradeable size at or below a size."""
        return (size / self.size_step).to_integral_value(ROUND_FLOOR) * self.size_step

    def margin_level(self, notional_usd: Decimal) -> MarginLevel:
        """Return the level that a position of this notional stands in."""
        reached = [x for x in self.margin_levels if x.from_usd <= notional_usd]
        return reached[-1]


def _contract(
    symbol: str,
    pair: str,
    tick: str,
    step: str,
    most: str,
    levels: list[tuple[str, str, str]],
) -> Contract:
    rows = tuple(
        MarginLevel(Decimal(start), Decimal(initial), Decimal(maintenance))
        for start, initial, maintenance in levels
    )
    return Contract(symbol, pair, Decimal(tick), Decimal(step), Decimal(most), rows)


_MAJOR = [
    ("0", "0.02", "0.01"),
    ("500000", "0.04", "0.02"),
    ("2000000", "0.06", "0.03"),
    ("5000000", "0.1", "0.05"),
    ("10000000", "0.2", "0.1"),
]
_MINOR = [
    ("0", "0.02", "0.01"),
    ("250000", "0.05", "0.025"),
    ("1000000", "0.1", "0.05"),
    ("3000000", "0.2", "0.1"),
]

CONTRACTS: dict[str, Contract] = {
    contract.symbol: contract
    for contract in (
        _contract("PF_XBTUSD", "XBT:USD", "1", "0.0001", "1000", _MAJOR),
        _contract("PF_ETHUSD", "ETH:USD", "0.1", "0.001", "20000", _MAJOR),
        _contract("PF_SOLUSD", "SOL:USD", "0.01", "0.01", "200000", _MINOR),
    )
}
"""Every known perpetual by its symbol, in the order in which they are listed."""
