"""The command behind benchmarks/faults.py: many runs side by side, and their sums."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import asdict
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from core.process import stop_with_parent
from core.stores.embedded import Stores
from core.stores.migrate import migrate
from core.stores.open import open_stores
from faultlab import children
from faultlab.judge import BOOKS, EXIT, ORPHAN
from faultlab.lasting import DUPLICATE, NAKED, RISK
from faultlab.run import NO_END, Lab, Result

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "faults_template"
REDIS_DATABASES = 15
KINDS = (DUPLICATE, ORPHAN, RISK, NAKED, BOOKS, EXIT, NO_END)
_lab: Lab


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; return 1 if any run had a problem, 130 if it was ended early."""
    options = _options(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    results: list[Result] = []
    ended = False
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        try:
            _fill(results, options, Path(name))
        except KeyboardInterrupt:
            ended = True
    totals = sums(results, time.monotonic() - started)
    print(json.dumps(totals, indent=2))
    if totals["runs_with_problems"]:
        return 1
    return 130 if ended else 0


def _fill(results: list[Result], options: argparse.Namespace, folder: Path) -> None:
    """Add the result of every run."""
    started = time.monotonic()
    with (
        open_stores(folder / "stores") as stores,
        closing(_runs(options, folder, stores)) as runs,
    ):
        for result in runs:
            results.append(result)
            _tell(result, len(results), options.runs)
            if result.problems and options.keep:
                _keep(folder / "runs" / f"run-{result.seed}", options.keep)
            # Hours of runs are not lost with the one that is ended.
            if options.json:
                totals = sums(results, time.monotonic() - started)
                _write(options.json, totals, results)


def _write(path: Path, totals: dict[str, Any], results: list[Result]) -> None:
    rows = [asdict(result) for result in sorted(results, key=lambda r: r.seed)]
    path.write_text(json.dumps({"totals": totals, "runs": rows}, indent=1))


def _keep(run: Path, folder: Path) -> None:
    unreadable = shutil.ignore_patterns("g", "g.*", "keys.json")
    shutil.copytree(run, folder / run.name, ignore=unreadable, dirs_exist_ok=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults.py", description=__doc__)
    add = parser.add_argument
    add("--runs", type=int, default=20, help="how many seeds (20)")
    add("--seed", type=int, default=0, help="the first seed (0)")
    add("--candles", type=int, default=500, help="candles a run (500)")
    # One more than there are cores: a run waits for its own processes now and then.
    most = len(os.sched_getaffinity(0)) + 1
    add("--workers", type=int, default=most, help=f"runs side by side ({most})")
    add("--minutes", type=float, default=600.0, help="begin no run after so long (600)")
    add("--json", type=Path, help="write every run's figures here")
    add("--keep", type=Path, metavar="DIR", help="copy the logs of bad runs here")
    return parser.parse_args(arguments)


def _prepare(stores: Stores) -> None:
    import psycopg

    with psycopg.connect(stores.database_url, autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}".encode())
    migrate(database_of(stores.database_url, TEMPLATE))


def _runs(
    options: argparse.Namespace, folder: Path, stores: Stores
) -> Iterator[Result]:
    _prepare(stores)
    (folder / "runs").mkdir()
    project = _project(folder)
    given = (folder, project, stores.database_url, stores.redis_url)
    numbers = get_context("spawn").Value("i", 0)
    with ProcessPoolExecutor(
        options.workers, get_context("spawn"), _begin, (*given, numbers)
    ) as pool:
        seeds = range(options.seed, options.seed + options.runs)
        waiting = [pool.submit(_one, seed, options.candles) for seed in seeds]
        end = time.monotonic() + 60 * options.minutes
        try:
            for future in as_completed(waiting):
                if not future.cancelled():
                    yield future.result()
                if time.monotonic() > end:
                    # What runs is finished and counted; what has not begun is not.
                    for later in waiting:
                        later.cancel()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _end_all()
            raise


def _end_all() -> None:
    """End the runs that nobody waits for any more, with all their processes."""
    for process in active_children():
        with suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.kill()


def _project(folder: Path) -> Path:
    """Return a copy of what a project needs to run, so that nothing here is touched."""
    project = folder / "project"
    for name in ("specs", "generated"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "manifest.yaml", project)
    return project


def _begin(
    folder: Path, project: Path, database_url: str, redis_url: str, numbers: Any
) -> None:
    """Make this worker's lab: its own Redis database, and a forking server of its own."""
    global _lab
    _lead()
    with numbers.get_lock():
        numbers.value += 1
        number = numbers.value
    redis_url = redis_url.replace("db=0", f"db={number % REDIS_DATABASES + 1}")
    stores = Stores(database_url, redis_url)
    _lab = Lab(children.context(), stores, project, folder / "runs")


def _lead() -> None:
    """Lead a group of this run's processes, which ends with the benchmark's own."""
    os.setsid()
    ended = threading.Event()
    stop_with_parent(os.getppid(), ended)

    def end() -> None:
        ended.wait()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end, daemon=True).start()


def _one(seed: int, candles: int) -> Result:
    """Run one seed on an empty database of its own."""
    import psycopg
    import redis

    url, name = _lab.stores.database_url, f"faults_{seed}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}".encode())
        with redis.Redis.from_url(_lab.stores.redis_url) as client:
            client.flushdb()
        stores = Stores(database_of(url, name), _lab.stores.redis_url)
        lab = Lab(_lab.forks, stores, _lab.project, _lab.folder)
        try:
            return lab.run(seed, candles)
        finally:
            connection.execute(f"drop database {name} with (force)".encode())


def database_of(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _tell(result: Result, done: int, runs: int) -> None:
    bad = "; ".join(result.problems[:3])
    text = f"{done}/{runs} seed {result.seed}: {result.candles} candles"
    text += f" in {result.seconds} s, killed {result.kills or 'nothing'}"
    print(f"{text}, {result.trades} trades{' BAD: ' + bad if bad else ''}",
          file=sys.stderr, flush=True)  # fmt: skip


def sums(results: list[Result], seconds: float) -> dict[str, Any]:
    """Return the figures of all runs together."""
    kills: Counter[str] = Counter()
    killed_at: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for result in results:
        kills.update(result.kills)
        killed_at.update(result.killed_at)
        faults.update(result.faults)
    bad = [result for result in results if result.problems]
    candles = sum(result.candles for result in results)
    return {
        "runs": len(results),
        "runs_with_problems": len(bad),
        "bad_seeds": sorted(result.seed for result in bad),
        "problems": violations(bad),
        "seeds": _spans([result.seed for result in results]),
        "candles": candles,
        "kills": dict(kills),
        "killed_at": dict(killed_at.most_common()),
        "faults": dict(faults),
        "fills": sum(result.fills for result in results),
        "trades": sum(result.trades for result in results),
        "drifts": sum(result.drifts for result in results),
        "books_reopened": sum(result.books_reopened for result in results),
        "halted": sum(bool(result.halted) for result in results),
        "naked_candles": sum(result.naked_candles for result in results),
        "longest_naked": max((r.longest_naked for r in results), default=0),
        "over_ceiling_candles": sum(r.over_ceiling_candles for r in results),
        "levels_passed": sum(result.levels_passed for result in results),
        "exits_told": sum(result.exits_told for result in results),
        "decisions_untold": sum(result.decisions_untold for result in results),
        "highest_risk_frac": max((r.highest_risk_frac for r in results), default=0),
        "highest_later_frac": max((r.highest_later_frac for r in results), default=0),
        "worst_drift_usd": max((abs(r.drift_usd) for r in results), default=0),
        "seconds": round(seconds, 1),
        "candles_a_second": round(candles / seconds, 1),
    }


def violations(bad: list[Result]) -> dict[str, int]:
    """Return in how many runs each kind of problem was found, the others as 0."""
    found = Counter(
        kind
        for run in bad
        for kind in {text.partition(":")[0] for text in run.problems}
    )
    return {kind: found[kind] for kind in sorted({*KINDS, *found})}


def _spans(seeds: list[int]) -> str:
    """Return numbers as spans: 0-3, 7."""
    spans: list[list[int]] = []
    for seed in sorted(seeds):
        if spans and seed == spans[-1][-1] + 1:
            spans[-1][1:] = [seed]
        else:
            spans.append([seed])
    return ", ".join("-".join(map(str, span)) for span in spans)
