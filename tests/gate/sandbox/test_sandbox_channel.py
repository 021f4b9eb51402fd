"""A candidate that owns its whole process still cannot answer for the trusted side."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from textwrap import dedent

import pytest
from sandboxed import Run

from architect.gate.sandbox import Limits, Outcome, Sandbox, Worker
from architect.gate.sandbox.channel import Channel, ChannelMisused, ChannelTimeout
from architect.gate.sandbox.outcome import outcome_of, read_answer
from architect.gate.sandbox.worker_handle import call_text
from core import values

# What every attack begins with: the worker's own state, found by walking the frames.
PRELUDE = """
import sys, os, json, struct, gc
def serving():
    frame = sys._getframe()
    while frame is not None:
        me = frame.f_locals.get("self")
        if type(me).__name__ == "Serving":
            return me
        frame = frame.f_back
def request():
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "forever":
            return frame.f_locals["name"]
        frame = frame.f_back
def later():
    dicts = [thing for thing in gc.get_objects() if type(thing) is dict]
    (names,) = [thing["ids"] for thing in dicts if "ids" in thing and "calls" in thing]
    return names[names.index(request()) + 1:]
def say(answer):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    os.write(3, struct.pack("!I", len(body)) + body)
"""


@pytest.fixture
def attacker(sandbox: Sandbox) -> Iterator[Worker]:
    with sandbox.worker(Limits(call_s=0.3)) as worker:
        yield worker


def attack(worker: Worker, body: str, source: str = "") -> Outcome:
    text = PRELUDE + dedent(source) + f"\ndef f(x):\n    {body}\n"
    assert worker.load([("generated.trading.f", text.encode())]).ok
    return worker.call("f", {"x": 1})


def test_an_answer_written_twice_never_serves_the_next_request(
    attacker: Worker,
) -> None:
    body = "say({'id': request(), 'status': 'value', 'value': 41}); return 42"
    # The forged one is taken for what it is: this call's answer, judged like any other.
    assert attack(attacker, body).value == 41
    # Whether it came before the next request or after it: it carries no name of its.
    assert attacker.call("f", {"x": 2}).status == "protocol"


def test_answers_prepared_for_later_requests_are_refused(attacker: Worker) -> None:
    body = "[say({'id': i, 'status': 'value', 'value': 1}) for i in ['', None, 'x', 0]]"
    assert attack(attacker, body).status == "protocol"
    assert attacker.call("f", {"x": 1}).status == "protocol"


def test_a_patched_worker_loop_can_only_answer_what_it_is_asked(
    attacker: Worker,
) -> None:
    """Owning the loop is no more than returning values, which the oracle judges."""
    body = (
        "serving().call = lambda *r: {'status': 'value', 'value': 'mine'}; " "return 1"
    )
    assert attack(attacker, body).value == 1
    assert attacker.call("f", {"x": 1}).value == "mine"


@pytest.mark.parametrize("count", [1, 2])
def test_answers_to_calls_that_wait_end_the_worker(
    attacker: Worker, count: int
) -> None:
    """It can find out how the calls after this one are named, but its own loop answers
    them too, and one answer too many is no answer."""
    body = (
        f"[say({{'id': i, 'status': 'value', 'value': 9}}) for i in later()[:{count}]]"
    )
    assert attack(attacker, "return 1", "def g(x):\n    " + body).value == 1
    outcomes = attacker.calls("g", [call_text({"x": x}) for x in (1, 2, 3)])
    assert [one.status for one in outcomes] == ["protocol"]


def test_forged_answers_to_a_whole_trip_end_the_worker_after_it(
    attacker: Worker,
) -> None:
    body = (
        "[say({'id': i, 'status': 'value', 'value': 9}) for i in [request(), *later()]]"
    )
    attack(attacker, "return 1", "def g(x):\n    " + body)
    outcomes = attacker.calls("g", [call_text({"x": x}) for x in (1, 2, 3)])
    # It wrote them at the first call, so it answers what it was asked as it likes.
    assert [one.value for one in outcomes] == [9, 9, 9]
    assert attacker.call("f", {"x": 1}).status == "protocol"


@pytest.mark.parametrize(
    "body",
    [
        "say(b'garbage')",
        "say(b'')",
        "say(b'\\x80\\x04N.')",
        "say(b'[' * 100000)",
        "say(b'{\"a\":' * 300 + b'1' + b'}' * 300)",
        "say(b'null')",
        "say(b'[1]')",
        "say({'status': 'value', 'value': 1})",
        "say({'id': 'other', 'status': 'value', 'value': 1})",
        "say({'id': request(), 'status': 'accepted'})",
        "say({'id': request(), 'status': ['value']})",
        "say({'id': request()})",
        "say({'id': request(), 'status': 'value', 'mutated': 3})",
        "say({'id': request(), 'status': 'value', 'ports': [3]})",
        "say({'id': request(), 'status': 'value', 'ports': {'x': 3}})",
        "say({'id': request(), 'status': 'value', 'ns': 1e999})",
        "say({'id': request(), 'status': 'value', 'ns': -1})",
        "say({'id': request(), 'status': 'raised', 'type': 3})",
        "say({'id': request(), 'status': 'raised', 'type': 'E', 'message': None})",
        "say({'id': request(), 'status': 'protocol', 'detail': 7})",
        "say(b'{\"id\": \"' + request().encode() + b'\", \"value\": ' + b'9' * 5000 + b'}')",
        'say(b\'{"id": "\' + request().encode() + b\'", "value": \\xff}\')',
        "os.write(3, b'\\xff\\xff\\xff\\xff' + b'x' * 100)",
        "os.write(3, struct.pack('!I', 17 << 20))",
    ],
)
def test_garbage_is_a_verdict(attacker: Worker, body: str) -> None:
    assert attack(attacker, body + "; return 1").status == "protocol"


@pytest.mark.alone
@pytest.mark.parametrize(
    "body",
    [
        "os.write(3, b'\\x00\\x00'); x = 0\n    while True: x += 1",
        "os.write(3, struct.pack('!I', 100) + b'{')\n    while True: pass",
        "import time\n    os.write(3, struct.pack('!I', 10**6))\n"
        "    while True: os.write(3, b' '); time.sleep(0.01)",
    ],
)
def test_a_slow_answer_ends_at_the_limit(attacker: Worker, body: str) -> None:
    started = time.monotonic()
    assert attack(attacker, body).status == "timeout"
    assert time.monotonic() - started < 0.3 + 0.25


@pytest.mark.parametrize(
    "body", ["os.close(3)", "os._exit(0)", "os.close(3)\n    while True: pass"]
)
def test_a_closed_channel_is_a_death(attacker: Worker, body: str) -> None:
    assert attack(attacker, body + "; return 1").status == "died"


def test_a_reader_that_does_not_read_ends_at_the_limit(attacker: Worker) -> None:
    body = "serving()._read = lambda: None or __import__('time').sleep(60); return 1"
    assert attack(attacker, body).value == 1
    outcome = attacker.call("f", {"x": "y" * 5_000_000})
    assert outcome.status == "timeout"


def test_a_value_that_cannot_be_decoded_is_told(attacker: Worker) -> None:
    body = "say({'id': request(), 'status': 'value', 'value': {'$': 'os.system', 'v': 'x'}})"
    outcome = attack(attacker, body)

    def decode(plain: object) -> object:
        raise KeyError(plain)

    value, reason = outcome.decoded(decode)
    assert value is None
    assert reason is not None
    assert "KeyError" in reason


@pytest.mark.parametrize(
    "dtype", ["U300000000", "S900000000", "O", "(100000000,)f8", "V99"]
)
def test_a_forged_dtype_costs_no_memory(dtype: str) -> None:
    forged = {"$": "numpy", "dtype": dtype, "v": ["a"], "shape": [1], "array": True}
    outcome = Outcome("value", forged)
    value, reason = outcome.decoded(lambda plain: values.decode(plain, {}))
    assert value is None
    assert reason is not None
    assert "dtype" in reason


@pytest.mark.parametrize(
    "end", ["return 1", "raise SystemExit(0)", "raise KeyboardInterrupt"]
)
def test_exits_are_answers(run: Run, end: str) -> None:
    outcome = run(f"def f():\n    {end}")
    assert outcome.status == ("value" if "return" in end else "raised")


def test_errors_that_cannot_be_shown_are_shown(run: Run) -> None:
    source = """
        class E(Exception):
            def __str__(self): raise SystemExit
        def f(): raise E
    """
    raised = run(source).raised
    assert raised is not None
    assert raised.message == "an error whose text cannot be made"


def test_a_frame_of_the_allowed_depth_is_read() -> None:
    deep = b"[" * 100 + b"]" * 100
    frame = b'{"id": "a", "status": "value", "value": ' + deep + b"}"
    assert outcome_of(read_answer(frame, "a", 101)).status == "value"
    with pytest.raises(ChannelMisused, match="deeper than 100"):
        read_answer(frame, "a", 100)


def test_a_frame_arrives_in_any_pieces() -> None:
    mine, theirs = socket.socketpair()
    channel = Channel(mine)
    body = json.dumps({"id": "a"}).encode()
    with theirs:
        theirs.sendall(struct.pack("!I", len(body)) + body[:3])
        with pytest.raises(ChannelTimeout):
            channel.receive(100, time.monotonic() + 0.02)
        theirs.sendall(struct.pack("!I", 3) + b"abc")
    channel.close()
