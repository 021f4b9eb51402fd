"""Clones: candidate repairs of a module, by where they come from.

Earlier accepted versions and what a model answers. The search's own come from its
process; who tries them, and in which order, is `trying`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from architect.ask_architect import Architect
from architect.body import extract_body
from architect.history import Accepted
from architect.models.reply import Reply
from core.errors import ArchitectError
from core.spec import Spec
from core.template_footer import split_module
from core.values import Encoded

Recorded = Callable[[Accepted], Reply | None]


@dataclass(frozen=True, slots=True)
class Clone:
    """One candidate: `origin` says where it comes from; `body` is None if it has none.

    `was_good` tells that it ran before; `why_not` why there is no body.
    """

    origin: str
    body: str | None
    reply: Reply | None = None
    was_good: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """What failed: the body, and how, as a model may be told.

    `live` is the input in plain form, where a smaller one is kept in its place.
    """

    version: str
    body: str
    failure: str
    live: Mapping[str, Encoded] | None = None


def earlier_versions(
    spec: Spec, failed: Failed, earlier: list[Accepted], recorded: Recorded
) -> Iterator[Clone]:
    """Yield the accepted versions before, the newest first, each body once.

    `recorded` returns the reply that a version came from.
    """
    seen = {failed.body}
    for version in earlier:
        if version.version == failed.version:
            continue
        body = split_module(spec, version.module)
        origin = f"earlier version {version.version}"
        if body is None:
            yield Clone(origin, None, why_not="its header is not that of today's spec")
        elif body not in seen:
            seen.add(body)
            yield Clone(origin, body, recorded(version), was_good=True)


def asked(spec: Spec, failed: Failed, architect: Architect) -> Clone:
    """Ask a model for a repair; its clone has no body where nobody answers."""
    try:
        _, reply = architect.for_repair(spec, failed.body, failed.failure)
        body = extract_body(reply.text, spec.name)
    except ArchitectError as error:
        return Clone("model", None, why_not=str(error).partition("\n")[0])
    return Clone(f"model {reply.model} ({reply.source})", body, reply)
