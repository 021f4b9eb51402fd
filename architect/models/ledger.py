"""The ledger's file: what was reserved, what was charged, for whom.

Append-only JSON lines. A line without an end was cut by a crash or a full disk, and
its event never took place; anything else that cannot be read stops all spending.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

from core.errors import ModelError


@dataclass(frozen=True, slots=True)
class Charge:
    """One call: `usd` is what it is charged, the reservation until it is settled.

    What a server told may be more than was reserved.
    """

    usd: Decimal
    settled: bool
    at_ms: int
    run: str
    job: str
    module: str
    route: str


def read_ledger(path: Path) -> list[Charge]:
    """Return the charges of one day, in the order of their reservations."""
    charges: dict[str, Charge] = {}
    for number, line in enumerate(_lines(path), 1):
        try:
            _apply(json.loads(line), charges)
        except (ValueError, KeyError, TypeError, DecimalException):
            raise ModelError(
                f"{path} line {number} cannot be read, so nobody knows what was spent",
                hint=f"look at the line, then move {path} away",
            ) from None
    return list(charges.values())


def repair(path: Path) -> None:
    """Cut off a last line without an end. Only under the budget's lock."""
    if path.exists():
        whole = _whole(path.read_bytes())
        if whole < path.stat().st_size:
            os.truncate(path, whole)


def _lines(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    return data[: _whole(data)].splitlines()


def _whole(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _apply(event: dict[str, Any], charges: dict[str, Charge]) -> None:
    usd = Decimal(event["usd"])
    if usd < 0 or not usd.is_finite():
        raise ValueError
    if "reserve" in event:
        labels = (event["run"], event["job"], event["module"], event["route"])
        charges[event["reserve"]] = Charge(usd, False, event["at_ms"], *labels)
        return
    held = charges[event["settle"]]
    if not held.settled:
        charges[event["settle"]] = replace(held, usd=usd, settled=True)
