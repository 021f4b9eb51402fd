"""No pair that nobody judged runs: what must wait does, and what belongs together goes so."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from core_modules import RECORD, Folder, entry

from core.breaker import Breaker
from core.containment import Containment
from core.errors import Barred
from core.health import Health
from core.holds import UNJUDGED, bar_unjudged, unbar_judged
from core.hooks import hooks
from core.live_terms import LiveTerms
from core.manifest import Entry, Manifest, read_manifest
from core.registry import Registry
from core.watcher import Watcher

MODULE = """
from core.wrapper import module
{imports}

@module(kind="function"{more})
def {name}({params}) -> int:
    return {body}

__all__ = ["{name}"]
"""


def text(name: str, body: str, uses: str = "", more: str = "", params: str = "") -> str:
    """Return a module; `uses` are names, a record's with its class after a colon."""
    imports = "\n".join(
        f"from generated.trading.{one.partition(':')[0]} import "
        f"{one.partition(':')[2] or one}"
        for one in uses.split()
    )
    params = params or "x: int"
    return MODULE.format(
        name=name, body=body, imports=imports, more=more, params=params
    )


class Live:
    """A registry and its watcher, which looks when told; what it said is kept."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.swapped: list[str] = []
        self.told: list[str] = []
        self.held: list[Mapping[str, str]] = []
        self.registry = Registry(folder.modules)
        manifest = read_manifest(folder.manifest)
        self.registry.load(manifest)
        bar_unjudged(self.registry, manifest)
        self.watcher = Watcher(
            self.registry,
            folder.manifest,
            lambda name, version: self.swapped.append(name),
            lambda name, digest: self.told.append(f"unaccepted {name}"),
            self.told.append,
            on_held=self.held.append,
        )

    def look(self) -> list[str]:
        """Look, and return what was swapped in by it."""
        self.swapped.clear()
        self.watcher.look()
        return list(self.swapped)

    def calls(self, name: str, *given: Any) -> Any:
        with self.registry.tick():
            return self.registry[name](*given)


USED = {
    1: text("used", "x * 2"),
    2: text("used", "x * scale", params="x: int, scale: int"),
}
USER = {
    1: text("user", "used(x)", "used"),
    2: text("user", "used(x, 10)", "used"),
}
AT_1 = f"user@{entry(USER[1]).version}"


def used_2(folder: Folder, **more: Any) -> Entry:
    return folder.accept("used", USED[2], spec="s2", unjudged=(AT_1,), **more)


@pytest.fixture
def live(folder: Folder) -> Live:
    folder.accept("used", USED[1])
    folder.accept("user", USER[1], uses=("used",))
    return Live(folder)


def test_a_version_waits_for_the_user_that_it_was_not_judged_with(live: Live) -> None:
    version = used_2(live.folder).version
    assert live.look() == []
    assert live.look() == []
    assert live.told == [
        f"used: version {version} is held back: it was judged without user, whose spec, "
        "or one that it needs, changed too; architect generate user"
    ], "once"
    assert live.held == [{"used": live.told[0].removeprefix("used: ")}]
    assert live.calls("user", 3) == 6
    live.folder.accept("user", USER[2], uses=("used",), spec="s2")
    assert live.look() == ["used", "user"]
    assert live.calls("user", 3) == 30
    assert live.held[1:] == [{}]
    assert len(live.told) == 1


def test_a_tick_sees_the_old_pair_or_the_new_one(live: Live) -> None:
    used_2(live.folder)
    live.look()
    live.folder.accept("user", USER[2], uses=("used",), spec="s2")
    with live.registry.tick():
        assert live.registry["user"](3) == 6
        other = threading.Thread(target=live.look)
        other.start()
        other.join()
        assert (
            live.registry["user"](3) == 6
        ), "what began with the old pair ends with it"
        assert live.registry["used"](3) == 6
    assert live.calls("user", 3) == 30


def test_what_is_ready_in_one_look_is_one_assignment(live: Live) -> None:
    used_2(live.folder)
    live.folder.accept("user", USER[2], uses=("used",), spec="s2")
    seen: list[tuple[Any, Any]] = []

    class Spied(Registry):
        def __setattr__(self, key: str, value: Any) -> None:
            super().__setattr__(key, value)
            if key == "_current" and value:
                seen.append((value["used"], value["user"]))

    live.registry.__class__ = Spied
    before = live.registry.edition
    live.look()
    assert seen == [
        (live.registry.version("used").call, live.registry.version("user").call)
    ]
    edition = live.registry.edition
    assert edition is not before
    live.look()
    assert live.registry.edition is edition, "nothing was swapped"


def test_what_uses_a_held_version_waits_with_it_through_any_chain(live: Live) -> None:
    between = text("between", "used(x, 3)", "used")
    top = text("top", "between(x)", "between")
    used_2(live.folder)
    live.folder.accept("between", between, uses=("used",))
    live.folder.accept("top", top, uses=("between",))
    live.folder.accept("apart", text("apart", "x + 1"))
    assert live.look() == ["apart"]
    assert [one.split(":")[0] for one in live.told] == ["used", "between", "top"]
    assert "it uses used, which waits too; architect generate user" in live.told[2]
    assert "top" not in live.registry.names
    live.folder.accept("user", USER[2], uses=("used",), spec="s2")
    assert sorted(live.look()) == ["between", "top", "used", "user"]
    assert (live.calls("top", 3), live.calls("user", 3)) == (9, 30)


def test_a_user_that_waits_itself_keeps_what_it_was_left_out_of(live: Live) -> None:
    """`used` waits for `user` no more by the manifest, and for what runs here it does."""
    live.folder.accept("point", RECORD.format(more=""), kind="record")
    live.look()
    used_2(live.folder)
    live.folder.accept("point", RECORD.format(more="y: int = 1"), kind="record")
    user = text("user", "used(x, Point(x=x).y)", "used point:Point")
    live.folder.accept("user", user, uses=("point", "used"), spec="s2")
    assert live.look() == []
    assert live.calls("user", 3) == 6
    # By now nobody leaves anybody out: it was judged with the user that waits.
    live.folder.accept("used", USED[2] + "# later\n", spec="s3")
    assert live.look() == []
    assert "user, which uses it, waits and runs as it was" in live.told[-1]
    # A repair keeps the contract that the user was judged with.
    live.folder.accept("used", USED[1] + "# mended\n", spec="s")
    assert live.look() == ["used"]


def test_a_user_that_cannot_be_loaded_keeps_the_rest_back(live: Live) -> None:
    used_2(live.folder)
    broken = "import nothing_of_this_name\n" + USER[2]
    live.folder.accept("user", broken, uses=("used",), spec="s2")
    assert live.look() == []
    assert "user.py: ModuleNotFoundError" in live.told[0]
    assert live.told[1].startswith("used: version")
    assert live.calls("user", 3) == 6
    assert live.registry.version("used").entry == entry(USED[1])


def test_it_waits_also_where_that_user_does_not_run_here(live: Live) -> None:
    """The next start would load it; here it failed, and an earlier one runs."""
    failing = USER[1] + "# 2\n"
    live.folder.accept("user", failing, uses=("used",))
    live.look()
    live.registry.roll_back("user", entry(failing).version)
    assert live.registry.version("user").entry.file == entry(USER[1]).file
    live.folder.accept("used", USED[2], unjudged=(f"user@{entry(failing).version}",))
    assert live.look() == []
    assert "it was judged without user" in live.told[-1]


def test_a_used_version_that_cannot_be_loaded_keeps_its_users_back(live: Live) -> None:
    """Also one that is new, and of which others are ready already."""
    live.folder.accept("fresh", "import nothing_of_this_name\n")
    live.folder.accept("user", text("user", "fresh(x)", "fresh"), uses=("fresh",))
    assert live.look() == []
    assert "fresh, whose accepted version cannot be loaded" in live.told[-1]
    assert live.calls("user", 3) == 6
    assert live.registry.names == ["used", "user"]


def test_a_used_version_that_failed_here_keeps_no_user_back(live: Live) -> None:
    """It is contained meanwhile, and what uses it may be its repair."""
    fails = USED[1].replace("x * 2", "x // 0")
    live.folder.accept("used", fails)
    live.look()
    live.registry.roll_back("used", entry(fails).version)
    live.folder.accept("user", USER[1] + "# 2\n", uses=("used",))
    assert live.look() == ["user"]


def test_new_modules_that_import_each_other_come_in_one_step(live: Live) -> None:
    live.folder.accept(
        "box", RECORD.format(more="").replace("Point", "Box"), kind="record"
    )
    live.folder.accept("zebra", text("zebra", "Box(x=x).x", "box:Box"), uses=("box",))
    live.folder.accept("alpha", text("alpha", "zebra(x)", "zebra"), uses=("zebra",))
    assert live.look() == ["box", "zebra", "alpha"]
    assert live.calls("alpha", 4) == 4


def test_what_uses_a_changed_record_waits_for_a_restart(folder: Folder) -> None:
    """Through any chain; and nothing says that the record itself was swapped in."""
    width = text("width", "p.x", "point:Point", params="p: Point")
    outer = text("outer", "width(p)", "width point:Point", params="p: Point")
    folder.accept("point", RECORD.format(more=""), kind="record")
    folder.accept("width", width, uses=("point",))
    folder.accept("outer", outer, uses=("width",))
    live = Live(folder)
    made = live.registry.records["Point"](x=3)
    point = folder.accept("point", RECORD.format(more="y: int = 0"), kind="record")
    folder.accept("width", width.replace("p.x", "p.x + p.y"), uses=("point",))
    folder.accept("outer", outer.replace("width(p)", "width(p) + 1"), uses=("width",))
    assert (live.look(), live.look()) == ([], [])
    assert live.told[0] == (
        f"point: version {point.version} is held back: a changed record goes live with "
        "the next start; end architect up and start it again"
    )
    assert [one.split(":")[0] for one in live.told] == ["point", "outer", "width"]
    assert live.calls("outer", made) == 3
    assert not live.registry.failed("width", folder.entries["width"].version)
    again = Live(folder)
    assert again.look() == []
    assert again.calls("outer", again.registry.records["Point"](x=3, y=4)) == 8
    # Whatever lies on disk: the manifest decides.
    (folder.modules / "point.py").unlink()
    folder.accept("width", width.replace("p.x", "p.x * p.y"), uses=("point",))
    assert live.look() == []
    assert "point, and a changed record goes live with the next start" in live.told[-1]
    # Taken back, nothing waits for anything.
    folder.accept("point", RECORD.format(more=""), kind="record")
    folder.accept("width", width, uses=("point",))
    assert live.look() == ["outer"]
    assert live.held[-1] == {}


def test_a_held_version_that_had_failed_before_goes_live_once_it_may(
    live: Live,
) -> None:
    """It was accepted anew since: the hold must not make that forgotten."""
    fails = USED[1].replace("x * 2", "x // 0")
    live.folder.accept("used", fails)
    live.look()
    live.registry.roll_back("used", entry(fails).version)
    live.folder.accept("used", USED[1])
    live.look()
    live.folder.accept("used", fails, unjudged=(AT_1,))
    assert live.look() == []
    live.folder.accept("user", USER[1] + "# 2\n", uses=("used",))
    assert live.look() == ["used", "user"]


# --- what containment goes back to -------------------------------------------------

# The same call means another thing: of a fraction, then of a percentage.
PERCENT = text("used", "x * 200")
SAFE = {
    1: text("user", "used(x)", "used", ', on_failure="-1"'),
    2: text("user", "used(x) // (100 if x < 3 else 0)", "used", ', on_failure="-1"'),
}


def contained(live: Live) -> Live:
    hooks.contain = Containment(live.registry, lambda report: None).handle
    return live


def ids(live: Live, name: str) -> list[str]:
    return [version.id for version in live.registry.versions(name)]


def id_of(source: str) -> str:
    return entry(source).version


@pytest.mark.parametrize("kept_apart", [True, False])
def test_a_user_that_fails_is_not_answered_by_one_of_another_pair(
    folder: Folder, kept_apart: bool
) -> None:
    """Whether `used` was accepted without the old user or the two changed for each other."""
    folder.accept("used", USED[1])
    folder.accept("user", SAFE[1], uses=("used",))
    live = contained(Live(folder))
    without = (f"user@{id_of(SAFE[1])}",) if kept_apart else ()
    folder.accept("used", PERCENT, spec="s2", unjudged=without)
    folder.accept("user", SAFE[2], uses=("used",), spec="s2")
    assert live.look() == ["used", "user"]
    assert live.calls("user", 2) == 4
    assert live.calls("user", 3) == -1
    assert ids(live, "user") == [id_of(SAFE[2])]


def test_nor_is_a_used_version_that_fails_answered_by_the_one_before(
    folder: Folder,
) -> None:
    fails = text("used", "x * 200 // (x < 3)", more=', on_failure="-100"')
    folder.accept("used", USED[1])
    folder.accept("user", SAFE[1], uses=("used",))
    live = contained(Live(folder))
    folder.accept("used", fails, spec="s2", unjudged=(f"user@{id_of(SAFE[1])}",))
    over = text("user", "used(x) // 100", "used")
    folder.accept("user", over, uses=("used",), spec="s2")
    live.look()
    assert (live.calls("user", 2), live.calls("user", 3)) == (4, -1)


def test_what_uses_it_through_any_chain_goes_back_to_nothing_before_it(
    live: Live,
) -> None:
    top = [text("top", f"user(x) + {n}", "user") for n in range(3)]
    for version in top[:2]:
        live.folder.accept("top", version, uses=("user",))
        live.look()
    assert ids(live, "top") == [id_of(top[0]), id_of(top[1])]
    live.folder.accept("used", USED[1] + "# repaired\n")
    live.look()
    assert ids(live, "top") == [id_of(top[0]), id_of(top[1])], "by the same spec"
    # The gate judged what lives with it, and nothing before that.
    live.folder.accept("used", PERCENT, spec="s2")
    live.look()
    assert ids(live, "top") == [id_of(top[1])]
    assert id_of(USED[1]) in ids(live, "used"), "which `top` was judged with"
    live.folder.accept("top", top[2], uses=("user",))
    live.look()
    assert ids(live, "top") == [id_of(top[1]), id_of(top[2])]
    assert ids(live, "used") == [id_of(PERCENT)]


def test_a_tick_on_the_old_pair_is_not_handed_one_of_the_new(folder: Folder) -> None:
    fails = SAFE[2].replace("-1", "-7")
    folder.accept("used", USED[1])
    folder.accept("user", fails, uses=("used",))
    live = contained(Live(folder))
    with live.registry.tick():
        folder.accept("used", PERCENT, spec="s2", unjudged=(f"user@{id_of(fails)}",))
        folder.accept("user", SAFE[1], uses=("used",), spec="s2")
        other = threading.Thread(target=live.look)
        other.start()
        other.join()
        assert live.registry["user"](3) == -7
        assert live.registry["user"](2) == 0
    assert live.calls("user", 3) == 600


# --- at a start --------------------------------------------------------------------


@pytest.fixture
def mixed(folder: Folder) -> Folder:
    """What a start finds: `used` was accepted without `user`, which was not built since."""
    used_2(folder)
    folder.accept("user", USER[1], uses=("used",))
    return folder


def test_a_start_keeps_the_user_from_running_until_another_is_accepted(
    mixed: Folder,
) -> None:
    live = Live(mixed)
    breaker = Breaker(live.registry, LiveTerms())
    why = "nobody has judged it with used as accepted now"
    assert live.look() == []
    assert live.registry.barred("user") == why
    with pytest.raises(Barred, match=why) as caught:
        live.calls("user", 3)
    assert caught.value.hint == "architect generate user"
    assert breaker.stop_reason() == f"user has no safe answer: {why}"
    assert (
        Breaker(live.registry, LiveTerms(harmless=frozenset({"user"}))).stop_reason()
        == ""
    )
    mixed.accept("user", USER[2], uses=("used",))
    assert live.look() == ["user"]
    assert (live.registry.barred("user"), breaker.stop_reason()) == ("", "")
    assert live.calls("user", 3) == 30


def test_a_failed_newer_version_does_not_bring_the_one_back_that_nobody_judged(
    mixed: Folder,
) -> None:
    live = Live(mixed)
    mixed.accept("user", USER[2], uses=("used",))
    assert live.look() == ["user"]
    live.registry.roll_back("user", entry(USER[2]).version)
    with pytest.raises(Barred, match="nobody has judged it with used"):
        live.calls("user", 3)


def test_a_barred_user_with_a_safe_value_answers_that(folder: Folder) -> None:
    safe = text("user", "used(x)", "used", ', on_failure="-1"')
    folder.accept("used", USED[2], unjudged=(f"user@{entry(safe).version}",))
    folder.accept("user", safe, uses=("used",))
    live, seen = Live(folder), list[Any]()
    hooks.append = seen.append
    assert live.calls("user", 3) == -1
    assert [record[5] for record in seen] == ["barred"]
    assert Breaker(live.registry, LiveTerms()).stop_reason() == ""


def test_the_breaker_neither_lifts_that_bar_nor_loses_its_own(mixed: Folder) -> None:
    live = Live(mixed)
    breaker = Breaker(live.registry, LiveTerms())
    tripped = Health(((1, "aa"),) * 3, tripped_ms=1, why="it failed")
    breaker.restore({"user": Health(reset_ms=5)})
    assert live.registry.barred("user")
    breaker.restore({"user": tripped})
    breaker.reset("user")
    breaker.accepted("user", "hand")
    breaker.take_reset("user", Health(reset_ms=10**15))
    assert live.registry.barred("user")
    breaker.restore({"user": tripped})
    mixed.accept("user", USER[2], uses=("used",))
    live.look()
    assert live.registry.barred("user").startswith("its breaker is open")
    breaker.reset("user")
    assert live.registry.barred("user") == ""


def test_a_user_runs_again_once_what_it_uses_was_judged_with_it(mixed: Folder) -> None:
    """The person took the user's spec back: `architect generate` judges `used` again."""
    live = Live(mixed)
    mixed.accept("used", USED[2] + "# held by nothing\n", unjudged=(AT_1,))
    live.look()
    assert live.registry.barred("user")
    mixed.accept("used", USED[1])
    assert live.look() == ["used"]
    assert live.registry.barred("user") == ""
    assert live.calls("user", 3) == 6


def test_it_does_not_run_beside_a_version_that_lags_behind(mixed: Folder) -> None:
    registry = Registry(mixed.modules)
    manifest = read_manifest(mixed.manifest)
    registry.load(manifest)
    bar_unjudged(registry, manifest)
    unbar_judged(registry, Manifest({**mixed.entries, "used": entry(USED[1])}))
    assert registry.bars.of("user")[UNJUDGED]
    assert registry.remove("user")
    assert registry.bars.names == []
