"""What is told of costs before anybody is asked: at most is never less than is charged."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "pipeline"))

from chat_server import ChatServer, in_turn, status
from pipeline_project import fenced, make_project, record_answers

from architect.commands import generate
from architect.estimate import Estimator, price_of
from architect.models.budget import spend
from architect.models.live import most_tokens
from architect.models.prompt import Prompt
from architect.prompt import code_prompt
from architect.route import Route
from architect.session import open_session
from architect.staleness import State
from core.manifest import Entry, Manifest
from core.project import Project
from core.spec_graph import load_graph

CHEAP = Route(name="code", model="small", price_in_usd=1, price_out_usd=2, retries=1)  # type: ignore[call-arg, arg-type]
BIG = Route(name="big", model="large", price_in_usd=15, price_out_usd=75)  # type: ignore[call-arg, arg-type]
PROMPT = Prompt("architect", "chat", "", "x" * 10_000)
STALE = [State("fee", "stale", "its tests changed")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project", ("fee", "round_trip"))


def accepted(project: Project) -> Manifest:
    """A manifest in which fee was built from the prompt that its spec gives now."""
    graph = load_graph(project.specs)
    prompt = code_prompt(graph.specs["fee"], graph, project.prompts)
    entry = Entry("function", (), "", prompt.digest, "", "", "", "", "", "model", 1)
    return Manifest(modules={"fee": entry})


def estimate(project: Project, manifest: Manifest, *routes: Route) -> Any:
    return Estimator(project, routes, manifest).of(load_graph(project.specs), STALE)


def test_at_most_holds_the_fallbacks_too() -> None:
    each = [r.worst_usd(most_tokens(PROMPT)) * (1 + r.retries) for r in (CHEAP, BIG)]
    assert price_of((CHEAP,), PROMPT).endswith(f"at most {each[0]:.4f}")
    assert price_of((CHEAP, BIG), PROMPT).endswith(f"at most {sum(each):.4f}")


def test_a_fallback_counts_for_a_build(project: Project) -> None:
    alone = estimate(project, Manifest(), CHEAP)
    more = estimate(project, Manifest(), CHEAP, BIG)
    assert alone.usd == more.usd
    # Four tries, each with a prompt and two answers that may be as long as they may be.
    assert more.most_usd > alone.most_usd + 2 * 4 * BIG.price(0, BIG.max_tokens)


@pytest.mark.parametrize("how", ["recorded", "judged", "judged and recorded"])
def test_what_the_gate_may_refuse_may_cost_a_question(
    project: Project, how: str
) -> None:
    manifest = accepted(project) if "judged" in how else Manifest()
    asked = estimate(project, Manifest(), CHEAP)
    if "recorded" in how:
        record_answers(project)
    found = estimate(project, manifest, CHEAP)
    assert (found.asked, found.usd) == ([], 0)
    # A recorded answer is taken before anybody is asked; the second question is paid.
    assert found.most_usd == asked.most_usd / (2 if "recorded" in how else 1)
    assert found.as_text() == (
        "1 to build: fee; nobody has to be asked, so it costs nothing unless the gate"
        f" refuses what is there: at most {found.most_usd:.4f} USD"
    )
    assert estimate(project, manifest).as_text().endswith("so it costs nothing")


def test_generate_tells_it_before_it_judges(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only a kept or recorded body is refused, and a model is asked then."""
    record_answers(project, fee="return 0.0\n")
    told: list[str] = []
    with ChatServer(*in_turn(fenced("return 1.0\n"))) as server:
        for key, value in {
            "LLM_API_URL": server.url,
            "LLM_MODEL": "small",
            "LLM_PRICE_IN_USD": "1",
            "LLM_PRICE_OUT_USD": "2",
        }.items():
            monkeypatch.setenv(key, value)
        with open_session(project.root) as session, session.building() as pipeline:
            pipeline.before = lambda todo: generate._tell_cost(
                session, told.append, todo
            )
            pipeline.generate(["fee"])
    assert len(server.requests) == 1
    (line,) = told
    most = re.search(r"at most (\S+) USD", line)
    assert most
    charged = sum(c.usd for _, c in spend(project.data / "spend"))
    assert 0 < charged <= Decimal(most[1])


def test_a_chat_tells_what_its_fallback_may_cost(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with ChatServer(status(400)) as server, ChatServer() as other:
        for key, value in {
            "LLM_ARCHITECT_API_URL": server.url,
            "LLM_ARCHITECT_MODEL": "small",
            "LLM_ARCHITECT_PRICE_IN_USD": "0",
            "LLM_ARCHITECT_PRICE_OUT_USD": "0",
            "LLM_ARCHITECT_FALLBACKS": "big",
            "LLM_ROUTES": "big",
            "LLM_BIG_API_URL": other.url,
            "LLM_BIG_MODEL": "large",
            "LLM_BIG_PRICE_IN_USD": "1",
            "LLM_BIG_PRICE_OUT_USD": "2",
        }.items():
            monkeypatch.setenv(key, value)
        with open_session(project.root, tell=told.append) as session:
            assert session.ask_architect(PROMPT).route == "big"
    assert re.match(r"asking small: about 0\.0000 USD, at most 0\.[0-9]*[1-9]", told[0])
