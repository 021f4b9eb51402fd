"""Candles from files: what is read, and what is refused with its file and line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError
from core.trading.candles import load_folder

HEADER = "timestamp,open,high,low,close,volume"
GOOD = [
    "2025-04-03 17:05:00+00:00,100.2,110.4,90.6,105.5,12.5",
    "2025-04-03 17:10:00+00:00,105.5,106,104,105,1",
    "2025-04-03 17:15:00+00:00,105,106,104,105,0",
]


def _write(folder: Path, name: str, lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    if name.endswith(".gz"):
        (folder / name).write_bytes(gzip.compress(text.encode()))
    else:
        (folder / name).write_text(text)


def test_names_give_symbols_and_prices_stand_on_ticks(tmp_path: Path) -> None:
    _write(tmp_path, "BTCUSDT_5m.csv.gz", [HEADER, *GOOD])
    _write(tmp_path, "eth-5m.csv", [HEADER, *GOOD])
    _write(tmp_path, "PF_SOLUSD.csv", [HEADER, *GOOD])
    (tmp_path / "README.md").write_text("not candles")
    candles = load_folder(tmp_path)
    assert list(candles) == ["PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"]
    assert candles["PF_XBTUSD"].high.tolist() == [110, 106, 106]
    assert candles["PF_ETHUSD"].low.tolist() == [90.6, 104, 104]
    assert candles["PF_SOLUSD"].time_ms.tolist() == [
        1743699900000 + 300_000 * n for n in range(3)
    ]
    assert candles["PF_SOLUSD"].time_ms.dtype == np.int64
    assert candles["PF_SOLUSD"].interval_ms == 300_000


def test_files_are_cut_to_the_time_they_share(tmp_path: Path) -> None:
    _write(tmp_path, "BTC.csv", [HEADER, *GOOD])
    _write(tmp_path, "ETH.csv", [HEADER, *GOOD[1:]])
    candles = load_folder(tmp_path)
    assert [len(each) for each in candles.values()] == [2, 2]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["timestamp,open,high,low,close", *GOOD], "BTC.csv:1: no column volume"),
        ([HEADER, GOOD[1], GOOD[0]], "BTC.csv:3: not later"),
        ([HEADER, *GOOD, GOOD[2].replace("17:15", "17:30")], "BTC.csv:5: 900000 ms"),
        ([HEADER, GOOD[0], GOOD[1].replace(",104,", ",-104,")], "BTC.csv:3: open"),
        ([HEADER, GOOD[0], GOOD[1].replace(",106,", ",103,")], "BTC.csv:3: open"),
        ([HEADER, GOOD[0], GOOD[1].replace("105.5", "nan")], "BTC.csv:3: open"),
        ([HEADER, GOOD[0], GOOD[1][:-1] + "-1"], "BTC.csv:3: volume"),
        ([HEADER, GOOD[0], "yesterday,1,2,1,1,1"], "BTC.csv:3: cannot read"),
        ([HEADER, GOOD[0], "2025-04-03 17:10:00,1,2"], "BTC.csv:3: cannot read"),
        ([HEADER, GOOD[0], f"{9:023},1,2,1,1,1"], "BTC.csv:3: not later"),
        ([HEADER, GOOD[0], f"{10**22},1,2,1,1,1"], "BTC.csv:3: cannot read"),
        ([HEADER, GOOD[0]], "1 candles"),
        ([], "BTC.csv:1: no column"),
    ],
)
def test_what_is_no_candle_is_refused_with_its_line(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    _write(tmp_path, "BTC.csv", lines)
    with pytest.raises(ConfigError) as refused:
        load_folder(tmp_path)
    assert words in str(refused.value)


def test_a_folder_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no candles in"):
        load_folder(tmp_path)
    _write(tmp_path, "BTC.csv", [HEADER, *GOOD])
    _write(tmp_path, "XBT.csv", [HEADER, *GOOD])
    with pytest.raises(ConfigError, match="two files for PF_XBTUSD"):
        load_folder(tmp_path)


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "BTC.csv").write_bytes(HEADER.encode() + b"\n\xff,1,2,1,1,1\n")
    with pytest.raises(ConfigError, match=r"BTC\.csv: not UTF-8"):
        load_folder(tmp_path)


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join([HEADER, *GOOD]).encode())
    (tmp_path / "BTC.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(ConfigError, match="not a whole gzip file"):
        load_folder(tmp_path)
