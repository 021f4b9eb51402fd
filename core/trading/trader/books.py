"""Our own books: positions, realised P&L, fees and funding, from fills and the account log.

Nothing here is copied from the exchange's balance but the amount at the start, so
that equal figures prove something. Positions and P&L are computed by modules.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Exchange, Store
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)
# Fills may be shown late and out of order, and clocks differ: so far back is asked again.
OVERLAP_MS = 3_600_000
# So many ids of the account log are asked for again when something is missing.
LEDGER_OVERLAP = 1000


@dataclass
class Totals:
    """Sums since the start, Decimal USD; fees are positive when paid, transfers when
    they were paid in.
    """

    realised_usd: Decimal = ZERO
    fees_usd: Decimal = ZERO
    funding_usd: Decimal = ZERO
    transfers_usd: Decimal = ZERO


@dataclass
class Books:
    """Kept up to date by `sync`; `start_balance_usd` is the exchange's at the start.

    `positions` are by our own fills, `held` by the exchange, both by symbol. `sent` are the
    client ids of this process.
    `transfers` are entries of the account log by which money came or went otherwise.
    Rows for the store wait in `unsaved` until `save`, so that trading goes on without it.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    start_balance_usd: Decimal = ZERO
    positions: dict[str, Any] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    by_symbol: dict[str, Totals] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    fills: int = 0
    transfers: deque[Any] = field(default_factory=deque)
    unsaved: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)
    _since_ms: int = 0
    sent: set[str] = field(default_factory=set)
    _opened_ms: int = 0
    _log_since_ms: int = 0
    _first_entry: int = 0
    _last_entry: int = 0
    _booked: set[int] = field(default_factory=set)
    _seen: dict[str, int] = field(default_factory=dict)

    def open(self, now_ms: int) -> None:
        """Adopt what the exchange holds now as the point of departure, also once more."""
        self._since_ms = now_ms
        told_ms = max((t.time_ms for t in self.exchange.tickers()), default=now_ms)
        # An account of years has a log of years, and what is older is in the balance.
        self._log_since_ms = max(0, told_ms - OVERLAP_MS)
        entries = self.exchange.ledger(0, self._log_since_ms)
        self._last_entry = max((e.entry_id for e in entries), default=0)
        # What is older is in the positions, though its fill may be shown only later. Of
        # clocks the slower one is safe; the account log is of the exchange's books.
        newest_ms = max((e.time_ms for e in entries), default=0)
        self._opened_ms = max(min(now_ms, told_ms), newest_ms)
        self._seen = self._shown()
        while True:
            balance_usd = self.exchange.account().balance_usd
            self.start_balance_usd = balance_usd - self._earned_usd
            self.positions = {p.symbol: p for p in self.exchange.positions()}
            self.held = dict(self.positions)
            # What came between the first and the last answer is in an unknown part of them.
            later = self.exchange.ledger(self._last_entry, self._log_since_ms)
            seen = self._shown()
            if not later and seen == self._seen:
                self._first_entry = self._last_entry
                return
            self._last_entry = max(
                (e.entry_id for e in later), default=self._last_entry
            )
            self._seen = seen

    def _shown(self) -> dict[str, int]:
        fills = self.exchange.fills(self._since_ms - OVERLAP_MS)
        return {fill.fill_id: fill.time_ms for fill in fills}

    def sync(self, *, again: bool = False) -> list[Any]:
        """Book the fills and account log entries that are new; return the new fills.

        `again` looks further back, for what was not shown when it was looked for.
        """
        back_ms = OVERLAP_MS * (3 if again else 1)
        shown = self.exchange.fills(max(0, self._since_ms - back_ms))
        fills = [fill for fill in shown if self._is_new(fill)]
        for fill in fills:
            self._book_fill(fill)
        self._forget()
        since = self._last_entry - (LEDGER_OVERLAP if again else 0)
        since = max(since, self._first_entry)
        for entry in self.exchange.ledger(since, self._log_since_ms):
            if entry.entry_id not in self._booked:
                self._book_entry(entry)
        self.look()
        return fills

    def look(self) -> None:
        """Fetch what the exchange holds."""
        self.held = {p.symbol: p for p in self.exchange.positions()}

    def _is_new(self, fill: Any) -> bool:
        if fill.fill_id in self._seen or fill.time_ms < self._opened_ms:
            return False
        if fill.time_ms > self._opened_ms or fill.client_id in self.sent:
            return True
        # In the very millisecond of the opening: by the process before this one?
        return not self.modules["order_purpose"](fill.client_id)

    def _forget(self) -> None:
        oldest = self._since_ms - 4 * OVERLAP_MS
        if len(self._seen) > 1000:
            self._seen = {i: ms for i, ms in self._seen.items() if ms >= oldest}
        if len(self._booked) > 4 * LEDGER_OVERLAP:
            oldest_entry = self._last_entry - 2 * LEDGER_OVERLAP
            self._booked = {i for i in self._booked if i >= oldest_entry}

    def save(self) -> None:
        """Write what waits for the store; what it does not take now waits on."""
        while self.unsaved:
            self.store.insert(*self.unsaved[0])
            self.unsaved.popleft()

    def _book_fill(self, fill: Any) -> None:
        held = self.positions.get(fill.symbol) or self._flat(fill.symbol)
        realised = self.modules["realised_pnl"](held, fill)
        after = self.modules["book_fill"](held, fill)
        self.positions[fill.symbol] = after
        if not after.size:
            del self.positions[fill.symbol]
        self.totals_of(fill.symbol).realised_usd += realised
        self.totals.realised_usd += realised
        self._seen[fill.fill_id] = fill.time_ms
        self._since_ms = max(self._since_ms, fill.time_ms)
        self.fills += 1
        self.unsaved.append(("fills", _row(fill)))

    def _book_entry(self, entry: Any) -> None:
        for totals in (self.totals, self.totals_of(entry.symbol)):
            totals.fees_usd += entry.fee_usd
            totals.funding_usd += entry.funding_usd
            totals.transfers_usd += entry.transfer_usd
        if entry.transfer_usd:
            self.transfers.append(entry)
        self._last_entry = max(self._last_entry, entry.entry_id)
        self._booked.add(entry.entry_id)
        self.unsaved.append(("ledger", _row(entry)))

    def entered(self, trade: OpenTrade) -> Decimal:
        """Return the coins that a trade's entry has filled, as far as anybody knows."""
        symbol = trade.symbol
        return trade.entered(self.positions.get(symbol), self.held.get(symbol))

    def totals_of(self, symbol: str) -> Totals:
        """Return the sums of one symbol, to be added to."""
        return self.by_symbol.setdefault(symbol, Totals())

    def _flat(self, symbol: str) -> Any:
        position = self.modules.records["Position"]
        return position(symbol=symbol, size=ZERO, entry_price=ZERO, funding_usd=ZERO)

    @property
    def balance_usd(self) -> Decimal:
        """What the balance must be, by our own sums."""
        return self.start_balance_usd + self._earned_usd

    @property
    def _earned_usd(self) -> Decimal:
        t = self.totals
        return t.realised_usd - t.fees_usd + t.funding_usd + t.transfers_usd

    def equity(self, now_ms: int, marks: Mapping[str, Decimal]) -> Any:
        """Return our Equity record; unrealised funding is the exchange's to tell."""
        return self.modules["equity_monitor"](
            now_ms, self.balance_usd, self._valued(), dict(marks)
        )

    def pnl(self, marks: Mapping[str, Decimal]) -> list[Any]:
        """Return the Pnl of every symbol that was ever traded, by symbol."""
        held = {position.symbol: position for position in self._valued()}
        return [
            self.modules["pnl_engine"](
                held.get(symbol) or self._flat(symbol),
                marks[symbol],
                totals.realised_usd,
                totals.funding_usd,
                totals.fees_usd,
            )
            for symbol, totals in sorted(self.by_symbol.items())
            if symbol in marks
        ]

    def _valued(self) -> list[Any]:
        """Return our positions with the exchange's word on funding that accrues."""
        position = self.modules.records["Position"]
        return [
            position(
                symbol=p.symbol,
                size=p.size,
                entry_price=p.entry_price,
                funding_usd=(
                    self.held[p.symbol].funding_usd if p.symbol in self.held else ZERO
                ),
            )
            for p in self.positions.values()
        ]


def _row(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__types__}
