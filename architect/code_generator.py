"""From a reply to an accepted body: extract, judge, and ask once more with the reason.

What is returned has a verdict; only an accepted one may be written by the file creator.
Who judges, and how many at once, is the caller's: `generating` yields what is to be
judged and is sent the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from architect.ask_architect import Architect
from architect.body import extract_body
from architect.gate.format import format_body
from architect.gate.verdict import Finding, Verdict
from architect.models.reply import Reply
from core.errors import ModelError, ReplyUnusable
from core.spec import Spec
from core.template_footer import render_module, split_module

Judge = Callable[[Spec, str], Verdict]


@dataclass(frozen=True, slots=True)
class Generated:
    """One module's outcome: `body` is formatted; `reply` is the one it came from."""

    name: str
    body: str
    module: str
    verdict: Verdict
    reply: Reply | None
    tries: int

    @property
    def accepted(self) -> bool:
        """Tell whether the gate accepted it."""
        return self.verdict.accepted


# Yields a body or module text, is sent its verdict, returns the outcome.
Generating = Generator[str, Verdict, Generated]


def generating(
    spec: Spec, architect: Architect, tell: Callable[[str], None]
) -> Generating:
    """Ask for a body and have it judged; a refused one is asked for once more.

    `tell` is told why. ModelError when nobody answers; a refusal is a result, not an error.
    """
    if spec.kind == "record":
        return (yield from judging(spec, ""))
    _, reply = architect.for_body(spec)
    first = yield from _judging_reply(spec, reply, 1)
    if first.accepted:
        return first
    reason = visible_reason(first.verdict)
    tell(reason)
    try:
        _, reply = architect.again(spec, first.body, reason)
    except ModelError as error:
        return _with_warning(first, error)
    return (yield from _judging_reply(spec, reply, 2))


def judging(
    spec: Spec, text: str, reply: Reply | None = None, tries: int = 1
) -> Generating:
    """Have a body judged that is at hand; `text` may be a whole module too."""
    verdict = yield text
    bare = split_module(spec, text)
    body = text if bare is None else bare
    if verdict.accepted and spec.kind != "record":
        body = format_body(spec, body)
    module = render_module(spec, body)
    return Generated(spec.name, body, module, verdict, reply, tries)


def driven(making: Generating, spec: Spec, judge: Judge) -> Generated:
    """Judge one after the other until the outcome is there."""
    try:
        text = next(making)
        while True:
            text = making.send(judge(spec, text))
    except StopIteration as done:
        made: Generated = done.value
        return made


def from_body(
    spec: Spec, body: str, judge: Judge, reply: Reply | None = None, tries: int = 1
) -> Generated:
    """Judge a body that is at hand: by a reply, by hand, by Wick.

    `body` may be a whole module, as the gate takes it too.
    """
    return driven(judging(spec, body, reply, tries), spec, judge)


def _judging_reply(spec: Spec, reply: Reply, tries: int) -> Generating:
    try:
        body = extract_body(reply.text, spec.name)
    except ReplyUnusable as error:
        finding = Finding("reply", str(error), hint=error.hint)
        verdict = Verdict(accepted=False, stage="reply", findings=(finding,))
        return Generated(spec.name, reply.text, "", verdict, reply, tries)
    return (yield from judging(spec, body, reply, tries))


def _with_warning(first: Generated, error: ModelError) -> Generated:
    """Keep the refusal: why nobody was there for a second try is told beside it."""
    told = f"it was not asked for again: {str(error).partition(chr(10))[0]}"
    warning = Finding("reply", told, hint=error.hint)
    return replace(first, verdict=replace(first.verdict, warnings=(warning,)))


def visible_reason(verdict: Verdict) -> str:
    """Return what a model may be told of a refusal: never a held-back example."""
    lines = [finding.as_text() for finding in verdict.findings]
    if verdict.counter_example is not None:
        lines += ["", "```yaml", verdict.counter_example.as_yaml().rstrip(), "```"]
    return "\n".join(lines)
