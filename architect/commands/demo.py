"""Run the main job from specs to a trading system that repairs itself, on real parts.

Postgres, Redis, the paper exchange, the gateway, the trading loop and Wick run for real,
in a scratch clone of this project; your checkout stays as it is. It ends by itself with
a report and a picture.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from architect.command_types import positive
from architect.demo.faults import BROKEN_SAVE, LIVE_FAILURE
from architect.demo.report import equal_to_the_cent, read_figures, write_report
from architect.demo.run import Demo, Plan, check_candles
from architect.demo.scratch import demo_lock, fresh_clone, uncommitted
from architect.rebuild import verify
from architect.session import Session
from architect.system.system import System
from architect.wick.incidents import Incident, Incidents
from core.config import open_project
from core.errors import ArchitectError, StoreError
from core.project import Project
from core.stores.inventory import Inventory
from core.stores.purge import purge

EXAMPLE = "  architect demo\n  architect demo --candles my_candles --ticks 5000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--ticks", type=positive, default=2400, help="candles to trade (2400)"
    )
    parser.add_argument(
        "--seed", type=int, default=7, help="of the synthetic candles (7)"
    )
    parser.add_argument(
        "--candles", type=Path, metavar="DIR", help="real candles, CSV or CSV.gz"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0 when everything that the demo shows held, 1 otherwise."""
    project = open_project(options.root)
    if options.candles is not None and not options.candles.is_dir():
        print(f"error: --candles {options.candles} is no folder", file=sys.stderr)
        print("hint: architect demo --help", file=sys.stderr)
        return 2
    if options.candles is not None:
        check_candles(options.candles)
    plan = Plan(options.ticks, options.seed, options.candles)
    with demo_lock(project) as folder:
        if uncommitted(project):
            say("note: the demo runs what is committed, not your uncommitted changes")
        scratch = fresh_clone(project, folder)
        return _run(scratch, plan, folder)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def _run(scratch: Project, plan: Plan, folder: Path) -> int:
    demo = Demo(scratch, plan, say)
    with System(demo.config) as system, Session(demo.config) as session:
        say("starting Postgres and Redis")
        system.start_stores(_refuse)
        _must_be_empty(system, scratch)
        say("building every module from its spec")
        demo.build(session)
        say("starting the paper exchange, the gateway, wick and the trading loop")
        demo.trade(system)
        demo.story.truth = _truth(system)
        demo.story.incidents = _incidents(system)
        figures = read_figures(system.stores.database_url)
        log = _log(scratch, session, demo)
        text = write_report(scratch, demo.story, figures, folder, log)
    print("\n" + text)
    agree = not (problems := verify(scratch))
    print(
        f"architect verify on the scratch project: {'all agree' if agree else 'FAILED'}"
    )
    wrong = [f"{problem.name}: {problem.message}" for problem in problems]
    if not equal_to_the_cent(figures, demo.story.truth):
        wrong.append("our books and the exchange do not agree to the cent")
    wrong += _not_mended(demo)
    for message in wrong:
        say(f"error: {message}")
    return 1 if wrong else 0


def _refuse(found: Inventory) -> bool:
    raise StoreError(
        f"the stores hold data of another system, and a demo must not mix with it:\n"
        f"{found.describe()}",
        hint="unset DATABASE_URL and REDIS_URL, or empty them by architect db purge",
    )


def _must_be_empty(system: System, scratch: Project) -> None:
    """StoreError when stores that were given hold anything; those of our own are new."""
    stores = system.stores
    purge(stores.database_url, stores.redis_url, scratch.data / "dumps", _refuse)


def _incidents(system: System) -> list[Incident]:
    with Incidents(system.stores.database_url) as incidents:
        numbers = [one.incident_id for one in incidents.all()]
        return [one for number in numbers if (one := incidents.get(number))]


def _not_mended(demo: Demo) -> list[str]:
    """Return what did not end as the demo is to show it."""
    ended = {(i.module, i.kind): i.state for i in demo.story.incidents}
    wanted = {
        (BROKEN_SAVE.module, "save"): "refused",
        (LIVE_FAILURE.module, "save"): "accepted",
        (LIVE_FAILURE.module, "failure"): "repaired",
    }
    return [
        f"the {kind} of {module} ended {ended.get((module, kind), 'unseen')}, not {state}"
        for (module, kind), state in wanted.items()
        if ended.get((module, kind)) != state
    ]


def _log(scratch: Project, session: Session, demo: Demo) -> list[str]:
    repaired = [i.module for i in demo.story.incidents if i.state == "repaired"]
    if not repaired:
        return ["nothing was repaired"]
    path = f"generated/{scratch.package}/{repaired[0]}.py"
    lines = [f"$ git log --oneline {path}"]
    for version in session.repository.log(scratch.module(repaired[0])):
        lines.append(f"{version.id[:9]} {version.subject}")
    return lines


def _truth(system: System) -> dict[str, Any]:
    """Read the paper exchange's own books."""
    token = json.loads((system.run_dir / "paper-keys.json").read_text())[
        "control_token"
    ]
    request = urllib.request.Request(
        f"{system.paper_url}/paper/state", headers={"X-Paper-Token": token}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            plain: dict[str, Any] = json.load(answer)
    except OSError as error:
        raise ArchitectError(f"the paper exchange does not answer: {error}") from None
    return plain
