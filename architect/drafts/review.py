"""From a model's answer to a draft with everything that is wrong with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

from architect.drafts.answer import read_answer
from architect.drafts.draft import Draft
from core.errors import GateError
from core.project import Project

TIMEOUT_S = 120.0
CPU_S = 15
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "OPENBLAS_CORETYPE")


def reviewed(answer: str, project: Project, model: str = "") -> Draft:
    """Return the draft that an answer holds; nothing is written."""
    read = read_answer(answer, project.specs)
    draft = Draft(
        read.specs,
        read.questions,
        read.remarks,
        read.problems,
        model=model,
        removed=read.removed,
    )
    if draft.problems or draft.questions:
        return draft
    if not draft.specs and not draft.removed:
        told = "the answer holds no ```yaml block: give specs, or questions"
        return replace(draft, problems=(told,))
    unchanged = [one.name for one in draft.specs if one.before == one.text]
    found = _checked(draft, project)
    warnings = [f"{name}: it is as it was" for name in unchanged] + found["warnings"]
    return replace(draft, problems=tuple(found["problems"]), warnings=tuple(warnings))


def _checked(draft: Draft, project: Project) -> dict[str, list[str]]:
    """Have the specs checked by a process without settings; GateError if it cannot tell."""
    asked = {
        "root": str(project.root),
        "package": project.package,
        "cpu_s": CPU_S,
        "texts": {one.name: one.text for one in draft.specs},
        "removed": draft.gone,
    }
    words = [sys.executable, "-P", "-m", "architect.drafts.checking"]
    environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
    try:
        done = subprocess.run(
            words, input=json.dumps(asked), capture_output=True, text=True,
            timeout=TIMEOUT_S, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _endless(f"{TIMEOUT_S:.0f} s")
    if done.returncode < 0:
        return _endless("its share of time or memory")
    try:
        found: dict[str, list[str]] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise GateError(f"the draft could not be checked: {last}") from None
    return found


def _endless(limit: str) -> dict[str, list[str]]:
    told = f"checking its examples against its claims takes more than {limit}"
    return {"problems": [told], "warnings": []}
