"""Opens the way to the live exchange: gateway, reconciliation, and the typed yes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from architect.system import api_end
from architect.system.foreign_orders import cancel, described
from architect.system.live import (
    check_collateral,
    check_traded,
    confirm,
    differences,
    opening,
)
from architect.system.system import System
from architect.typed import answer
from core.errors import ConfigError
from core.stores.account import check
from core.trading.gateway_facts import ask
from core.trading.store import PostgresStore

# Who begins to trade plans for months.
AHEAD_DAYS = 180


def open_live(system: System, adopt: bool, say: Callable[[str], None]) -> None:
    """Start the gateway; ConfigError unless books and account agree and a person says yes."""
    if not sys.stdin.isatty():
        raise ConfigError(
            "live is confirmed by a person at a terminal",
            hint="run architect up --live in one",
        )
    check(system.stores.database_url, "live")
    system.start_gateway()
    url = system.config.settings.exchange_url
    say(f"gateway before {url}")
    uid = ask(system.socket, "account_uid")
    check(system.stores.database_url, "live", uid)
    if (ending := api_end.warning(url, api_end.today(), AHEAD_DAYS)) is not None:
        say(ending)
    account, positions = ask(system.socket, "account"), ask(system.socket, "positions")
    # Of what the reading of the account has shown.
    status = ask(system.socket, "status")
    check_collateral(status["other_collateral"])
    symbols = status["limits"]["symbols"]
    check_traded(positions, symbols)
    orders, trades = ask(system.socket, "open_orders"), _open_trades(system)
    differing = differences(positions, orders, trades)
    if differing and not adopt:
        raise ConfigError(
            "the books and the account differ: " + "; ".join(differing),
            hint="mend it at the exchange, or let positions be taken over and orders that"
            " may open be cancelled: --adopt",
        )
    for text in differences(positions, [], trades):
        say(f"the books will follow the account: {text}")
    foreign = opening(orders)
    for row in foreign:
        say(f"to be cancelled: {described(row)}")
    confirm(status, account, say, answer)
    # Both also for what has come while the yes was typed.
    cancel(system.socket, foreign, say)
    check_traded(ask(system.socket, "positions"), symbols)
    system.claim_books("live", uid)


def _open_trades(system: System) -> list[dict[str, Any]]:
    store = PostgresStore(system.stores.database_url)
    try:
        return [row for row in store.rows("trades", 0) if row["closed_ms"] is None]
    finally:
        store.close()
