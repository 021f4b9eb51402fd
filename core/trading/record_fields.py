"""The records that cross the gateway's socket, and how each field travels.

One table for both ends: Decimals travel as strings, times as ints. It holds no
classes; those are rendered from specs and handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Plain = dict[str, Any]
Reader = Callable[[Any], Any]


def _maybe_decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


_ORDER: dict[str, Reader] = {"client_id": str, "symbol": str, "side": str}

FIELDS: Mapping[str, Mapping[str, Reader]] = {
    "OrderRequest": {
        **_ORDER,
        "size": Decimal,
        "kind": str,
        "limit_price": _maybe_decimal,
        "stop_price": _maybe_decimal,
        "reduce_only": bool,
        "trail_usd": _maybe_decimal,
        "protect_price": _maybe_decimal,
    },
    "OpenOrder": {
        **_ORDER,
        "order_id": str,
        "kind": str,
        "size": Decimal,
        "filled": Decimal,
        "limit_price": _maybe_decimal,
        "stop_price": _maybe_decimal,
        "reduce_only": bool,
        "created_ms": int,
    },
    "OrderEvent": {
        "time_ms": int,
        "kind": str,
        **_ORDER,
        "order_id": str,
        "filled": Decimal,
        "reason": str,
    },
    "OrderStatus": {
        **_ORDER,
        "order_id": str,
        "status": str,
        "size": Decimal,
        "filled": Decimal,
        "average_price": _maybe_decimal,
        "reason": str,
    },
    "Fill": {
        **_ORDER,
        "fill_id": str,
        "order_id": str,
        "size": Decimal,
        "price": Decimal,
        "time_ms": int,
    },
    "Position": {
        "symbol": str,
        "size": Decimal,
        "entry_price": Decimal,
        "funding_usd": Decimal,
    },
    "Account": dict.fromkeys(
        (
            "balance_usd",
            "equity_usd",
            "available_usd",
            "initial_margin_usd",
            "maintenance_margin_usd",
            "floating_usd",
            "funding_usd",
        ),
        Decimal,
    ),
    "Ticker": {
        "symbol": str,
        **dict.fromkeys(
            ("mark_price", "bid", "ask", "last", "volume_24h", "open_24h"), Decimal
        ),
        "funding_frac": Decimal,
        "time_ms": int,
        "suspended": bool,
    },
    "Instrument": {
        "symbol": str,
        **dict.fromkeys(
            (
                "tick_size",
                "size_step",
                "contract_size",
                "initial_margin_frac",
                "maintenance_margin_frac",
            ),
            Decimal,
        ),
        "margin_levels": list,
    },
    "MarginLevel": dict.fromkeys(
        ("from_usd", "initial_frac", "maintenance_frac"), Decimal
    ),
    "LedgerEntry": {
        "entry_id": int,
        "time_ms": int,
        "kind": str,
        "symbol": str,
        **dict.fromkeys(
            ("fee_usd", "realised_usd", "funding_usd", "transfer_usd", "balance_usd"),
            Decimal,
        ),
    },
}

# Fields that hold lists of records, by the record that they belong to.
_NESTED: Mapping[str, Mapping[str, str]] = {
    "Instrument": {"margin_levels": "MarginLevel"},
}


def made(name: str, row: Plain, records: Mapping[str, type]) -> Any:
    """Return the record `name` with these values; lists of plain rows become records."""
    if name not in _NESTED:
        return records[name](**row)
    nested = {
        field: [made(of, each, records) for each in row[field]]
        for field, of in _NESTED[name].items()
    }
    return records[name](**{**row, **nested})


def read(name: str, row: Plain) -> Plain:
    """Return the fields of record `name` with their Python types, from plain data.

    KeyError, TypeError, ValueError or ArithmeticError if a field is missing or unreadable.
    """
    values = {field: reader(row[field]) for field, reader in FIELDS[name].items()}
    for field, of in _NESTED.get(name, {}).items():
        values[field] = [read(of, each) for each in values[field]]
    return values


def plain(value: Any) -> Any:
    """Return what JSON cannot say by itself: Decimals as strings (a json default)."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not cross the socket")
