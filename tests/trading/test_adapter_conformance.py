"""What every adapter must do with a server's answers: right ones read, wrong ones refused.

The central claim is tested by mutation: whatever single thing is missing, null, of another
type or no value that can stand there, the call raises a typed error or still does the
same. It never returns something else, and never an empty list.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from adapter_cases import CASES, Call, Wire, serve
from canned_exchange import Canned, CannedExchange

from core import errors
from core.trading.record_fields import FIELDS

EVERY = [
    pytest.param(case.wire, call, id=f"{case.name}-{call.name}")
    for case in CASES
    if case.wire is not None
    for call in case.wire.calls
]
HTML = "<!DOCTYPE html><html><body>Scheduled maintenance</body></html>"
UNREADABLE = {
    "maintenance page": Canned(HTML),
    "empty body": Canned(""),
    "empty list": Canned([]),
    "null": Canned("null"),
    "empty object": Canned({}),
    "success without content": Canned(
        {"result": "success", "serverTime": "2026-01-02T03:04:05.000Z"}
    ),
    "cut JSON": Canned('{"result": "success", "open'),
    "error without name": Canned({"result": "error"}),
    "error that is new": Canned({"result": "error", "error": "somethingNew"}),
    "server error": Canned({"result": "error", "error": "Server Error"}, 500),
    "gateway page": Canned(HTML, 502),
    "unavailable page": Canned(HTML, 503),
    "forbidden page": Canned(HTML, 403),
    "redirect": Canned(HTML, 302, {"Location": "/elsewhere"}),
    "dropped connection": Canned("", cut=True),
    "a number": Canned("17"),
    "errors that are no objects": Canned({"result": "error", "errors": ["x"]}),
}


@pytest.fixture
def exchange(wire: Wire, call: Call) -> Iterator[CannedExchange]:
    server = serve(wire, call)
    yield server
    server.close()


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_a_good_answer_gives_exactly_the_record_fields(
    wire: Wire, call: Call, exchange: CannedExchange
) -> None:
    got = call.make(wire.make(exchange.url))
    rows = got if isinstance(got, list) else [got]
    for row in rows if call.record else []:
        assert set(row) == set(FIELDS[call.record])


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_an_unreadable_answer_is_a_typed_error(
    wire: Wire, call: Call, exchange: CannedExchange
) -> None:
    adapter = wire.make(exchange.url)
    for ending, (name, answer) in product(call.reads, UNREADABLE.items()):
        good = exchange.answers[ending]
        # Of some answers only the time is used, or the word that it was done.
        told = call.tells_time_only and name == "success without content"
        if told or good == answer.body:
            continue
        exchange.answers[ending] = answer
        unknown = ending in call.commands
        kinds = errors.OutcomeUnknown if unknown else errors.ExchangeError
        try:
            got = call.make(adapter)
        except kinds:
            exchange.answers[ending] = good
        else:
            pytest.fail(f"{ending}: {name} passed as {got}")


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_a_slow_answer_is_a_typed_error(
    wire: Wire, call: Call, exchange: CannedExchange
) -> None:
    release = threading.Event()
    exchange.answers[call.reads[-1]] = Canned("{}", hold=release)
    adapter = wire.make(exchange.url, 0.2)
    unknown = call.reads[-1] in call.commands
    with pytest.raises(
        errors.OutcomeUnknown if unknown else errors.ExchangeUnavailable
    ):
        call.make(adapter)
    release.set()


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_rate_refusals_say_not_carried_out(
    wire: Wire, call: Call, exchange: CannedExchange
) -> None:
    adapter = wire.make(exchange.url)
    for answer in (
        Canned({"result": "error", "error": "apiLimitExceeded"}),
        Canned(HTML, 429),
        Canned({"result": "error", "error": "x"}, 429),
    ):
        exchange.answers[call.reads[0]] = answer
        with pytest.raises(errors.RateLimited):
            call.make(adapter)


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_nothing_listening_means_nothing_was_sent(wire: Wire, call: Call) -> None:
    server = serve(wire, call)
    server.close()
    with pytest.raises(errors.ExchangeUnavailable):
        call.make(wire.make(server.url))


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_no_single_change_of_an_answer_passes_for_another_answer(
    wire: Wire, call: Call, exchange: CannedExchange
) -> None:
    refused(wire, call, exchange, lambda answer: mutants(answer, call.free))


@pytest.mark.parametrize(("wire", "call"), EVERY)
def test_no_wrong_value_of_the_right_type_passes_for_another_answer(
    wire: Wire, call: Call, exchange: CannedExchange
) -> None:
    refused(wire, call, exchange, lambda answer: wrong_values(answer, wire, call.free))


def refused(
    wire: Wire,
    call: Call,
    exchange: CannedExchange,
    changes: Callable[[Any], Iterator[tuple[str, Any]]],
) -> None:
    """Put each changed answer in place: the call raises a typed error, or returns the same
    and sends the same commands.
    """
    adapter = wire.make(exchange.url)
    good, sent, tried = call.make(adapter), commands(exchange), 0
    for name in call.reads:
        answer = exchange.answers[name]
        for what, mutant in changes(answer):
            tried += 1
            exchange.answers[name] = mutant
            exchange.requests.clear()
            try:
                got = call.make(adapter)
            except errors.ExchangeError:
                continue
            assert (got, commands(exchange)) == (good, sent), f"{name}: {what} passed"
        exchange.answers[name] = answer
    assert tried


def commands(exchange: CannedExchange) -> list[tuple[str, str]]:
    """Return the requests that were no readings."""
    return [(r.method, r.path) for r in exchange.requests if r.method != "GET"]


def mutants(answer: Any, free: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield the answer with one key lost, null, or of another type, one at a time."""
    for path in paths(answer):
        if path[-1] in free:
            continue
        if isinstance(path[-1], str):
            yield f"{path} lost", changed(answer, path, None, lose=True)
        for value in (None, "words", True, {"a": 1}, [1], float("nan")):
            if type(value) is not type(at(answer, path)):
                yield f"{path} = {value}", changed(answer, path, value)


def wrong_values(
    answer: Any, wire: Wire, free: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the answer with one text or figure that is none of those that can be there."""
    for path in paths(answer):
        value = at(answer, path)
        if isinstance(value, (bool, dict, list)) or value is None:
            continue
        if path[-1] in free & wire.names:
            continue
        wrong: list[Any] = [""]
        if path[-1] not in wire.names:
            wrong += ["words", "NaN", 10**30]
            wrong += [] if path[-1] in wire.signed else [-1]
        for other in wrong:
            yield f"{path} = {other!r}", changed(answer, path, other)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value below."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in items:
        yield (*path, key)
        if isinstance(below, (dict, list)):
            yield from paths(below, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """Return the value at a path."""
    for key in path:
        value = value[key]
    return value


def changed(answer: Any, path: tuple[Any, ...], value: Any, lose: bool = False) -> Any:
    """Return a copy with the value at `path` replaced or lost."""
    copied = copy.deepcopy(answer)
    parent = at(copied, path[:-1])
    if lose:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return copied
