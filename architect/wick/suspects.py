"""Which module may have caused a failed trade: what took part in its tick is asked again.

The recorded calls of the tick are made again in the sandbox, with the version that made
them. One that breaks its contract, or answers otherwise than it did, is a suspect. Who
answers as before is cleared: it did what its spec says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from architect.gate.contract.terms import Terms
from architect.session import Session
from architect.wick.recorded import Recorded, loaded, same_result
from core.errors import ArchitectError
from core.manifest import read_manifest
from core.stores.postgres import connect
from core.template_footer import split_module
from core.values import Encoded, NotPlain, encode

BEFORE_MS, AFTER_MS = 120_000, 5_000
# The writer of reflections is at most this far behind.
WRITTEN_S, LOOK_S = 2.0, 0.05
MOST_CALLS = 20


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of one module. `calls` were asked again; `fault` says what was wrong.

    `why_not` says why it could not be asked; `arguments` are those of the fault.
    """

    module: str
    version: str
    calls: int = 0
    fault: str = ""
    why_not: str = ""
    arguments: dict[str, Encoded] | None = None


def examine(
    session: Session, database_url: str, tick: int, time_ms: int,
    sleep: Callable[[float], None] = time.sleep,
    between: Callable[[], None] = lambda: None,
) -> list[Examined]:  # fmt: skip
    """Return what became of each module that took part in a tick, by name.

    `between` is called before each of them: what is more urgent may be done then.
    """
    examined = []
    for key, found in sorted(_calls(database_url, tick, time_ms, sleep).items()):
        between()
        examined.append(_examined(session, *key, found))
    return examined


_Calls = dict[tuple[str, str], list[Recorded]]


def _calls(
    database_url: str, tick: int, time_ms: int, sleep: Callable[[float], None]
) -> _Calls:
    """Return the calls of a tick by module and version, once they are written."""
    query = (
        "select module, version, args, result from system_logs.reflections where tick = %s"
        " and outcome = 'ok' and time_ms between %s and %s order by time_ms"
    )
    values = (tick, time_ms - BEFORE_MS, time_ms + AFTER_MS)
    rows: list[tuple[Any, ...]] = []
    for _ in range(int(WRITTEN_S / LOOK_S)):
        before = len(rows)
        try:
            with connect(database_url) as connection:
                rows = connection.execute(query, values).fetchall()
        except psycopg.Error:
            return {}
        if rows and len(rows) == before:
            break
        sleep(LOOK_S)
    found: _Calls = {}
    for module, version, arguments, result in rows:
        kept = found.setdefault((module, version), [])
        if isinstance(arguments, list) and len(kept) < MOST_CALLS:
            kept.append(Recorded(version, arguments, result))
    return found


def _examined(
    session: Session, module: str, version: str, calls: list[Recorded]
) -> Examined:
    entry = read_manifest(session.project.manifest).modules.get(module)
    if entry is None or entry.version != version:
        return Examined(module, version, why_not="another version is accepted now")
    if entry.kind == "action":
        return Examined(module, version, why_not="it acts through ports")
    try:
        return _asked_again(session, module, version, calls)
    except ArchitectError as error:
        return Examined(module, version, why_not=str(error))


def _asked_again(
    session: Session, module: str, version: str, calls: list[Recorded]
) -> Examined:
    graph = session.graph()
    spec = graph.get(module)
    replay = session.replay(spec, graph)
    body = split_module(spec, replay.modules.get(module, ""), session.project.package)
    if body is None:
        return Examined(module, version, why_not="its spec changed since")
    asked: list[Examined] = []

    def look(terms: Terms) -> None:
        for call in calls:
            given = loaded(spec, terms, call)
            if given is not None and terms.allowed(given):
                fault = _fault(terms, given, call)
                asked.append(Examined(module, version, 1, fault, "", _plain(given)))

    replay.asking(body, look)
    wrong = next((one for one in asked if one.fault), None)
    if wrong is not None:
        return Examined(module, version, len(asked), wrong.fault, "", wrong.arguments)
    why_not = "" if asked else "its inputs were not kept in full"
    return Examined(module, version, len(asked), why_not=why_not)


def _fault(terms: Terms, given: dict[str, object], call: Recorded) -> str:
    answer = terms.call(given)
    if failure := terms.fault(given, answer):
        return failure.message
    if answer.status == "value" and not same_result(call, answer.value):
        return (
            f"it answered {call.result!r} then and answers otherwise to the same inputs"
        )
    return ""


def _plain(given: dict[str, object]) -> dict[str, Encoded] | None:
    try:
        return {name: encode(value) for name, value in given.items()}
    except NotPlain:
        return None
