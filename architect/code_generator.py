"""From a reply to an accepted body: extract, judge, and ask once more with the reason.

What is returned has a verdict; only an accepted one may be written by the file creator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from architect.ask_architect import Architect
from architect.body import extract_body
from architect.gate.format import format_body
from architect.gate.verdict import Finding, Verdict
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from core.errors import ReplyUnusable
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


def generate(spec: Spec, architect: Architect, judge: Judge) -> Generated:
    """Ask for a body and judge it; a refused one is asked for once more.

    ModelError when nobody answers; a refusal is a result, not an error.
    """
    if spec.kind == "record":
        return from_body(spec, "", judge)
    _, reply = architect.for_body(spec)
    first = _judge_reply(spec, reply, judge, 1)
    if first.accepted:
        return first
    _, reply = architect.again(spec, first.body, visible_reason(first.verdict))
    return _judge_reply(spec, reply, judge, 2)


def from_body(
    spec: Spec, body: str, judge: Judge, reply: Reply | None = None, tries: int = 1
) -> Generated:
    """Judge a body that is at hand: by a reply, by hand, by Wick.

    `body` may be a whole module, as the gate takes it too.
    """
    verdict = judge(spec, body)
    bare = split_module(spec, body)
    body = body if bare is None else bare
    shaped = format_body(spec, body) if verdict.accepted and spec.kind != "record" else body
    module = render_module(spec, shaped)
    return Generated(spec.name, shaped, module, verdict, reply, tries)


def repair(
    spec: Spec, architect: Architect, judge: Judge, body: str, failure: str
) -> tuple[Prompt, Generated]:
    """Ask for a repair of `body` and judge it."""
    prompt, reply = architect.for_repair(spec, body, failure)
    return prompt, _judge_reply(spec, reply, judge, 1)


def _judge_reply(spec: Spec, reply: Reply, judge: Judge, tries: int) -> Generated:
    try:
        body = extract_body(reply.text, spec.name)
    except ReplyUnusable as error:
        finding = Finding("reply", str(error), hint=error.hint)
        verdict = Verdict(accepted=False, stage="reply", findings=(finding,))
        return Generated(spec.name, reply.text, "", verdict, reply, tries)
    return from_body(spec, body, judge, reply, tries)


def visible_reason(verdict: Verdict) -> str:
    """Return what a model may be told of a refusal: never a held-back example."""
    lines = [finding.as_text() for finding in verdict.findings]
    if verdict.counter_example is not None:
        lines += ["", "```yaml", verdict.counter_example.as_yaml().rstrip(), "```"]
    return "\n".join(lines)
