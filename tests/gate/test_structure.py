"""The gate's first stage: honest bodies pass, and what passes is black and ruff clean."""

from __future__ import annotations

import pytest
from body_cases import Case
from honest_bodies import HONEST

from architect.gate.structure import check_candidate, check_structure


@pytest.mark.parametrize("case", HONEST, ids=str)
def test_honest_body_is_let_through(case: Case) -> None:
    assert check_structure(case.spec(), case.graph(), case.body) == []


@pytest.mark.parametrize("case", HONEST[::4], ids=str)
def test_honest_body_passes_the_whole_stage(case: Case) -> None:
    body, found = check_candidate(case.spec(), case.graph(), case.body)
    assert found == []
    again, found = check_candidate(case.spec(), case.graph(), body)
    assert (again, found) == (body, [])
