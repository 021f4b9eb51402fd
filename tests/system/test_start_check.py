"""What `architect up` refuses before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from running_system import copy_project

from architect.command_line import main
from architect.config import load
from architect.system.start_check import check_symbols
from core.errors import ConfigError


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("start") / "project")


def test_symbols_of_trading_are_those_of_the_gateway(root: Path) -> None:
    check_symbols(load(root, process={}))
    with pytest.raises(ConfigError, match=r"TRADING_SYMBOLS: .* PF_FOO") as caught:
        check_symbols(load(root, process={"TRADING_SYMBOLS": "PF_FOO,PF_XBTUSD"}))
    assert "PF_XBTUSD, PF_ETHUSD" in str(caught.value.hint)
    allowed = {"TRADING_SYMBOLS": "PF_ETHUSD", "GATEWAY_SYMBOLS": "PF_XBTUSD"}
    with pytest.raises(ConfigError, match="PF_ETHUSD"):
        check_symbols(load(root, process=allowed))
    with pytest.raises(ConfigError, match="GATEWAY_MAX_ORDER_USD"):
        check_symbols(load(root, process={"GATEWAY_MAX_ORDER_USD": "much"}))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--candles", "nope"], "error: --candles: nope is no folder\nhint: give one"),
        (["--count", "600"], "error: --count 600: the first 600 only warm"),
    ],
)
def test_candles_that_nothing_can_be_traded_on_start_nothing(
    root: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--root", str(root), *words]) == 1
    assert capsys.readouterr().err.startswith(told)
    assert not (root / ".architect" / "stores").exists()
