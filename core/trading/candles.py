"""Candles in memory, and candles from files of real ones.

A file that is not what it should be is refused with its name and line: a gap or a
swapped column would otherwise pass for a market. Making candles up is
`core.trading.synthetic`'s work.
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from core.errors import ConfigError
from core.trading.contracts import CONTRACTS, Contract

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIVE_MINUTES_MS = 300_000
COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
_PREFIXES = {
    "BTC": "PF_XBTUSD",
    "XBT": "PF_XBTUSD",
    "PF_XBT": "PF_XBTUSD",
    "ETH": "PF_ETHUSD",
    "PF_ETH": "PF_ETHUSD",
    "SOL": "PF_SOLUSD",
    "PF_SOL": "PF_SOLUSD",
}
_Row = tuple[int, float, float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """One symbol's candles, oldest first, without gaps.

    time_ms is each candle's open (int64); prices are in USD on the contract's tick;
    volume is in coins. All arrays have the same length.
    """

    symbol: str
    interval_ms: int
    time_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time_ms)

    def between(self, start_ms: int, end_ms: int) -> Candles:
        """Return the candles that open in [start_ms, end_ms)."""
        first, last = np.searchsorted(self.time_ms, [start_ms, end_ms])
        part = slice(int(first), int(last))
        columns = (self.open, self.high, self.low, self.close, self.volume)
        opened, high, low, close, volume = (column[part] for column in columns)
        times = self.time_ms[part]
        return Candles(
            self.symbol, self.interval_ms, times, opened, high, low, close, volume
        )


def load_folder(folder: Path | str) -> dict[str, Candles]:
    """Return the candles of every CSV or CSV.gz in a folder, cut to their common time.

    The name's start gives the symbol: BTC or XBT, ETH, SOL. ConfigError names the file
    and the line of anything that is wrong.
    """
    files = _files_by_symbol(Path(folder))
    loaded = {symbol: load_file(files[symbol], symbol) for symbol in files}
    return _common_time(loaded, Path(folder))


def load_file(path: Path | str, symbol: str) -> Candles:
    """Return the candles of one file, prices rounded to the contract's tick."""
    path = Path(path)
    with _open_text(path) as lines:
        try:
            rows = _read_rows(path, lines)
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{path}: not UTF-8: {error.object[error.start:][:1]!r}",
                hint="save it as UTF-8",
            ) from None
    interval_ms = _interval(path, [row[0] for row in rows])
    contract = CONTRACTS[symbol]
    opened, high, low, close = (
        on_tick(np.array([row[i] for row in rows]), contract) for i in range(1, 5)
    )
    if float(low.min()) <= 0:
        raise ConfigError(f"{path}: a price rounds to 0 at tick {contract.tick_size}")
    times = np.array([row[0] for row in rows], dtype=np.int64)
    volume = np.array([row[5] for row in rows], dtype=np.float64)
    return Candles(symbol, interval_ms, times, opened, high, low, close, volume)


def on_tick(prices: NDArray[np.float64], contract: Contract) -> NDArray[np.float64]:
    """Return prices rounded to the nearest tick, each the double nearest its decimal."""
    per_unit = round(1 / contract.tick_size)
    rounded: NDArray[np.float64] = np.rint(prices * per_unit) / per_unit
    return rounded


def _files_by_symbol(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise ConfigError(
            f"no folder of candles at {folder}",
            hint="--candles DIR takes a folder of CSV or CSV.gz files",
        )
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        symbol = _symbol_of(path.name)
        if symbol is None:
            continue
        if symbol in found:
            raise ConfigError(
                f"two files for {symbol}: {found[symbol].name} and {path.name}",
                hint="keep one file for each symbol in the folder",
            )
        found[symbol] = path
    if not found:
        raise ConfigError(
            f"no candles in {folder}",
            hint="name files by their symbol, such as BTCUSDT_5m.csv.gz",
        )
    return {symbol: found[symbol] for symbol in CONTRACTS if symbol in found}


def _symbol_of(name: str) -> str | None:
    if not name.lower().endswith((".csv", ".csv.gz")):
        return None
    for prefix, symbol in _PREFIXES.items():
        if name.upper().startswith(prefix):
            return symbol
    return None


def _open_text(path: Path) -> TextIO:
    if path.suffix != ".gz":
        return path.open(newline="", encoding="utf-8")
    try:
        return io.StringIO(gzip.decompress(path.read_bytes()).decode(), newline="")
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(f"{path}: not a whole gzip file: {error}") from error


def _read_rows(path: Path, lines: TextIO) -> list[_Row]:
    reader = csv.reader(lines)
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise ConfigError(
            f"{path}:1: no column {', '.join(missing)} in {','.join(header) or 'nothing'}",
            hint=f"the first line must name {','.join(COLUMNS)}",
        )
    places = [header.index(name) for name in COLUMNS]
    rows: list[_Row] = []
    for cells in reader:
        where = f"{path}:{reader.line_num}"
        rows.append(_row(where, cells, places))
        if len(rows) > 1 and rows[-1][0] <= rows[-2][0]:
            raise ConfigError(f"{where}: not later than the line before it")
    if len(rows) < 2:
        raise ConfigError(f"{path}: {len(rows)} candles; at least 2 are needed")
    return rows


def _row(where: str, cells: list[str], places: list[int]) -> _Row:
    try:
        time_ms = _time_ms(cells[places[0]])
        opened, high, low, close, volume = (float(cells[i]) for i in places[1:])
    except (ValueError, IndexError) as error:
        raise ConfigError(
            f"{where}: cannot read {','.join(cells)!r}: {error}"
        ) from error
    if not 0 < low <= min(opened, close) <= max(opened, close) <= high < float("inf"):
        raise ConfigError(
            f"{where}: open {opened}, high {high}, low {low}, close {close} is no candle"
        )
    if not 0 <= volume < float("inf"):
        raise ConfigError(f"{where}: volume {volume}")
    return time_ms, opened, high, low, close, volume


def _time_ms(text: str) -> int:
    if text.isdigit():
        number = int(text)
        if number >= 10**15:
            raise ValueError(f"{text} is no time in seconds or milliseconds")
        return number * 1000 if number < 10**11 else number
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _interval(path: Path, times: list[int]) -> int:
    interval_ms = times[1] - times[0]
    for index in range(1, len(times)):
        if times[index] - times[index - 1] != interval_ms:
            raise ConfigError(
                f"{path}:{index + 2}: {times[index] - times[index - 1]} ms after the line "
                f"before it; the others are {interval_ms} ms apart",
                hint="fill the gap, or cut the file before or after it",
            )
    return interval_ms


def _common_time(loaded: dict[str, Candles], folder: Path) -> dict[str, Candles]:
    intervals = {candles.interval_ms for candles in loaded.values()}
    start_ms = max(int(candles.time_ms[0]) for candles in loaded.values())
    end_ms = min(int(candles.time_ms[-1]) for candles in loaded.values()) + 1
    phases = {int(c.time_ms[0]) % c.interval_ms for c in loaded.values()}
    if len(intervals) > 1 or len(phases) > 1:
        raise ConfigError(f"{folder}: the files' candles do not open at the same times")
    if end_ms - start_ms <= min(intervals):
        raise ConfigError(f"{folder}: the files have no two candles in common")
    return {symbol: loaded[symbol].between(start_ms, end_ms) for symbol in loaded}
