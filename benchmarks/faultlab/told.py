"""What the loop told of a run, each with the candle in which it was told."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.trading.trader.troubles import LASTING


@dataclass(frozen=True)
class Event:
    """One event: `detail` is what was told with it."""

    candle: int
    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def is_of(self, symbol: str) -> bool:
        """Tell whether it may be of a symbol: what names no trade is of all."""
        trade_id = self.detail.get("trade_id")
        return trade_id is None or str(trade_id).startswith(f"{symbol}-")


@dataclass(frozen=True)
class Told:
    """All events of a run, oldest first."""

    events: Sequence[Event] = ()

    def candles(self, kind: str) -> list[int]:
        """Return the candles in which a kind was told, each once."""
        return sorted({event.candle for event in self.events if event.kind == kind})

    def stuck(self, first: int, last: int, away: Collection[int] = ()) -> bool:
        """Tell whether a person heard, from one candle to another, that a part of the loop
        fails tick after tick; a new process begins to count anew."""
        for part in {e.detail.get("part") for e in self.events if e.kind == "trouble"}:
            failed = {
                e.candle
                for e in self.events
                if e.kind == "trouble" and e.detail.get("part") == part
            } - {*away}
            rows = ({candle - n for n in range(LASTING)} for candle in failed)
            if any(row <= failed and first <= max(row) <= last for row in rows):
                return True
        return False

    def of(
        self, kinds: Collection[str], symbol: str, first: int, last: int
    ) -> list[Event]:
        """Return the events of these kinds that were told from one candle to another."""
        return [
            event
            for event in self.events
            if event.kind in kinds
            and first <= event.candle <= last
            and event.is_of(symbol)
        ]


def told(rows: Sequence[Mapping[str, str]], begun_ms: Sequence[int]) -> Told:
    """Return the events of rows as they were published.

    `begun_ms` are the real times at which the candles began, from the first one on.
    """
    events = [
        Event(
            max(0, bisect_right(begun_ms, int(row["time_ms"])) - 1),
            row["kind"],
            json.loads(row.get("detail", "{}")),
        )
        for row in rows
    ]
    return Told(sorted(events, key=lambda event: event.candle))
