"""Who answers a prompt, in order: the recorded reply, a live model, the relay.

A recorded reply answers only the very prompt that it was given to; a changed prompt is
a loud miss. Every new answer is recorded before anybody uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from architect.config import Config
from architect.models.budget import Budget
from architect.models.chat import OnText
from architect.models.live import Live
from architect.models.prompt import Prompt
from architect.models.relay import Relay
from architect.models.reply import Reply
from architect.replies import ReplyStore
from architect.secrets import Secrets
from core.errors import ModelError, ReplyMissing

SPEND = "spend"
# What makes a model answer, in one go: a half of it is refused.
SET_A_MODEL = (
    "set LLM_MODEL, LLM_PRICE_IN_USD, LLM_PRICE_OUT_USD and LLM_API_KEY in .env (for a"
    " server of your own LLM_API_URL in place of the key, and prices of 0);"
    " .env.example explains them"
)


@dataclass(frozen=True, slots=True)
class Models:
    """The ways to an answer. `live` and `relay` may be None; use it as a context."""

    store: ReplyStore
    live: Live | None = None
    relay: Relay | None = None
    secrets: Secrets = field(default_factory=Secrets)
    tell: Callable[[str], None] = lambda _: None

    @classmethod
    def from_config(
        cls,
        config: Config,
        *,
        relay: bool | None = None,
        tell: Callable[[str], None] = lambda _: None,
        run: str | None = None,
    ) -> Self:
        """Return what the settings allow; `relay` overrides LLM_RELAY.

        `run` joins the budget of a run that another process began.
        """
        settings, secrets = config.models, config.secrets
        live = None
        if config.routes:
            budget = Budget(
                config.project.data / SPEND,
                settings.budget_run_usd,
                settings.budget_day_usd,
                run=run,
            )
            live = Live(config.routes, budget, secrets, tell)
        use_relay = settings.relay if relay is None else relay
        waiting = Relay(config.relay_dir, settings.relay_timeout_s, tell)
        store = ReplyStore(config.project.replies)
        return cls(store, live, waiting if use_relay else None, secrets, tell)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of live routes."""
        if self.live is not None:
            self.live.close()

    def new_run(self) -> Self:
        """Return the same ways with a run's budget of its own; close either one of them."""
        live = self.live and self.live.new_run()
        return replace(self, live=live)

    def ask(
        self, prompt: Prompt, *, route: str | None = None, on_text: OnText | None = None
    ) -> Reply:
        """Return the answer to a prompt; what is new is recorded.

        `route` asks another one than the job's; `on_text` gets a live answer in
        pieces: what it raises is raised again once the answer is recorded. ReplyMissing
        when nobody may answer, ModelError's other kinds when those who may did not.
        """
        if (recorded := self.store.recorded(prompt)) is not None:
            return recorded
        self.secrets.refuse(f"the prompt for {prompt.module}", prompt.text)
        reply = self._live(prompt, route or prompt.job, on_text)
        if reply is None:
            reply = self._relayed(prompt)
        self.secrets.refuse(f"the answer for {prompt.module}", reply.text)
        saved = self.store.save(prompt, reply)
        if self.relay is not None:
            self.relay.done(prompt)
        if reply.unshown is not None:
            raise reply.unshown
        return replace(saved, source=reply.source, cost_usd=reply.cost_usd)

    def post(self, prompts: Iterable[Prompt]) -> None:
        """Lay out for the relay all prompts that it alone can answer, so that several
        people or chats can answer at once."""
        if self.relay is None:
            return
        live = self.live.routes if self.live is not None else {}
        for prompt in prompts:
            # One that holds a key is refused when it is asked; the others need not wait.
            if prompt.job in live or self.secrets.surely_in(prompt.text):
                continue
            if self.store.recorded(prompt) is None:
                self.relay.post(prompt)

    def _live(self, prompt: Prompt, route: str, on_text: OnText | None) -> Reply | None:
        if self.live is None or route not in self.live.routes:
            return None
        try:
            return self.live.ask(prompt, route, on_text)
        except ModelError as error:
            if self.relay is None:
                raise
            self.tell(f"{error}; asking by the relay instead")
            return None

    def _relayed(self, prompt: Prompt) -> Reply:
        if self.relay is None:
            raise self._missing(prompt)
        return self.relay.ask(prompt)

    def _missing(self, prompt: Prompt) -> ReplyMissing:
        return self.store.missing(
            prompt,
            f"no model is set for {prompt.job} and the relay is off",
            f"{SET_A_MODEL}; or answer by hand: {_by_hand(prompt)}",
        )


def _by_hand(prompt: Prompt) -> str:
    if prompt.job == "architect":
        return f"architect {prompt.module} --relay"
    return f"architect generate {prompt.module} --relay"
