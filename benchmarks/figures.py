"""What the benchmarks share: a figure beside its reference, the machine, the peers' venv.

A figure is a ratio against a named reference that was measured in the same run; absolute
values stand beside it, for a person.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEERS_VENV = ROOT / ".architect" / "peers"
PEERS = (
    "backtesting==0.6.6",
    "vectorbt==1.2.0",
    "structlog",
    "loguru",
    "opentelemetry-sdk",
    "pydantic",
)
LIBRARIES = ("numpy", "pandas", "psycopg", "pydantic", "pytest", "hypothesis")


@dataclass(frozen=True)
class Figure:
    """One measured thing. `reference` and `theirs` are empty where there is none.

    Attributes:
        goal: what the design promises, in words; empty where it promises nothing.
        met: whether the goal is reached, None without one.
    """

    part: str
    what: str
    ours: float
    unit: str
    reference: str = ""
    theirs: float | None = None
    goal: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Return ours over theirs."""
        return self.ours / self.theirs if self.theirs else None


def table(figures: Iterable[Figure]) -> list[str]:
    """Return the rows of a Markdown table."""
    rows = [
        "| what | ours | reference | theirs | ours / theirs | goal |",
        "|---" * 6 + "|",
    ]
    for f in figures:
        goal = f.goal and f"{f.goal}: {'met' if f.met else 'not met'}"
        cells = (
            f.what,
            f"{shown(f.ours)} {f.unit}",
            f.reference,
            "" if f.theirs is None else f"{shown(f.theirs)} {f.unit}",
            "" if f.ratio is None else shown(f.ratio),
            goal,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def shown(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = next(
        (line.partition(":")[2].strip()
         for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        "unknown CPU",
    )  # fmt: skip
    return {
        "machine": f"{platform.machine()}, {model}, {os.cpu_count()} CPUs",
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def median_of(run: Callable[[], float], times: int) -> float:
    """Return the median of what some runs return."""
    return statistics.median(run() for _ in range(times))


def cpu_seconds(run: Callable[[], Any]) -> float:
    """Return the CPU seconds of one run, of all threads of this process."""
    started = time.process_time()
    run()
    return time.process_time() - started


def peers_python() -> Path:
    """Return the Python of the peers' own venv, made when it is not there.

    None of them is a dependency of the project.
    """
    python = PEERS_VENV / "bin" / "python"
    if not (PEERS_VENV / "ready").exists():
        print(f"peers: installing {', '.join(PEERS)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(PEERS_VENV)], check=True)
        command = [str(python), "-m", "pip", "install", "-q", *PEERS]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        (PEERS_VENV / "ready").touch()
    return python


def ask_peers(script: str, *words: str) -> Any:
    """Run a script of benchmarks/peers in the peers' venv; return the JSON it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(peers_python()), str(ROOT / "benchmarks" / "peers" / script), *words]
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(part: str, measure: Callable[[argparse.Namespace], Iterable[Figure]]) -> None:
    """Measure one part; print its table, and write its figures where `--json` says."""
    parser = argparse.ArgumentParser(description=f"Measure: {part}.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    parser.add_argument(
        "--peers",
        action="store_true",
        help="beside other projects, in a venv of theirs",
    )
    parser.add_argument(
        "--quick", action="store_true", help="small and useless figures: for tests"
    )
    options = parser.parse_args()
    found = list(measure(options))
    print("\n".join([f"## {part}", *table(found)]), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in found]))
