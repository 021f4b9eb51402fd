"""The registry: only accepted bytes, never a stale reference, one view a tick."""

from __future__ import annotations

import threading
import time

import pytest
from core_modules import RECORD, Folder, entry, halve
from cost import best_ns

from core.errors import FileConflict, ManifestError, NotAccepted
from core.manifest import Manifest
from core.registry import Registry

GOOD = halve("return x // 2")
OTHER = halve("return x - x // 2 - x % 2")
ZERO = halve("return 0")
USER = """
from core.wrapper import module
from generated.trading.halve import halve

@module(kind="function")
def quarter(x: int) -> int:
    return halve(halve(x))

__all__ = ["quarter"]
"""


def test_accepted_modules_are_loaded_in_the_order_of_their_uses(folder: Folder) -> None:
    folder.accept("quarter", USER.replace("quarter", "a_quarter"), uses=("halve",))
    folder.entries["a_quarter"] = folder.entries.pop("quarter")
    (folder.modules / "quarter.py").rename(folder.modules / "a_quarter.py")
    folder.accept("halve", GOOD)
    registry = folder.registry()
    assert registry["a_quarter"](8) == 2
    assert registry.names == ["a_quarter", "halve"]


def test_modules_see_utc_whatever_the_zone_of_the_machine(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    text = halve("return datetime.fromtimestamp(x).hour")
    folder.accept("halve", f"from datetime import datetime{text}")
    assert folder.registry()["halve"](3600 * 3) == 3


def test_bytes_that_are_not_the_accepted_ones_are_not_run(folder: Folder) -> None:
    registry = Registry(folder.modules)
    with pytest.raises(NotAccepted, match="halve: these bytes are not version"):
        registry.accept("halve", entry(GOOD), GOOD.encode() + b"\n")
    with pytest.raises(NotAccepted, match="halve has no accepted version") as caught:
        registry["halve"]
    assert caught.value.hint == "architect generate halve"


def test_a_file_that_was_edited_or_is_gone_is_a_conflict(folder: Folder) -> None:
    folder.accept("halve", GOOD)
    folder.save("halve", ZERO)
    with pytest.raises(FileConflict, match="not the version that the manifest holds"):
        folder.registry()
    (folder.modules / "halve.py").unlink()
    with pytest.raises(FileConflict, match=r"halve.py: No such file"):
        folder.registry()


def test_a_module_that_uses_one_that_is_not_there_is_not_loaded(folder: Folder) -> None:
    folder.accept("quarter", USER, uses=("halve",))
    with pytest.raises(ManifestError, match="quarter uses halve"):
        folder.registry()
    folder.entries["quarter"] = entry(USER)
    with pytest.raises(NotAccepted, match="halve is not loaded"):
        folder.registry()


def test_nobody_holds_a_stale_reference(folder: Folder) -> None:
    folder.accept("halve", GOOD)
    folder.accept("quarter", USER, uses=("halve",))
    registry = folder.registry()
    held, user = registry["halve"], registry["quarter"]
    registry.accept("halve", entry(ZERO), ZERO.encode())
    assert (held(8), user(8)) == (0, 0)
    assert registry.version("halve").id == entry(ZERO).version


def test_a_tick_sees_one_version_from_its_first_call_to_its_last(
    folder: Folder,
) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    with registry.tick():
        registry.accept("halve", entry(ZERO), ZERO.encode())
        assert registry["halve"](8) == 4
    assert registry["halve"](8) == 0


def test_what_cannot_be_made_live_leaves_all_as_it_was(folder: Folder) -> None:
    """A text without its wrapper cannot be barred, and the module is."""
    folder.accept("halve", GOOD)
    registry = folder.registry()
    registry.bar("halve", "broken")
    bare = 'def halve(x: int) -> int:\n    return 0\n\n__all__ = ["halve"]\n'
    fresh = GOOD.replace("halve", "fresh")
    made = [
        registry.prepare(name, entry(text), text.encode())
        for name, text in (("fresh", fresh), ("halve", bare))
    ]
    with pytest.raises(AttributeError, match="__wrapping__"):
        registry.publish(made)
    assert registry.names == registry.loaded == ["halve"]
    assert registry.version("halve").id == entry(GOOD).version
    user = USER.replace("halve", "fresh")
    with pytest.raises(NotAccepted, match="fresh is not loaded"):
        registry.prepare("quarter", entry(user), user.encode())


def test_an_edition_is_what_calls_reach_here_and_now(folder: Folder) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    first = registry.edition
    with registry.tick():
        registry.accept("halve", entry(ZERO), ZERO.encode())
        assert registry.edition is first
        registry.roll_back("halve", entry(ZERO).version)
        assert registry.edition is not first  # it reaches the tick under way
    second = registry.edition
    assert second is registry.edition is not first
    registry.bar("halve", "broken")
    assert registry.edition is not second


def test_ticks_stay_consistent_while_other_threads_swap(folder: Folder) -> None:
    """Two modules of which only pairs of one kind may ever meet in a tick."""
    texts = [halve(f"return {n}").replace("result <= x", "True") for n in range(6)]
    pairs = [(t, t.replace("halve", "other")) for t in texts]
    registry = Registry(folder.modules)
    seen: set[tuple[int, int]] = set()

    def publish(number: int) -> None:
        for name, text in zip(("halve", "other"), pairs[number], strict=True):
            registry.accept(name, entry(text), text.encode())

    publish(0)
    stop = threading.Event()

    def swap() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            publish(number % len(pairs))

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        ticks, deadline = 0, time.monotonic() + 30
        while (ticks < 2000 or len(seen) < 3) and time.monotonic() < deadline:
            ticks += 1
            with registry.tick():
                first = (registry["halve"](1), registry["other"](1))
                assert (registry["halve"](1), registry["other"](1)) == first
                seen.add(first)
    finally:
        stop.set()
        thread.join()
    assert len(seen) > 1


def test_a_call_that_has_begun_ends_on_its_version(folder: Folder) -> None:
    slow = halve("import threading; gate.wait(); return x // 2")
    registry = Registry(folder.modules)
    version = registry.accept("halve", entry(slow), slow.encode())
    gate = threading.Event()
    version.call.__wrapped__.__globals__["gate"] = gate  # type: ignore[attr-defined]
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(registry["halve"](8)))
    thread.start()
    registry.accept("halve", entry(ZERO), ZERO.encode())
    gate.set()
    thread.join()
    assert results == [4]


def test_a_roll_back_reaches_the_tick_under_way_and_only_that_module(
    folder: Folder,
) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    registry.accept("halve", entry(ZERO), ZERO.encode())
    with registry.tick():
        good = registry.roll_back("halve", entry(ZERO).version)
        assert good is not None
        assert good.id == entry(GOOD).version
        assert registry["halve"](8) == 4
    assert registry["halve"](8) == 4
    assert registry.failed("halve", entry(ZERO).version)
    assert not registry.failed("halve", entry(GOOD).version)


def test_the_only_version_cannot_be_rolled_back(folder: Folder) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    assert registry.roll_back("halve", entry(GOOD).version) is None
    assert registry.roll_back("unknown", "x") is None
    assert registry["halve"](8) == 4


def test_what_failed_as_the_only_version_is_not_rolled_back_to(folder: Folder) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    registry.roll_back("halve", entry(GOOD).version)
    registry.accept("halve", entry(OTHER), OTHER.encode())
    assert registry.roll_back("halve", entry(OTHER).version) is None
    assert registry.version("halve").id == entry(OTHER).version


def test_what_failed_by_anothers_fault_is_forgiven_and_the_rest_is_not(
    folder: Folder,
) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    for text in (OTHER, ZERO):
        registry.accept("halve", entry(text), text.encode())
        registry.roll_back("halve", entry(text).version)
    registry.forgive("halve", [entry(ZERO).version])
    assert not registry.failed("halve", entry(OTHER).version)
    assert registry.failed("halve", entry(ZERO).version)
    registry.remove("halve")
    assert not registry.failed("halve", entry(ZERO).version), "it is another then"


def test_a_version_that_failed_late_does_not_take_the_newest_with_it(
    folder: Folder,
) -> None:
    """A tick may still run the old version when the new one is live."""
    folder.accept("halve", GOOD)
    registry = folder.registry()
    registry.accept("halve", entry(OTHER), OTHER.encode())
    good = registry.roll_back("halve", entry(GOOD).version)
    assert good is not None
    assert good.id == entry(OTHER).version


def test_a_bar_within_a_tick_is_called_as_that_tick_calls(folder: Folder) -> None:
    """A version that changed its parameters meanwhile is none of the tick's."""
    safe = halve("return x // 2", ', on_failure="-x"')
    other = safe.replace("x: int", "x: int, cap: int").replace("-x", "-cap")
    folder.accept("halve", safe)
    registry = folder.registry()
    with registry.tick():
        registry.accept("halve", entry(other), other.encode())
        registry.bar("halve", "it hangs", entry(safe).version)
        assert registry["halve"](8) == -8
        registry.bar("halve", "its breaker is open")
        assert registry["halve"](8) == -8
        registry.unbar("halve")
        assert registry["halve"](8) == 4
        registry.bar("halve", "it hangs", entry(safe).version)
    assert registry["halve"](8, 2) == 4, "only the version that hung is barred"


def test_a_records_class_stays_what_it_was(folder: Folder) -> None:
    """Values made before a change would not match a new class."""
    first, second = RECORD.format(more=""), RECORD.format(more="y: int = 0")
    folder.accept("point", first, kind="record")
    registry = folder.registry()
    point = registry.records["Point"]
    registry.accept("point", entry(second, "record"), second.encode())
    assert registry.records["Point"] is point
    assert "point" not in registry.names


def test_a_traceback_shows_the_lines_of_the_version_that_ran(folder: Folder) -> None:
    import traceback

    broken = halve("return x // 0  # here")
    folder.accept("halve", broken)
    registry = folder.registry()
    try:
        registry["halve"](1)
    except ZeroDivisionError as error:
        text = "".join(traceback.format_exception(error))
    assert "return x // 0  # here" in text
    assert f"halve.py@{entry(broken).version}" in text


def test_loading_an_empty_manifest_is_an_empty_registry(folder: Folder) -> None:
    registry = Registry(folder.modules)
    registry.load(Manifest())
    assert (registry.names, registry.versions("halve")) == ([], [])


@pytest.mark.alone
def test_a_dispatched_call_costs_little_beside_the_wrapped_one(folder: Folder) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()

    with registry.tick():
        direct, dispatched = best_ns(
            [registry.version("halve").call, registry["halve"]], 8
        )
    assert dispatched < 2 * direct, f"{dispatched:.0f} ns beside {direct:.0f} ns"
