"""What a build does and leaves undone: only what is stale is asked for and judged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pipeline_project import Bench, assert_whole, fenced, git

from architect.rebuild import verify
from architect.staleness import states
from core.errors import ModelUnavailable, SpecError
from core.manifest import read_manifest, sha256
from core.spec_graph import load_graph

MAKES = Callable[..., Bench]


def test_a_first_build_makes_one_commit_a_module_in_the_order_of_use(
    bench: Bench,
) -> None:
    outcome = bench.generate()
    assert outcome.ok
    assert_whole(bench.project)
    order = git(
        bench.project.root,
        "log",
        "--reverse",
        "--format=%(trailers:key=Module,valueonly)",
    ).split()
    assert set(order) == set(outcome.built) == {*load_graph(bench.project.specs).specs}
    assert order.index("fee") < order.index("round_trip")
    assert order.index("quote") < order.index("spread")


def test_a_commit_holds_the_module_its_entry_reply_and_verdict(built: Bench) -> None:
    commit = built.repository.log(built.project.module("fee"))[0]
    entry = read_manifest(built.project.manifest).modules["fee"]
    assert commit.subject == "Build fee: fee of a trade"
    assert commit.trailers["Module"] == "fee"
    assert commit.trailers["Version"] == entry.version
    assert commit.trailers["Spec-Digest"] == entry.spec
    assert (
        commit.trailers["Body-Digest"]
        == entry.body
        == sha256("return notional * rate_frac\n")
    )
    assert commit.trailers["Reply"] == entry.reply
    assert commit.trailers["Gate"] == f"accepted, {entry.checks} checks"
    touched = git(
        built.project.root, "show", "--name-only", "--format=", commit.id
    ).split()
    assert sorted(touched) == [
        f"generated/replies/{entry.reply}",
        "generated/trading/fee.py",
        "manifest.yaml",
    ]


def test_a_second_run_does_nothing(built: Bench) -> None:
    before = built.repository.head()
    outcome = built.generate()
    assert outcome.ok
    assert not outcome.built
    assert (built.asked, built.judged) == ([], [])
    assert built.repository.head() == before


def test_a_changed_spec_rebuilds_what_is_stale_and_nothing_else(built: Bench) -> None:
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade, never negative.")
    outcome = built.generate()
    # round_trip's prompt tells what fee does, so its question changed too.
    assert set(outcome.built) == {"fee", "round_trip"}
    assert built.names_asked == ["fee", "round_trip"]
    assert verify(built.project) == []
    assert git(built.project.root, "status", "--porcelain") == ""


def test_a_changed_held_back_example_judges_the_kept_body_and_asks_nobody(
    built: Bench,
) -> None:
    built.change_spec("fee", "{notional: 431, rate_frac: 0.01}\n    expect: 4.31",
                      "{notional: 432, rate_frac: 0.01}\n    expect: 4.32")  # fmt: skip
    outcome = built.generate()
    assert list(outcome.built) == ["fee"]
    assert (built.asked, built.judged) == ([], ["fee"])
    commit = built.repository.log(built.project.spec("fee"))[0]
    assert commit.subject == "Check fee again for its changed spec"


def test_a_kept_body_that_the_new_example_refutes_is_asked_for_again(
    built: Bench,
) -> None:
    built.change_spec("fee", "expect: 4.31", "expect: 4.32")
    outcome = built.generate()
    assert list(outcome.refused) == ["fee"]
    assert "secretly" not in built.asked[-1].user
    assert "4.32" not in built.asked[-1].user


def test_a_changed_template_asks_for_every_body_again(built: Bench) -> None:
    template = built.project.prompts / "code.md"
    template.write_text(
        template.read_text().replace("at most 10 lines", "ten lines at most")
    )
    template.write_text(
        template.read_text().replace("At most 10 lines", "Ten lines at most")
    )
    outcome = built.generate()
    asked = {"fee", "round_trip", "running_mean", "spread", "cancel_it"}
    assert set(built.names_asked) == asked == set(outcome.built)


def test_a_refused_body_is_asked_for_once_more_with_one_counter_example(
    make_bench: MAKES,
) -> None:
    bench = make_bench("fee", "round_trip")
    bench.answers["fee"] = [
        fenced("return notional\n"),
        fenced("return notional * rate_frac\n"),
    ]
    told: list[tuple[str, str, str]] = []
    pipeline = bench.pipeline()
    pipeline.progress = lambda *words: told.append(words)  # type: ignore[assignment]
    outcome = pipeline.generate()
    assert outcome.ok
    assert outcome.built["fee"].tries == 2
    # Whoever answers by hand sees why it is asked for again, before the answer is due.
    assert [what for name, what, _ in told if name == "fee"][:2] == [
        "building",
        "asking",
    ]
    (why,) = [detail for _, what, detail in told if what == "asking"]
    retry = bench.asked[1]
    assert why.splitlines()[0] in retry.user
    assert "return notional\n" in retry.user
    assert (
        retry.user.count("given:") == 2
    )  # the spec's example, and the counter-example
    assert_whole(bench.project)


def test_what_is_refused_twice_is_reported_and_its_dependents_are_left(
    built: Bench,
) -> None:
    before = built.project.module("fee").read_bytes()
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    built.answers["fee"] = [
        fenced("return notional\n"),
        fenced("return notional + 1\n"),
    ]
    outcome = built.generate()
    assert not outcome.ok
    assert list(outcome.refused) == ["fee"]
    assert outcome.skipped == ["round_trip"]
    assert built.project.module("fee").read_bytes() == before
    left = states(
        built.project,
        load_graph(built.project.specs),
        read_manifest(built.project.manifest),
    )
    assert {s.name for s in left if not s.ok} == {"fee", "round_trip"}


def test_an_answer_without_code_is_told_and_asked_for_again(make_bench: MAKES) -> None:
    bench = make_bench("fee")
    bench.answers["fee"] = [
        "I would rather not.",
        fenced("return notional * rate_frac\n"),
    ]
    assert bench.generate().built["fee"].tries == 2
    assert "no code block" in bench.asked[1].user


def test_a_refusal_is_told_when_nobody_is_there_for_a_second_try(
    make_bench: MAKES,
) -> None:
    bench = make_bench("fee")

    def once(prompt: object, ask: object = bench.ask) -> object:
        if bench.asked:
            raise ModelUnavailable("the line is dead", hint="wait")
        return ask(prompt)  # type: ignore[operator]

    bench.answers["fee"] = [fenced("return notional\n")]
    pipeline = bench.pipeline()
    pipeline.ask = once  # type: ignore[assignment]
    verdict = pipeline.generate().refused["fee"].verdict
    assert verdict.counter_example is not None
    assert "the line is dead" in verdict.as_text()


def test_names_build_those_and_what_they_need(bench: Bench) -> None:
    outcome = bench.generate("round_trip")
    assert list(outcome.built) == ["fee", "round_trip"]


def test_an_unknown_name_names_the_nearest(bench: Bench) -> None:
    with pytest.raises(SpecError, match="no spec 'fees'") as caught:
        bench.generate("fees")
    assert caught.value.hint == "did you mean 'fee'?"


def test_force_judges_again_what_is_not_stale(built: Bench) -> None:
    before = built.project.module("fee").read_bytes()
    outcome = built.generate("fee", force=True)
    assert list(outcome.built) == ["fee"]
    assert (built.asked, built.judged) == ([], ["fee"])
    assert built.project.module("fee").read_bytes() == before


def test_a_module_without_a_spec_is_taken_out_with_its_spec(built: Bench) -> None:
    built.project.spec("round_trip").unlink()
    outcome = built.generate()
    assert outcome.removed == ["round_trip"]
    assert not built.project.module("round_trip").exists()
    assert "round_trip" not in read_manifest(built.project.manifest).modules
    assert verify(built.project) == []
    assert git(built.project.root, "status", "--porcelain") == ""
    # Replies are history: they stay.
    assert list((built.project.replies / "round_trip").glob("*.md"))


def test_an_orphan_can_be_taken_out_by_its_name(built: Bench) -> None:
    built.project.spec("round_trip").unlink()
    assert built.generate("round_trip").removed == ["round_trip"]


def test_an_orphan_that_an_accepted_module_uses_stays(built: Bench) -> None:
    built.project.spec("fee").unlink()
    spec = built.project.spec("round_trip")
    spec.write_text(spec.read_text().replace("uses: [fee]\n", ""))
    built.answers["round_trip"] = [fenced("return notional\n")] * 2
    outcome = built.generate()
    assert list(outcome.refused) == ["round_trip"]
    assert outcome.removed == []
    assert built.project.module("fee").exists()


def test_an_orphan_that_was_edited_by_hand_is_kept_aside(built: Bench) -> None:
    edited = built.edit("round_trip", "fee(notional)", "fee( notional)").read_bytes()
    built.project.spec("round_trip").unlink()
    assert built.generate().removed == ["round_trip"]
    kept = list((built.project.data / "discarded").glob("round_trip-*.py"))
    assert [path.read_bytes() for path in kept] == [edited]


def test_a_missing_file_comes_back_from_its_reply(built: Bench) -> None:
    before = built.project.module("fee").read_bytes()
    built.project.module("fee").unlink()
    outcome = built.generate()
    assert (list(outcome.built), built.asked) == (["fee"], [])
    assert built.project.module("fee").read_bytes() == before
    assert git(built.project.root, "status", "--porcelain") == ""


def test_what_a_user_has_staged_and_changed_elsewhere_stays(bench: Bench) -> None:
    root = bench.project.root
    (root / "a.txt").write_text("one\n")
    (root / "b.txt").write_text("one\n")
    git(root, "add", "a.txt", "b.txt")
    git(root, "commit", "-qm", "Mine")
    (root / "a.txt").write_text("two\n")
    git(root, "add", "a.txt")
    (root / "a.txt").write_text("three\n")
    (root / "b.txt").write_text("two\n")
    (root / "c.txt").write_text("new\n")
    (root / "d.txt").write_text("staged\n")
    git(root, "add", "d.txt")
    before = git(root, "status", "--porcelain")
    assert bench.generate().ok
    assert (
        git(root, "status", "--porcelain")
        == before
        == "MM a.txt\n M b.txt\nA  d.txt\n?? c.txt\n"
    )
    assert git(root, "show", ":a.txt") == "two\n"


def test_a_spec_that_is_half_staged_is_committed_as_it_was_built(built: Bench) -> None:
    root, spec = built.project.root, built.project.spec("fee")
    built.change_spec("fee", "expect: 4.31", "expect: 9.99")
    git(root, "add", str(spec))
    held = "{notional: 431, rate_frac: 0.01}\n    expect: "
    built.change_spec(
        "fee", f"{held}9.99", "{notional: 1, rate_frac: 0.01}\n    expect: 0.01"
    )
    assert list(built.generate().built) == ["fee"]
    assert git(root, "show", f"HEAD:{spec.relative_to(root)}") == spec.read_text()
    assert git(root, "status", "--porcelain") == ""
