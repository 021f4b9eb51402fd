"""How a module did in the running system: its reflections and incidents, added up.

From system_logs alone; nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import StoreUnavailable
from core.plain_words import counted
from core.stores.postgres import connect

_CALLS = """
select count(*), count(*) filter (where outcome <> 'ok'), max(time_ms),
    percentile_cont(0.5) within group (order by duration_us),
    percentile_cont(0.95) within group (order by duration_us)
from system_logs.reflections where module = %s
"""
_FAILURES = """
select time_ms, version, error, args from system_logs.reflections
where module = %s and outcome <> 'ok' order by time_ms desc limit %s
"""
_VERDICTS = """
select time_ms, accepted, message from system_logs.gate_verdicts
where module = %s order by time_ms desc limit %s
"""
_INCIDENTS = """
select incident_id, opened_ms, state, summary, fixed_by from system_logs.incidents
where module = %s order by opened_ms desc limit %s
"""


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """Counts, times of calls in microseconds, and the newest of what went wrong."""

    calls: int
    failed: int
    last_ms: int | None
    usual_us: float
    slow_us: float
    failures: list[tuple[Any, ...]]
    verdicts: list[tuple[Any, ...]]
    incidents: list[tuple[Any, ...]]

    def as_text(self) -> str:
        """Return it in a few lines."""
        if not self.calls:
            return "never called in the running system"
        lines = [
            f"{counted(self.calls, 'call')}, {self.failed} failed; half of them took under"
            f" {self.usual_us:.0f} us, 95% under {self.slow_us:.0f} us"
        ]
        lines += [f"failed: {error}" for _, _, error, _ in self.failures]
        for number, _, state, summary, fixed_by in self.incidents:
            by = f" by {fixed_by}" if fixed_by else ""
            lines.append(f"incident {number}: {state}{by}: {summary.splitlines()[0]}")
        return "\n".join(lines)


def live_record(database_url: str, module: str, newest: int = 3) -> LiveRecord:
    """Return how a module did; StoreUnavailable when the database does not answer."""
    import psycopg

    try:
        with connect(database_url, timeout_s=5) as connection:
            rows: Any = connection.execute(_CALLS, (module,)).fetchone()
            lists = [
                connection.execute(query, (module, newest)).fetchall()
                for query in (_FAILURES, _VERDICTS, _INCIDENTS)
            ]
    except psycopg.Error as error:
        raise StoreUnavailable(
            f"the database does not answer: {error}", hint="architect status"
        ) from None
    calls, failed, last_ms, usual, slow = rows
    return LiveRecord(calls, failed, last_ms, usual or 0.0, slow or 0.0, *lists)
