"""What a look at all modules remembers, and that it forgets it in time."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from pipeline_project import CHECKOUT, make_project

from architect import staleness
from architect.prompt import code_prompt
from architect.staleness import Inputs, inputs
from core.project import Project
from core.spec_graph import load_graph


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project", ("fee", "round_trip"))


def looked(project: Project) -> dict[str, Inputs]:
    graph = load_graph(project.specs)
    return {spec.name: inputs(spec, graph, project.prompts) for spec in graph}


def test_a_second_look_renders_no_prompt(project: Project) -> None:
    before = looked(project)
    with mock.patch.object(staleness, "code_prompt", side_effect=AssertionError):
        assert looked(project) == before


def test_the_same_text_is_the_same_spec_and_another_is_not(project: Project) -> None:
    one, path = load_graph(project.specs), project.spec("fee")
    text = path.read_text()
    assert load_graph(project.specs) is one
    path.write_text(text.replace("Fee of a trade", "Fee of a trade."))
    other = load_graph(project.specs)
    assert other.specs["round_trip"] is one.specs["round_trip"]
    assert other.specs["fee"] is not one.specs["fee"]
    path.write_text(text)
    again = load_graph(project.specs)
    assert again.specs["fee"] == one.specs["fee"]
    path.unlink()
    (project.specs / "round_trip.yaml").unlink()
    (project.specs / "tax.yaml").write_text(text.replace("name: fee", "name: tax"))
    assert set(load_graph(project.specs).specs) == {"tax"}


def test_a_prompt_tells_of_what_a_spec_and_its_used_ones_say_now(
    project: Project,
) -> None:
    def prompt() -> str:
        graph = load_graph(project.specs)
        return code_prompt(graph.specs["round_trip"], graph, project.prompts).user

    before, path = prompt(), project.spec("fee")
    assert prompt() == before
    path.write_text(path.read_text().replace("Fee of a trade", "Toll of a trade"))
    assert prompt() == before.replace("Fee of a trade", "Toll of a trade") != before
    own = project.spec("round_trip")
    own.write_text(own.read_text().replace("intent: ", "intent: Now, "))
    assert "Now, " in prompt()


def test_a_changed_default_reaches_what_uses_it(project: Project) -> None:
    before = looked(project)
    path = project.spec("fee")
    path.write_text(path.read_text().replace("0.0005", "0.0006"))
    after = looked(project)
    assert after["round_trip"].spec == before["round_trip"].spec
    assert after["round_trip"].whole != before["round_trip"].whole
    assert after["fee"].spec != before["fee"].spec


def test_a_changed_template_reaches_every_module(project: Project) -> None:
    before = looked(project)
    template = project.prompts / "code.md"
    template.write_text((CHECKOUT / "prompts/code.md").read_text() + "\nMore.\n")
    after = looked(project)
    assert all(after[name].prompt != before[name].prompt for name in before)
