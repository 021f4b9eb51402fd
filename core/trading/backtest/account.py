"""One symbol's account in floats: balance, position, fees and funding by fill."""

from __future__ import annotations

from typing import NamedTuple


class Fill(NamedTuple):
    """One execution and the account after it. Sizes are in coins, negative sells.

    Attributes:
        candle: of the candle at whose open it was.
        closed: coins of the position before that it closed, without sign.
        balance_usd: settled money after it.
    """

    candle: int
    size: float
    price: float
    closed: float
    realised_usd: float
    funding_usd: float
    fee_usd: float
    position: float
    entry_price: float
    balance_usd: float


# Without the checks of the call with ten arguments: half of a fill's time.
_made = Fill._make


class Account:
    """`steps` is the position in whole steps; `fills` what made it."""

    def __init__(self, balance_usd: float, fee_frac: float) -> None:
        self.balance_usd, self._fee_frac = balance_usd, fee_frac
        self.steps, self.size, self.entry_price = 0, 0.0, 0.0
        self.fees_usd = self.funding_usd = 0.0
        self.fills: list[Fill] = []
        self._funded = 0.0

    def equity_usd(self, price: float, funding: float) -> float:
        """Return the equity at a price; `funding` is what a coin has cost up to now, USD."""
        floating = self.size * (price - self.entry_price)
        return self.balance_usd + floating - self.size * (funding - self._funded)

    def fill(
        self, index: int, steps: int, step: float, price: float, funding: float
    ) -> None:
        """Book an execution of `steps`, negative for a sale."""
        before, held, entry = self.steps, self.size, self.entry_price
        after, size = before + steps, steps * step
        settled = -held * (funding - self._funded)
        realised = closed = 0.0
        if before * steps >= 0:
            entry = (before * entry + steps * price) / after
        else:
            closed = min(abs(steps), abs(before)) * step
            gain = closed * (price - entry)
            realised = gain if before > 0 else -gain
            if before * after <= 0:
                entry = price if after else 0.0
        fee = abs(size) * price * self._fee_frac
        held = after * step
        balance = self.balance_usd + (realised + settled - fee)
        self.steps, self.size, self.entry_price = after, held, entry
        self.balance_usd, self._funded = balance, funding
        self.fees_usd += fee
        self.funding_usd += settled
        row = (index, size, price, closed, realised, settled, fee, held, entry, balance)
        self.fills.append(_made(row))
