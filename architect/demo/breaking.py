"""Half-way through the demo: two faults are saved, and Wick is watched dealing with them.

Trading goes on meanwhile; nothing here stops or holds it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from architect.config import Config
from architect.demo.faults import BROKEN_SAVE, LIVE_FAILURE, Fault
from architect.history import restore
from architect.session import Session
from architect.system.child import ChildFailed
from architect.system.system import System
from architect.wick.incidents import Incident, Incidents
from core.errors import ArchitectError

WAIT_S = 60.0
LOOK_S = 0.05


@dataclass
class Breaking:
    """Breaks two modules; `tick` is called while waiting, to show how trading goes on."""

    config: Config
    system: System
    say: Callable[[str], None]
    tick: Callable[[], None]

    def run(self) -> None:
        """Save both faults, one after the other; wait for what becomes of each."""
        with Incidents(self.system.stores.database_url) as incidents:
            self._save(BROKEN_SAVE)
            self._await(incidents, BROKEN_SAVE, "save")
            with Session(self.config) as session:
                restore(self.config.project, session.repository, BROKEN_SAVE.module)
            self._save(LIVE_FAILURE)
            if self._await(incidents, LIVE_FAILURE, "save").state == "accepted":
                self._await(incidents, LIVE_FAILURE, "failure")

    def _save(self, fault: Fault) -> None:
        self.say(f"saving {fault.module}: {fault.story}")
        fault.save(self.config.project)

    def _await(self, incidents: Incidents, fault: Fault, kind: str) -> Incident:
        """Wait for the incident of a save or a failure to be closed; tell of it.

        As long as trading goes on, a module that is not called yet may still be.
        """
        deadline = time.monotonic() + WAIT_S
        while True:
            traded = self.system.children["trader"].running
            found = _of(incidents, fault, kind)
            if found is not None and found.closed_ms is not None:
                self._tell(found)
                return found
            if found is None and not traded:
                raise self._never(fault, kind)
            if found is None and kind == "failure":
                deadline = time.monotonic() + WAIT_S
            self._check(fault, kind, deadline)
            self.tick()
            time.sleep(LOOK_S)

    def _check(self, fault: Fault, kind: str, deadline: float) -> None:
        wick = self.system.children["wick1"]
        if not wick.running:
            raise ChildFailed(
                f"wick ended: {wick.last_words()}", hint=f"see {wick.log}"
            )
        if time.monotonic() > deadline:
            raise ArchitectError(
                f"{fault.module}: no closed incident of kind {kind} within {WAIT_S:.0f} s",
                hint=f"see {wick.log}",
            )

    def _never(self, fault: Fault, kind: str) -> ArchitectError:
        trader = self.system.children["trader"]
        if trader.exit_code != 0:
            return ChildFailed(f"the trading loop ended: {trader.last_words()}",
                               hint=f"see {trader.log}")  # fmt: skip
        if kind == "failure":
            why = f"{fault.module} was not called again: all symbols were in a trade"
        else:
            why = f"the save of {fault.module} was not seen"
        return ArchitectError(
            f"the candles ended too early to show a repair: {why}",
            hint="give some thousand candles more, or a smaller --ticks",
        )

    def _tell(self, incident: Incident) -> None:
        how = f" by {incident.fixed_by}" if incident.fixed_by else ""
        took = (incident.took_ms or 0) / 1000
        self.say(f"incident {incident.incident_id}: {incident.module} {incident.state}{how}, "
                 f"{took:.2f} s after it happened")  # fmt: skip


def _of(incidents: Incidents, fault: Fault, kind: str) -> Incident | None:
    """Return the newest incident of a fault."""
    for incident in incidents.all():
        if (incident.module, incident.kind) == (fault.module, kind):
            return incident
    return None
