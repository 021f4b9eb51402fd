"""Verdicts into system_logs.gate_verdicts, where stores are running.

A log and no more: where it cannot be written, the command goes on without it.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from architect.config import Config
from architect.gate.format import format_body
from architect.gate.verdict import Verdict
from architect.stores import find_stores
from core.errors import ArchitectError
from core.manifest import sha256
from core.spec import Spec
from core.template_footer import split_module

# What is kept while no store takes it; older ones are let go.
MOST_WAITING = 1000
TIMEOUT_S = 2
_INSERT = """
insert into system_logs.gate_verdicts
    (time_ms, module, body_digest, accepted, stage, message, duration_ms)
values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class _Judged:
    time_ms: int
    spec: Spec
    text: str
    verdict: Verdict

    def row(self) -> tuple[object, ...]:
        verdict = self.verdict
        return (
            self.time_ms,
            self.spec.name,
            self._digest(),
            verdict.accepted,
            verdict.stage,
            verdict.as_text(),
            verdict.duration_ms,
        )

    def _digest(self) -> str:
        """Return the body's digest: for an accepted one that of the manifest."""
        bare = split_module(self.spec, self.text)
        body = self.text if bare is None else bare
        if self.verdict.accepted and self.spec.kind != "record":
            body = format_body(self.spec, body)
        return sha256(body)


@dataclass
class VerdictLog:
    """Collects verdicts; `flush` writes them if there are stores."""

    config: Config
    _waiting: deque[_Judged] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))

    def note(self, spec: Spec, text: str, verdict: Verdict) -> None:
        """Keep one verdict until the next flush."""
        now_ms = time.time_ns() // 1_000_000
        self._waiting.append(_Judged(now_ms, spec, text, verdict))

    def flush(self) -> bool:
        """Write what is kept; False when it could not be written."""
        if not self._waiting:
            return True
        try:
            stores = find_stores(self.config)
            return stores is not None and self._write(stores.database_url)
        except ArchitectError:
            return False

    def _write(self, database_url: str) -> bool:
        import psycopg

        from core.stores.postgres import connect

        rows = [judged.row() for judged in self._waiting]
        try:
            with (
                connect(database_url, timeout_s=TIMEOUT_S) as connection,
                connection.transaction(),
                connection.cursor() as cursor,
            ):
                cursor.executemany(_INSERT, rows)
        except psycopg.Error:
            return False
        self._waiting.clear()
        return True
