"""How long after its limit an endless body is dead and gone."""

from __future__ import annotations

import time
from textwrap import indent

from corpus import ROWS
from hostile_case import INT, TEXT, Hostile

from architect.gate.sandbox import Limits, Sandbox

LIMIT_S = 0.1
_HEADER = """
import itertools, math
import numpy as np
import pandas as pd
from decimal import Decimal
"""
# Wide, so that time and not memory ends them.
_ROOM = Limits(memory_bytes=512 << 20)
_GIVEN = {INT: ("x", 3), TEXT: ("text", "ab")}


def overruns(sandbox: Sandbox) -> dict[str, float]:
    """Return, for each body of the corpus that its time ended, seconds past its limit.

    From the call until the worker is killed and reaped.
    """
    found = {}
    for row in ROWS:
        if row.family == "denial of service" and row.signature in _GIVEN:
            late = _overrun(sandbox, row)
            if late is not None:
                found[row.name] = late
    return found


def _overrun(sandbox: Sandbox, row: Hostile) -> float | None:
    name, value = _GIVEN[row.signature]
    source = f"{_HEADER}def subject({name}):\n{indent(row.body, '    ')}\n"
    with sandbox.worker(_ROOM) as worker:
        worker.load([("generated.trading.subject", source.encode())])
        started = time.monotonic()
        outcome = worker.call("subject", {name: value}, timeout_s=LIMIT_S)
        took = time.monotonic() - started
    return took - LIMIT_S if outcome.status == "timeout" else None
