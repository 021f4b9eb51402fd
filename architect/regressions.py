"""Inputs that once failed in the running system, kept for ever as tests of their module.

One JSON file an input under generated/regressions/<module>/, named by its digest, so the
same failure is kept once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from architect.atomic import write
from architect.gate.contract.regressions import ABSENT, Regression
from core.errors import ManifestError
from core.manifest import sha256
from core.project import Project
from core.spec import PortCall


def load(project: Project, name: str) -> list[Regression]:
    """Return the regressions of a module, oldest name first."""
    folder = project.regressions / name
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def add(project: Project, name: str, arguments: dict[str, Any], why: str) -> Path:
    """Keep failing inputs (in the plain form of core.values); return their file."""
    text = json.dumps({"arguments": arguments, "why": why}, sort_keys=True) + "\n"
    digest = sha256(json.dumps(arguments, sort_keys=True))
    path = project.regressions / name / f"{digest[:16]}.json"
    if not path.exists():
        write(path, text.encode())
    return path


def _read(path: Path) -> Regression:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        ports = {
            port: [PortCall.model_validate(call) for call in calls]
            for port, calls in plain.get("ports", {}).items()
        }
        return Regression(
            plain["arguments"],
            plain.get("expected", ABSENT),
            ports,
            plain.get("why", ""),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ManifestError(
            f"{path.parent.name}/{path.name} is not a regression: {error}",
            hint=f"git checkout {path.name} brings back the committed one",
        ) from None
