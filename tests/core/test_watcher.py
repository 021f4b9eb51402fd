"""The watcher on a real folder with a real watchdog."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from core_modules import Folder, entry, halve

from core.errors import NotAccepted
from core.manifest import sha256
from core.watcher import Watcher

GOOD = halve("return x // 2")
BETTER = halve("return x >> 1")
BAD = halve("return 99")
USER = """
from core.wrapper import module
from generated.trading.zebra import zebra

@module(kind="function")
def alpha(x: int) -> int:
    return zebra(x) + 1

__all__ = ["alpha"]
"""
WAIT_S = 5.0


class Watched:
    """A registry that is watched; `heard` are the calls, in order."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.heard: queue.Queue[tuple[Any, ...]] = queue.Queue()
        self.registry = folder.registry()
        self.watcher = Watcher(
            self.registry,
            folder.manifest,
            lambda name, version: self.heard.put(("swap", name, version)),
            lambda name, digest: self.heard.put(("unaccepted", name, digest)),
            lambda message: self.heard.put(("error", message)),
            (folder.root / "pending.json", folder.root / "taking.json"),
            lambda name: self.heard.put(("removed", name)),
        )
        self.watcher.start()

    def next(self) -> tuple[Any, ...]:
        return self.heard.get(timeout=WAIT_S)

    def nothing_more(self) -> bool:
        """Tell whether no more was heard until a swap of another module was."""
        self.folder.accept("zz_last", GOOD.replace("halve", "zz_last"))
        return self.next()[:2] == ("swap", "zz_last")


@pytest.fixture
def watch(folder: Folder) -> Iterator[Callable[[], Watched]]:
    made: list[Watched] = []

    def start() -> Watched:
        made.append(Watched(folder))
        return made[-1]

    yield start
    for watched in made:
        watched.watcher.stop()


def test_an_accepted_save_goes_live(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    new = folder.accept("halve", BETTER)
    assert ("swap", "halve", new.version) in [watched.next(), *_rest(watched)]
    assert watched.registry.version("halve").id == new.version


def _rest(watched: Watched) -> list[tuple[Any, ...]]:
    # Between the two writes the file may have been seen without its entry.
    return [watched.next()] if watched.heard.qsize() else []


def test_a_save_that_nobody_accepted_is_told_once_and_not_run(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    folder.save("halve", BAD)
    assert watched.next() == ("unaccepted", "halve", sha256(BAD))
    folder.write_manifest()
    folder.save("halve", BAD)
    assert watched.nothing_more()
    assert watched.registry["halve"](8) == 4


def test_a_save_that_is_accepted_later_goes_live_then(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    folder.save("halve", BETTER)
    assert watched.next()[0] == "unaccepted"
    folder.entries["halve"] = entry(BETTER)
    folder.write_manifest()
    assert watched.next() == ("swap", "halve", entry(BETTER).version)


def test_a_save_that_is_just_being_accepted_is_not_told(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    """The file comes first and its entry second; the journal says so meanwhile."""
    folder.accept("halve", GOOD)
    watched = watch()
    (folder.root / "pending.json").write_text(f'"file": "{sha256(BETTER)}"')
    folder.save("halve", BETTER)
    watched.watcher.look()
    folder.entries["halve"] = entry(BETTER)
    folder.write_manifest()
    assert watched.next() == ("swap", "halve", entry(BETTER).version)


def test_a_write_in_place_is_seen_when_it_is_closed(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    with (folder.modules / "halve.py").open("w") as file:
        file.write(BAD[:20])
        file.flush()
        file.write(BAD[20:])
    assert watched.next() == ("unaccepted", "halve", sha256(BAD))


def test_of_a_burst_only_the_last_state_counts(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    for number in range(50):
        folder.accept("halve", halve(f"return x // 2 + 0 * {number}"))
    last = folder.accept("halve", BETTER)
    heard = [watched.next()]
    while heard[-1] != ("swap", "halve", last.version):
        heard.append(watched.next())
    assert len(heard) < 50
    assert watched.nothing_more()


def test_new_modules_are_loaded_after_those_that_they_use(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    """By name `alpha` would come before `zebra`."""
    watched = watch()
    zebra = GOOD.replace("halve", "zebra")
    folder.entries["alpha"] = entry(USER, uses=("zebra",))
    folder.entries["zebra"] = entry(zebra)
    folder.save("alpha", USER)
    folder.save("zebra", zebra)
    assert {watched.next()[:2], watched.next()[:2]} == {
        ("unaccepted", "alpha"),
        ("unaccepted", "zebra"),
    }
    folder.write_manifest()
    assert [watched.next()[:2] for _ in "12"] == [("swap", "zebra"), ("swap", "alpha")]
    assert watched.registry["alpha"](8) == 5


def test_a_version_that_was_rolled_back_is_not_loaded_again(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    bad = folder.accept("halve", BAD)
    while watched.next() != ("swap", "halve", bad.version):
        pass
    watched.registry.roll_back("halve", bad.version)
    folder.write_manifest()
    folder.save("halve", BAD)
    assert watched.nothing_more()
    assert watched.registry.version("halve").id == entry(GOOD).version


def test_a_version_that_was_rolled_back_and_is_accepted_anew_goes_live(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    """The manifest decides: what it holds would run after the next start as well."""
    folder.accept("halve", GOOD)
    watched = watch()
    for text in (BAD, BETTER, BAD):
        version = folder.accept("halve", text).version
        while watched.next() != ("swap", "halve", version):
            pass
        if text == BAD:
            watched.registry.roll_back("halve", version)
    assert watched.nothing_more(), "once for each time that it is accepted"


@pytest.mark.parametrize(
    "text", ["format: 1\nmodules: {halve: {", "\0\0", "format: 99", "[]", ""]
)
def test_a_torn_manifest_is_told_and_watching_goes_on(
    folder: Folder, watch: Callable[[], Watched], text: str
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    folder.manifest.write_text(text)
    kind, message = watched.next()
    assert kind == "error"
    assert "manifest.yaml" in message
    new = folder.accept("halve", BETTER)
    while watched.next() != ("swap", "halve", new.version):
        pass


def test_an_accepted_file_that_cannot_be_loaded_is_told_and_the_old_runs_on(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    folder.accept("halve", "import nothing_of_this_name\n")
    heard = watched.next()
    while heard[0] != "error":
        heard = watched.next()
    assert "halve.py: ModuleNotFoundError" in heard[1]
    assert watched.registry["halve"](8) == 4


def test_what_was_saved_before_the_watch_began_is_found(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    registry = folder.registry()
    folder.accept("halve", BETTER)
    heard: queue.Queue[str] = queue.Queue()
    watcher = Watcher(
        registry, folder.manifest, lambda _, v: heard.put(v), lambda *_: None, print
    )
    watcher.start()
    try:
        assert heard.get(timeout=WAIT_S) == entry(BETTER).version
    finally:
        watcher.stop()


def test_who_fails_to_take_the_news_of_a_swap_keeps_no_other_from_it(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    """All of a look is live by then; what is told of it decides on breakers and status."""
    watched = watch()
    heard = watched.heard

    def on_swap(name: str, version: str) -> None:
        heard.put(("swap", name, version))
        if name == "first":
            raise ValueError("no more of it")

    watched.watcher.on_swap = on_swap
    for name in ("first", "second"):
        folder.entries[name] = entry(GOOD.replace("halve", name))
        folder.save(name, GOOD.replace("halve", name))
    assert [watched.next()[0] for _ in "12"] == ["unaccepted"] * 2
    folder.write_manifest()
    assert [watched.next()[:2] for _ in "123"] == [
        ("swap", "first"),
        ("error", "first.py: ValueError: no more of it"),
        ("swap", "second"),
    ]
    assert watched.nothing_more(), "and watching goes on"


def test_a_look_that_stumbles_is_told_and_watching_goes_on(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    looks = iter("1")

    def on_manifest(_: object) -> None:
        for look in looks:
            raise ValueError(look)

    watched.watcher.on_manifest = on_manifest
    version = folder.accept("halve", BETTER).version
    heard = [watched.next()]
    while heard[-1][0] != "error":
        heard.append(watched.next())
    assert heard[-1] == ("error", "what is accepted: ValueError: 1")
    folder.write_manifest()
    assert watched.next() == ("swap", "halve", version)


def test_stopping_at_any_moment_is_prompt(folder: Folder) -> None:
    """Also just after the start, while the first look is under way."""
    folder.accept("halve", GOOD)
    for _ in range(10):
        watched = Watched(folder)
        watched.watcher.stop()
        assert not watched.watcher._thread.is_alive()


def test_reading_a_module_wakes_nobody(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("halve", GOOD)
    watched = watch()
    for _ in range(20):
        (folder.modules / "halve.py").read_bytes()
    (folder.modules / "notes.txt").write_text("no module")
    assert watched.nothing_more()


def test_a_module_that_was_removed_is_taken_out_with_what_used_it(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    """Users go before what they use, whatever their names are."""
    folder.accept("halve", GOOD)
    folder.accept("zebra", GOOD.replace("halve", "zebra"))
    folder.accept("alpha", USER, uses=("zebra",))
    watched = watch()
    held = watched.registry["alpha"]
    with watched.registry.tick():
        folder.remove("zebra", "alpha")
        assert [watched.next(), watched.next()] == [
            ("removed", "alpha"),
            ("removed", "zebra"),
        ]
        assert held(8) == 5  # a tick keeps what it began with
    assert watched.registry.loaded == ["halve"]
    with pytest.raises(NotAccepted, match="zebra has no accepted version"):
        watched.registry["zebra"]
    again = folder.accept("zebra", BETTER.replace("halve", "zebra"))
    assert watched.next() == ("swap", "zebra", again.version)
    assert watched.registry["zebra"](8) == 4


def test_a_file_alone_that_is_gone_takes_nothing_out(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    """Nor does a manifest that is away for a moment."""
    folder.accept("halve", GOOD)
    watched = watch()
    text = folder.manifest.read_text()
    (folder.modules / "halve.py").unlink()
    assert watched.nothing_more()
    folder.manifest.unlink()
    folder.manifest.write_text(text)
    assert watched.registry["halve"](8) == 4


def test_an_earlier_version_that_uses_what_is_gone_is_gone_too(
    folder: Folder, watch: Callable[[], Watched]
) -> None:
    folder.accept("zebra", GOOD.replace("halve", "zebra"))
    folder.accept("alpha", USER, uses=("zebra",))
    watched = watch()
    alone = folder.accept("alpha", GOOD.replace("halve", "alpha"))
    assert watched.next() == ("swap", "alpha", alone.version)
    folder.remove("zebra")
    assert watched.next() == ("removed", "zebra")
    assert watched.registry.roll_back("alpha", alone.version) is None
