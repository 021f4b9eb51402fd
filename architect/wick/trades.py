"""A failed trade, or drift of the books: told, its modules examined, a suspect handed over.

There may be nothing to repair: the exchange refuses, markets move. Then the incident says
what happened, what the system did to stay safe and which modules are cleared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from architect.session import Session
from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Job
from architect.wick.suspects import Examined, examine

Give = Callable[..., None]
WHAT = {
    "rejected": "an order was refused",
    "slippage": "an order was filled at a worse price than is allowed",
    "missed exit": "an exit did not happen",
    "unknown outcome": "nobody could say what became of an order",
    "drift": "our books and the exchange differ",
}
CONTAINED = {
    "rejected": "nothing was carried out; it is not sent again by itself",
    "slippage": "the position is in the books at its true price",
    "missed exit": "the exit is tried again at every tick, and its stop stays at the exchange",
    "unknown outcome": "the exchange is asked by the client id before anything is sent again",
    "drift": "what was missed is looked for again at every tick",
}
WHY = {
    "rejected": "the exchange, or the gateway before it, gave this reason",
    "slippage": "the market moved or was thin between the decision and the fill",
    "missed exit": "the exchange did not fill it",
    "unknown outcome": "the reply was lost on its way",
    "drift": "what the exchange holds was not all shown to us, or came past us",
}
STOPPED = "; nothing new is entered until it is settled"


def handle_trade(
    session: Session, incidents: Incidents, job: Job, give: Give,
    between: Callable[[], None] = lambda: None,
) -> Incident:  # fmt: skip
    """Tell one failed trade; return its incident, closed.

    `give(kind, **detail)` makes a job of a suspect; `between` is called now and then: a
    module that fails meanwhile is repaired first.
    """
    detail, kind = job.detail, str(job.detail["failed"])
    summary = f"{detail['subject']}: {WHAT.get(kind, kind)}{_reason(detail)}"
    incident = incidents.open(
        job.id, job.module, "", kind, summary, detail.get("trade"), job.time_ms
    )
    if incident.state != "open":
        return incident
    known = {
        k: v for k, v in detail.items() if k not in ("key", "lane", "subject", "failed")
    }
    incidents.step(incident, "detected", **known)
    stopped = STOPPED if detail.get("stop_entries") else ""
    incidents.step(incident, "contained", how=CONTAINED.get(kind, "") + stopped)
    found = examine(
        session, incidents.database_url, int(detail.get("tick", 0)), job.time_ms,
        between=between,
    )  # fmt: skip
    _tell(incidents, incident, found)
    suspect = next((one for one in found if one.fault), None)
    if suspect is not None:
        _hand_over(incidents, incident, suspect, give)
    else:
        incidents.step(
            incident, "explained", reason=WHY.get(kind, "") + _reason(detail)
        )
    return incidents.close_as(incident, "explained")


def _reason(detail: dict[str, Any]) -> str:
    trade = detail.get("trade") or {}
    said = trade.get("reason") or detail.get("reason") or ""
    return f": {said}" if said else ""


def _tell(incidents: Incidents, incident: Incident, found: list[Examined]) -> None:
    cleared = [one for one in found if one.calls and not one.fault]
    silent = {one.module: one.why_not for one in found if one.why_not}
    incidents.step(
        incident, "examined",
        cleared=[one.module for one in cleared],
        calls=sum(one.calls for one in found), could_not_be_asked=silent,
        suspects={one.module: one.fault for one in found if one.fault},
    )  # fmt: skip


def _hand_over(
    incidents: Incidents, incident: Incident, suspect: Examined, give: Give
) -> None:
    """Let the suspect be repaired as if it had failed in a call of its own."""
    error = f"in the tick of incident {incident.incident_id}: {suspect.fault}"
    give(
        "failure", module=suspect.module, version=suspect.version, module_kind="function",
        outcome="error", error=error, trace="", arguments=suspect.arguments,
        contained="not yet: it answers calls", key=f"suspect:{suspect.module}:{suspect.version}",
    )  # fmt: skip
    incidents.step(
        incident, "suspect", module=suspect.module, version=suspect.version,
        fault=suspect.fault, hint="architect incidents shows its repair",
    )  # fmt: skip
