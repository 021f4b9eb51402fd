"""What a build will cost, told beforehand: who is asked, what is likely, what at most.

Nobody is asked and nothing is written. A recorded answer and a body that is only judged
again cost nothing; a question costs one call, or two if the first answer is refused.
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
            return f"{some}; nobody has to be asked, so it costs nothing"
        if self.route == RELAY:
            return f"{some}; {need} by the relay"
        if not self.route:
            return f"{some}; {need}, and no model is set"
        return (
            f"{some}; {need} of {self.route}: about"
            f" {self.usd:.4f} USD, at most {self.most_usd:.4f}"
        )


@dataclass(frozen=True)
class Estimator:
    """Prices builds of one project by the route that answers for code, None if none does;
    `relay` tells whether the relay does then."""

    project: Project
    route: Route | None
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
            how, prompt = self._how(graph, state)
            rows.append((state.name, state.why, how))
            if prompt is not None and self.route is not None:
                usd += likely_usd(self.route, prompt)
                most += most_usd(self.route, prompt)
        who = self.route.name if self.route else RELAY * self.relay
        return Estimate(tuple(rows), usd, most, who)

    def _how(self, graph: SpecGraph, state: State) -> tuple[str, Prompt | None]:
        spec = graph.specs[state.name]
        if spec.kind == "record":
            return "rendered", None
        prompt = code_prompt(spec, graph, self.project.prompts)
        entry = self.manifest.modules.get(state.name)
        if entry is not None and entry.prompt == prompt.digest:
            return "judged", None
        if self._store.recorded(prompt) is not None:
            return "recorded", None
        return "model", prompt


def tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return round(len(text) / CHARS_A_TOKEN)


def likely_usd(route: Route, prompt: Prompt) -> Decimal:
    """Return what one answer to a prompt usually costs."""
    return route.price(tokens(prompt.text), min(USUAL_ANSWER_TOKENS, route.max_tokens))


def most_usd(route: Route, prompt: Prompt) -> Decimal:
    """Return what is reserved at most: two questions, each with all its tries."""
    from architect.models.live import most_tokens  # not for what only estimates

    calls = TRIES * (1 + route.retries)
    # The second question repeats the refused answer and the reason.
    return calls * route.worst_usd(most_tokens(prompt) + route.max_tokens)


def price_of(route: Route, prompt: Prompt) -> str:
    """Return what asking once will cost, in a line; a free route is told as such."""
    from architect.models.live import most_tokens  # not for what only estimates

    most = (1 + route.retries) * route.worst_usd(most_tokens(prompt))
    if not most:
        return f"asking {route.model}"
    return (
        f"asking {route.model}: about {likely_usd(route, prompt):.4f} USD,"
        f" at most {most:.4f}"
    )
