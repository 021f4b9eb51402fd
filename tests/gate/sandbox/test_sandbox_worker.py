"""What honest modules are given and what comes back."""

from __future__ import annotations

import pytest

from architect.gate.sandbox import Sandbox, Worker
from core.values import decode, encode

RECORD = b"""
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Order:
    symbol: str
    size: int
"""


def load(worker: Worker, source: str) -> None:
    assert worker.load([("generated.trading.f", source.encode())]).ok


def test_a_value_comes_back_in_plain_form(worker: Worker) -> None:
    load(worker, "def f(x):\n    return {x: (x, 1.5)}")
    outcome = worker.call("f", {"x": 2})
    assert outcome.status == "value"
    assert outcome.decoded(lambda plain: decode(plain, {})) == ({2: (2, 1.5)}, None)


def test_modules_see_those_loaded_before_them(worker: Worker) -> None:
    used = b"from generated.trading.order import Order\ndef size_of(o):\n    return o.size\n"
    last = b"from generated.trading.used import size_of\ndef f(order):\n    return size_of(order)\n"
    names = ("order", "used", "f")
    sources = zip(names, (RECORD, used, last), strict=True)
    assert worker.load(
        [(f"generated.trading.{name}", text) for name, text in sources]
    ).ok
    order = {"$": "record", "name": "Order", "v": {"symbol": "PF_XBTUSD", "size": 7}}
    assert worker.call("f", {"order": order}).value == 7


def test_an_error_tells_type_message_and_the_candidates_lines(worker: Worker) -> None:
    load(worker, "def f(x):\n    y = 1\n    return y / x")
    raised = worker.call("f", {"x": 0}).raised
    assert raised is not None
    assert str(raised) == "ZeroDivisionError: division by zero"
    assert raised.lines == ("generated/trading/f.py:3: return y / x",)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def f(:", "SyntaxError"),
        ("import no_such", "ModuleNotFoundError"),
        ("1/0", "ZeroDiv"),
    ],
)
def test_a_source_that_does_not_load_says_why(
    worker: Worker, source: str, error: str
) -> None:
    result = worker.load([("generated.trading.f", source.encode())])
    assert result.status == "raised"
    assert result.raised is not None
    assert result.raised.type.startswith(error)


def test_changed_arguments_are_told_with_their_new_value(worker: Worker) -> None:
    load(worker, "def f(a, b):\n    a.append(3)\n    return len(b)")
    outcome = worker.call("f", {"a": [1], "b": [1]})
    assert outcome.mutated == {"a": [1, 3]}


def test_a_result_without_a_plain_form_is_no_value(worker: Worker) -> None:
    load(worker, "def f():\n    return object()")
    outcome = worker.call("f", {})
    assert outcome.status == "protocol"
    assert "no plain form" in outcome.detail


@pytest.mark.parametrize(
    "body",
    [
        "import random; return random.random()",
        "import numpy as np; return float(np.random.rand())",
        "return list({'a', 'b', 'c', 'd'})",
        "from decimal import getcontext; p = getcontext().prec; getcontext().prec = 3; return p",
    ],
)
def test_calls_and_workers_begin_alike(sandbox: Sandbox, body: str) -> None:
    def values() -> list[object]:
        with sandbox.worker() as worker:
            load(worker, f"def f():\n    {body}")
            return [worker.call("f", {}).value for _ in range(2)]

    first, second = values(), values()
    assert first == second
    assert first[0] == first[1] != None  # noqa: E711 - both, and something


def test_local_time_is_utc(worker: Worker) -> None:
    load(
        worker,
        "import time\ndef f():\n    return time.strftime('%z %Z', time.localtime(0))",
    )
    assert worker.call("f", {}).value in ("+0000 UTC", "+0000 GMT")


# --- ports -------------------------------------------------------------------------

PLACE = """
from core.errors import OutcomeUnknown
def f(exchange, log, size):
    log.info("placing", size=size)
    try:
        return exchange.place(size, limit=2)
    except OutcomeUnknown:
        return exchange.order("id")
"""


def test_ports_play_their_script_and_record_the_calls(worker: Worker) -> None:
    load(worker, PLACE)
    script = [
        {"method": "place", "raises": ["OutcomeUnknown", "timed out"]},
        {"method": "order", "returns": encode((1, 2))},
    ]
    outcome = worker.call("f", {"size": 5}, {"exchange": script, "log": None})
    assert outcome.value == encode((1, 2))
    told = [(c.port, c.method, c.args, dict(c.kwargs)) for c in outcome.port_calls]
    assert told == [
        ("log", "info", ("placing",), {"size": 5}),
        ("exchange", "place", (5,), {"limit": 2}),
        ("exchange", "order", ("id",), {}),
    ]


@pytest.mark.parametrize(
    ("script", "wanted"), [([{"method": "cancel"}], "cancel"), ([], "no further call")]
)
def test_an_unscripted_call_says_what_was_expected(
    worker: Worker, script: list[dict[str, object]], wanted: str
) -> None:
    load(worker, PLACE)
    outcome = worker.call("f", {"size": 5}, {"exchange": script, "log": None})
    assert outcome.raised is not None
    assert outcome.raised.type == "UnexpectedCall"
    assert outcome.port_calls[-1].unexpected == wanted
