"""What every adapter must do: right answers read right, and wrong ones refused.

The central claim is tested by mutation: whatever single thing is missing, null or of
another type in an answer, the call raises a typed error or still returns the same. It
never returns something else, and never an empty list.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from adapter_cases import CASES, AdapterCase, Call, serve
from canned_exchange import Canned, CannedExchange

from core import errors
from core.trading.record_fields import FIELDS

EVERY = [
    pytest.param(case, call, id=f"{case.name}-{call.name}")
    for case in CASES
    for call in case.calls
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
def exchange(case: AdapterCase, call: Call) -> Iterator[CannedExchange]:
    server = serve(case, call)
    yield server
    server.close()


@pytest.mark.parametrize(("case", "call"), EVERY)
def test_a_good_answer_gives_exactly_the_record_fields(
    case: AdapterCase, call: Call, exchange: CannedExchange
) -> None:
    got = call.make(case.make(exchange.url))
    rows = got if isinstance(got, list) else [got]
    for row in rows if call.record else []:
        assert set(row) == set(FIELDS[call.record])


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize(("case", "call"), EVERY)
def test_an_unreadable_answer_is_a_typed_error(
    case: AdapterCase, call: Call, exchange: CannedExchange, name: str
) -> None:
    if call.tells_time_only and name == "success without content":
        return
    adapter = case.make(exchange.url)
    for ending in call.reads:
        good = exchange.answers[ending]
        exchange.answers[ending] = UNREADABLE[name]
        # pool_margin reads before it writes, so its errors are those of a read.
        kinds: Any = errors.ExchangeError
        if call.writes and call.name != "pool_margin":
            kinds = errors.OutcomeUnknown
        with pytest.raises(kinds):
            call.make(adapter)
        exchange.answers[ending] = good


@pytest.mark.parametrize(("case", "call"), EVERY)
def test_a_slow_answer_is_a_typed_error(
    case: AdapterCase, call: Call, exchange: CannedExchange
) -> None:
    release = threading.Event()
    exchange.answers[call.reads[-1]] = Canned("{}", hold=release)
    adapter = case.make(exchange.url, 0.2)
    kinds = errors.ExchangeUnavailable
    if call.writes and call.name != "pool_margin":
        kinds = errors.OutcomeUnknown
    with pytest.raises(kinds):
        call.make(adapter)
    release.set()


@pytest.mark.parametrize(("case", "call"), EVERY)
def test_rate_refusals_say_not_carried_out(
    case: AdapterCase, call: Call, exchange: CannedExchange
) -> None:
    adapter = case.make(exchange.url)
    for answer in (
        Canned({"result": "error", "error": "apiLimitExceeded"}),
        Canned(HTML, 429),
        Canned({"result": "error", "error": "x"}, 429),
    ):
        exchange.answers[call.reads[0]] = answer
        with pytest.raises(errors.RateLimited):
            call.make(adapter)


@pytest.mark.parametrize(("case", "call"), EVERY)
def test_nothing_listening_means_nothing_was_sent(
    case: AdapterCase, call: Call
) -> None:
    server = serve(case, call)
    server.close()
    with pytest.raises(errors.ExchangeUnavailable):
        call.make(case.make(server.url))


@pytest.mark.parametrize(("case", "call"), EVERY)
def test_no_single_change_of_an_answer_passes_for_another_answer(
    case: AdapterCase, call: Call, exchange: CannedExchange
) -> None:
    adapter = case.make(exchange.url)
    good = call.make(adapter)
    for name in call.reads:
        answer = exchange.answers[name]
        for what, mutant in mutants(answer, call.free):
            exchange.answers[name] = mutant
            try:
                got = call.make(adapter)
            except errors.ExchangeError:
                continue
            assert got == good, f"{name}: {what} passed as {got}"
        exchange.answers[name] = answer


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
