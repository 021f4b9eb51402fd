"""From a spec to a model's reply: renders the prompt, asks, hands the answer on raw.

Natural language never becomes code here: what is asked is a spec, what comes back is
text that nothing believes yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from architect.models.prompt import Prompt
from architect.models.reply import Reply
from architect.prompt import code_prompt, repair_prompt, retry_feedback
from core.spec import Spec
from core.spec_graph import SpecGraph

Ask = Callable[[Prompt], Reply]


@dataclass(frozen=True, slots=True)
class Architect:
    """Asks about modules; `ask` is a model, a recording or a person behind the relay."""

    graph: SpecGraph
    prompts: Path
    ask: Ask

    def for_body(self, spec: Spec) -> tuple[Prompt, Reply]:
        """Ask for a body; ModelError when nobody answers."""
        return self._ask(code_prompt(spec, self.graph, self.prompts))

    def again(self, spec: Spec, answer: str, reason: str) -> tuple[Prompt, Reply]:
        """Ask once more, with the refused answer and the reason or counter-example."""
        feedback = retry_feedback(answer, reason)
        return self._ask(code_prompt(spec, self.graph, self.prompts, feedback))

    def for_repair(self, spec: Spec, body: str, failure: str) -> tuple[Prompt, Reply]:
        """Ask for a repair of a body that failed in the running system."""
        return self._ask(repair_prompt(spec, self.graph, self.prompts, body, failure))

    def _ask(self, prompt: Prompt) -> tuple[Prompt, Reply]:
        return prompt, self.ask(prompt)
