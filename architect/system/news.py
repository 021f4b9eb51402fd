"""What of a running system's lines a person is told, and the summary of each day."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from architect.system.child import Line
from architect.system.person import Person

DAY_MS = 86_400_000
_OF_THE_GATEWAY = ("halt", "silence")


@dataclass
class News:
    """Follows a system's lines; `database_url` is where the days are summed up."""

    person: Person
    database_url: str = ""
    _day: int = 0

    def line(self, name: str, line: Line) -> None:
        """Look at one line of one process."""
        kind = line.get("kind")
        if name == "gateway" and kind in _OF_THE_GATEWAY:
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
        elif kind in ("tick", "done") and self.person.listens and self.database_url:
            self._look_at_days()

    def ended(self, name: str, words: str) -> None:
        """Tell that a process ended, and the system with it."""
        self.person.tell("ended", f"{name} ended: {words}")

    def restarted(self, words: str) -> None:
        """Tell that a process ended and was started again."""
        self.person.tell("restart", words)

    def _look_at_days(self) -> None:
        import psycopg

        # Without the store there is nothing to sum up; the next line tries again.
        with contextlib.suppress(psycopg.Error):
            day = _newest(self.database_url) // DAY_MS
            if self._day and day > self._day:
                found = summary(self.database_url, self._day)
                self.person.tell("day", _told(found), **found)
            self._day = day


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


def summary(database_url: str, day: int) -> dict[str, Any]:
    """Return the figures of one UTC day (days since 1970), amounts as texts in USD."""
    import psycopg

    span = (day * DAY_MS, (day + 1) * DAY_MS)
    with psycopg.connect(database_url) as connection:
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


def _told(found: dict[str, Any]) -> str:
    text = f"{found['day']}: equity {found['equity_usd']} USD"
    text += f" ({Decimal(found['change_usd']):+}), {found['trades']} trades closed"
    return f"{text} for {found['net_usd']} USD net"


def _cents(usd: Decimal) -> str:
    return f"{usd:.2f}"


def _newest(database_url: str) -> int:
    import psycopg

    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select coalesce(max(time_ms), 0) from trading_data.equity"
        ).fetchone()
    return int(row[0]) if row else 0
