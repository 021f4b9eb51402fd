"""Failed calls: what is tried again, what is asked after, and what is never sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from core import errors
from core.manifest import read_manifest
from core.project import Project
from core.registry import Registry
from core.trading.trader.calls import MAX_ATTEMPTS, patient


@pytest.fixture(scope="module")
def modules() -> Registry:
    from trader_rig import ROOT

    project = Project(ROOT)
    registry = Registry(project.generated, project.package)
    registry.load(read_manifest(project.manifest))
    return registry


class Failing:
    """A port whose calls fail with these errors, one after the other, and then succeed."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self.kinds, self.calls = list(kinds), 0

    def _next(self) -> str:
        self.calls += 1
        if self.kinds:
            raise self.kinds.pop(0)("as asked for")
        return "answer"

    def account(self) -> Any:
        return self._next()

    def place(self, order: Any) -> Any:
        return self._next()


def waits(modules: Registry, exchange: Failing) -> tuple[Any, list[float]]:
    slept: list[float] = []
    port: Any = exchange
    return patient(port, modules, slept.append, lambda: 0.5), slept


def test_a_question_is_asked_again_at_once_and_then_later(modules: Registry) -> None:
    exchange = Failing(errors.ExchangeUnavailable, errors.MalformedAnswer)
    port, slept = waits(modules, exchange)
    assert port.account() == "answer"
    assert (exchange.calls, slept) == (3, [0.25])


def test_a_question_is_given_up_in_the_end(modules: Registry) -> None:
    exchange = Failing(*[errors.ExchangeUnavailable] * 9)
    port, slept = waits(modules, exchange)
    with pytest.raises(errors.ExchangeUnavailable):
        port.account()
    assert exchange.calls == MAX_ATTEMPTS
    assert slept == sorted(slept)


@pytest.mark.parametrize("kind", [errors.ExchangeUnavailable, errors.RateLimited])
def test_an_order_that_was_not_carried_out_is_sent_again(
    modules: Registry, kind: type[Exception]
) -> None:
    exchange = Failing(kind)
    port, slept = waits(modules, exchange)
    assert port.place("an order") == "answer"
    assert exchange.calls == 2
    assert len(slept) == 1


@pytest.mark.parametrize(
    "kind",
    [
        errors.OutcomeUnknown,
        errors.MalformedAnswer,
        errors.DuplicateOrder,
        errors.OrderRejected,
        errors.GatewayRefused,
        errors.Halted,
    ],
)
def test_an_order_that_may_have_been_carried_out_or_was_refused_is_not(
    modules: Registry, kind: type[Exception]
) -> None:
    exchange = Failing(kind)
    port, slept = waits(modules, exchange)
    with pytest.raises(kind):
        port.place("an order")
    assert (exchange.calls, slept) == (1, [])


def test_what_is_no_error_of_the_exchange_rises(modules: Registry) -> None:
    exchange = Failing(KeyError)
    port, _ = waits(modules, exchange)
    with pytest.raises(KeyError):
        port.account()
    assert exchange.calls == 1
