"""A checkout of its own for a demo, and what a person and git see of it."""

from __future__ import annotations

import subprocess
from itertools import count
from pathlib import Path

from running_system import copy_project

from core.trading.synthetic import synthetic_candles

NUMBERS = count(1)
NAMES = {"PF_XBTUSD": "BTC", "PF_ETHUSD": "ETH", "PF_SOLUSD": "SOL"}


def new_root(reachable_tmp: Path) -> Path:
    root = copy_project(reachable_tmp / f"demo{next(NUMBERS)}")
    # What a person has not committed stays as it is.
    (root / "specs" / "notes.txt").write_text("mine\n")
    with (root / "generated/trading/rsi.py").open("a") as module:
        module.write("# mine\n")
    return root


def state(root: Path) -> str:
    """Return all that git and a person see of a checkout."""
    words = ["git", "status", "--porcelain", "--branch"]
    status = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    own = sorted(
        p for p in root.rglob("*") if ".architect" not in p.parts and p.is_file()
    )
    sizes = [
        f"{p} {p.stat().st_size} {p.stat().st_mtime_ns}"
        for p in own
        if ".git" not in p.parts
    ]
    return "\n".join([status.stdout, head.stdout, *sizes])


def leftovers(root: Path) -> list[Path]:
    """Return sockets, git's locks, and files of keys."""
    names = ("*.sock", "*.sock.admin", ".s.PGSQL*", "index.lock", "paper-keys.json")
    return [path for name in names for path in root.rglob(name)]


def candles(folder: Path, rows: int) -> Path:
    """Write a folder of candles as an exchange's export has them."""
    folder.mkdir()
    for symbol, made in synthetic_candles(11, rows).items():
        lines = ["timestamp,open,high,low,close,volume"]
        columns = (
            made.time_ms,
            made.open,
            made.high,
            made.low,
            made.close,
            made.volume,
        )
        for row in zip(*(column.tolist() for column in columns), strict=True):
            lines.append(",".join(map(str, row)))
        (folder / f"{NAMES[symbol]}USDT_5m.csv").write_text("\n".join(lines) + "\n")
    return folder
