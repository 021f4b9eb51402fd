"""Live models: tries, retries, fallbacks and what they cost.

Each try reserves its worst case before it is sent. A route that fails is retried with
jitter, then the next of its fallbacks is asked, which is said aloud and recorded.
Nothing here knows where settings come from.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from architect.models.breaker import Breaker
from architect.models.budget import Budget, Reservation
from architect.models.chat import Answer, ChatRoute, OnText, cut_off
from architect.models.failure import Failure, TryFailed
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from architect.route import Route
from architect.secrets import Secrets
from core.errors import BudgetExceeded, ModelError, ModelUnavailable

Tell = Callable[[str], None]
MAX_WAIT_S = 120.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
# What a chat template may put around each message, and before all of them.
_TEMPLATE_TOKENS = 256
# Tokenizers in use pack 3 to 5 bytes of prose or code into a token.
MOST_BYTES_A_TOKEN = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """How time passes between two tries; replaced in tests."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(slots=True)
class _Bill:
    """What all tries for one answer were charged, on whichever route."""

    usd: Decimal = Decimal(0)


class Live:
    """The configured routes, by name. Threads may share it; `close` it at the end."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        budget: Budget,
        secrets: Secrets,
        tell: Tell = lambda _: None,
        waiting: Waiting | None = None,
    ) -> None:
        self.routes, self._budget, self._tell = dict(routes), budget, tell
        self._waiting = waiting or Waiting()
        self._chats = {n: ChatRoute(r, secrets) for n, r in self.routes.items()}
        self._breakers = {n: Breaker(clock=self._waiting.clock) for n in self.routes}

    def new_run(self) -> Live:
        """Return the same routes with a run's budget of its own. Connections and breakers
        are shared: a server that is down stays known as such."""
        other = copy(self)
        other._budget = self._budget.new_run()
        return other

    def close(self) -> None:
        """Close all connections."""
        for chat in self._chats.values():
            chat.close()

    def ask(self, prompt: Prompt, route: str, on_text: OnText | None = None) -> Reply:
        """Ask a route, then its fallbacks in order.

        ModelError's kinds: the last route's, with what each of them said.
        """
        failed: list[tuple[str, ModelError]] = []
        bill = _Bill()
        for name in (route, *self.routes[route].fallbacks):
            if failed:
                self._tell(f"{failed[-1][1]}; asking {name} instead")
            try:
                answer = self._ask_route(prompt, name, on_text, bill)
            except ModelError as error:
                failed.append((name, error))
                continue
            return Reply(
                text=answer.text,
                model=answer.model,
                route=name,
                source="live",
                instead_of=tuple(name for name, _ in failed),
                cost_usd=bill.usd,
                unshown=answer.unshown,
            )
        raise _all_failed([error for _, error in failed])

    def _ask_route(
        self, prompt: Prompt, name: str, on_text: OnText | None, bill: _Bill
    ) -> Answer:
        breaker = self._breakers[name]
        if (wait_s := breaker.wait_s()) > 0:
            raise ModelUnavailable(
                f"{name} kept failing and is left alone for {wait_s:.0f} s more"
            )
        for tries_left in range(self.routes[name].retries, -1, -1):
            heard = self._try(prompt, name, on_text, bill)
            if isinstance(heard, Answer):
                breaker.worked()
                return heard
            failure = heard
            if not tries_left or not self._wait(failure, name, tries_left):
                break
        if isinstance(failure.error, ModelUnavailable):
            breaker.failed()
        else:
            breaker.worked()  # it answered, if not as we wish
        raise failure.error

    def _try(
        self, prompt: Prompt, name: str, on_text: OnText | None, bill: _Bill
    ) -> Answer | Failure:
        route = self.routes[name]
        worst = route.worst_usd(most_tokens(prompt))
        held = self._budget.reserve(worst, prompt.job, prompt.module, name)
        try:
            answer = self._chats[name].ask(prompt, on_text)
        except TryFailed as error:
            nothing = Decimal(0) if error.failure.free else None
            bill.usd += self._settle(held, name, nothing, error.failure.used)
            cut_off(on_text)
            return error.failure
        used = answer.prompt_tokens, answer.answer_tokens
        cost = told_usd(route, prompt, answer)
        bill.usd += self._settle(held, name, cost, used)
        return answer

    def _settle(
        self,
        held: Reservation,
        name: str,
        usd: Decimal | None,
        used: tuple[int | None, int | None],
    ) -> Decimal:
        """Charge a try; what its server tells over the reservation is charged as told."""
        asked, answered = (count or 0 for count in used)
        told = self.routes[name].price(asked, answered)
        if told <= held.usd:
            return self._budget.settle(held, usd)
        charge = self._budget.settle(held, told)
        self._tell(
            f"{name} says it used {asked} + {answered} tokens: over its limit,"
            " and charged"
        )
        return charge

    def _wait(self, failure: Failure, name: str, tries_left: int) -> bool:
        """Wait before the next try; False when there is to be none."""
        if not failure.again or (failure.wait_s or 0) > MAX_WAIT_S:
            return False
        done = self.routes[name].retries - tries_left
        longest = min(_FIRST_WAIT_S * 2**done, _LONGEST_WAIT_S)
        wait_s = (failure.wait_s or 0) + longest * self._waiting.jitter()
        self._tell(f"{failure.error}; trying again in {wait_s:.1f} s")
        self._waiting.sleep(wait_s)
        return True


def most_tokens(prompt: Prompt) -> int:
    """Return a bound on the tokens of a prompt: no token is shorter than a byte."""
    size = sum(len(message["content"].encode()) for message in prompt.messages)
    return size + _TEMPLATE_TOKENS


def told_usd(route: Route, prompt: Prompt, answer: Answer) -> Decimal | None:
    """Return the price of the usage that a server tells, None for one that cannot be true.

    A server may say more than we can see (a template, thinking), never much less than
    what was sent and what came back.
    """
    asked, answered = answer.prompt_tokens, answer.answer_tokens
    sent = sum(len(message["content"].encode()) for message in prompt.messages)
    if asked is None or asked * MOST_BYTES_A_TOKEN < sent:
        return None
    if answered is None or answered * MOST_BYTES_A_TOKEN < len(answer.text.encode()):
        return None
    return route.price(asked, answered)


def _all_failed(errors: list[ModelError]) -> ModelError:
    last = errors[-1]
    if len(errors) == 1:
        return last
    # A budget that is spent is the news, whichever route came last.
    kind = next((type(e) for e in errors if isinstance(e, BudgetExceeded)), type(last))
    message = "no route answered: " + "; ".join(str(error) for error in errors)
    return kind(message, hint=next((e.hint for e in errors if e.hint), None))
