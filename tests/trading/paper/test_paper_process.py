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

COMMAND = [sys.executable, "-m", "core.trading.paper", "--count", "400"]
ROOT = Path(__file__).parents[3]


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
    trading = ready["url"] + "/derivatives/api/"
    keys = json.loads(path.read_text())
    urls = {"public": trading, "private": trading}
    client = ccxt.krakenfutures(
        {"apiKey": keys["api_key"], "secret": keys["secret"], "urls": {"api": urls}}
    )
    client.enableRateLimit = False
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
