"""Entries of Kraken's account log: whose they are, what they cost and what is a transfer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from canned_exchange import LOG, CannedExchange

from core.trading.gateway.ccxt_rest import CcxtRest


def tell(exchange: CannedExchange, *rows: dict[str, Any]) -> None:
    """Let the account log tell these rows."""
    exchange.answers["/account-log"] = {"accountUid": "a", "logs": list(rows)}


def entry(number: int, info: str, old: float, new: float, **more: Any) -> Any:
    """Return a row that moves the balance, and says of nothing why."""
    plain = {"fee": None, "realized_pnl": None, "realized_funding": None}
    told = {"id": number, "info": info, "old_balance": old, "new_balance": new}
    return {**LOG, **plain, "contract": None, **told, **more}


def test_a_transfer_between_wallets_is_money_for_the_one_that_trades(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    tell(
        exchange,
        entry(7, "transfer", 800, 300, margin_account="cash"),
        entry(8, "transfer", 1000, 1500, margin_account="flex"),
    )
    (row,) = adapter.ledger(0)
    assert (row["entry_id"], row["transfer_usd"]) == (8, Decimal(500))
    assert row["balance_usd"] == 1500


@pytest.mark.parametrize("account", [{"margin_account": None}, {}])
def test_an_entry_that_tells_no_wallet_counts(
    adapter: CcxtRest, exchange: CannedExchange, account: dict[str, Any]
) -> None:
    row = entry(7, "transfer", 1000, 1500)
    del row["margin_account"]
    tell(exchange, {**row, **account})
    assert [row["transfer_usd"] for row in adapter.ledger(0)] == [Decimal(500)]


def test_the_log_is_read_on_past_a_page_of_another_wallet(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    """Pages are counted by all rows, not by those that are kept."""
    held = [entry(n, "transfer", n, n + 1, margin_account="cash") for n in range(1, 26)]
    exchange.answers["/account-log"] = [
        {"accountUid": "a", "logs": held},
        {"accountUid": "a", "logs": [entry(26, "transfer", 1000, 1500)]},
    ]
    assert [row["entry_id"] for row in adapter.ledger(0)] == [26]


@pytest.mark.parametrize(
    ("told", "new", "fee"),
    [
        ({"liquidation_fee": 3}, "991.75", "3.25"),
        # Where the fee holds it already, the balances show it.
        ({"fee": 3.25, "liquidation_fee": 3}, "991.75", "3.25"),
        # An assignee is paid for what he takes over.
        ({"liquidation_fee": -3}, "997.75", "-2.75"),
        ({"liquidation_fee": None}, "994.75", "0.25"),
        ({"liquidation_fee": 0}, "994.75", "0.25"),
        ({}, "994.75", "0.25"),
        # Doubles are not exact to the last place.
        ({"liquidation_fee": 3}, "991.7500000001", "3.25"),
        ({"fee": 3.25, "liquidation_fee": 3}, "991.7500000001", "3.25"),
    ],
)
def test_what_a_liquidation_costs_is_a_fee_once(
    adapter: CcxtRest,
    exchange: CannedExchange,
    told: dict[str, Any],
    new: str,
    fee: str,
) -> None:
    lost = {"fee": 0.25, "realized_pnl": -5.5, "realized_funding": 0.5}
    tell(
        exchange, {**entry(7, "futures liquidation", 1000, float(new)), **lost, **told}
    )
    (row,) = adapter.ledger(0)
    assert (row["fee_usd"], row["transfer_usd"]) == (Decimal(fee), 0)
    assert (row["realised_usd"], row["funding_usd"]) == (Decimal("-5.5"), Decimal(".5"))


def test_a_liquidation_fee_counts_where_the_balance_before_is_not_told(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    row = entry(7, "futures liquidation", 0, 990, fee=0.25, liquidation_fee=3)
    del row["old_balance"]
    tell(exchange, row)
    assert [row["fee_usd"] for row in adapter.ledger(0)] == [Decimal("3.25")]


@pytest.mark.parametrize(
    "info",
    [
        *("transfer", "cross-exchange transfer", "subaccount transfer"),
        *("admin transfer", "Cross-Exchange Transfer", "conversion"),
        *("deposit", "withdrawal"),
    ],
)
@pytest.mark.parametrize("usd", [-25, 25])
def test_by_these_kinds_money_comes_or_goes(
    adapter: CcxtRest, exchange: CannedExchange, info: str, usd: int
) -> None:
    tell(exchange, entry(7, info, 1000, 1000 + usd - 0.5, fee=0.5))
    (row,) = adapter.ledger(0)
    assert (row["transfer_usd"], row["fee_usd"]) == (usd, Decimal("0.5"))


@pytest.mark.parametrize(
    "info",
    [
        *("covered liquidation", "interest payment", "kfee applied", "settlement"),
        *("tax withheld", "tax refund", "what is new"),
    ],
)
@pytest.mark.parametrize("usd", [-25, 25])
def test_by_any_other_kind_what_nothing_explains_is_a_cost(
    adapter: CcxtRest, exchange: CannedExchange, info: str, usd: int
) -> None:
    told = {"fee": 0.5, "realized_pnl": 2, "realized_funding": -1}
    tell(exchange, entry(7, info, 1000, 1000 + usd + 0.5, **told))
    (row,) = adapter.ledger(0)
    assert (row["transfer_usd"], row["fee_usd"]) == (0, Decimal("0.5") - usd)
    moved = row["realised_usd"] + row["funding_usd"] - row["fee_usd"]
    assert moved == Decimal("0.5") + usd


def test_what_a_trade_does_not_explain_is_left_to_the_comparison_of_balances(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    tell(exchange, entry(7, "futures trade", 1000, 990, fee=0.5))
    (row,) = adapter.ledger(0)
    assert (row["transfer_usd"], row["fee_usd"]) == (0, Decimal("0.5"))
