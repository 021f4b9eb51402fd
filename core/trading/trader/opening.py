"""What the books begin with: balance and positions as the exchange tells them at one moment.

What came between the first and the last of its answers is in an unknown part of them, and
the account log may be later than the balance, as the positions may be. So all is read until
nothing new came and every order that only closes has its position; what the log tells only
afterwards is known by the balance that each of its entries left. A position that is not shown
for all that, of an entry whose fills are shown and whose stop rests, is what its fills made:
were it taken for none, its stop would be cancelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.trading.ports import STOP_SUFFIX, Exchange

ZERO = Decimal(0)
# Fills may be shown late and out of order, and clocks differ: so far back is asked again.
OVERLAP_MS = 3_600_000
# How an account log or a position that is a moment late is waited for.
PAUSES_S = (1.0, 1.0, 1.0)
CENT = Decimal("0.01")
# An entry of the log says which balance it left, to more places than this. The account's
# may be told in whole cents: then no more is known.
EXACT_USD, ROUNDED_USD = Decimal("0.0001"), Decimal("0.0051")
# An entry so much younger than the opening was not in the balance then.
UNTOLD_MS = 60_000
# So long before the opening a fill may be that a position was read without.
READ_MS = 600_000
# So often positions are read until they are what they are, late or not.
READINGS = 16
# Ticks for which a log that has not told what is in the balance is waited for.
PATIENCE = 3


@dataclass
class Opening:
    """`balance_usd` and `positions` are the exchange's, `fills` the times by id of those it
    showed then, `hidden` the ones of positions that it did not, `recent` those of the last
    minutes, oldest first, that the positions may have been read without; of the account log
    entries up to `last_entry` are in the balance, and nothing before `log_since_ms` is read.
    """

    balance_usd: Decimal = ZERO
    positions: dict[str, Any] = field(default_factory=dict)
    fills: dict[str, int] = field(default_factory=dict)
    hidden: Sequence[Any] = ()
    recent: list[Any] = field(default_factory=list)
    readings: int = READINGS
    opened_ms: int = 0
    log_since_ms: int = 0
    last_entry: int = 0
    # Whether the log has told how the balance came to be, and what it has told since.
    is_told: bool = True
    told_usd: Decimal = ZERO
    patience: int = PATIENCE

    @property
    def waits(self) -> bool:
        """Tell whether the log still owes something of the last hour that is in the balance:
        of an hour in which nothing happened it may tell nothing.
        """
        happened = bool(self.fills or self.last_entry)
        return happened and not self.is_told and self.patience > 0

    def unread(
        self, held: Mapping[str, Any], positions: Mapping[str, Any]
    ) -> list[Any]:
        """Take out and return the fills that positions were read without, now that what is
        `held` is shown with them. It is asked for at each reading, and not for ever.
        """
        self.readings -= 1
        if self.readings < 0:
            self.recent = []
        found = []
        for symbol in {fill.symbol for fill in self.recent}:
            here, there = (
                told[symbol].size if symbol in told else ZERO
                for told in (positions, held)
            )
            found += self._newest(symbol, there - here)
        self.recent = [fill for fill in self.recent if fill not in found]
        return found

    def filled_since(self, symbol: str, since_ms: int) -> Decimal:
        """Return what the newest fills of a symbol come to, coins, negative when sold."""
        found = [f for f in self.recent if f.symbol == symbol and f.time_ms >= since_ms]
        return sum(map(_signed, found), ZERO)

    def _newest(self, symbol: str, size: Decimal) -> list[Any]:
        """Return the newest fills of a symbol, oldest first, that come to so many coins."""
        found: list[Any] = []
        for fill in reversed([f for f in self.recent if f.symbol == symbol]):
            found.insert(0, fill)
            if sum(map(_signed, found), ZERO) == size:
                return found
        return []

    def is_doubtful(self, symbol: str) -> bool:
        """Tell whether a position may be another than was read, so near to the opening."""
        return any(fill.symbol == symbol for fill in self.recent)

    def is_late(self, fill: Any) -> None:
        """Take in a fill of before the opening that is shown only now."""
        if fill.time_ms >= self.opened_ms - READ_MS:
            self.recent = sorted([*self.recent, fill], key=lambda f: f.time_ms)

    def is_past(self, symbol: str) -> None:
        """Forget the fills of a symbol that was traded since: other fills may be missing."""
        self.recent = [fill for fill in self.recent if fill.symbol != symbol]

    def counts_twice_usd(self, entry: Any) -> Decimal:
        """Return what is in the balance already of entries told since, once that is known.

        It is to be asked of each entry that is booked, in their order.
        """
        if self.is_told or entry.time_ms > self.opened_ms + UNTOLD_MS:
            self.is_told = True
            return ZERO
        self.told_usd += entry.funding_usd - entry.fee_usd + entry.transfer_usd
        self.is_told = _leaves(entry, self.balance_usd)
        return self.told_usd if self.is_told else ZERO


def opening(exchange: Exchange, sleep: Callable[[float], None], now_ms: int) -> Opening:
    """Read what the exchange holds now; `sleep` waits for seconds where its log is late."""
    told_ms = max((t.time_ms for t in exchange.tickers()), default=now_ms)
    # An account of years has a log of years, and what is older is in the balance.
    since_ms = max(0, told_ms - OVERLAP_MS)
    entries = exchange.ledger(0, since_ms)
    last_entry = max((e.entry_id for e in entries), default=0)
    # What is older is in the positions, though its fill may be shown only later. Of
    # clocks the slower one is safe; the account log is of the exchange's books.
    newest_ms = max((e.time_ms for e in entries), default=0)
    before, pauses = _shown(exchange, now_ms), list(PAUSES_S)
    while True:
        balance_usd = exchange.account().balance_usd
        positions = {p.symbol: p for p in exchange.positions()}
        later = exchange.ledger(last_entry, since_ms)
        fills = _shown(exchange, now_ms)
        entries += later
        bare = _bare(exchange, positions)
        late = bool(bare) or not _has_told(entries, balance_usd)
        if late and pauses:
            sleep(pauses.pop())
        elif not later and fills.keys() == before.keys():
            opened_ms = max(min(now_ms, told_ms), newest_ms)
            hidden = _hidden([*fills.values()], bare)
            return Opening(
                balance_usd=balance_usd,
                positions=positions,
                fills={fill_id: fill.time_ms for fill_id, fill in fills.items()},
                hidden=hidden,
                recent=_recent(fills.values(), opened_ms, {f.symbol for f in hidden}),
                opened_ms=opened_ms,
                log_since_ms=since_ms,
                last_entry=last_entry,
                is_told=bool(entries) and _leaves(entries[-1], balance_usd),
            )
        last_entry = max((e.entry_id for e in later), default=last_entry)
        before = fills


def _shown(exchange: Exchange, now_ms: int) -> dict[str, Any]:
    return {fill.fill_id: fill for fill in exchange.fills(now_ms - OVERLAP_MS)}


def _bare(exchange: Exchange, positions: Mapping[str, Any]) -> list[Any]:
    """Return the stops and takes that rest for a position that is not shown, or for more than
    is shown of it: it is late, or over while nobody looked.
    """
    resting = [order for order in exchange.open_orders() if order.reduce_only]
    closed: Counter[tuple[str, str]] = Counter()
    for order in filter(_is_brought, resting):
        closed[order.symbol, order.side] += _left(order)
    return [
        order
        for order in resting
        if order.symbol not in positions
        or closed[order.symbol, order.side] > abs(positions[order.symbol].size)
    ]


def _hidden(fills: Sequence[Any], bare: Sequence[Any]) -> list[Any]:
    """Return the fills, oldest first, of positions that are not shown, or not all of them:
    from the first on of an entry that brought a stop which rests, as far as they come to what
    that stop closes.
    """
    oldest_first, found = sorted(fills, key=lambda f: f.time_ms), []
    for symbol in sorted({order.symbol for order in bare}):
        stops = [o for o in bare if o.symbol == symbol and _is_brought(o)]
        of_symbol = [fill for fill in oldest_first if fill.symbol == symbol]
        while of_symbol and not any(_is_of(of_symbol[0], stop) for stop in stops):
            del of_symbol[0]
        if _closes(stops, sum(map(_signed, of_symbol), ZERO)):
            found += of_symbol
    return found


def _recent(
    fills: Iterable[Any], opened_ms: int, without: Collection[str]
) -> list[Any]:
    since_ms = opened_ms - READ_MS
    found = [f for f in fills if f.time_ms >= since_ms and f.symbol not in without]
    return sorted(found, key=lambda fill: fill.time_ms)


def _is_brought(order: Any) -> bool:
    return bool(order.client_id.endswith(STOP_SUFFIX))


def _is_of(fill: Any, stop: Any) -> bool:
    """Tell whether a fill is of the entry, of whichever slice, that brought a stop."""
    decision = fill.client_id.rpartition("-")[0]
    return bool(decision) and stop.client_id.startswith(f"{decision}-")


def _closes(stops: Sequence[Any], size: Decimal) -> bool:
    side = "sell" if size > 0 else "buy"
    most: Decimal = sum((_left(stop) for stop in stops if stop.side == side), ZERO)
    return ZERO < abs(size) <= most


def _left(order: Any) -> Any:
    return order.size - order.filled


def _signed(fill: Any) -> Decimal:
    return Decimal(fill.size if fill.side == "buy" else -fill.size)


def _has_told(entries: Sequence[Any], balance_usd: Decimal) -> bool:
    """Tell whether the account log has told what is in the balance, as far as it says."""
    return not entries or abs(entries[-1].balance_usd - balance_usd) < CENT


def _leaves(entry: Any, balance_usd: Decimal) -> bool:
    most = EXACT_USD if balance_usd % CENT else ROUNDED_USD
    return bool(abs(entry.balance_usd - balance_usd) < most)
