"""Drafts are judged before anybody runs or writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from draft_answers import MAKER_FEE, block, with_check, without_examples

from architect.drafts import review
from architect.drafts.answer import MOST_ALIASES, read_answer
from architect.drafts.claims import unsafe
from architect.drafts.related import mentioned, related
from architect.drafts.review import reviewed
from architect.drafts.rules import lacking
from core.project import Project
from core.spec_graph import graph, load_graph
from core.spec_text import parse_spec

SHIPPED = load_graph(Path(__file__).resolve().parents[2] / "specs/trading")
HOSTILE = [
    "().__class__.__base__.__subclasses__()",
    "call.__globals__['os'].system('touch x') == 0",
    "pd.read_pickle('/tmp/x') is None",
    "np.load('/tmp/x', allow_pickle=True) is None",
    "np.lib.format.open_memmap('/tmp/x') is None",
    "pd.io.common.os.system('touch x') == 0",
    "math.__loader__ is None",
    "'{0.__class__}'.format(result) == ''",
    "10**10**10 > result",
    "(9**32)**32 > result",
    "1 << 10**9 > result",
    "pow(10, 10**9) > result",
]


def problems(text: str, project: Project) -> str:
    return "\n".join(reviewed(text, project).problems)


@pytest.mark.parametrize("check", HOSTILE)
def test_a_hostile_expression_is_refused_unrun(check: str) -> None:
    spec = parse_spec(with_check(f'"{check}"'))
    found = list(unsafe(spec, graph({spec.name: spec})))
    assert found
    assert found[0].startswith("property 'it is proportional'")


def test_every_place_of_an_expression_is_looked_at() -> None:
    for old, new in (
        ("requires: [notional_usd >= 0]", "requires: [len(().__class__.__name__) > 0]"),
        ("ensures: [result >= 0]", "ensures: [len(().__class__.__name__) > 0]"),
        ("ensures:", "on_failure: ().__class__()\nensures:"),
    ):
        spec = parse_spec(MAKER_FEE.replace(old, new))
        assert any("__class__" in t for t in unsafe(spec, graph({spec.name: spec})))


def test_no_shipped_spec_would_be_refused_for_its_expressions() -> None:
    """Else the model could not change them."""
    found = {spec.name: list(unsafe(spec, SHIPPED)) for spec in SHIPPED}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("kind", ["Decimal", "Decimal | str"])
def test_a_default_is_never_run(kind: str, project: Project) -> None:
    touched = project.root / "touched"
    code = f'0") if not open("{touched}", "w") else Decimal("1'
    record = (
        "name: price_step\nkind: record\nintent: A step of prices.\nfields:\n"
        f"  step: {{type: {kind}, unit: USD, meaning: one, default: '{code}'}}\n"
    )
    assert "is no Decimal" in problems(block(record), project)
    assert not touched.exists()


def test_a_whole_draft_is_sound(project: Project) -> None:
    draft = reviewed(f"Sure.\n{block(MAKER_FEE)}", project)
    assert draft.sound
    assert draft.remarks == "Sure."
    assert draft.warnings == (
        "maker_fee: nothing calls it: it goes live and does nothing until something"
        " uses it",
    )
    assert draft.specs[0].diff.startswith(
        "--- /dev/null\n+++ b/specs/trading/maker_fee"
    )


def test_habits_of_honest_models_lose_nothing(project: Project) -> None:
    """Lines that end as on Windows, and thinking aloud before the answer."""
    thought = f"<think>\nperhaps {block('name: x')}</think>\n"
    answer = (thought + block(MAKER_FEE)).replace("\n", "\r\n")
    draft = reviewed(answer, project)
    assert draft.sound
    assert draft.specs[0].text == MAKER_FEE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_examples(MAKER_FEE, 2), "2 visible examples; at least 3"),
        (without_examples(MAKER_FEE, 5), "2 held-back examples; at least 3"),
        (MAKER_FEE.replace(", unit: USD", ""), "returns is a number without a unit"),
        (MAKER_FEE.replace("notional_usd", "amount"), "'amount' is a number without"),
        (MAKER_FEE.replace('expect: "4.31"', 'expect: "-4.31"'), "contradicts ensures"),
        (MAKER_FEE.replace("kind: function", "kinds: function"), "unknown key"),
        (with_check("result < 4"), "contradicts property 'it is proportional'"),
        (with_check("reslt < 4"), "name 'reslt' is not known"),
        (MAKER_FEE.replace("ensures:", "uses: [fees]\nensures:"), "has no spec"),
    ],
)
def test_what_is_wrong_is_named(change: str, told: str, project: Project) -> None:
    assert told in problems(block(change), project)


def test_bad_input_has_to_be_named(project: Project) -> None:
    text = MAKER_FEE.replace("requires: [notional_usd >= 0]\n", "").replace(
        "notional_usd: 0,", "notional_usd: 5,"
    )
    assert "what bad input 'notional_usd' may hold" in problems(block(text), project)


def test_a_changed_spec_owes_nothing_for_what_it_had_before() -> None:
    old = SHIPPED.specs["exit_decision"]
    assert list(lacking(old))
    assert list(lacking(old, old)) == []


def test_hand_written_callers_keep_their_signature(tmp_path: Path) -> None:
    from architect.drafts.callers import changed_signature

    old = SHIPPED.specs["market_scanner"]
    params = {n: p for n, p in old.params.items() if n != "top"}
    gone = old.model_copy(update={"params": params})
    assert next(changed_signature(old, gone)).startswith("top may not go: core/trading")
    assert list(changed_signature(old, old)) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("No.", "holds no ```yaml block"),
        (block(MAKER_FEE, MAKER_FEE), "maker_fee stands twice"),
        (
            block(MAKER_FEE.replace("intent: Fee", "intent: \u202eFee")),
            "nobody can see",
        ),
        (block("a: &a [1]\nb: [" + "*a, " * (MOST_ALIASES + 1) + "1]"), "aliases"),
        (block("name: x\nname: y"), "stands twice"),
        (block("- 1"), "a spec is a mapping"),
        ("x" * 50_000 + block(MAKER_FEE), "the answer is too long"),
    ],
)
def test_an_answer_that_is_no_draft_says_why(
    answer: str, told: str, project: Project
) -> None:
    assert told in problems(answer, project)


def test_questions_are_read_and_nothing_else_of_them(project: Project) -> None:
    answer = block("questions:\n  - For which \x1b[31mmarkets?\n  - At what price?")
    draft = reviewed(answer.replace("\x1b", ""), project)
    assert draft.questions == ("For which [31mmarkets?", "At what price?")
    assert not draft.sound


def test_what_a_terminal_would_obey_is_left_out_of_remarks(tmp_path: Path) -> None:
    assert read_answer("a\x1b[2Jb\u202e", tmp_path).remarks == "a[2Jb"


def test_a_claim_without_end_is_told_and_ends(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call into C, which no watch in the same process could end."""
    monkeypatch.setattr(review, "CPU_S", 3)
    text = with_check("sum(range(10**14)) > 0")
    assert "takes more than its share of time" in problems(block(text), project)


def test_a_sentence_finds_its_specs() -> None:
    found = related(SHIPPED, "reject entries when the spread is over 8 basis points", 6)
    assert {"market_scanner", "market_stats"} & set(found)
    assert related(SHIPPED, "halve position sizing while RSI is high")[:1] != []
    assert related(SHIPPED, "make MarketStats and rsi stricter")[:2] == [
        "market_stats",
        "rsi",
    ]
    assert related(SHIPPED, "qqq") == []
    assert mentioned(SHIPPED, "what does OrderRequest do in send_order?") == [
        "order_request",
        "send_order",
    ]
