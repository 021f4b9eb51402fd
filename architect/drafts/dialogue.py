"""A draft from the first words to the last: shown, asked about, approved, built.

The same for `architect ask`, `architect split` and the chat; a `Person` is who is there.
Without a yes nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from architect.advice import after_refusal
from architect.drafts.applying import Applied, apply, estimate
from architect.drafts.draft import Draft
from architect.drafts.drafting import drafted
from architect.drafts.request import Request
from core.errors import ModelError, SpecTooWeak

if TYPE_CHECKING:
    from architect.build import Progress
    from architect.estimate import Estimate
    from architect.session import Session

MOST_ROUNDS = 3
_YES = ("y", "yes")


class Person(Protocol):
    """Who is asked and told. `there` is False where nobody can answer."""

    there: bool

    def tell(self, text: str) -> None:
        """Say something about the work."""

    def show(self, draft: Draft) -> None:
        """Show a draft with its diff."""

    def answer(self, question: str) -> str:
        """Return the answer to a question; empty for none."""


@dataclass(frozen=True)
class Ended:
    """How it ended: `applied` is None where nothing was written."""

    draft: Draft
    estimate: Estimate | None = None
    applied: Applied | None = None

    @property
    def ok(self) -> bool:
        """Tell whether what was asked for stands."""
        return self.applied is not None and self.applied.ok


def discuss(
    request: Request, session: Session, person: Person
) -> tuple[Draft, Request]:
    """Return a draft that is sound or that nobody can help, and the request behind it.

    What a person answered is always sent: after the last round of questions a draft comes.
    """
    for number in range(MOST_ROUNDS + 1):
        draft = _drafted(request, session, person)
        if not draft.questions or not person.there or number == MOST_ROUNDS:
            break
        for question in draft.questions:
            request = request.answered(question, person.answer(question))
    return draft, request


def settle(
    draft: Draft,
    request: Request,
    session: Session,
    person: Person,
    progress: Callable[[int], Progress],
    yes: bool = False,
    dry_run: bool = False,
    first: Applied | None = None,
) -> Ended:
    """Show a draft, ask for a yes, build; `progress` is made for so many modules.

    A spec whose tests turn out to let wrong programs through goes back to the architect
    once, with those; what comes of it is settled like the first draft, whose outcome is
    `first` then and stands in what is returned.
    """
    person.show(draft)
    if not draft.sound:
        return Ended(draft, applied=first)
    cost = estimate(session, draft)
    person.tell(_price(cost, draft))
    if dry_run or not (yes or _approved(person, draft)):
        return Ended(draft, cost, first)
    made = progress(len(cost.rows))
    known = None if first is None else first.left
    done = apply(session, draft, request.text, made, known=known)
    person.tell(told(done))
    if first is not None:
        return Ended(draft, cost, done.after(first))
    if not (weak := weak_specs(done)):
        return Ended(draft, cost, done)
    person.tell("asking the architect for a spec that catches these")
    stronger = request.again(as_answer(draft), weak)
    again = _again(stronger, session, person)
    if again is None:
        return Ended(draft, cost, done)
    ended = settle(again, stronger, session, person, progress, yes, first=done)
    if ended.applied is done:
        person.tell("nothing more was written: what was told of the first draft stands")
    return ended


def _again(request: Request, session: Session, person: Person) -> Draft | None:
    """Return a second draft, None where nobody answers: the first one is built already,
    and how it ended must be told."""
    try:
        return _drafted(request, session, person)
    except ModelError as error:
        person.tell(f"error: {error}")
        if error.hint:
            person.tell(f"hint: {error.hint}")
        return None


def _drafted(request: Request, session: Session, person: Person) -> Draft:
    ask = session.ask_architect
    return drafted(request, session.graph(), session.project, ask, person.tell)


def weak_specs(done: Applied) -> tuple[str, ...]:
    """Return, for each spec that was too weak to be built, what it lets through."""
    failed = done.outcome.failed.items()
    return tuple(f"{n}: {e}" for n, e in failed if isinstance(e, SpecTooWeak))


def as_answer(draft: Draft) -> str:
    """Return the specs of a draft as a model would answer them."""
    text = "".join(f"```yaml\n{one.text.rstrip()}\n```\n" for one in draft.specs)
    gone = "".join(f"  - {name}\n" for name in draft.gone)
    return f"{text}```yaml\nremove:\n{gone}```\n" if gone else text


def _price(cost: Estimate, draft: Draft) -> str:
    """Return what a draft costs and takes away, in a line."""
    if not draft.gone:
        return cost.as_text()
    removed = f"{len(draft.gone)} to remove: {', '.join(draft.gone)}"
    return f"{removed}; {cost.as_text()}" if cost.rows else removed


def _approved(person: Person, draft: Draft) -> bool:
    if not person.there:
        return False
    question = "Write these specs and build them?"
    if draft.gone:
        question = "Do so, and remove what is to go?"
        if not draft.specs:
            question = "Remove these specs and their modules?"
    return person.answer(f"{question} [y/N]").lower() in _YES


def told(done: Applied) -> str:
    """Return what became of a draft, as a person reads it."""
    lines = [f"{name}: built and committed" for name in done.outcome.built]
    for name, made in done.outcome.refused.items():
        lines.append(f"error: {name}: {made.verdict.as_text()}")
        lines.append(f"hint: {after_refusal(made)}")
    for name, error in done.outcome.failed.items():
        lines.append(f"error: {name}: {error}")
        lines += [f"hint: {error.hint}"] if error.hint else []
    lines += [f"error: {name}: not tried" for name in done.outcome.skipped]
    lines += [f"{name}: removed and committed" for name in done.outcome.removed]
    lines += [f"error: {name}: not removed" for name in done.kept]
    for name, so in (done.live or {}).items():
        lines.append(f"{name}: {_runs(so, name in done.outcome.removed)}")
    lines += [f"{name}: a record, live with the next start" for name in done.next_start]
    lines += [f"{name}: {why}" for name, why in done.held.items()]
    if (done.outcome.built or done.outcome.removed) and done.live is None:
        lines.append("the system is not running: architect up starts it")
    if not done.outcome.ok:
        lines.append(_rest(done))
    return "\n".join(lines)


def _rest(done: Applied) -> str:
    """Return what stands where not all was built, and what to do about the rest."""
    stands, whose = "every module runs on as it was", ""
    if done.outcome.built:
        stands = "what was built stays, and every other module runs on as it was"
        whose = f" of {', '.join(done.left)}"
    if not done.left:
        return f"{stands}; mend what is told above and architect generate"
    return (
        f"{stands}; the specs{whose} are on disk: mend them and architect generate, or"
        f" take them back: {' && '.join(done.left.values())}"
    )


def in_short(done: Applied) -> str:
    """Return what became of a draft for who proposed it: what is live by it, what not."""
    if done.ok:
        waits = f", but not live yet: {', '.join(done.held)}" if done.held else ""
        return f"the proposal was applied and stands{waits}"
    outcome = done.outcome
    parts = [f"built: {', '.join(outcome.built)}"] if outcome.built else []
    parts += [f"removed: {', '.join(outcome.removed)}"] if outcome.removed else []
    if bad := [*outcome.refused, *outcome.failed, *outcome.skipped]:
        parts.append(f"not built, its spec is on disk: {', '.join(bad)}")
    if done.kept:
        parts.append(f"not removed: {', '.join(done.kept)}")
    if silent := [name for name, so in (done.live or {}).items() if not so]:
        parts.append(f"not live: {', '.join(silent)}")
    return f"the proposal was approved; {'; '.join(parts)}"


def _runs(so: bool, removed: bool) -> str:
    """Return how a module stands in the running system; `so` is as it should be."""
    if removed:
        return "no longer runs" if so else "error: it still runs"
    return "live" if so else "error: it did not go live"
