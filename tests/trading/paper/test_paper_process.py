"""The paper exchange as a process: ready line, keys file, clean end, clear errors."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import ccxt  # type: ignore[import-untyped]
import pytest

from core.trading.contracts import CONTRACTS

COMMAND = [sys.executable, "-m", "core.trading.paper", "--count", "400"]
ROOT = Path(__file__).parents[3]
BEGAN_MS = 1_699_999_800_000


def _start(*options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(
        [*COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def _end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    with process:
        return process.wait(10)


def test_it_says_where_it_is_and_ends_cleanly_on_sigterm() -> None:
    process, ready = _start()
    keys_file = Path(ready["keys_file"])
    keys = json.loads(keys_file.read_text())
    assert stat.S_IMODE(keys_file.stat().st_mode) == 0o600
    assert set(keys) == {"api_key", "secret", "control_token"}
    assert ready["candles_left"] == 100
    assert _end(process) == 0
    assert not keys_file.exists()


def test_keys_of_a_file_are_used_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    process, _ = _start("--keys-file", str(path))
    first = path.read_text()
    assert _end(process) == 0
    process, ready = _start("--keys-file", str(path))
    client = _client(ready)
    assert client.fetch_positions() == []
    client.close()
    assert path.read_text() == first
    assert _end(process) == 0


def test_it_ends_with_its_parent() -> None:
    """A parent that starts it and ends at once takes it along."""
    code = (
        "import subprocess, sys;"
        f"p = subprocess.Popen({[*COMMAND, '--die-with-parent']!r},"
        " stdout=subprocess.PIPE, text=True);"
        "print(p.pid, p.stdout.readline(), flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid, _, line = parent.stdout.readline().partition(" ")
    assert json.loads(line)["ready"]
    handle = os.pidfd_open(int(pid)) if Path(f"/proc/{pid}").exists() else None
    if handle is not None:
        import select

        ended, _, _ = select.select([handle], [], [], 10)
        os.close(handle)
        assert ended


def _client(ready: dict[str, Any]) -> Any:
    keys = json.loads(Path(ready["keys_file"]).read_text())
    trading = ready["url"] + "/derivatives/api/"
    urls = {"public": trading, "private": trading}
    client = ccxt.krakenfutures(
        {"apiKey": keys["api_key"], "secret": keys["secret"], "urls": {"api": urls}}
    )
    client.enableRateLimit = False
    return client


def _candles(folder: Path, start: int, end: int) -> None:
    """Add candles that rise, of every symbol, to a folder."""
    for symbol in CONTRACTS:
        with (folder / f"{symbol}_5m.csv").open("a") as file:
            if start == 0:
                file.write("timestamp,open,high,low,close,volume\n")
            for n in range(start, end):
                low, high = 1000 + n, 1001 + n
                file.write(f"{BEGAN_MS + n * 300_000},{low},{high},{low},{high},5000\n")


def test_an_account_outlives_kill_9_and_a_stop_is_reached_meanwhile(
    tmp_path: Path,
) -> None:
    folder, account = tmp_path / "candles", tmp_path / "account.jsonl"
    folder.mkdir()
    _candles(folder, 0, 320)
    follow = ["--follow", "--candles", str(folder), "--account", str(account)]
    process, first = _start(*follow)
    client = _client(first)
    client.create_order("BTC/USD:USD", "market", "sell", 0.5, params={"cliOrdId": "e"})
    stop = {"triggerPrice": 1325, "reduceOnly": True, "cliOrdId": "s"}
    client.create_order("BTC/USD:USD", "market", "buy", 0.5, params=stop)
    client.create_order("ETH/USD:USD", "limit", "buy", 1, 900, {"cliOrdId": "l"})
    key = client.apiKey
    with process:
        process.kill()
    _candles(folder, 320, 330)
    process, again = _start(*follow)
    assert (again["account"], again["calls"]) == (first["account"], 3)
    assert again["time_ms"] == first["time_ms"] + 10 * 300_000
    client = _client(again)
    # A gateway knows the account again by its key.
    assert client.apiKey == key != first["account"]
    assert client.fetch_positions() == []
    assert [x["clientOrderId"] for x in client.fetch_open_orders()] == ["l"]
    names = {x["info"]["cliOrdId"] for x in client.fetch_my_trades()}
    assert names == {"e", "s"}
    second = subprocess.run(
        [*COMMAND, *follow], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (second.returncode, "another paper exchange has" in second.stderr) == (
        1,
        True,
    )
    assert _end(process) == 0
    process, fresh = _start(*follow, "--new-account")
    assert fresh["account"] != first["account"]
    assert _client(fresh).fetch_open_orders() == []
    assert _end(process) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--candles", "/no/such/folder"], "no folder of candles"),
        (["--count", "200"], "warm-up of 300 candles out of 200"),
    ],
)
def test_a_wrong_start_is_an_error_with_a_hint(options: list[str], words: str) -> None:
    done = subprocess.run(
        [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "hint: " in done.stderr
