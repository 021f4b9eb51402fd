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

OPEN_STATES = ("open",)


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
    """The incidents of one database."""

    def __init__(self, database_url: str, clock: Callable[[], int] = now_ms) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True)
        self._clock = clock

    def open(
        self, job: str, module: str, version: str, kind: str, summary: str,
        inputs: Any = None, opened_ms: int | None = None,
    ) -> Incident:  # fmt: skip
        """Open the incident of a job, or return the one that it opened before."""
        self._connection.execute(
            "insert into system_logs.incidents"
            " (job, module, version, kind, opened_ms, state, summary, inputs)"
            " values (%s, %s, %s, %s, %s, 'open', %s, %s) on conflict (job) do nothing",
            (job, module, version, kind, opened_ms or self._clock(), summary, _json(inputs)),
        )
        return self._read("where job = %s", (job,))[0]

    def step(self, incident: Incident, step: str, **detail: Any) -> None:
        """Add a step to the story."""
        self._connection.execute(
            "insert into system_logs.incident_events (incident_id, time_ms, step, detail)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            (incident.incident_id, self._clock(), step, _json(detail)),
        )

    def close_as(
        self, incident: Incident, state: str, fixed_by: str = "", commit: str = ""
    ) -> Incident:
        """End the story; return the incident as it stands."""
        self._connection.execute(
            "update system_logs.incidents set state = %s, closed_ms = %s, fixed_by = %s,"
            " commit = %s where incident_id = %s",
            (state, self._clock(), fixed_by or None, commit or None, incident.incident_id),
        )
        return self._read("where incident_id = %s", (incident.incident_id,))[0]

    def all(self) -> list[Incident]:
        """Return all incidents, newest first, without their events."""
        return self._read("order by incident_id desc", ())

    def get(self, incident_id: int) -> Incident | None:
        """Return one incident with its events."""
        found = self._read("where incident_id = %s", (incident_id,))
        if found:
            rows = self._connection.execute(
                "select time_ms, step, detail from system_logs.incident_events"
                " where incident_id = %s order by time_ms, ctid",
                (incident_id,),
            )
            found[0].events.extend((t, step, detail or {}) for t, step, detail in rows)
            return found[0]
        return None

    def _read(self, condition: str, values: tuple[Any, ...]) -> list[Incident]:
        query = (
            "select incident_id, module, version, kind, opened_ms, closed_ms, state, summary,"
            f" fixed_by, commit from system_logs.incidents {condition}"
        )
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, values).fetchall()  # type: ignore[arg-type]
        return [Incident(**row) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _json(value: Any) -> str | None:
    # Postgres' jsonb knows no NaN and no NUL.
    if value is None:
        return None
    text = json.dumps(value, default=str)
    return json.dumps(json.loads(text, parse_constant=str)).replace("\\u0000", "")
