"""A manifest read by its lines is what YAML would have read, or it is left to YAML."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from core_modules import entry

from core.manifest import Manifest, render_manifest
from core.manifest_lines import as_rendered

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (ROOT / "manifest.yaml").read_text()
SMALL = render_manifest(
    Manifest({"candle": entry("a"), "rsi": entry("b", uses=("candle",))})
)


def test_what_ships_is_read_without_yaml_and_as_yaml_reads_it() -> None:
    assert as_rendered(SHIPPED) == yaml.safe_load(SHIPPED)


@pytest.mark.parametrize("digest", ["1" * 64, "0" * 64, "1e" + "5" * 62, "a" * 64])
def test_a_digest_that_looks_like_a_number_is_a_text(digest: str) -> None:
    text = SMALL.replace(entry("a").file, digest)
    quoted = render_manifest(Manifest({"a": entry("a")})).replace(
        entry("a").file, f"'{digest}'"
    )
    assert as_rendered(quoted) == yaml.safe_load(quoted)
    assert as_rendered(text) in (None, yaml.safe_load(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: function", "kind: yes"),
        ("kind: function", "kind: 3"),
        ("kind: function", "kind: function  # as ever"),
        ("checks: 1", "checks: 0o7"),
        ("  rsi:", "  candle:"),
        ("  rsi:", "  'rsi':"),
        ("    - candle", "    - null"),
        ("format: 1", "format: 2"),
        ("format: 1\n", "--- \nformat: 1\n"),
    ],
)
def test_what_is_written_otherwise_is_left_to_yaml(old: str, new: str) -> None:
    assert old in SMALL
    assert as_rendered(SMALL.replace(old, new)) is None


def test_no_damage_makes_it_read_what_yaml_does_not() -> None:
    draw = random.Random(7)
    left = 0
    for _ in range(3000):
        place = draw.randrange(len(SMALL))
        cut = draw.randrange(3)
        more = draw.choice(["", " ", "\n", "x", "0", "'", ":", "#", "- ", "\t", "é"])
        text = SMALL[:place] + more + SMALL[place + cut :]
        found = as_rendered(text)
        left += found is None
        if found is not None:
            assert found == yaml.safe_load(text), text
    assert 0 < left < 3000
