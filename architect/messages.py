"""Commit messages of modules: a history that a person reads and a program parses."""

from __future__ import annotations

import textwrap

from architect.code_generator import Generated
from core.manifest import Entry
from core.spec import Spec

SUBJECT_WIDTH = 72


def commit_message(
    spec: Spec, entry: Entry, made: Generated, before: Entry | None, note: str = ""
) -> str:
    """Return subject, reason and trailers of the commit that accepts a module."""
    subject = _subject(spec, entry, before, note)
    passed = f"{entry.checks} checks" if entry.checks else "rendered from the spec"
    trailers = [
        f"Module: {spec.name}",
        f"Version: {entry.version}",
        f"Spec-Digest: {entry.spec}",
        f"Body-Digest: {entry.body}",
        f"Reply: {entry.reply or 'none'}",
        f"By: {entry.by}",
        f"Gate: accepted, {passed}",
    ]
    if made.verdict.caught is not None:
        trailers.append(f"Strength: {made.verdict.caught.as_text()}")
    reason = f"{note}\n\n" if note else ""
    return f"{subject}\n\n{reason}" + "\n".join(trailers) + "\n"


def _subject(spec: Spec, entry: Entry, before: Entry | None, note: str) -> str:
    first = " ".join(spec.intent.split()).partition(". ")[0].rstrip(".")
    if before is None:
        text = f"Build {spec.name}: {first[:1].lower()}{first[1:]}"
    elif entry.by == "wick":
        text = (
            f"Repair {spec.name}: {note.splitlines()[0] if note else 'a live failure'}"
        )
    elif entry.by == "rollback":
        text = f"Roll back {spec.name} to version {entry.version}"
    elif entry.by == "hand" and before.body != entry.body:
        text = f"Accept a hand edit of {spec.name}"
    elif before.body == entry.body:
        text = f"Check {spec.name} again for its changed spec"
    else:
        text = f"Rebuild {spec.name} for its changed spec"
    return textwrap.shorten(text, SUBJECT_WIDTH, placeholder="…")
