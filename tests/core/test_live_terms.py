"""The terms of the running system, read from specs without reading them whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from core_modules import entry

from core.live_terms import read_terms
from core.manifest import Manifest
from core.spec_text import load_spec

ROOT = Path(__file__).resolve().parents[2]
SPEC = """name: half
kind: function
intent: The half of a number.
params:
  a: {type: int, meaning: any}
returns: {type: int, meaning: "the half"}
examples:
- {given: {a: 2}, expect: 1}
"""


def terms_of(folder: Path, text: str, name: str = "half") -> tuple[int | None, bool]:
    """Return the limit of time and whether it moves money, of a folder's one spec."""
    (folder / f"{name}.yaml").write_text(text)
    terms = read_terms(folder)
    return terms.limits_ms.get(name), terms.moves_money(name)


def test_what_ships_has_the_terms_of_its_specs() -> None:
    folder = ROOT / "specs" / "trading"
    terms = read_terms(folder)
    specs = [load_spec(path) for path in folder.glob("*.yaml")]
    assert terms.limits_ms == {s.name: s.limits.time_ms for s in specs}
    assert terms.harmless == {s.name for s in specs if not s.money_path}
    assert any(s.money_path for s in specs)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", (250, False)),
        ("money_path: true\n", (250, True)),
        ("money_path: true  # it sends\n", (250, True)),
        ("money_path: false\n", (250, False)),
        ("money_path: True\n", (250, True)),
        ("limits: {time_ms: 70}\n", (70, False)),
        ("limits:\n  time_ms: 70\nmoney_path: true\n", (70, True)),
        ("notes: |\n  money_path: true\n", (250, False)),
        # What no spec may say has no terms, and so counts as moving money.
        ("money_path: false\nmoney_path: true\n", (None, True)),
        ("money_path: maybe\n", (None, True)),
        ("--- \nmoney_path: false\n", (None, True)),
    ],
)
def test_terms_are_those_of_the_spec(
    tmp_path: Path, more: str, found: tuple[int | None, bool]
) -> None:
    assert terms_of(tmp_path, SPEC + more) == found


def test_a_spec_under_another_name_has_no_terms(tmp_path: Path) -> None:
    assert terms_of(tmp_path, SPEC, "third") == (None, True)


def held(spec: str) -> Manifest:
    """Return a manifest that holds one module, accepted for a spec."""
    return Manifest({"half": entry("", spec=spec)})


def test_terms_follow_the_spec_that_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "half.yaml"
    path.write_text(SPEC)
    first = held(load_spec(path).digest())
    terms = read_terms(tmp_path, first)
    shared = terms.limits_ms
    path.write_text(SPEC + "limits: {time_ms: 70}\nmoney_path: true\n")
    terms.follow(tmp_path, first)
    assert (shared, terms.moves_money("half")) == ({"half": 250}, False), "a draft"
    terms.follow(tmp_path, held(load_spec(path).digest()))
    assert (shared, terms.moves_money("half")) == ({"half": 70}, True)
    path.write_text(SPEC)
    terms.follow(tmp_path, first)
    assert (shared, terms.moves_money("half")) == ({"half": 250}, False)


@pytest.mark.parametrize("on_disk", [None, "name: [", SPEC + "tolerance: 0.01\n"])
def test_until_the_accepted_spec_lies_there_the_limit_stays_and_money_is_moved(
    tmp_path: Path, on_disk: str | None
) -> None:
    path = tmp_path / "half.yaml"
    path.write_text(SPEC + "limits: {time_ms: 70}\n")
    first = load_spec(path).digest()
    path.write_text(SPEC + "limits: {time_ms: 90}\n")
    after = held(load_spec(path).digest())
    path.write_text(SPEC + "limits: {time_ms: 70}\n")
    terms = read_terms(tmp_path, held(first))
    path.unlink() if on_disk is None else path.write_text(on_disk)
    terms.follow(tmp_path, after)
    assert (terms.limits_ms, terms.moves_money("half")) == ({"half": 70}, True)
    path.write_text(SPEC + "limits: {time_ms: 90}\n")
    terms.follow(tmp_path, after)
    assert (terms.limits_ms, terms.moves_money("half")) == ({"half": 90}, False)


def test_a_spec_that_was_broken_at_the_start_is_taken_up_when_it_is_mended(
    tmp_path: Path,
) -> None:
    path = tmp_path / "half.yaml"
    path.write_text(SPEC)
    accepted = held(load_spec(path).digest())
    path.write_text("name: [")
    terms = read_terms(tmp_path, accepted)
    path.write_text(SPEC)
    terms.follow(tmp_path, accepted)
    assert (terms.limits_ms, terms.moves_money("half")) == ({"half": 250}, False)
