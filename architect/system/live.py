"""What stands between a person and real money: refusals first, then a typed yes.

Nothing is sent to the exchange before `refusals` is empty, and nothing is traded before
the account and the books agree and the person has typed what may be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from architect.config import Config
from architect.rebuild import verify
from core.config import EXCHANGE_KEYS, KRAKEN
from core.errors import ConfigError
from core.trading.gateway.limits import daily_loss_usd

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
_RETIRED = "demo-futures.kraken.com"
PAPER_KEY = "paper-"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why live is refused, and what mends it."""

    why: str
    hint: str


def check(config: Config) -> None:
    """Raise ConfigError with every reason why this project may not trade live."""
    found = list(refusals(config))
    if found:
        raise ConfigError(
            "live is refused: " + "; ".join(refusal.why for refusal in found),
            hint="; ".join(dict.fromkeys(refusal.hint for refusal in found)),
        )


def refusals(config: Config) -> Iterator[Refusal]:
    """Yield what stands against trading live, from settings and files alone."""
    yield from _keys(config)
    yield from _url(config.settings.exchange_url)
    problems = verify(config.project)
    if problems:
        why = f"architect verify fails ({problems[0].name}: {problems[0].message})"
        yield Refusal(why, "architect verify")


def _keys(config: Config) -> Iterator[Refusal]:
    missing = [name for name in EXCHANGE_KEYS if not config.environment.get(name)]
    if missing:
        yield Refusal(f"{' and '.join(missing)} not set", "put your keys into .env")
    elif (config.environment.get(EXCHANGE_KEYS[0]) or "").startswith(PAPER_KEY):
        yield Refusal("EXCHANGE_API_KEY is a paper key", "put your keys into .env")


def _url(url: str | None) -> Iterator[Refusal]:
    hint = f"EXCHANGE_URL={KRAKEN}"
    parts = urlsplit(url or "")
    if not url:
        yield Refusal("EXCHANGE_URL is not set", hint)
    elif (parts.hostname or "") in _LOCAL or parts.scheme != "https":
        yield Refusal(f"{url} is a paper exchange, not a live one", hint)
    elif parts.hostname == _RETIRED:
        yield Refusal(f"{url} was retired by Kraken", hint)


def differences(
    positions: list[dict[str, Any]],
    orders: list[dict[str, Any]],
    open_trades: list[dict[str, Any]],
) -> list[str]:
    """Return what the exchange holds and the books do not know, and the reverse.

    Rows are the gateway's Position and OpenOrder rows and rows of trading_data.trades.
    """
    held = {row["symbol"]: Decimal(row["size"]) for row in positions}
    known = {row["symbol"]: row for row in open_trades}
    found = [
        f"a position of {size} {symbol} that no open trade knows"
        for symbol, size in held.items()
        if symbol not in known or (size > 0) != (known[symbol]["side"] == "long")
    ]
    found += [
        f"an open trade {row['trade_id']} without a position"
        for symbol, row in known.items()
        if symbol not in held
    ]
    return found + [
        f"an order {row['client_id'] or row['order_id']} in {row['symbol']} that may open"
        for row in orders
        if not row["reduce_only"]
    ]


def strange(positions: list[dict[str, Any]], symbols: list[str]) -> list[str]:
    """Return what is held of symbols that are not traded; positions are gateway rows."""
    return [
        f"{row['size']} {row['symbol']}"
        for row in positions
        if row["symbol"] not in symbols
    ]


def confirm(
    status: dict[str, Any],
    account: dict[str, Any],
    say: Callable[[str], None],
    ask: Callable[[str], str],
) -> None:
    """Show the limits and what may be lost, and take the typed yes; else ConfigError."""
    limits, equity = status["limits"], Decimal(account["equity_usd"])
    loss = _daily_loss(limits, equity)
    # Nobody types cents of hundreds.
    phrase = f"lose {_usd(loss) if loss < 10 else int(loss)}"
    for line in _shown(limits, equity):
        say(line)
    if ask(f"type '{phrase}' to trade with real money: ").strip() != phrase:
        raise ConfigError("live was not confirmed, so nothing was started")


def _shown(limits: dict[str, Any], equity: Decimal) -> list[str]:
    return [
        f"account: {_usd(equity)} USD of equity",
        f"symbols: {', '.join(limits['symbols'])}",
        f"one order: at most {_usd(limits['max_order_usd'])} USD,"
        f" {limits['max_orders_per_minute']} orders a minute",
        f"all positions and orders: at most {_usd(limits['max_open_usd'])} USD",
        f"lost if every stop is hit: at most {_usd(_open_risk(limits, equity))} USD",
        f"a day that costs {_usd(_daily_loss(limits, equity))} USD ends all entries;"
        " what is open then may still lose up to its stops",
        f"at most, if the market jumps over every stop: {_usd(equity)} USD, all of it",
    ]


def _daily_loss(limits: dict[str, Any], equity: Decimal) -> Decimal:
    usd, frac = limits["max_daily_loss_usd"], limits["max_daily_loss_frac"]
    return daily_loss_usd(Decimal(usd), Decimal(frac), equity)


def _open_risk(limits: dict[str, Any], equity: Decimal) -> Decimal:
    part = equity * Decimal(limits["max_open_risk_frac"])
    return min(Decimal(limits["max_open_risk_usd"]), part)


def _usd(number: Decimal | str) -> str:
    return f"{Decimal(number):.2f}".removesuffix(".00")
