"""What of a running system's lines a person is told, and the summary of each day."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from architect.system import api_end
from architect.system.child import Line
from architect.system.person import Person
from architect.system.told import Told
from core.plain_words import counted

if TYPE_CHECKING:
    import psycopg

DAY_MS = 86_400_000
# Of the days that nobody was told of while nobody listened, so many are told.
CAUGHT_UP_DAYS = 7


@dataclass
class News:
    """Follows a system's lines; `database_url` is where the days are summed up,
    `exchange_url` the live exchange's. Halts are followed by `Halts`.
    """

    person: Person
    told: Told
    database_url: str = ""
    exchange_url: str = ""
    # None before the books were looked at; empty for one that ends with its process.
    _account: str | None = None
    # The first day (since 1970) that was not told.
    _day: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def line(self, name: str, line: Line) -> None:
        """Look at one line of one process."""
        kind = line.get("kind")
        if name == "gateway" and kind == "silence":
            self.person.tell(str(kind), f"{kind}: {line.get('reason')}")
        elif name == "trader" and kind == "transfer":
            self.person.tell("transfer", transfer_text(line), usd=line["usd"])
        elif name == "trader" and kind in ("stuck", "unstuck"):
            self.person.tell("trouble", trouble_text(line), part=line["part"])
        elif name == "candles" and kind in ("trouble", "over"):
            self.person.tell("trouble", str(line["text"]), part="candles")
        elif kind == "incident":
            text = f"incident {line['incident']} of {line['module']}: {line['state']}"
            self.person.tell("incident", text, incident=line["incident"])
        elif kind in ("tick", "done"):
            self.look()

    def ended(self, name: str, words: str) -> None:
        """Tell that a process ended, and the system with it."""
        self.person.tell("ended", f"{name} ended: {words}")

    def restarted(self, words: str) -> None:
        """Tell that a process ended and was started again."""
        self.person.tell("restart", words)

    def missing(self, name: str, words: str) -> None:
        """Tell that a process ended for good, and the system goes on without it."""
        self.person.tell("trouble", words, part=name)

    def look(self) -> None:
        """Sum up each day that was traded, is over and was not told. From any thread.

        Once before anything is traded, so that it is known what was traded before.
        """
        import psycopg

        if not (self.person.listens and self.database_url):
            return
        # Without the store there is nothing to sum up; the next look tries again.
        with self._lock, contextlib.suppress(psycopg.Error):
            newest = _newest(self.database_url) // DAY_MS
            if self._account is None:
                account = _account(self.database_url)
                last = self.told.day(account) if account else 0
                self._account, self._day = account, last + 1 if last else newest
            first = max(self._day, newest - CAUGHT_UP_DAYS)
            for day in _traded(self.database_url, first, newest):
                self._tell_of(day, self._account)

    def _tell_of(self, day: int, account: str) -> None:
        found = summary(self.database_url, day)
        taken = partial(self.told.note_day, account, day) if account else _nothing
        self.person.tell("day", self._text(found), taken=taken, **found)
        self._day = day + 1

    def _text(self, found: dict[str, Any]) -> str:
        ending = api_end.warning(self.exchange_url, api_end.today())
        return "; ".join(filter(None, [_summary_text(found), ending]))


def transfer_text(line: Line) -> str:
    """Return the trading loop's line of money that came or went, for a person."""
    usd = Decimal(line["usd"])
    way = "paid into the account" if usd > 0 else "taken out of the account"
    return f"{abs(usd):.2f} USD were {way} ({line['what']}); the books know of it"


def trouble_text(line: Line) -> str:
    """Return the trading loop's line of what fails tick after tick, for a person."""
    if line["kind"] == "unstuck":
        return f"{line['part']} works again"
    return (
        f"{line['part']} has failed at {line['ticks']} candles in a row, and is tried on:"
        f" {line['error']}"
    )


def _connected(database_url: str) -> psycopg.Connection:
    import psycopg

    # Who looks after the processes must not wait long for a store that is away.
    return psycopg.connect(database_url, connect_timeout=5)


def summary(database_url: str, day: int) -> dict[str, Any]:
    """Return the figures of one UTC day (days since 1970), amounts as texts in USD."""
    span = (day * DAY_MS, (day + 1) * DAY_MS)
    with _connected(database_url) as connection:
        equities = connection.execute(
            "select exchange_equity_usd from trading_data.equity"
            " where time_ms >= %s and time_ms < %s order by time_ms",
            span,
        ).fetchall()
        row = connection.execute(
            "select count(*), coalesce(sum(realised_usd - fees_usd + funding_usd), 0)"
            " from trading_data.trades where closed_ms >= %s and closed_ms < %s",
            span,
        ).fetchone()
    trades, net = row or (0, Decimal(0))
    known: list[Decimal] = [row[0] for row in equities if row[0] is not None]
    change = known[-1] - known[0] if known else Decimal(0)
    return {
        "day": f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}",
        "equity_usd": _cents(known[-1]) if known else "unknown",
        "change_usd": _cents(change),
        "trades": trades,
        "net_usd": _cents(net),
    }


def _summary_text(found: dict[str, Any]) -> str:
    text = f"{found['day']}: equity {found['equity_usd']} USD"
    text += f" ({Decimal(found['change_usd']):+}), {counted(found['trades'], 'trade')} closed"
    return f"{text} for {found['net_usd']} USD net"


def _cents(usd: Decimal) -> str:
    return f"{usd:.2f}"


def _nothing() -> None:
    """An account that ends with its process has nothing to go on with."""


def _account(database_url: str) -> str:
    """Return what tells an account that outlives its process from others, else empty.

    Live books are of one account, but those of an earlier release learn its name late.
    """
    with _connected(database_url) as connection:
        row = connection.execute(
            "select case kind when 'live' then 'live ' || since_ms else name end"
            " from trading_data.account"
        ).fetchone()
    return str(row[0]) if row and row[0] else ""


def _traded(database_url: str, first: int, end: int) -> list[int]:
    """Return the days from `first` on and before `end` that have rows, oldest first."""
    if first >= end:
        return []
    with _connected(database_url) as connection:
        rows = connection.execute(
            "select distinct time_ms / %s as day from trading_data.equity"
            " where time_ms >= %s and time_ms < %s order by day",
            (DAY_MS, first * DAY_MS, end * DAY_MS),
        ).fetchall()
    return [int(row[0]) for row in rows]


def _newest(database_url: str) -> int:
    with _connected(database_url) as connection:
        row = connection.execute(
            "select coalesce(max(time_ms), 0) from trading_data.equity"
        ).fetchone()
    return int(row[0]) if row else 0
