"""Opens the way to the live exchange: gateway, reconciliation, and the typed yes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from architect.system.live import confirm, differences, strange
from architect.system.system import System
from core.errors import ConfigError
from core.stores.account import check
from core.trading.gateway_facts import ask
from core.trading.store import PostgresStore


def open_live(system: System, adopt: bool, say: Callable[[str], None]) -> None:
    """Start the gateway; ConfigError unless books and account agree and a person says yes."""
    if not sys.stdin.isatty():
        raise ConfigError(
            "live is confirmed by a person at a terminal",
            hint="run architect up --live in one",
        )
    check(system.stores.database_url, "live")
    system.start_gateway()
    say(f"gateway before {system.config.settings.exchange_url}")
    positions, status = ask(system.socket, "positions"), ask(system.socket, "status")
    if foreign := strange(positions, status["limits"]["symbols"]):
        raise ConfigError(
            f"the account holds {', '.join(foreign)}, which is not traded here: its worth and"
            " its risk could not be told",
            hint="close it, or trade with a subaccount of its own; GATEWAY_SYMBOLS says what"
            " is traded",
        )
    differing = differences(
        positions,
        ask(system.socket, "open_orders"),
        _open_trades(system),
    )
    if differing and not adopt:
        raise ConfigError(
            "the books and the account differ: " + "; ".join(differing),
            hint="mend it at the exchange, or let them be taken over: --adopt",
        )
    confirm(status, ask(system.socket, "account"), say, input)
    system.claim_books("live")


def _open_trades(system: System) -> list[dict[str, Any]]:
    store = PostgresStore(system.stores.database_url)
    try:
        return [row for row in store.rows("trades", 0) if row["closed_ms"] is None]
    finally:
        store.close()
