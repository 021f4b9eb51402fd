"""What stands between a person and real money: refusals first, then a typed yes.

Nothing is sent to the exchange before `refusals` is empty, and nothing is traded before
the account and the books agree and the person has typed what may be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from architect.config import Config
from architect.rebuild import verify
from architect.system import api_end
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


def check(config: Config, day: date | None = None) -> None:
    """Raise ConfigError with every reason why this project may not trade live.

    `day` is today's UTC date.
    """
    found = list(refusals(config, day or api_end.today()))
    if found:
        raise ConfigError(
            "live is refused: " + "; ".join(refusal.why for refusal in found),
            hint="; ".join(dict.fromkeys(refusal.hint for refusal in found)),
        )


def refusals(config: Config, day: date) -> Iterator[Refusal]:
    """Yield what stands against trading live, from settings and files alone."""
    url = config.settings.exchange_url
    yield from _keys(config)
    yield from _url(url)
    if (ended := api_end.warning(url, day, within_days=0)) is not None:
        yield Refusal(ended, "update to a release that speaks its successor")
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

    Rows are the gateway's Position and OpenOrder rows and rows of trading_data.trades. A
    position smaller than its trade is what a stop or take leaves that has filled in part:
    the trade goes on with what is held, and the account log has what the rest made. A
    larger one holds what no trade decided, at a size that no stop of ours knows.
    """
    held = {row["symbol"]: Decimal(row["size"]) for row in positions}
    found = [
        text
        for symbol, size in held.items()
        if (text := _unknown(symbol, size, open_trades)) is not None
    ]
    found += [
        f"an open trade {row['trade_id']} without a position"
        for row in {row["symbol"]: row for row in open_trades}.values()
        if row["symbol"] not in held
    ]
    return found + [
        f"an order {row['client_id'] or row['order_id']} in {row['symbol']} that may open"
        for row in opening(orders)
    ]


def opening(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the resting orders that may open a position; OpenOrder rows.

    They are of others: our entries are ioc, nothing of ours that rests may open anything.
    """
    return [row for row in orders if not row["reduce_only"]]


def _unknown(
    symbol: str, size: Decimal, open_trades: list[dict[str, Any]]
) -> str | None:
    """Return what no open trade says of a position, None if one says all of it."""
    side = "long" if size > 0 else "short"
    # A symbol has one trade at a time: of several rows all but one are of the past.
    sizes = [
        Decimal(row["size"])
        for row in open_trades
        if row["symbol"] == symbol and row["side"] == side
    ]
    held = f"a position of {_plain(size)} {symbol}"
    if not sizes:
        return f"{held} that no open trade knows"
    if abs(size) > max(sizes):
        return f"{held}, larger than the {_plain(max(sizes))} of its open trade"
    return None


def _plain(size: Decimal) -> str:
    return f"{size.normalize():f}"


def check_traded(positions: list[dict[str, Any]], symbols: list[str]) -> None:
    """Raise ConfigError for what is held of symbols that are not traded; gateway rows."""
    foreign = [
        f"{row['size']} {row['symbol']}"
        for row in positions
        if row["symbol"] not in symbols
    ]
    if foreign:
        raise ConfigError(
            f"the account holds {', '.join(foreign)}, which is not traded here: its worth and"
            " its risk could not be told",
            hint="close it, or trade with a subaccount of its own; GATEWAY_SYMBOLS says what"
            " is traded",
        )


def check_collateral(names: list[str]) -> None:
    """Raise ConfigError for what an account holds beside USD."""
    if names:
        raise ConfigError(
            f"the account holds {', '.join(names)} beside USD: what is paid in so would hide"
            " a loss of the day",
            hint="convert it or take it out, then architect resume; or trade with a"
            " subaccount of its own",
        )


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
    if ask(f"type '{phrase}' to trade with real money:") != phrase:
        raise ConfigError("live was not confirmed, so nothing is traded",
                          hint="type the words between the quotes to go on")  # fmt: skip


def _shown(limits: dict[str, Any], equity: Decimal) -> list[str]:
    return [
        f"account: {_usd(equity)} USD of equity",
        f"symbols: {', '.join(limits['symbols'])}",
        f"one order: at most {_usd(limits['max_order_usd'])} USD,"
        f" {limits['max_orders_per_minute']} entries a minute",
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
