"""What a build will cost, told beforehand: who is asked, what is likely, what at most.

Nobody is asked and nothing is written. A question costs one call, or two if the first
answer is refused. A recorded answer and a body that is only judged again cost nothing, if
the gate takes them: if it does not, a question follows, and counts in what is told at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from architect.prompt import code_prompt
from architect.replies import ReplyStore
from architect.route import Route
from architect.staleness import State
from core.manifest import Manifest
from core.project import Project
from core.spec_graph import SpecGraph

if TYPE_CHECKING:
    from architect.models.prompt import Prompt

# The measure of this project: prose and code of prompts, by OpenAI's tokenizers.
CHARS_A_TOKEN = 3.6
USUAL_ANSWER_TOKENS = 250
TRIES = 2
ZERO = Decimal(0)
RELAY = "relay"
# So many names are told, and how many more there are.
NAMED = 12


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is stale and what it takes; `how` is `model`, `recorded`, `judged` or `rendered`."""

    rows: tuple[tuple[str, str, str], ...] = ()
    usd: Decimal = ZERO
    most_usd: Decimal = ZERO
    route: str = ""

    @property
    def asked(self) -> list[str]:
        """The modules for which somebody has to be asked."""
        return [name for name, _, how in self.rows if how == "model"]

    def as_text(self) -> str:
        """Return it in one line."""
        if not self.rows:
            return "nothing is stale"
        names = [row[0] for row in self.rows]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        some = f"{len(names)} to build: {', '.join(names[:NAMED])}{more}"
        number = len(self.asked)
        need = "1 needs an answer" if number == 1 else f"{number} need an answer"
        if not self.asked:
            return f"{some}; {self._unasked()}"
        if self.route == RELAY:
            return f"{some}; {need} by the relay"
        if not self.route:
            return f"{some}; {need}, and no model is set"
        return (
            f"{some}; {need} of {self.route}: about"
            f" {self.usd:.4f} USD, at most {self.most_usd:.4f}"
        )

    def _unasked(self) -> str:
        told = "nobody has to be asked, so it costs nothing"
        if not self.most_usd:
            return told
        may = f"at most {self.most_usd:.4f} USD"
        return f"{told} unless the gate refuses what is there: {may}"


@dataclass(frozen=True)
class Estimator:
    """Prices builds of one project by the routes that answer for code, the first and its
    fallbacks, none if none does; `relay` tells whether the relay does then."""

    project: Project
    routes: tuple[Route, ...]
    manifest: Manifest
    relay: bool = False
    _store: ReplyStore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_store", ReplyStore(self.project.replies))

    def of(self, graph: SpecGraph, stale: Sequence[State]) -> Estimate:
        """Return what it takes to build what is not `ok` among some states."""
        rows, usd, most = [], ZERO, ZERO
        for state in stale:
            if state.ok or state.state == "orphaned":
                continue
            how, prompt, questions = self._how(graph, state)
            rows.append((state.name, state.why, how))
            if prompt is None or not self.routes:
                continue
            if how == "model":
                usd += likely_usd(self.routes[0], prompt)
            most += most_usd(self.routes, prompt, questions)
        who = self.routes[0].name if self.routes else RELAY * self.relay
        return Estimate(tuple(rows), usd, most, who)

    def _how(self, graph: SpecGraph, state: State) -> tuple[str, Prompt | None, int]:
        """Return how a module is built, by which prompt, and by how many paid questions."""
        spec = graph.specs[state.name]
        if spec.kind == "record":
            return "rendered", None, 0
        prompt = code_prompt(spec, graph, self.project.prompts)
        entry = self.manifest.modules.get(state.name)
        if entry is not None and entry.prompt == prompt.digest:
            # Refused, it is asked for as if it were new; the file is read only then.
            recorded = self._store.path(prompt).exists()
            return "judged", prompt, TRIES - recorded
        if self._store.recorded(prompt) is not None:
            return "recorded", prompt, TRIES - 1
        return "model", prompt, TRIES


def tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return round(len(text) / CHARS_A_TOKEN)


def likely_usd(route: Route, prompt: Prompt) -> Decimal:
    """Return what one answer to a prompt usually costs."""
    return route.price(tokens(prompt.text), min(USUAL_ANSWER_TOKENS, route.max_tokens))


def most_usd(routes: Sequence[Route], prompt: Prompt, questions: int) -> Decimal:
    """Return what is reserved at most: so many questions, each with all tries of all routes."""
    from architect.models.live import most_tokens  # not for what only estimates

    # The second question repeats the refused answer, whoever gave it, and the reason.
    longest = most_tokens(prompt) + max(route.max_tokens for route in routes)
    return questions * _each_try_usd(routes, longest)


def price_of(routes: Sequence[Route], prompt: Prompt) -> str:
    """Return what asking once will cost, in a line; free routes are told as such.

    The first is asked, each other one when those before it fail.
    """
    from architect.models.live import most_tokens  # not for what only estimates

    route, most = routes[0], _each_try_usd(routes, most_tokens(prompt))
    if not most:
        return f"asking {route.model}"
    return (
        f"asking {route.model}: about {likely_usd(route, prompt):.4f} USD,"
        f" at most {most:.4f}"
    )


def _each_try_usd(routes: Sequence[Route], prompt_tokens: int) -> Decimal:
    each = ((1 + route.retries) * route.worst_usd(prompt_tokens) for route in routes)
    return sum(each, ZERO)
