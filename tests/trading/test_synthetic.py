"""Synthetic candles: the same bytes everywhere, and a market worth exercising on."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.errors import ConfigError
from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.synthetic import synthetic_candles

DIGEST = "c215b765d8a90b58d00fed826a1dc8e330479cc470716d44f16eacc81e1b6388"


def _bytes(candles: Candles) -> bytes:
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    return b"".join(column.astype("<f8").tobytes() for column in columns)


def test_a_seed_gives_the_same_bytes_on_every_machine() -> None:
    digest = hashlib.sha256()
    for candles in synthetic_candles(7, 500).values():
        digest.update(candles.time_ms.astype("<i8").tobytes() + _bytes(candles))
    assert digest.hexdigest() == DIGEST


def test_another_seed_gives_another_market() -> None:
    one, two = (synthetic_candles(seed, 50)["PF_XBTUSD"] for seed in (1, 2))
    assert _bytes(one) != _bytes(two)


@pytest.mark.parametrize("symbol", list(CONTRACTS))
def test_every_candle_is_one_and_stands_on_ticks(symbol: str) -> None:
    candles, contract = synthetic_candles(11, 2_000)[symbol], CONTRACTS[symbol]
    bodies = np.stack([candles.open, candles.close])
    assert (candles.high >= bodies.max(axis=0)).all()
    assert (candles.low <= bodies.min(axis=0)).all()
    assert (candles.volume > 0).all()
    assert (candles.open[1:] == candles.close[:-1]).all()
    assert (np.diff(candles.time_ms) == 300_000).all()
    for price in candles.close[:200].tolist():
        assert contract.is_price(contract.price_of(price))
        assert float(contract.price_of(price)) == price


def test_the_market_has_jumps_spikes_correlation_and_a_days_rhythm() -> None:
    candles = synthetic_candles(11, 6_000)
    closes = {symbol: np.log(each.close) for symbol, each in candles.items()}
    moves = np.stack([np.diff(close) for close in closes.values()])
    sigma = moves[0].std()
    assert 0.0008 < sigma < 0.003
    assert (np.abs(moves[0]) > 4 * sigma).sum() > 3
    assert np.corrcoef(moves)[0, 1] > 0.4
    xbt = candles["PF_XBTUSD"]
    assert xbt.volume.max() > 8 * np.median(xbt.volume)
    hours = xbt.time_ms // 3_600_000 % 24
    assert xbt.volume[hours == 15].mean() > 1.5 * xbt.volume[hours == 4].mean()


def test_a_market_of_one_candle_is_none() -> None:
    with pytest.raises(ConfigError):
        synthetic_candles(1, 1)
