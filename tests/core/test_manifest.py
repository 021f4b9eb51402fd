"""The manifest: read, written, and refused with what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest
from core_modules import entry

from core.errors import ManifestError
from core.manifest import (
    Manifest,
    parse_manifest,
    read_manifest,
    render_manifest,
    sha256,
)

ONE = Manifest(
    {"rsi": entry("b", uses=("candle",)), "candle": entry("a", kind="record")}
)


def test_what_is_written_is_read_as_the_same() -> None:
    text = render_manifest(ONE)
    assert parse_manifest(text) == Manifest(dict(sorted(ONE.modules.items())))
    assert render_manifest(parse_manifest(text)) == text


def test_an_absent_manifest_is_an_empty_one(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "manifest.yaml") == Manifest()


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="directory"):
        read_manifest(tmp_path)


def test_the_order_of_insertion_leaves_no_trace() -> None:
    forward = Manifest().with_entry("a", entry("1")).with_entry("b", entry("2"))
    backward = Manifest().with_entry("b", entry("2")).with_entry("a", entry("1"))
    assert render_manifest(forward) == render_manifest(backward)
    assert forward.without({"a"}).modules == {"b": entry("2")}


def test_a_version_is_named_by_the_file() -> None:
    assert entry("text").version == sha256("text")[:12]


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("{", "not YAML", "git checkout manifest.yaml"),
        ("", "no format number", "git checkout manifest.yaml"),
        ("- 1", "no format number", "git checkout manifest.yaml"),
        ("format: one", "no format number", "git checkout manifest.yaml"),
        ("format: 2", "format 2 is from the future", "update this checkout"),
        ("format: 1\nmodules: [1]", "modules is not a mapping", "git checkout"),
        ("format: 1\nmodules: {rsi: 3}", "rsi: wrong keys: ['not a mapping']", "git"),
        ("format: 1\nmodules: {3: {}, rsi: {}}", "3 is no name of a module", "git"),
        (
            "format: 1\nmodules: {rsi: {kind: x}}",
            "rsi: wrong keys: ['body', 'by'",
            "git",
        ),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_a_way_out(
    text: str, told: str, hint: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text)
    assert "manifest.yaml: " in str(caught.value)
    assert told in str(caught.value)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("checks: 1", "checks: one", "rsi.checks: 'one' is no int"),
        ("kind: function", "kind: 3", "rsi.kind: 3 is no str"),
        ("- candle", "  candle", "rsi.uses: 'candle' is no list"),
        ("checks: 1", "checks: 1\n    more: 2", "rsi: wrong keys: ['more']"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(old: str, new: str, told: str) -> None:
    text = render_manifest(Manifest({"rsi": ONE.modules["rsi"]}))
    assert old in text
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text.replace(old, new))
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["a/../../x", "../x", "/etc/x", "a.b", "a-b"])
def test_a_name_that_leads_to_another_folder_is_refused(name: str) -> None:
    text = render_manifest(Manifest({name: ONE.modules["rsi"]}))
    with pytest.raises(ManifestError, match=f"{name!r} is no name of a module"):
        parse_manifest(text)


def test_each_comes_after_all_that_it_uses() -> None:
    manifest = Manifest(
        {
            "a": entry("1", uses=("c", "b")),
            "b": entry("2", uses=("d",)),
            "c": entry("3", uses=("b",)),
            "d": entry("4"),
        }
    )
    assert manifest.load_order() == ["d", "b", "c", "a"]
    assert manifest.load_order(["c"]) == ["d", "b", "c"]
    assert manifest.load_order([]) == []


@pytest.mark.parametrize(
    ("uses", "told"),
    [
        ({"a": ("x",)}, "a uses x, which it does not hold"),
        ({"a": ("b",), "b": ("a",)}, "b uses a"),
        ({"a": ("a",)}, "a uses a"),
    ],
)
def test_what_is_missing_or_goes_in_a_circle_has_no_order(
    uses: dict[str, tuple[str, ...]], told: str
) -> None:
    manifest = Manifest({name: entry(name, uses=used) for name, used in uses.items()})
    with pytest.raises(ManifestError, match=told):
        manifest.load_order()


def test_users_that_were_not_judged_are_written_only_where_there_are_any() -> None:
    """So a manifest without them is what it was before there was such a field."""
    without = render_manifest(ONE)
    assert "unjudged" not in without
    held = entry("b", uses=("candle",), unjudged=("decide@0123456789ab", "size@1e45"))
    text = render_manifest(Manifest({**ONE.modules, "rsi": held}))
    assert text == without + (
        "    unjudged:\n    - decide@0123456789ab\n    - size@1e45\n"
    )
    assert parse_manifest(text).modules["rsi"] == held
    assert render_manifest(parse_manifest(text)) == text
    with pytest.raises(ManifestError, match=r"rsi\.unjudged: 'x' is no list"):
        parse_manifest(without + "    unjudged: x\n")


def test_a_user_counts_as_unjudged_only_at_the_version_that_was_left_out() -> None:
    first, second = entry("1", uses=("rsi",)), entry("2", uses=("rsi",))
    left_out = (f"decide@{first.version}", f"gone@{first.version}")
    manifest = Manifest({"rsi": entry("b", unjudged=left_out), "decide": first})
    assert manifest.unjudged("rsi") == {"decide": first.version}
    assert manifest.with_entry("decide", second).unjudged("rsi") == {}
    assert manifest.needs("decide") == {"rsi"}
