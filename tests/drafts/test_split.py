"""`architect split`: child specs and the module over them, its contract unchanged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chat_server import ChatServer, in_turn
from draft_answers import MAKER_FEE, block
from pipeline_project import fenced

from architect.command_line import main
from core.manifest import read_manifest
from core.project import Project

CHILD = """\
name: raw_fee
kind: function
intent: Fee before rebates are left out; negative for one.
notes: notional_usd * rate_frac
params:
  notional_usd: {type: Decimal, meaning: size of the trade, range: [0, 1000000]}
  rate_frac: {type: Decimal, meaning: "fee rate, negative for a rebate", range: [-0.01, 0.01]}
returns: {type: Decimal, unit: USD, meaning: "what is paid, negative for a rebate"}
requires: [notional_usd >= 0]
examples:
  - {given: {notional_usd: 1000, rate_frac: "0.0002"}, expect: "0.2"}
  - {given: {notional_usd: 1000, rate_frac: "-0.0001"}, expect: "-0.1"}
  - {given: {notional_usd: 0, rate_frac: "0.01"}, expect: 0}
  - {held_back: true, given: {notional_usd: 431, rate_frac: "0.01"}, expect: "4.31"}
  - {held_back: true, given: {notional_usd: 70, rate_frac: 0}, expect: 0}
  - {held_back: true, given: {notional_usd: 31, rate_frac: "-0.01"}, expect: "-0.31"}
properties:
  - name: it is proportional
    check: call(notional_usd=notional_usd * 2) == result * 2
"""
PARENT = MAKER_FEE.replace("requires:", "uses: [raw_fee]\nrequires:").replace(
    "notional_usd * rate_frac; a negative rate", "raw_fee of both; a negative rate"
)


@pytest.fixture
def built(project: Project, use_model: Callable[[str], None]) -> Project:
    project.spec("maker_fee").write_text(MAKER_FEE)
    body = "return max(notional_usd * rate_frac, Decimal(0))\n"
    with ChatServer(*in_turn(fenced(body))) as server:
        use_model(server.url)
        assert main(["generate", "maker_fee", "--root", str(project.root)]) == 0
    return project


def test_the_parts_are_built_and_the_module_stands_on_them(
    built: Project,
    use_model: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = (
        block(CHILD, PARENT),
        fenced("return notional_usd * rate_frac\n"),
        fenced("return max(raw_fee(notional_usd, rate_frac), Decimal(0))\n"),
    )
    with ChatServer(*in_turn(*answers)) as server:
        use_model(server.url)
        words = ["split", "maker_fee", "--yes", "--root", str(built.root)]
        assert main(words) == 0, capsys.readouterr().err
    asked = str(server.requests[0].request["messages"][-1]["content"])
    assert "The rule of maker_fee needs more than ten lines of body. Split it" in asked
    assert MAKER_FEE.strip() in asked
    modules = read_manifest(built.manifest).modules
    assert modules["maker_fee"].uses == ("raw_fee",)
    assert "raw_fee" in modules


def test_a_record_has_nothing_to_split(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["split", "quote", "--root", str(project.root)]) == 1
    assert "quote is a record: it has no body" in capsys.readouterr().err
