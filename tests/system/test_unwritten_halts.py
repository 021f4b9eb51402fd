"""A halt that no disk takes is told, shown and resumed like any other, while its gateway runs."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from listener import Listener
from running_system import copy_project
from webhook import Hook

from architect.command_line import main
from architect.commands import up
from architect.config import load
from architect.system.halts import Halts
from architect.system.kill_switch import switch_file
from architect.system.news import News
from architect.system.overview import overview
from architect.system.person import Person, read_person
from architect.system.system import System
from architect.system.told import Told
from core.environment import Environment
from core.trading import kill_file
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.request_lines import answer
from core.trading.gateway.socket_server import SocketServer

NUMBERS = count(1)
LOSS = "the day has cost 1000.00 USD, the limit is 1000"
SHOWN = f"{LOSS}; it cannot be written, so it ends with the gateway"
LINE = {"kind": "halt", "reason": LOSS}


@pytest.fixture
def root(reachable_tmp: Path) -> Path:
    """A project whose path leaves room for a socket's."""
    return copy_project(reachable_tmp / f"unwritten{next(NUMBERS)}")


class Gateway:
    """What a gateway answers the person in charge. Its switch's folder is not there."""

    def __init__(self, root: Path, socket: Path) -> None:
        self.switch = KillSwitch(switch_file(load(root, process={}).project))
        methods = {
            "status": lambda: {"halted": self.switch.reason()},
            "resume": self.switch.resume,
        }
        socket.parent.mkdir(parents=True, exist_ok=True)
        self.answer: Callable[[bytes], bytes] = partial(answer, methods, redact=str)
        self.server = SocketServer(socket, lambda line: self.answer(line))
        self.server.start()


@pytest.fixture
def gateway(root: Path) -> Iterator[Gateway]:
    made = Gateway(root, root / ".architect/run/gateway.sock.admin")
    yield made
    made.server.close()


def test_a_halt_that_no_disk_takes_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told(tmp_path / "told.json")
    with Hook() as hook:
        settings = Environment({"NOTIFY_WEBHOOK_URL": hook.url})
        with Person(read_person(settings)) as person:
            switch = tmp_path / "no such folder/halt"
            halts = Halts(switch, person, told, up._say)
            halts.begin()
            up._line(News(person, told), halts, "gateway", LINE)
            for _ in range(3):
                halts.look()
        assert hook.told("halt") == [f"architect: halt: {SHOWN}"]
    assert capsys.readouterr().err == f"HALTED: {SHOWN}; exits and stops still pass\n"


def test_one_that_is_written_is_told_by_its_file_alone(tmp_path: Path) -> None:
    told, person = Told(tmp_path / "told.json"), Listener()
    halts = Halts(tmp_path / "halt", person, told, lambda _: None)
    halts.begin()
    kill_file.write(tmp_path / "halt", LOSS)
    up._line(News(person, told), halts, "gateway", LINE)
    assert person.heard == []
    for _ in range(3):
        halts.look()
    assert person.heard == [("halt", f"halt: {LOSS}")]


def test_a_reason_more_that_the_file_does_not_take_is_told(tmp_path: Path) -> None:
    told, person = Told(tmp_path / "told.json"), Listener()
    kill_file.write(tmp_path / "halt", "by hand")
    halts = Halts(tmp_path / "halt", person, told, lambda _: None)
    up._line(News(person, told), halts, "gateway", LINE)
    assert person.heard == [("halt", f"halt: {SHOWN}")]


def test_it_is_resumed(
    root: Path, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.switch.halt(LOSS)
    capsys.readouterr()
    assert main(["resume", "--root", str(root)]) == 0
    assert capsys.readouterr().err == f"resumed; it was halted for: {LOSS}\n"
    assert gateway.switch.reason() is None
    assert main(["resume", "--root", str(root)]) == 0
    assert capsys.readouterr().err == "it was not halted\n"


def test_one_that_a_disk_takes_by_now_is_resumed_too(
    root: Path, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.switch.halt(LOSS)
    (root / ".architect/gateway").mkdir()
    capsys.readouterr()
    assert main(["resume", "--root", str(root)]) == 0
    assert capsys.readouterr().err == f"resumed; it was halted for: {LOSS}\n"
    assert gateway.switch.reason() is None
    assert not (root / ".architect/gateway/halt").exists()


def test_it_is_resumed_where_the_path_is_too_long_for_a_socket(
    reachable_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket is elsewhere then, and the system says where."""
    deep = copy_project(reachable_tmp / f"{next(NUMBERS)}{'x' * 90}")
    (deep / ".architect/run").mkdir(parents=True)
    config = load(deep, process={})

    def start(name: str, *_: Any) -> dict[str, str]:
        return {"admin_socket": f"{system.socket}.admin"}

    with System(config, paper_url="http://127.0.0.1:1") as system:
        monkeypatch.setattr(system, "_start", start)
        gateway = Gateway(deep, Path(f"{system.socket}.admin"))
        system.start_gateway()
        gateway.switch.halt(LOSS)
        assert main(["resume", "--root", str(deep)]) == 0
        assert gateway.switch.reason() is None
        gateway.server.close()


def test_a_gateway_that_does_not_answer_is_no_word_that_nothing_is_halted(
    root: Path, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answer = lambda line: b"\n"
    assert main(["resume", "--root", str(root)]) == 1
    assert (
        "does not say whether it is halted: status: no answer"
        in capsys.readouterr().err
    )


def test_status_shows_it(
    root: Path, gateway: Gateway, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    gateway.switch.halt(LOSS)
    capsys.readouterr()
    main(["status", "--root", str(root)])
    assert f"HALTED: {LOSS}; architect resume" in capsys.readouterr().err
    monkeypatch.setattr("architect.system.overview.queried", lambda url, rows: {})
    assert overview(load(root, process={}), "")["halted"] == LOSS


def test_a_file_system_that_is_read_only_holds_no_halt_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a one refuses to take a file away also where there is none."""

    def unlink(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    switch = KillSwitch(tmp_path / "no such folder/halt")
    switch.halt(LOSS)
    monkeypatch.setattr(Path, "unlink", unlink)
    switch.resume()
    assert switch.reason() is None
    (tmp_path / "halt").write_text("by hand")
    with pytest.raises(OSError, match="Read-only"):
        KillSwitch(tmp_path / "halt").resume()
