"""What .env says of trading reaches the loop that trades."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trader_rig import ROOT, Rig

from architect import config as configuration
from architect.system.system import System
from core.environment import Environment
from core.errors import ConfigError
from core.stores.embedded import Stores
from core.trading.config import read_trading
from core.trading.trader.__main__ import configured
from core.trading.trader.config import TraderConfig

ETH = "PF_ETHUSD"
SET = {
    "TRADING_SYMBOLS": ETH,
    "TRADING_SLIPPAGE_FRAC": "0.001",
    "TRADING_MAX_SLIPPAGE_FRAC": "0.02",
}


def test_what_is_set_is_what_the_loop_is_given() -> None:
    found = configured(read_trading(Environment(SET)))
    assert found.symbols == (ETH,)
    assert found.slippage_frac == Decimal("0.001")
    assert found.max_slippage_frac == Decimal("0.02")
    unset, default = configured(read_trading(Environment({}))), TraderConfig()
    assert unset.slippage_frac == default.slippage_frac
    assert unset.max_slippage_frac == default.max_slippage_frac


@pytest.mark.parametrize("value", ["0", "-0.01", "0.06", "much"])
def test_a_slippage_that_is_no_limit_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="TRADING_SLIPPAGE_FRAC"):
        read_trading(Environment({"TRADING_SLIPPAGE_FRAC": value}))


def test_the_trader_is_started_with_what_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[str, str] = {}

    def start(system: System, name: str, *rest: Any) -> dict[str, Any]:
        given.update(rest[-1])
        return {}

    monkeypatch.setattr(System, "_start", start)
    system = System(configuration.load(Path(ROOT), process=SET))
    system._stores = Stores("postgresql:///x", "redis://x")
    system.start_trader()
    assert given.items() >= SET.items()


def test_only_the_symbols_that_are_set_are_looked_at(rig: Rig) -> None:
    for symbols, count in (((), 3), ((ETH,), 1)):
        loop, seen = rig.loop(symbols=symbols), set[str]()
        stats = loop.entries._stats
        loop.entries._stats = lambda s: (seen.add(s), stats(s))[1]  # noqa: B023
        loop.tick(rig.paper.step())
        assert len(seen) == count
        assert not symbols or seen == {ETH}
