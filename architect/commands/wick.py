"""Repair what fails: one worker that takes failures and saves from the Redis stream.

It needs a running system's stores: architect up starts it, or give DATABASE_URL and
REDIS_URL to run more workers, also on other machines. `reset NAME` lets a module run and be
repaired again whose breaker is open.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
from contextlib import ExitStack

from architect import breakers
from architect import config as configuration
from architect.commands.incident import colours, now_ms
from architect.session import open_session
from architect.stores import running_stores
from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Queue
from architect.wick.spec_search.handle import Searcher
from architect.wick.story import Paint, line
from architect.wick.worker import Worker
from core import process
from core.events import Events
from core.place import place_of

# --once waits ten seconds for a job.
ONCE_LOOKS = 20
EXAMPLE = "  architect wick\n  architect wick --once\n  architect wick reset rsi"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "action", nargs="?", choices=["reset"], help="instead of working"
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the module to reset")
    parser.add_argument("--once", action="store_true", help="take one job, then end")
    parser.add_argument(
        "--parent", type=int, default=0, help="end when this process ends"
    )


def run(options: argparse.Namespace) -> int:
    """Work until SIGTERM, or reset a module; return 0, 1 when there was nothing to reset."""
    if options.action:
        return _reset(options)
    stop = process.stop_event()
    if options.parent:
        process.stop_with_parent(options.parent, stop)
    with ExitStack() as opened:
        session = opened.enter_context(open_session(options.root))
        stores = running_stores(session.config)
        session.gate.warm()
        name, place = f"{socket.gethostname()}-{os.getpid()}", session.project.root
        queue = Queue(stores.redis_url, name, place=place_of(place))
        opened.callback(queue.close)
        incidents = opened.enter_context(Incidents(stores.database_url))
        events = Events(stores.redis_url)
        opened.callback(events.close)
        searcher = opened.enter_context(Searcher())
        searcher.start()
        worker = Worker(
            session, incidents, queue, events, stores.redis_url, _tell, searcher
        )
        ready = {"kind": "ready", "pid": os.getpid()}
        _say(ready, "ready: failures and saves are taken as they come; Ctrl-C ends it")
        if options.once:
            _once(worker, stop)
        else:
            worker.run(stop)
    return 0


def _reset(options: argparse.Namespace) -> int:
    if not options.name:
        print("error: which module is to be reset?", file=sys.stderr)
        print("hint: architect wick reset NAME", file=sys.stderr)
        return 2
    return breakers.reset(configuration.load(options.root), options.name)


def _once(worker: Worker, stop: threading.Event) -> None:
    for _ in range(ONCE_LOOKS):
        job = worker.queue.take(wait_ms=500)
        if job is not None:
            worker.work(job)
            return
        if stop.is_set():
            return


def _tell(incident: Incident) -> None:
    told = {
        "kind": "incident",
        "incident": incident.incident_id,
        "module": incident.module,
        "state": incident.state,
        "fixed_by": incident.fixed_by,
        "took_ms": incident.took_ms,
    }
    _say(told, line(incident, now_ms(), Paint(colours())))


def _say(told: dict[str, object], words: str) -> None:
    """Tell who started it: a person at a terminal in words, a program in JSON."""
    print(words if sys.stdout.isatty() else json.dumps(told), flush=True)
