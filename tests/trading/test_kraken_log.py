"""Entries of Kraken's account log: whose they are, what they cost and what is a transfer."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from adapter_cases import kraken_rest
from canned_exchange import GOOD, LOG, CannedExchange

from core.trading.gateway.ccxt_rest import CcxtRest


@pytest.fixture
def exchange() -> Iterator[CannedExchange]:
    server = CannedExchange(copy.deepcopy(GOOD))
    yield server
    server.close()


@pytest.fixture
def adapter(exchange: CannedExchange) -> CcxtRest:
    return kraken_rest(exchange.url)


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
