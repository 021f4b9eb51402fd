"""Runs the benchmarks one after the other and writes benchmarks/RESULTS.md.

    make bench                  # all, with the peers in a venv of their own
    .venv/bin/python benchmarks/run.py --without-peers wrapper registry

A benchmark that fails or takes too long is said to have, and the others go on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from figures import ROOT, Figure, machine, table

HERE = Path(__file__).parent
RESULTS, PICTURE = HERE / "RESULTS.md", HERE / "results.png"
# With figures of the common form, and whether they know peers.
MEASURED = {
    "backtest": True,
    "wrapper": True,
    "registry": False,
    "reflections": False,
    "build": False,
    "start": False,
    "save_to_live": False,
}
# With an output of their own.
TOLD = {
    "gate": ["--modules", "8", "--only", "round trip of a call", "warm gate",
             "honest bodies", "time-outs", "spec strength"],
    "budget": ["--runs", "500"],
    "wick": ["--seeded-faults", "3", "--seed", "7"],
}  # fmt: skip
LONGEST_S = 420.0
PROFILES = HERE / "PROFILES.md"


def measured(name: str, peers: bool, longest_s: float) -> list[Figure] | str:
    """Return a benchmark's figures, or why there are none."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        words = ["--json", file.name]
        words += ["--peers"] if peers and MEASURED[name] else []
        told = run(name, words, longest_s)
        if isinstance(told, int):
            return f"did not end well: {told}"
        rows: list[dict[str, Any]] = json.loads(Path(file.name).read_text())
    return [Figure(**row) for row in rows]


def run(name: str, words: Sequence[str], longest_s: float) -> str | int:
    """Run a benchmark; return what it printed, or its exit code (-1 for too long)."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, str(HERE / f"{name}.py"), *words]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=longest_s
        )
    except subprocess.TimeoutExpired:
        return -1
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return done.returncode
    return done.stdout


def draw(figures: list[Figure], path: Path) -> None:
    """Draw every ratio that has a reference, on one logarithmic axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    rows = [f for f in figures if f.ratio][::-1]
    picture = Picture(figsize=(10, 1 + 0.32 * len(rows)), layout="constrained")
    FigureCanvasAgg(picture)
    axes = picture.subplots()
    ratios = [f.ratio or 0 for f in rows]
    # More is better for rates, less for times and sizes.
    better = [(r > 1) == ("/s" in f.unit) for f, r in zip(rows, ratios, strict=True)]
    colours = ["#3f8f5f" if good else "#b5473f" for good in better]
    places = range(len(rows))
    axes.barh(places, [r - 1 for r in ratios], left=1, color=colours, height=0.6)
    axes.set_yticks(
        places, [f"{f.what[:44]} / {f.reference[:34]}" for f in rows], fontsize=7
    )
    axes.set_xscale("log")
    axes.axvline(1, color="#1f2933", lw=0.8)
    axes.set_title(
        "ours / theirs; green is better than the reference", loc="left", fontsize=10
    )
    axes.spines[["top", "right"]].set_visible(False)
    picture.savefig(path, dpi=120)


def report(
    figures: list[Figure],
    failed: dict[str, str],
    told: dict[str, str],
    took_s: dict[str, float],
) -> str:
    """Return RESULTS.md; `took_s` are the seconds of each benchmark."""
    facts = "\n".join(f"- {name}: {value}" for name, value in machine().items())
    parts = list(dict.fromkeys(figure.part for figure in figures))
    sections = [
        "\n".join([f"## {part}", "", *table(f for f in figures if f.part == part)])
        for part in parts
    ]
    sections += [f"## {name}\n\nno figures: {why}" for name, why in failed.items()]
    sections += [
        f"## {name}\n\n```text\n{text.strip()}\n```" for name, text in told.items()
    ]
    head = (
        "# What was measured\n\nWritten by `make bench`, all in one run; nothing here is "
        "from elsewhere. The ratios are what counts:\nabsolute figures are those of this "
        f"machine at this load.\n\n{facts}\n\n![ratios]({PICTURE.name})"
    )
    times = ", ".join(f"{name} {seconds:.0f}" for name, seconds in took_s.items())
    sections.append(
        f"## Seconds\n\n{sum(took_s.values()):.0f} in all: {times}.\n"
        f"Where the time goes in what is slow, and what was done about it: "
        f"[{PROFILES.name}]({PROFILES.name})."
    )
    return "\n\n".join([head, *sections]) + "\n"


def main() -> int:
    """Run what is asked for, all by default; 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [*MEASURED, *TOLD]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--longest-s", type=float, default=LONGEST_S, help="of each")
    parser.add_argument("--into", type=Path, default=HERE, help="for RESULTS.md")
    options = parser.parse_args()
    if unknown := set(options.names) - set(known):
        parser.error(f"no benchmark {min(unknown)!r}")
    figures: list[Figure] = []
    failed: dict[str, str] = {}
    told: dict[str, str] = {}
    took_s: dict[str, float] = {}
    options.into.mkdir(parents=True, exist_ok=True)
    for name in options.names or known:
        started = time.perf_counter()
        if name in TOLD:
            text = run(name, TOLD[name], options.longest_s)
            if isinstance(text, int):
                failed[name] = f"did not end well: {text}"
            else:
                told[name] = text
        else:
            found = measured(name, not options.without_peers, options.longest_s)
            if isinstance(found, str):
                failed[name] = found
            else:
                figures += found
                print("\n".join(table(found)), flush=True)
        took_s[name] = time.perf_counter() - started
        # After each, so that what was measured is there whatever becomes of the next.
        (options.into / RESULTS.name).write_text(report(figures, failed, told, took_s))
    draw(figures, options.into / PICTURE.name)
    print(f"{sum(took_s.values()):.0f} s", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
