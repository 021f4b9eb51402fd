"""How many faulty programs the search without a model mends, and how many rightly.

    python benchmarks/wick.py DATA.jsonl [--budget-s 60] [--workers 2] [--json FILE]
                              [--only NAME ...]
    python benchmarks/wick.py --seeded-faults 100 --seed 7 [--history] [--json FILE]

DATA has one JSON object a line: `name`, `buggy_program`, `docstring`, `solution`, `tests`.
The search sees `buggy_program`, `docstring` and `tests` alone. Afterwards its first patch is judged
against `solution` on fresh inputs like those of the tests: correct when it answers alike
on every one, overfit otherwise.

The second form seeds faults into the shipped modules of a running system (real stores,
paper exchange, gateway, trading loop and Wick, no model) and tells how many are live again,
and how soon: with no version of the module before the faulty one, or with its `--history`.
How they are drawn is told in benchmarks/seeded/seeding.py.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from architect.wick.search import Budget, Checks, Patch, Program, Search
from architect.wick.search.behaviour import canonical, one_call
from architect.wick.search.inputs import fresh_calls
from architect.wick.search.observe import observe
from architect.wick.search.runner import Runner
from architect.wick.search.worker import Send, ask

ROOT = Path(__file__).resolve().parents[1]
FRESH = 200
JUDGE_S = 60.0
STEPS = 300_000
SECONDS = 2.0


@dataclass(frozen=True)
class Row:
    """One program's result; `differs` is a fresh input on which the patch is wrong."""

    name: str
    verdict: str
    candidates: int
    seconds: float
    edits: str = ""
    fresh: int = 0
    differs: str = ""
    patch: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; return 0 whatever the figures are."""
    options = _options(arguments)
    if options.seeded_faults:
        return _seeded(options)
    rows = []
    for line in Path(options.data).read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        if options.only and item["name"] not in options.only:
            continue
        row = measure(item, options.budget_s, options.workers)
        rows.append(row)
        print(_line(row), flush=True)
    totals = summary(rows)
    print(json.dumps(totals))
    if options.json:
        report = {"totals": totals, "programs": [asdict(row) for row in rows]}
        Path(options.json).write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "data", nargs="?", help="JSON lines: name, buggy_program, solution, tests"
    )
    parser.add_argument("--budget-s", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[])
    parser.add_argument("--seeded-faults", type=int, default=0, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--history", action="store_true", help="leave the earlier versions in git"
    )
    found = parser.parse_args(arguments)
    if (found.data is None) == (not found.seeded_faults):
        parser.error("give DATA.jsonl, or --seeded-faults COUNT")
    return found


def _seeded(options: argparse.Namespace) -> int:
    from benchmarks.seeded.seeding import Seeding, stretches

    def say(text: str) -> None:
        print(text, flush=True)

    settings = {"WICK_SEARCH_WORKERS": str(options.workers)}
    with tempfile.TemporaryDirectory(prefix="seeded-") as folder:
        start = stretches(ROOT, Path(folder) / "project", settings, options.seed)
        draw = random.Random(options.seed)
        seeding = Seeding(start, options.seeded_faults, draw, options.history, say)
        signal.signal(signal.SIGTERM, lambda *_: seeding.stop())
        report = seeding.run()
    totals = {k: v for k, v in report.items() if k != "seeds"}
    print(json.dumps(totals))
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def measure(item: dict[str, Any], budget_s: float, workers: int) -> Row:
    """Repair one program, then judge the repair."""
    started = time.monotonic()
    search = Search(
        Program(item["buggy_program"], intent=item["docstring"]),
        Checks.of_source(item["tests"], item["buggy_program"]),
        Budget(seconds=budget_s, workers=workers),
    )
    patch = next(search.patches(), None)
    seconds = round(time.monotonic() - started, 2)
    if patch is None or not _passes_whole(patch, item["tests"]):
        return Row(item["name"], "unfixed", search.candidates, seconds)
    fresh, differs = judge(item, patch)
    verdict = "overfit" if differs or fresh < FRESH else "correct"
    return Row(
        item["name"], verdict, search.candidates, seconds, " + ".join(patch.families),
        fresh, differs, patch.source,
    )  # fmt: skip


def _passes_whole(patch: Patch, tests: str) -> bool:
    """Tell whether the tests pass as they stand, in one go and in their own order."""

    def work(send: Send) -> None:
        namespace: dict[str, Any] = {"__name__": "program"}
        exec(patch.source, namespace)
        exec(tests, namespace)
        for name in [n for n in namespace if n.startswith("test")]:
            if callable(namespace[name]) and f"\n{name}()" not in tests:
                namespace[name]()
        send({"passes": True})

    return bool(_told(work).get("passes"))


def judge(item: dict[str, Any], patch: Patch) -> tuple[int, str]:
    """Return on how many fresh inputs both ran, and the first on which they differ."""

    def work(send: Send) -> None:
        checks = Checks.of_source(item["tests"], item["buggy_program"])
        right, ours = Program(item["solution"]), Program(patch.source)
        one, other = Runner(right, checks), Runner(ours, checks)
        calls = observe(Program(item["buggy_program"]), checks).calls
        seen: set[str] = set()
        until = time.monotonic() + JUDGE_S / 2
        for call in fresh_calls(calls, seed=20_000):
            if len(seen) >= FRESH or time.monotonic() > until:
                break
            wanted = one_call(one, one.units, call, STEPS, SECONDS / 20)
            if wanted.startswith("!") or canonical(call) in seen:
                continue
            seen.add(canonical(call))
            got = one_call(other, other.units, call, 20 * STEPS, SECONDS)
            if got != wanted:
                told = f"{canonical(call[1:]):.200}: {got:.80} is not {wanted:.80}"
                send({"fresh": len(seen), "differs": told})
                return
        send({"fresh": len(seen), "differs": ""})

    told = _told(work)
    return int(told.get("fresh", 0)), str(told.get("differs", "the judge died"))


def _told(work: Callable[[Send], None]) -> dict[str, Any]:
    """Return the one message of a process, or nothing if it dies or takes too long."""
    return ask(work, Budget(), time.monotonic() + JUDGE_S) or {}


def summary(rows: list[Row]) -> dict[str, Any]:
    """Return the totals."""
    seconds = [row.seconds for row in rows] or [0.0]
    return {
        "programs": len(rows),
        "fixed": sum(row.verdict != "unfixed" for row in rows),
        "correct": sum(row.verdict == "correct" for row in rows),
        "overfit": sum(row.verdict == "overfit" for row in rows),
        "candidates": sum(row.candidates for row in rows),
        "median_s": round(statistics.median(seconds), 2),
        "longest_s": max(seconds),
    }


def _line(row: Row) -> str:
    text = f"{row.name:28} {row.verdict:8} {row.candidates:7} candidates {row.seconds:6.2f} s"
    return f"{text}  {row.edits}" + (
        f"  {row.fresh}: {row.differs}" if row.differs else ""
    )


if __name__ == "__main__":
    sys.exit(main())
