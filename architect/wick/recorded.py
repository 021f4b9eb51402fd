"""What the running system answered before: recorded calls, as far as they can be asked again.

Reflections are written for people: a long series is its length and its ends, and cannot
be called with. What has its inputs in full is a call that a repair must not change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from architect.gate.contract.terms import Terms
from core import plain_data
from core.errors import ArchitectError
from core.spec import Spec
from core.stores.postgres import connect
from core.summarise import to_json
from core.template_header import parameter_names

MOST = 400
KEPT = 60
BEFORE_MS = 6 * 3_600_000
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call that went well: arguments in the parameters' order, and the result, both
    as JSON data."""

    version: str
    arguments: list[Any]
    result: Any


def recorded_calls(database_url: str, module: str, before_ms: int) -> list[Recorded]:
    """Return distinct recorded calls of a module that went well, the newest first.

    Empty where none is recorded, or the table is not there.
    """
    query = (
        "select version, args, result from system_logs.reflections where module = %s"
        " and outcome = 'ok' and args is not null and time_ms between %s and %s"
        " order by time_ms desc limit %s"
    )
    try:
        with connect(database_url) as connection:
            rows = connection.execute(
                query, (module, before_ms - BEFORE_MS, before_ms, MOST)
            ).fetchall()
    except psycopg.Error:
        return []  # a choice without memory, not a repair that fails
    found: dict[str, Recorded] = {}
    for version, arguments, result in rows:
        if isinstance(arguments, list) and _CUT not in json.dumps(
            [arguments, result], ensure_ascii=False
        ):
            found.setdefault(
                json.dumps(arguments), Recorded(str(version), arguments, result)
            )
    return list(found.values())[:KEPT]


def loaded(spec: Spec, terms: Terms, call: Recorded) -> dict[str, Any] | None:
    """Return the typed arguments of a call, None where they are not there in full."""
    names = [name for name in parameter_names(spec) if name not in spec.ports]
    if len(names) != len(call.arguments):
        return None
    given: dict[str, Any] = {}
    for name, plain in zip(names, call.arguments, strict=True):
        if _is_summary(plain):
            return None
        try:
            given[name] = plain_data.load(terms.kinds[name], plain, terms.records)
        except (ArchitectError, TypeError, ValueError):
            return None
    return given


def _is_summary(plain: Any) -> bool:
    return isinstance(plain, Mapping) and {"type", "length"} <= plain.keys()


def same_result(call: Recorded, value: Any) -> bool:
    """Tell whether a value would be recorded as the call's result was."""
    return bool(json.loads(to_json(value)) == call.result)
