"""The process from which searches are forked: warm, single-threaded, running nothing.

    python -m architect.wick.spec_search.process DESCRIPTOR

Started by `handle` and by nobody else; it ends when its other end does. Both ends are
ours, so they speak pickle. Candidates and modules run only in its confined children,
which answer in JSON.
"""

from __future__ import annotations

import gc
import importlib
import sys
import time
from functools import partial
from multiprocessing.connection import Connection

from architect.gate.sandbox import warm
from architect.gate.sandbox.sandbox import PRELOAD
from architect.gate.structure import check_candidate
from architect.wick.search import Budget, Checks, Program, Search
from architect.wick.spec_search.confinement import confinement
from architect.wick.spec_search.contract import Contract
from architect.wick.spec_search.order import Ended, Found, Order
from architect.wick.spec_search.program import program_of
from architect.wick.spec_search.written import rewritten
from core.errors import ArchitectError

NEXT, STOP = "next", "stop"
GRACE_S, STUCK_S, MISSES = 0.15, 1.0, 2


def main() -> None:
    """Search what comes until the other end closes."""
    connection: Connection = Connection(int(sys.argv[1]))
    for name in PRELOAD:
        importlib.import_module(name)
    warm.touch()
    gc.collect()
    gc.freeze()
    connection.send("ready")
    try:
        while True:
            order = connection.recv()
            # A word to the search before may come late.
            if isinstance(order, Order):
                _serve(connection, order)
    except (EOFError, OSError):
        return


def _serve(connection: Connection, order: Order) -> None:
    """Send one patch after the other, each when it is asked for; then the end."""
    started = time.monotonic()
    try:
        search = search_of(order, partial(connection.poll, 0))
        patches = search.patches()
        for patch in patches:
            body = rewritten(order.body, search.program.body_text(patch.source))
            found = Found(body, patch.families, search.candidates, patch.seconds)
            connection.send(found)
            if connection.recv() != NEXT:
                break
        why = "" if search.candidates else search.why
        took = time.monotonic() - started
        ended = Ended(search.candidates, took, why, search.tally)
    except (ArchitectError, SyntaxError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        ended = Ended(0, time.monotonic() - started, why)
    connection.send(ended)


def search_of(order: Order, stop: partial[bool]) -> Search:
    """Return the search of an order, its workers confined."""
    program = program_of(order.spec, order.graph, order.body, order.package)
    contract = Contract(order)
    entries = () if order.spec.ports else (order.spec.name,)
    checks = Checks(
        contract.checks(), entries, base=contract.base, fresh=contract.fresh,
        misses=MISSES, acceptable=partial(_acceptable, order, program),
    )  # fmt: skip
    budget = Budget(
        order.wall_s, order.workers, GRACE_S, stuck_s=STUCK_S,
        candidates=order.candidates, cpu_s=order.seconds,
        confine=confinement(order.spec.limits.memory_mb), stop=stop,
    )  # fmt: skip
    return Search(program, checks, budget)


def _acceptable(order: Order, program: Program, source: str) -> bool:
    """Tell whether a patch has the form that the gate wants of a body."""
    try:
        body = rewritten(order.body, program.body_text(source))
        return not check_candidate(order.spec, order.graph, body, order.package)[1]
    except (ArchitectError, SyntaxError, ValueError):
        return False


if __name__ == "__main__":
    main()
