"""What is built before its user: never live beside the one that nobody judged it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pipeline_project import Bench, fenced

from architect.commands import generate
from architect.gate_pool import GatePool
from architect.journal import Change, read_change, write_change
from architect.rebuild import accepted_modules, verify
from architect.staleness import State, states
from core.manifest import Entry, Manifest, read_manifest
from core.registry import Registry
from core.spec_graph import load_graph
from core.watcher import Watcher


@pytest.fixture
def pair(make_bench: Callable[..., Bench]) -> Bench:
    """`fee` and `round_trip`, which uses it, both built."""
    bench = make_bench("fee", "round_trip")
    assert bench.generate().ok
    return bench


def entry_of(bench: Bench, name: str) -> Entry:
    return read_manifest(bench.project.manifest).modules[name]


def state_of(bench: Bench, name: str) -> State:
    graph, manifest = (
        load_graph(bench.project.specs),
        read_manifest(bench.project.manifest),
    )
    return next(s for s in states(bench.project, graph, manifest) if s.name == name)


def change_both(bench: Bench) -> None:
    """Rename the parameter of `fee`, and have its user say more."""
    path = bench.project.spec("fee")
    path.write_text(path.read_text().replace("rate_frac", "part_frac"))
    bench.answers["fee"] = [fenced("return notional * part_frac\n")] * 2
    bench.change_spec("round_trip", "in and out again", "in, and out again")


class Live:
    """The project's modules as the running system has them."""

    def __init__(self, bench: Bench) -> None:
        self.told: list[str] = []
        self.swapped: list[str] = []
        self.registry = Registry(bench.project.generated)
        self.registry.load(read_manifest(bench.project.manifest))
        self.watcher = Watcher(
            self.registry, bench.project.manifest,
            lambda name, _: self.swapped.append(name), lambda *_: None, self.told.append,
        )  # fmt: skip

    def look(self) -> list[str]:
        self.swapped.clear()
        self.watcher.look()
        return list(self.swapped)


def test_a_changed_pair_goes_live_together(
    pair: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    live, before = Live(pair), entry_of(pair, "round_trip")
    change_both(pair)
    outcome = pair.generate("fee")
    assert outcome.ok
    assert entry_of(pair, "fee").unjudged == (f"round_trip@{before.version}",)
    assert state_of(pair, "fee") == State(
        "fee", "ok", "waits for round_trip to be built anew"
    )
    assert live.look() == []
    assert "architect generate round_trip" in live.told[0]
    generate._report(outcome, read_manifest(pair.project.manifest))
    assert capsys.readouterr().out.splitlines() == [
        "fee goes live with round_trip: architect generate round_trip",
        "1 built",
    ]
    assert pair.generate().ok
    assert entry_of(pair, "round_trip").unjudged == ()
    assert live.look() == ["fee", "round_trip"]
    assert verify(pair.project) == []
    # Once it is judged again there is nobody left out.
    assert pair.generate("fee", force=True).ok
    assert entry_of(pair, "fee").unjudged == ()


def test_a_user_that_is_refused_keeps_the_pair_as_it_was(pair: Bench) -> None:
    live = Live(pair)
    change_both(pair)
    pair.answers["round_trip"] = [fenced("return fee(notional)\n")] * 2
    assert [*pair.generate().refused] == ["round_trip"]
    assert live.look() == []
    assert {problem.name for problem in verify(pair.project)} == {"round_trip"}


def test_a_user_whose_spec_was_taken_back_is_judged_with_it(pair: Bench) -> None:
    """It comes out as the file that it was, so what was built without it is judged again
    in the same run, and asks nobody."""
    live, before = Live(pair), entry_of(pair, "round_trip")
    change_both(pair)
    assert pair.generate("fee").ok
    pair.change_spec("round_trip", "in, and out again", "in and out again")
    assert pair.generate().ok
    assert pair.names_asked == ["round_trip"], "for the contract of `fee` is another"
    assert pair.judged == ["round_trip", "fee"]
    assert entry_of(pair, "round_trip").version == before.version
    assert entry_of(pair, "fee").unjudged == ()
    assert live.look() == ["fee"]


def adopted(bench: Bench) -> None:
    """Accept a hand edit of `fee` while the spec of its user says something else."""
    bench.change_spec("round_trip", "in and out again", "in, and out again")
    bench.edit("fee", "notional * rate_frac", "rate_frac * notional")
    graph = load_graph(bench.project.specs)
    assert bench.pipeline().adopt(graph.specs["fee"], graph).accepted


def test_what_was_not_judged_with_a_user_that_stays_is_stale(pair: Bench) -> None:
    adopted(pair)
    version = entry_of(pair, "round_trip").version
    assert entry_of(pair, "fee").unjudged == (f"round_trip@{version}",)
    pair.change_spec("round_trip", "in, and out again", "in and out again")
    assert state_of(pair, "round_trip").ok
    assert state_of(pair, "fee") == State(
        "fee", "stale", "it was not judged with round_trip", unjudged=("round_trip",)
    )
    (problem,) = verify(pair.project)
    assert (problem.message, problem.hint) == (
        "it was not judged with round_trip", "architect generate fee"
    )  # fmt: skip
    before = entry_of(pair, "fee")
    assert pair.generate().ok
    assert (pair.judged, pair.asked) == (["fee"], [])
    checks = entry_of(pair, "fee").checks
    assert entry_of(pair, "fee") == replace(before, unjudged=(), checks=checks)
    assert verify(pair.project) == []


def test_what_is_judged_again_as_it_was_waits_for_nobody(pair: Bench) -> None:
    """It ran with that user before: only what is new has not been judged with it."""
    pair.change_spec("round_trip", "in and out again", "in, and out again")
    assert pair.generate("fee", force=True).ok
    assert entry_of(pair, "fee").unjudged == ()


def test_a_user_that_will_not_use_it_any_more_counts_until_it_is_built(
    pair: Bench,
) -> None:
    change_both(pair)
    pair.change_spec("round_trip", "uses: [fee]\n", "")
    assert pair.generate("fee").ok
    version = entry_of(pair, "round_trip").version
    assert entry_of(pair, "fee").unjudged == (f"round_trip@{version}",)
    pair.answers["round_trip"] = [fenced("return notional / 1000\n")]
    live = Live(pair)
    assert pair.generate().ok
    assert live.look() == ["round_trip"]


def test_a_user_to_be_counts_only_once_it_uses_it(
    make_bench: Callable[..., Bench],
) -> None:
    """As accepted it calls nothing of it, so there is nothing to be judged."""
    bench = make_bench("fee", "round_trip")
    bench.change_spec("round_trip", "uses: [fee]\n", "")
    bench.answers["round_trip"] = [fenced("return notional / 1000\n")]
    assert bench.generate().ok
    change_both(bench)
    bench.change_spec("round_trip", "examples:", "uses: [fee]\nexamples:")
    assert bench.generate("fee").ok
    assert entry_of(bench, "fee").unjudged == ()


def test_a_changed_record_tells_of_the_users_that_were_left_out(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench("quote", "spread")
    assert bench.generate().ok
    version = entry_of(bench, "spread").version
    bench.change_spec("quote", "of one market", "of one market now")
    bench.change_spec("spread", "Distance of", "The distance of")
    assert bench.generate("quote").ok
    assert entry_of(bench, "quote").unjudged == (f"spread@{version}",)


SAME = """
name: {name}
kind: function
intent: The {name} of a trade.
params:
  notional: {{type: Decimal, unit: USD, meaning: size of one trade, range: [0, 1000]}}
returns: {{type: Decimal, unit: USD, meaning: what it is}}
uses: [{uses}]
examples:
  - given: {{notional: 1000}}
    expect: {result}
  - given: {{notional: 0}}
    expect: 0
    held_back: true
"""


def write_spec(bench: Bench, name: str, uses: str, body: str, result: str) -> None:
    text = SAME.format(name=name, uses=uses, result=result)
    bench.project.spec(name).write_text(text)
    bench.answers[name] = [fenced(body)]


@pytest.fixture
def both(make_bench: Callable[..., Bench]) -> Bench:
    """`both` uses `fee` and, by way of `side`, `inner`; all are built."""
    bench = make_bench("fee")
    write_spec(bench, "inner", "", "return notional\n", "1000")
    write_spec(bench, "side", "inner", "return inner(notional)\n", "1000")
    body = "return fee(notional) + side(notional)\n"
    write_spec(bench, "both", "fee, side", body, "1000.5")
    assert bench.generate().ok
    write_spec(bench, "extra", "", "return notional\n", "1000")
    write_spec(bench, "inner", "extra", "return extra(notional)\n", "1000")
    return bench


def test_a_user_of_what_is_not_built_yet_is_told_as_unjudged(both: Bench) -> None:
    live, version = Live(both), entry_of(both, "both").version
    both.change_spec("fee", "Fee of a trade", "The fee of a trade")
    assert both.generate("fee").ok
    assert entry_of(both, "fee").unjudged == (f"both@{version}",)
    assert state_of(both, "fee") == State(
        "fee", "ok", "waits for both, extra, inner, side to be built anew"
    )
    assert live.look() == []
    assert "it was judged without both" in live.told[0]
    # Asked for in the words of that hold; whoever needs nobody else's answer is judged.
    both.answers["both"] = [fenced("return fee(notional) + side(notional)\n")]
    both.answers["side"] = [fenced("return inner(notional)\n")]
    assert both.generate("both").ok
    assert entry_of(both, "fee").unjudged == ()
    assert {"fee", "inner", "extra"} <= set(live.look())
    assert verify(both.project) == []


def test_it_is_judged_once_what_its_user_needs_is_built(both: Bench) -> None:
    """`both` itself is as it is to be, and nobody builds it."""
    both.edit("fee", "notional * rate_frac", "rate_frac * notional")
    graph = load_graph(both.project.specs)
    assert both.pipeline().adopt(graph.specs["fee"], graph).accepted
    assert state_of(both, "both").ok
    assert state_of(both, "fee") == State(
        "fee", "ok", "waits for extra, inner, side to be built anew"
    )
    both.answers["side"] = [fenced("return inner(notional)\n")]
    assert both.generate("side").ok
    assert both.judged == ["extra", "inner", "side", "fee"]
    assert entry_of(both, "fee").unjudged == ()
    assert verify(both.project) == []


def test_specs_that_change_together_do_not_block_each_other_in_a_chain(
    make_bench: Callable[..., Bench],
) -> None:
    """`top` stays as it is, and what it calls by way of `round_trip` is another `fee`."""
    bench = make_bench("fee", "round_trip")
    body = 'return fee(notional) + fee(notional, {}=Decimal("0.0005"))\n'
    bench.answers["round_trip"] = [fenced(body.format("rate_frac"))]
    write_spec(bench, "top", "round_trip", "return round_trip(notional)\n", "1")
    write_spec(bench, "roof", "top", "return top(notional)\n", "1")
    assert bench.generate().ok
    live = Live(bench)
    change_both(bench)
    bench.answers["round_trip"] = [fenced(body.format("part_frac"))]
    bench.answers["top"] = [fenced("return round_trip(notional)\n")]
    assert bench.generate("fee").ok
    users = [f"{n}@{entry_of(bench, n).version}" for n in ("roof", "round_trip", "top")]
    assert list(entry_of(bench, "fee").unjudged) == users
    assert live.look() == []
    outcome = bench.generate()
    assert outcome.ok, outcome
    assert entry_of(bench, "fee").unjudged == ()
    assert bench.judged == ["round_trip", "top", "fee"]
    assert live.look() == ["fee", "round_trip"]
    assert live.registry["roof"](Decimal(2000)) == 2
    assert verify(bench.project) == []


def test_a_gate_of_its_own_process_tells_who_was_left_out(pair: Bench) -> None:
    change_both(pair)
    graph = load_graph(pair.project.specs)
    known = accepted_modules(pair.project, graph, pair.pipeline().module_text)
    told: list[Any] = []
    pool = GatePool(
        1, "trading", graph, lambda name: (known, []), lambda *one: told.append(one)
    )
    try:
        pool.submit(graph.specs["fee"], "return notional * part_frac\n")
        _, verdict = pool.ready()
    finally:
        pool.close()
    assert verdict.left_out == ("round_trip",)  # type: ignore[union-attr]


def test_the_journal_keeps_who_was_left_out(pair: Bench, tmp_path: Path) -> None:
    entry = replace(entry_of(pair, "fee"), unjudged=("round_trip@0123456789ab",))
    change = Change("fee", entry, "text", "message", before=entry_of(pair, "fee"))
    write_change(tmp_path / "pending.json", change)
    assert read_change(tmp_path / "pending.json") == change
    assert Manifest({"fee": entry}).unjudged("fee") == {}
