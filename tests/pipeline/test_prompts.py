"""What a model is told: all that it needs, nothing that is held back, not too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pipeline_project import CHECKOUT, SPECS

from architect.chat.prompt import chat_prompt
from architect.code_generator import Generated, driven, judging, visible_reason
from architect.config import load
from architect.drafts.prompt import draft_prompt
from architect.drafts.related import mentioned
from architect.drafts.request import Request
from architect.gate.gate import Gate
from architect.gate.verdict import Verdict
from architect.models.prompt import Prompt
from architect.prompt import code_prompt, repair_prompt, retry_feedback
from core.spec import Example, Spec
from core.spec_graph import SpecGraph, graph, load_graph
from core.spec_text import parse_spec

PROMPTS = CHECKOUT / "prompts"
SHIPPED = load_graph(CHECKOUT / "specs/trading")
ASKED = [spec.name for spec in SHIPPED if spec.kind != "record"]
MOST_TOKENS = 1500
# OpenAI's cl100k makes 3.3 to 4.2 of these prompts, 3.64 in the mean of 67 of them.
CHARS_A_TOKEN = 3.6
BODY = "return 1\n"
WRONG = "raise ValueError\n"


def texts(spec: Spec, specs: SpecGraph = SHIPPED) -> Iterator[str]:
    """Yield every prompt of a spec: first, second try, repair."""
    yield code_prompt(spec, specs, PROMPTS).text
    yield code_prompt(spec, specs, PROMPTS, retry_feedback(BODY, "it is wrong")).text
    yield repair_prompt(spec, specs, PROMPTS, BODY, "it is wrong").text


def flat(plain: object) -> str:
    """Return plain data as the prompt's YAML would show it, without white space."""
    text = yaml.safe_dump(plain, sort_keys=False, default_flow_style=True, width=10**6)
    return re.sub(r"\s+", "", text.removesuffix("...\n"))


def secrets(spec: Spec) -> Iterator[str]:
    """Yield what would give a held-back example away: its inputs, and its answer where
    that is long enough to be told from other numbers."""
    shown = [
        flat(e.model_dump(exclude_unset=True)) for e in spec.examples if not e.held_back
    ]
    # An answer that is one of a few words stands in the notes.
    shown.append(re.sub(r"\s+", "", spec.intent + spec.notes))
    for example in (one for one in spec.examples if one.held_back):
        yield from _secrets(example, shown)


def _secrets(example: Example, shown: list[str]) -> Iterator[str]:
    plain = example.model_dump(exclude_unset=True)
    parts = [flat(plain["given"])]
    if len(flat(plain.get("expect"))) >= 6:
        parts.append(flat(plain["expect"]))
    for part in parts:
        if len(part) >= 6 and not any(part in one for one in shown):
            yield part


def names_shown(text: str) -> set[str]:
    """Return the names of the examples that a prompt shows."""
    block = text.partition("Examples:\n\n```yaml\n")[2].partition("```")[0]
    return {
        example["name"] for example in yaml.safe_load(block) or () if "name" in example
    }


def names_hidden(spec: Spec) -> set[str]:
    return {e.name for e in spec.examples if e.held_back and e.name}


@pytest.mark.parametrize("name", ASKED)
def test_no_prompt_holds_what_is_held_back(name: str) -> None:
    spec = SHIPPED.get(name)
    hidden = list(secrets(spec))
    assert hidden, "a held-back example has inputs of its own"
    for text in texts(spec):
        dense = re.sub(r"\s+", "", text)
        assert [secret for secret in hidden if secret in dense] == []
        assert names_shown(text).isdisjoint(names_hidden(spec))
        assert "held_back" not in text


@pytest.mark.parametrize("name", ASKED)
def test_a_held_back_example_changes_no_prompt(name: str) -> None:
    """The strict form of the same: without them, every prompt is the same text."""
    spec = SHIPPED.get(name)
    visible = [example for example in spec.examples if not example.held_back]
    bare = spec.model_copy(update={"examples": visible})
    specs = graph({**SHIPPED.specs, name: bare})
    assert list(texts(bare, specs)) == list(texts(spec))


@pytest.mark.parametrize("name", ASKED)
def test_a_prompt_is_short_and_filled(name: str) -> None:
    spec = SHIPPED.get(name)
    first, second, repair = texts(spec)
    assert len(first) / CHARS_A_TOKEN < MOST_TOKENS
    for text in (first, second, repair):
        assert not re.search(r"\$[a-z]+", text)
        assert "<!--" not in text
        assert "=== user" not in text
        assert "\n\n\n" not in text
        assert spec.intent.split(". ")[0].rstrip(".")[:30] in " ".join(text.split())
    assert BODY in second
    assert "it is wrong" in second
    assert BODY in repair


def test_every_kind_of_module_is_asked_for() -> None:
    assert {SHIPPED.get(name).kind for name in ASKED} == {
        "function",
        "indicator",
        "action",
    }


DOLLARS = (
    SPECS["fee"]
    .replace("Fee of a trade.", "Costs $notional or $5, $$ and ${name}.")
    .replace("it is proportional", "double $x")
)


def test_a_dollar_in_a_spec_is_shown_as_it_stands() -> None:
    spec = parse_spec(DOLLARS, "fee")
    for text in texts(spec, graph({"fee": spec})):
        assert "Costs $notional or $5, $$ and ${name}." in text
        assert "- double $x: " in text


def test_a_dollar_in_a_body_or_a_failure_is_shown_as_it_stands() -> None:
    spec = parse_spec(SPECS["fee"], "fee")
    feedback = retry_feedback('return "$5"\n', "got $name")
    for prompt in (
        code_prompt(spec, graph({"fee": spec}), PROMPTS, feedback),
        repair_prompt(
            spec, graph({"fee": spec}), PROMPTS, 'return "$5"\n', "got $name"
        ),
    ):
        assert 'return "$5"' in prompt.user
        assert "got $name" in prompt.user


def test_the_same_spec_gives_the_same_digest_and_another_text_another() -> None:
    spec = SHIPPED.get("ema")
    first = code_prompt(spec, SHIPPED, PROMPTS)
    assert (
        first.digest
        == code_prompt(spec, load_graph(CHECKOUT / "specs/trading"), PROMPTS).digest
    )
    assert first.digest != code_prompt(spec, SHIPPED, PROMPTS, "\nmore\n").digest


def test_a_comment_in_a_template_is_no_part_of_the_prompt(tmp_path: Path) -> None:
    for name in ("code.md", "repair.md"):
        text = (PROMPTS / name).read_text().partition("-->\n")[2]
        (tmp_path / name).write_text("<!-- another -->\n" + text)
    spec = SHIPPED.get("ema")
    here, there = (code_prompt(spec, SHIPPED, folder) for folder in (PROMPTS, tmp_path))
    assert here.digest == there.digest


# --- what a refusal tells ----------------------------------------------------------


def wrong_only_where_nobody_looks(spec: Spec) -> str:
    """Return a body that is right on the shown example and wrong on the held-back one."""
    return "if notional == 431:\n    return notional\nreturn notional * rate_frac\n"


def refused(spec: Spec, specs: SpecGraph, gate: Gate, body: str) -> Generated:
    def judge(one: Spec, text: str) -> Verdict:
        return gate.judge(one, specs, text, {})

    made = driven(judging(spec, body), spec, judge)
    assert not made.accepted
    return made


def test_a_second_try_is_told_nothing_of_a_held_back_example(
    pipeline_gate: Gate,
) -> None:
    text = SPECS["fee"].partition("properties:")[0]
    spec = parse_spec(text, "fee")
    specs = graph({"fee": spec})
    body = wrong_only_where_nobody_looks(spec)
    made = refused(spec, specs, pipeline_gate, body)
    reason = visible_reason(made.verdict)
    told = code_prompt(spec, specs, PROMPTS, retry_feedback("return 0\n", reason)).text
    for secret in ("431", "4.31", "secretly dear"):
        assert secret not in told
    assert reason.strip()


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in ASKED if not SHIPPED.uses[n]])
def test_no_refusal_of_a_shipped_module_tells_what_is_held_back(
    name: str, pipeline_gate: Gate
) -> None:
    spec = SHIPPED.get(name)
    hidden = list(secrets(spec))
    reason = visible_reason(refused(spec, SHIPPED, pipeline_gate, WRONG).verdict)
    dense = re.sub(r"\s+", "", reason)
    assert [secret for secret in hidden if secret in dense] == []


QUESTIONS = (
    "what does market_scanner do?",
    "why was the last trade closed?",
    "how is a position sized, and who decides the stop?",
    "reject entries when the spread is over 8 basis points",
    "compare market_scanner, entry_score, entry_decision, slice_manager and trade",
)
CONFIG = load(CHECKOUT, process={})


def test_what_the_architect_is_asked_for_specs_is_filled_and_bounded() -> None:
    """About 15,000 tokens: the format, every module in a line, a few specs whole."""
    prompt = draft_prompt(Request(QUESTIONS[3]), SHIPPED, CONFIG.project)
    assert_filled(prompt, QUESTIONS[3])
    assert len(prompt.text) / CHARS_A_TOKEN < 20_000
    assert all(f"`{spec.class_name}(" in prompt.text for spec in SHIPPED)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_the_chat_costs_what_it_is_about(question: str) -> None:
    """Modules that are named stand there whole, related ones in brief, all others by
    name; with four long ones named, it is less than what a draft is asked with."""
    prompt = chat_prompt(CONFIG, SHIPPED, question, [])
    assert_filled(prompt, question)
    named = mentioned(SHIPPED, question)
    assert len(prompt.text) / CHARS_A_TOKEN < 2_800 + 2_000 * min(len(named), 4)
    for spec in SHIPPED:
        told = rf"\b({spec.name}|{spec.class_name})\b"
        assert re.search(told, prompt.text), spec.name
    for name in named[:4]:
        assert f"## {name}\n\n```yaml\nname: {name}\n" in prompt.text


def assert_filled(prompt: Prompt, question: str) -> None:
    assert not re.search(r"\$[a-z]+", prompt.text)
    assert "=== user" not in prompt.text
    assert "<!--" not in prompt.text
    assert question in prompt.text
    assert prompt.job == "architect"
