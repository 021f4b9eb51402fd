"""The search by a spec: what it is told, where its candidates run, what it hands back."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from wick_project import SUMS, Bench

from architect.gate.contract.regressions import Regression
from architect.gate.replay import Replay
from architect.wick.relatives import relatives
from architect.wick.search import Budget
from architect.wick.search.worker import Send, ask
from architect.wick.spec_search.confinement import confinement
from architect.wick.spec_search.contract import Contract
from architect.wick.spec_search.handle import Searcher
from architect.wick.spec_search.kept import Kept
from architect.wick.spec_search.order import Ended, Found, Order, make_order
from architect.wick.spec_search.program import program_of
from architect.wick.spec_search.written import rewritten


def order(bench: Bench, body: str, name: str = "total", seconds: float = 10.0) -> Order:
    graph = bench.session.graph()
    return make_order(
        bench.session.gate, graph.get(name), graph, body, {}, [], seconds, 100_000
    )


def first(searcher: Searcher, one: Order) -> Found | Ended:
    searcher.begin(one)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = searcher.poll(0.2)
        if told is not None:
            return told
    raise AssertionError("it neither found anything nor ended")


def test_a_patch_keeps_the_text_of_what_it_does_not_change(
    bench: Bench, searcher: Searcher
) -> None:
    body = "# Added up by hand.\nfound = sum( values )\nreturn found - start\n"
    told = first(searcher, order(bench, body))
    searcher.end()
    assert isinstance(told, Found)
    assert told.body.startswith("# Added up by hand.\nfound = sum( values )\nreturn ")
    assert "found - start" not in told.body


def test_an_action_is_searched_with_its_ports_played(
    bench: Bench, searcher: Searcher
) -> None:
    body = "return exchange.order(client_id) is None\n"
    told = first(searcher, order(bench, body, "order_known"))
    searcher.end()
    assert isinstance(told, Found)
    assert "exchange.order(client_id)" in told.body


def test_held_back_examples_are_no_part_of_what_it_runs(bench: Bench) -> None:
    one = order(bench, SUMS)
    names = [check.name for check in Contract(one).checks()]
    assert [name for name in names if name.startswith("example")] == ["example 0"]


def test_a_failing_input_comes_first_and_is_kept(bench: Bench) -> None:
    known = [Regression({"values": [1], "start": 2})]
    names = [
        check.name
        for check in Contract(replace(order(bench, SUMS), known=known)).checks()
    ]
    assert names[0] == "regression 0"


def test_an_input_that_can_no_longer_be_given_keeps_no_patch_away(
    bench: Bench, searcher: Searcher
) -> None:
    """Its record has gone, or has other fields by now."""
    gone = {"$": "record", "name": "Gone", "v": {}}
    one = order(bench, "return sum(values) - start\n")
    known = [Regression({"values": gone, "start": 2})]
    told = first(searcher, replace(one, known=known))
    searcher.end()
    assert isinstance(told, Found)


@pytest.mark.alone
def test_a_search_that_is_ended_says_what_it_came_to(
    bench: Bench, searcher: Searcher
) -> None:
    endless = "while values:\n    start = start + 0\nreturn start\n"
    searcher.begin(order(bench, endless, seconds=30.0))
    started = time.monotonic()
    assert isinstance(searcher.end(), Ended)
    assert time.monotonic() - started < 6
    assert searcher.end() is None


def test_a_process_that_is_gone_is_an_end_and_the_next_search_starts_another(
    bench: Bench,
) -> None:
    with Searcher() as mine:
        mine.begin(order(bench, "return start\n", seconds=30.0))
        assert mine._process is not None
        mine._process.kill()
        told = first_end(mine)
        assert told.why == "its process ended"
        assert isinstance(
            first(mine, order(bench, "return sum(values) - start\n")), Found
        )


def test_a_process_that_is_gone_while_it_rests_is_an_end(bench: Bench) -> None:
    with Searcher() as mine:
        assert isinstance(
            first(mine, order(bench, "return sum(values) - start\n")), Found
        )
        assert mine._process is not None
        mine._process.kill()
        mine._process.wait()
        mine.go_on()
        assert first_end(mine).why == "its process ended"


def test_a_process_that_is_gone_before_it_is_warm_is_an_end(bench: Bench) -> None:
    one = order(bench, "return sum(values) - start\n")
    with Searcher() as mine:
        mine.start()
        assert mine._process is not None
        mine._process.send_signal(signal.SIGSTOP)
        killing = threading.Timer(0.2, mine._process.kill)
        killing.start()
        mine.begin(one)
        killing.join()
        assert first_end(mine).why == "its process ended"
        assert isinstance(first(mine, one), Found)


def first_end(searcher: Searcher) -> Ended:
    while not isinstance(told := searcher.poll(0.2), Ended):
        pass
    return told


ATTEMPTS: dict[str, Callable[[], object]] = {
    "reads a file": lambda: Path("/etc/hostname").read_text(),
    "opens a socket": lambda: socket.socket(),
    "starts a process": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "lists a folder": lambda: os.listdir("/"),
}


@pytest.mark.parametrize("attempt", sorted(ATTEMPTS))
def test_a_candidate_runs_behind_the_gates_own_layers(attempt: str) -> None:
    """Refused by an error, or killed at once: either way it gets nothing."""

    def work(send: Send) -> None:
        try:
            send({"got": str(ATTEMPTS[attempt]())})
        except OSError as error:
            send({"refused": type(error).__name__})

    budget = Budget(confine=confinement(64))
    told = ask(work, budget, time.monotonic() + 20)
    assert told is None or "refused" in told


def test_a_confined_worker_still_answers() -> None:
    def work(send: Send) -> None:
        send({"got": sum(range(10))})

    told = ask(work, Budget(confine=confinement(64)), time.monotonic() + 20)
    assert told == {"got": 45}


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [
        ("a = 1  # one\nreturn a\n", "a = 1\nreturn -a", "a = 1  # one\nreturn -a\n"),
        ("# why\nreturn  a\n", "return a", "# why\nreturn  a\n"),
        ("a = 1\nb = 2\n", "b = 2", "b = 2\n"),
        ("return x\n", "if not x:\n    return 0\nreturn x", "if not x:\n    return 0\nreturn x\n"),
    ],
)  # fmt: skip
def test_rewriting_changes_only_the_statements_that_differ(
    before: str, after: str, written: str
) -> None:
    assert rewritten(before, after) == written


def test_a_program_is_the_bare_function_with_the_words_of_its_spec(
    bench: Bench,
) -> None:
    graph = bench.session.graph()
    program = program_of(graph.get("total"), graph, SUMS)
    assert program.source == "def total(values, start):\n    return start + sum(values)"
    assert program.editable == ("total",)
    assert "start >= 0" in program.words.expressions
    assert all("result" not in text for text in program.words.expressions)


def test_what_a_call_could_change_is_its_own() -> None:
    kept = Kept({"xs": [1], "n": 2})
    kept.fresh()["xs"].append(9)
    assert kept.fresh() == {"xs": [1], "n": 2}


def test_neighbours_of_a_failing_input_fail_in_the_same_way(bench: Bench) -> None:
    graph = bench.session.graph()
    replay = Replay(bench.session.gate, graph.get("total"), graph, {})
    found: list[dict[str, object]] = []
    body = "return start // (len(values) - 2)\n"
    replay.asking(
        body,
        lambda terms: found.extend(relatives(terms, {"values": [4, 7], "start": 3})),
    )
    assert found
    assert all(len(one["values"]) == 2 for one in found)  # type: ignore[arg-type]
    assert {one["start"] for one in found} != {3}
