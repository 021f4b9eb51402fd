"""Made-up candles of BTC, ETH and SOL that are the same on every machine.

The draws are PCG64's raw words and every step from them to a price is integer
arithmetic: no libm, no distribution code and no order of summation can change a byte.
The market is for exercise (trends, ranges, jumps, volume spikes, a day's rhythm, a
common factor); it is no model of a real one, and no strategy is judged on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ConfigError
from core.trading.candles import FIVE_MINUTES_MS, Candles
from core.trading.contracts import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

START_MS = 1_736_121_600_000  # Monday 6 January 2025, 00:00 UTC
MICRO = 1_000_000
NANO = 1_000_000_000
SUBSTEPS = 8
_WORDS = 3  # raw words in one normal draw: 12 pieces of 16 bits
_SIGMA = 65_536  # the standard deviation of one draw, in its own units

# Activity by UTC hour in percent: quiet before Asia, busy when America opens.
_HOURS = (
    *(80, 85, 80, 75, 70, 70, 75, 90, 100, 105, 100, 95),
    *(105, 135, 165, 170, 155, 140, 125, 115, 110, 100, 95, 85),
)
# Each regime: weight, drift a candle (nano), pull to its anchor (nano), volatility in %.
_REGIMES = (
    (3, 0, 30_000_000, 65),
    (2, 180_000, 0, 95),
    (2, -180_000, 0, 100),
    (1, 0, 5_000_000, 210),
)


@dataclass(frozen=True, slots=True)
class _Asset:
    symbol: str
    start_usd: int
    sigma_nano: int  # standard deviation of one candle's return
    common_percent: int  # the part of it that moves with the whole market
    coins: int  # usual volume of one candle


_ASSETS = (
    _Asset("PF_XBTUSD", 98_000, 1_250_000, 92, 340),
    _Asset("PF_ETHUSD", 3_600, 2_200_000, 86, 8_000),
    _Asset("PF_SOLUSD", 210, 2_400_000, 84, 41_000),
)


def synthetic_candles(
    seed: int, count: int, *, start_ms: int = START_MS
) -> dict[str, Candles]:
    """Return `count` 5-minute candles for each symbol; the same seed, the same bytes."""
    if count < 2:
        raise ConfigError(f"{count} synthetic candles", hint="ask for at least 2")
    if start_ms % FIVE_MINUTES_MS:
        raise ConfigError(f"start {start_ms} ms is not on a 5-minute boundary")
    source = np.random.PCG64(np.random.SeedSequence(seed))
    market = _normals(source, count)
    return {
        asset.symbol: _candles(asset, source, market, count, start_ms)
        for asset in _ASSETS
    }


def _normals(source: np.random.PCG64, count: int) -> list[list[int]]:
    """Return count rows of SUBSTEPS near-normal integers of deviation _SIGMA."""
    words = source.random_raw(count * SUBSTEPS * _WORDS)
    pieces = words.astype("<u8").view("<u2").astype(np.int64)
    sums = pieces.reshape(count, SUBSTEPS, 4 * _WORDS).sum(axis=2) - 6 * _SIGMA
    rows: list[list[int]] = sums.tolist()
    return rows


def _candles(
    asset: _Asset,
    source: np.random.PCG64,
    market: list[list[int]],
    count: int,
    start_ms: int,
) -> Candles:
    own = _normals(source, count)
    chances = source.random_raw(count * 4).reshape(count, 4).tolist()
    rows = list(_walk(asset, market, own, chances, start_ms))
    contract = CONTRACTS[asset.symbol]
    per_unit = round(1 / contract.tick_size)
    opened, high, low, close, volume = (
        np.array([row[i] for row in rows], dtype=np.int64) for i in range(5)
    )
    return Candles(
        asset.symbol,
        FIVE_MINUTES_MS,
        start_ms + FIVE_MINUTES_MS * np.arange(count, dtype=np.int64),
        opened / per_unit,
        high / per_unit,
        low / per_unit,
        close / per_unit,
        volume / 100,
    )


def _walk(
    asset: _Asset,
    market: list[list[int]],
    own: list[list[int]],
    chances: list[list[int]],
    start_ms: int,
) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield open, high, low, close in ticks and volume in hundredths of a coin."""
    price = anchor = asset.start_usd * MICRO
    contract = CONTRACTS[asset.symbol]
    tick = int(contract.tick_size * MICRO)
    regime, left = _REGIMES[0], 48
    for index, (shared, alone, chance) in enumerate(
        zip(market, own, chances, strict=True)
    ):
        if left == 0:
            regime, left = _next_regime(chance[0])
            anchor = price
        left -= 1
        rhythm = _HOURS[(start_ms + index * FIVE_MINUTES_MS) // 3_600_000 % 24]
        path = [price]
        for move in _moves(asset, shared, alone, regime, rhythm, (price, anchor)):
            price += price * move // NANO
            path.append(price)
        price += price * _jump(chance[1]) // NANO
        # A floor far below any start: a long run of bad luck must not reach zero.
        price = max(price, asset.start_usd * MICRO // 50)
        path.append(price)
        ticks = [max(1, (point + tick // 2) // tick) for point in path]
        volume = _volume(asset, path, rhythm, chance[2], chance[3])
        yield ticks[0], max(ticks), min(ticks), ticks[-1], volume


def _next_regime(word: int) -> tuple[tuple[int, int, int, int], int]:
    weights = [regime[0] for regime in _REGIMES]
    place = word % sum(weights)
    for regime in _REGIMES:
        place -= regime[0]
        if place < 0:
            break
    return regime, 24 + (word >> 32) % 120


def _moves(
    asset: _Asset,
    shared: list[int],
    alone: list[int],
    regime: tuple[int, int, int, int],
    rhythm: int,
    place: tuple[int, int],
) -> Iterator[int]:
    """Yield the returns of one candle's substeps, in nano."""
    _, drift, pull, volatility = regime
    price, anchor = place
    drift += pull * (anchor - price) // anchor
    # 1000 / 2828 is 1 / sqrt(8): eight substeps make one candle's deviation.
    sigma = asset.sigma_nano * volatility * (50 + rhythm // 2) // 10_000 * 1000 // 2828
    rest = _rest(asset.common_percent)
    for common, single in zip(shared, alone, strict=True):
        mixed = (common * asset.common_percent + single * rest) // 100
        yield drift // SUBSTEPS + mixed * sigma // _SIGMA


def _rest(common_percent: int) -> int:
    """Return the weight that keeps the whole variance: sqrt(100^2 - common^2)."""
    square = 10_000 - common_percent * common_percent
    return next(root for root in range(101) if (root + 1) * (root + 1) > square)


def _jump(word: int) -> int:
    """Return a rare sudden return in nano: 0.3% to 1.2% either way, once in 400."""
    if word % 400:
        return 0
    size = 3_000_000 + (word >> 16) % 9_000_000
    return size if (word >> 60) & 1 else -size


def _volume(
    asset: _Asset, path: list[int], rhythm: int, spread: int, spike: int
) -> int:
    """Return hundredths of a coin: busier by hour, with large moves, and in spikes."""
    travel = (max(path) - min(path)) * NANO // path[0]
    busy = 50 + 60 * travel // asset.sigma_nano
    luck = 50 + spread % 101
    volume = asset.coins * rhythm * busy * luck // 10_000
    if spike % 120 == 0:
        volume = volume * (400 + (spike >> 20) % 700) // 100
    return max(1, volume)
