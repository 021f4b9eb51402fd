"""An incident as a person reads it: what, when, what was done, and the change that mended it.

Pure: data in, lines out. Times are relative to the failure; colour is the caller's choice.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from architect.wick.incidents import Incident

# Said better by another step or by the headline, or too long for a person; --json has them.
LEFT_OUT = ("trace", "findings", "counter_example", "warnings", "body", "sha256")
LONGEST = 1200
AGO = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))
# What follows the word of a step in the same line.
HEADLINES = {
    "detected": ("error",), "contained": ("how",), "chosen": ("origin",), "live": ("version",),
    "committed": ("commit",), "explained": ("reason",), "unrepaired": ("reason",),
    "gave up": ("reason",), "breaker open": ("reason",), "kept": ("regression",),
    "not reproduced": ("reason",), "refused": ("reason",), "not seen live": ("version",),
}  # fmt: skip
RED, GREEN, BOLD, DIM, OFF = "\033[31m", "\033[32m", "\033[1m", "\033[2m", "\033[0m"
MARKS = {
    "open": BOLD,
    "repaired": GREEN,
    "accepted": GREEN,
    "refused": RED,
    "unrepaired": RED,
}


class Paint:
    """Colours text where that is wanted."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def __call__(self, code: str, text: str) -> str:
        """Return the text in a colour."""
        return f"{code}{text}{OFF}" if self._wanted and code and text else text


def plain(incident: Incident) -> dict[str, Any]:
    """Return an incident as JSON data; one of the list comes without events."""
    events = [
        {"time_ms": time_ms, "step": step, "detail": detail}
        for time_ms, step, detail in incident.events
    ]
    return {**asdict(incident), "took_ms": incident.took_ms, "events": events}


def line(incident: Incident, now_ms: int, paint: Paint) -> str:
    """Return an incident in one line, with how long ago it was."""
    took = "" if incident.took_ms is None else f" in {span(incident.took_ms)}"
    how = f" by {incident.fixed_by}" if incident.fixed_by else ""
    state = paint(MARKS.get(incident.state, ""), incident.state)
    return (
        f"{incident.incident_id:4}  {span(now_ms - incident.opened_ms):>7} ago  "
        f"{incident.module}: {_first(incident.summary)} - {state}{how}{took}"
    )


def story(
    incident: Incident, now_ms: int, paint: Paint, change: tuple[str, str] | None = None
) -> str:
    """Return an incident with its steps. `change` are the module's texts before and after."""
    lines = [*_head(incident, now_ms, paint), ""]
    for time_ms, step, detail in incident.events:
        lines += _step(time_ms - incident.opened_ms, step, detail, paint)
    if change is not None:
        lines += ["", *_change(*change, paint)]
    if incident.commit:
        lines += ["", paint(DIM, f"git show {incident.commit[:12]}")]
    return "\n".join(lines)


def _head(incident: Incident, now_ms: int, paint: Paint) -> list[str]:
    when = datetime.fromtimestamp(incident.opened_ms / 1000, UTC)
    ago = span(now_ms - incident.opened_ms)
    version = f" version {incident.version}" if incident.version else ""
    state = paint(MARKS.get(incident.state, ""), incident.state)
    how = f" by {incident.fixed_by}" if incident.fixed_by else ""
    took = "" if incident.took_ms is None else f" after {span(incident.took_ms)}"
    return [
        paint(
            BOLD,
            f"Incident {incident.incident_id}: {incident.kind} of {incident.module}",
        )
        + version,
        *incident.summary.splitlines()[:3],
        f"{when:%Y-%m-%d %H:%M:%S} UTC, {ago} ago; {state}{how}{took}",
    ]


def _step(
    after_ms: int, step: str, detail: Mapping[str, Any], paint: Paint
) -> list[str]:
    word, _, rest = step.partition(": ")
    shown = {
        k: v for k, v in detail.items() if k not in LEFT_OUT and v not in ("", None)
    }
    if word == "clone":
        head, used = _clone(rest, shown)
    else:
        used = HEADLINES.get(word, ())
        told = [str(shown[key]) for key in used if key in shown]
        head = " ".join(filter(None, [rest, *map(_first, told)]))
    first = f"  {'+' + span(after_ms):>9}  {paint(BOLD, f'{word:10}')}  {head}".rstrip()
    below = {k: v for k, v in shown.items() if k not in used or _has_more(v)}
    return [first, *(f"{' ' * 25}{text}" for text in _detail(below))]


def _clone(origin: str, shown: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return a clone's line: where it is from, its verdict, its time and its cost."""
    accepted = shown.get("accepted")
    verdict = "" if accepted is None else "passes" if accepted else "refused"
    ms, cost = shown.get("ms"), shown.get("cost_usd")
    time = span(float(ms)) if ms is not None else ""
    price = f"{cost} USD" if cost not in (None, "0") else ""
    parts = filter(None, [origin, verdict, time, price])
    used = ("accepted", "ms", "cost_usd")
    return ", ".join(parts), (*used, "result") if verdict == "passes" else used


def _has_more(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _detail(detail: Mapping[str, Any]) -> list[str]:
    shown = []
    for key, value in detail.items():
        text = _said(value)
        first, *rest = text[:LONGEST].splitlines() or [""]
        shown += [f"{key}: {first}", *(f"  {part}" for part in rest)]
    return shown


def _said(value: Any) -> str:
    if isinstance(value, Mapping) and not any(
        isinstance(v, (dict, list)) for v in value.values()
    ):
        return ", ".join(f"{k} {v}" for k, v in value.items()) or "none"
    if isinstance(value, list) and not any(isinstance(v, (dict, list)) for v in value):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)


def _change(before: str, after: str, paint: Paint) -> list[str]:
    """Return the repair as a difference of the module's lines."""
    colours = {"+": GREEN, "-": RED, "@": DIM}
    found = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "failed", "repaired", lineterm="", n=2
    )
    return [paint(colours.get(text[:1], ""), text) for text in found]


def span(ms: float) -> str:
    """Return a time span in the unit that suits it: 340 ms, 1.24 s, 5 min, 3 h, 2 d."""
    if ms < 1000:
        return f"{max(0, round(ms))} ms"
    if ms < 60_000:
        return f"{ms / 1000:.2f} s"
    size, unit = next((size, unit) for size, unit in AGO if ms >= size)
    return f"{int(ms // size)} {unit}"


def _first(text: str) -> str:
    return text.partition("\n")[0]
