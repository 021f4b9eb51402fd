"""Incidents in Postgres: each failure with its whole story, step by step.

Writing the same step of the same job twice leaves one row, so a job that is delivered
again goes on where it stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from core.stores.postgres import connect

Row = dict[str, Any]
COLUMNS = (
    "incident_id, module, version, kind, opened_ms, closed_ms, state, summary,"
    " fixed_by, commit"
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as it is told: `events` are (time_ms, step, detail), oldest first.

    `state` is open, repaired, refused (a save that was not let in), accepted (one that
    was), explained (not the module's fault) or unrepaired.
    """

    incident_id: int
    module: str
    version: str
    kind: str
    opened_ms: int
    closed_ms: int | None
    state: str
    summary: str
    fixed_by: str | None
    commit: str | None
    events: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def took_ms(self) -> int | None:
        """Milliseconds from opened to closed, None while it is open."""
        return None if self.closed_ms is None else self.closed_ms - self.opened_ms


def now_ms() -> int:
    """Return UTC milliseconds."""
    return time.time_ns() // 1_000_000


class Incidents:
    """The incidents of one database; a context manager.

    A connection that was lost is made anew once for each call, so a restart of Postgres
    between two steps is not seen. psycopg.Error when it stays away.
    """

    def __init__(self, database_url: str, clock: Callable[[], int] = now_ms) -> None:
        self._url, self._clock = database_url, clock
        self._connection = connect(database_url)

    @property
    def database_url(self) -> str:
        """The database that they are in."""
        return self._url

    def __enter__(self) -> Incidents:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def open(
        self, job: str, module: str, version: str, kind: str, summary: str,
        inputs: Any = None, opened_ms: int | None = None,
    ) -> Incident:  # fmt: skip
        """Open the incident of a job, or return the one that it opened before."""
        self._execute(
            "insert into system_logs.incidents"
            " (job, module, version, kind, opened_ms, state, summary, inputs)"
            " select %s, %s, %s, %s, %s, 'open', %s, %s where not exists"
            " (select from system_logs.incidents where job = %s) on conflict (job) do nothing",
            (job, module, version, kind, opened_ms or self._clock(), _clean(summary),
             _json(inputs), job),
        )  # fmt: skip
        return self._read("where job = %s", (job,))[0]

    def of(self, job: str) -> Incident | None:
        """Return the incident that a job opened, None if it opened none."""
        return next(iter(self._read("where job = %s", (job,))), None)

    def begun(self, incident: Incident) -> bool:
        """Tell whether a step of the story is written: somebody was at it before."""
        query = "select from system_logs.incident_events where incident_id = %s limit 1"
        return bool(self._execute(query, (incident.incident_id,)))

    def step(self, incident: Incident, step: str, **detail: Any) -> None:
        """Add a step to the story; the same step again is not written again."""
        step = _clean(step)
        self._execute(
            "insert into system_logs.incident_events (incident_id, time_ms, step, detail)"
            " select %s, %s, %s, %s where not exists (select from"
            " system_logs.incident_events where incident_id = %s and step = %s)"
            " on conflict do nothing",
            (incident.incident_id, self._clock(), step, _json(detail), incident.incident_id,
             step),
        )  # fmt: skip

    def close_as(
        self, incident: Incident, state: str, fixed_by: str = "", commit: str = ""
    ) -> Incident:
        """End the story, unless another worker has; return the incident as it stands."""
        self._execute(
            "update system_logs.incidents set state = %s, closed_ms = %s, fixed_by = %s,"
            " commit = %s where incident_id = %s and state = 'open'",
            (state, self._clock(), _clean(fixed_by) or None, commit or None,
             incident.incident_id),
        )  # fmt: skip
        return self._read("where incident_id = %s", (incident.incident_id,))[0]

    def all(self) -> list[Incident]:
        """Return all incidents, newest first, without their events."""
        return self._read("order by incident_id desc", ())

    def get(self, incident_id: int) -> Incident | None:
        """Return one incident with its events."""
        found = self._read("where incident_id = %s", (incident_id,))
        if not found:
            return None
        rows = self._execute(
            "select time_ms, step, detail from system_logs.incident_events"
            " where incident_id = %s order by time_ms, ctid",
            (incident_id,),
        )
        found[0].events.extend(
            (r["time_ms"], r["step"], r["detail"] or {}) for r in rows
        )
        return found[0]

    def _read(self, condition: str, values: tuple[Any, ...]) -> list[Incident]:
        query = f"select {COLUMNS} from system_logs.incidents {condition}"
        return [Incident(**row) for row in self._execute(query, values)]

    def _execute(self, query: str, values: tuple[Any, ...]) -> list[Row]:
        try:
            return self._run(query, values)
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
        self._connection = connect(self._url)
        return self._run(query, values)

    def _run(self, query: str, values: tuple[Any, ...]) -> list[Row]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description is not None else []

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _json(value: Any) -> str | None:
    # Postgres' jsonb knows no NaN, no NUL and no half of a surrogate pair.
    if value is None:
        return None
    text = json.dumps(value, default=str)
    return json.dumps(_plain(json.loads(text, parse_constant=str)))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _plain(item) for key, item in value.items()}
    return value


def _clean(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()
