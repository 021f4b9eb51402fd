"""Clones: candidate repairs of a module, cheapest first.

Earlier accepted versions cost nothing; the model is asked on a thread of its own, so
that its answer is on the way while the others are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from architect.ask_architect import Architect
from architect.body import extract_body
from architect.history import Accepted
from architect.models.reply import Reply
from core.errors import ArchitectError
from core.spec import Spec
from core.template_footer import split_module


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
    """What failed: the body, and how, as a model may be told."""

    version: str
    body: str
    failure: str


def clones(
    spec: Spec,
    failed: Failed,
    earlier: list[Accepted],
    architect: Architect,
    recorded: Callable[[Accepted], Reply | None],
) -> Iterator[Clone]:
    """Yield the candidates; the model is asked before the first is yielded.

    `recorded` returns the reply that an earlier version came from.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="wick-model") as pool:
        answer = pool.submit(_ask, spec, failed, architect)
        yield from _earlier(spec, failed, earlier, recorded)
        yield answer.result()


def _earlier(
    spec: Spec,
    failed: Failed,
    earlier: list[Accepted],
    recorded: Callable[[Accepted], Reply | None],
) -> Iterator[Clone]:
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


def _ask(spec: Spec, failed: Failed, architect: Architect) -> Clone:
    try:
        _, reply = architect.for_repair(spec, failed.body, failed.failure)
        body = extract_body(reply.text, spec.name)
    except ArchitectError as error:
        return Clone("model", None, why_not=str(error).partition("\n")[0])
    return Clone(f"model {reply.model} ({reply.source})", body, reply)
