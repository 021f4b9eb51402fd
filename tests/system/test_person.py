"""A person is told of what cannot wait, and nothing waits for the telling."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from running_system import CHECKOUT, copy_project, wait_for
from webhook import Hook

from architect.command_line import main
from architect.system.person import Person, read_person
from core.environment import Environment
from core.errors import ConfigError


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as found:
        yield found


def person(**settings: str) -> Person:
    values = {f"NOTIFY_{name.upper()}": text for name, text in settings.items()}
    return Person(read_person(Environment(values)))


def test_a_webhook_gets_kind_text_and_detail(hook: Hook) -> None:
    with person(webhook_url=hook.url) as found:
        found.tell("incident", "rsi failed", incident=7)
    assert hook.got == [
        {"kind": "incident", "text": "architect: rsi failed", "incident": 7}
    ]


def test_a_command_gets_the_same_as_a_line(tmp_path: Path) -> None:
    out = tmp_path / "told"
    script = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"
    with person(command=f'{sys.executable} -c "{script}"') as found:
        found.tell("halt", "halt: by hand")
        found.tell("day", "done")
    kinds = [json.loads(line)["kind"] for line in out.read_text().splitlines()]
    assert kinds == ["halt", "day"]


def test_a_command_gets_the_persons_environment_and_no_setting_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (CHECKOUT / ".env.example").read_text().splitlines()
    ours = {line.partition("=")[0] for line in lines if line[:1].isupper()}
    assert {"EXCHANGE_API_SECRET", "LLM_CODE_API_KEY", "DATABASE_URL"} <= ours
    for name in ours:
        monkeypatch.setenv(name, "s3cret")
    # What a message on a desktop needs, say.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus")
    out = tmp_path / "environment"
    script = f"import os; open({str(out)!r}, 'w').write('\\n'.join(os.environ))"
    with person(command=f'{sys.executable} -c "{script}"') as found:
        found.tell("halt", "halt: by hand")
    names = set(out.read_text().splitlines())
    assert {"PATH", "DBUS_SESSION_BUS_ADDRESS"} <= names
    assert names & ours == set()


@pytest.mark.alone
def test_telling_never_waits_and_a_slow_hook_is_given_up(
    hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    hook.hold.clear()
    with person(webhook_url=hook.url, timeout_s="0.05") as found:
        started = time.monotonic()
        for number in range(300):
            found.tell("halt", f"{number}")
        assert time.monotonic() - started < 1
    text = capfd.readouterr().err
    assert "the webhook was not told of 'halt' (too many are waiting)" in text
    assert "TimeoutError" in text
    assert "secret-path" not in text


def test_a_failing_command_is_told_of_and_the_webhook_still_gets_it(
    hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    with person(command="false", webhook_url=hook.url) as found:
        found.tell("halt", "x")
    assert len(hook.got) == 1
    text = capfd.readouterr().err
    assert "the command was not told of 'halt' (CalledProcessError)" in text


def test_each_way_says_what_it_has_delivered_and_only_that(
    hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    taken: list[str] = []
    hook.refuse = [200, 404]
    with person(webhook_url=hook.url, command="false") as found:
        for text in ("one", "two", "three"):
            found.tell("halt", text, taken=partial(taken.append, text))
    assert taken == ["one", "three"]
    assert "not told of 'halt' (HTTP 404)" in capfd.readouterr().err


def test_a_hiccup_costs_no_message(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("architect.system.person.PAUSES_S", (0.01, 0.01, 0.01))
    hook.refuse = [503, 429, 500]
    with person(webhook_url=hook.url) as found:
        found.tell("halt", "one")
        found.tell("halt", "two")
        wait_for(lambda: len(hook.got) == 2, 5)
    assert [message["text"][-3:] for message in hook.got] == ["one", "two"]
    assert "not told" not in capfd.readouterr().err


def test_what_waits_for_its_next_try_gets_it_at_the_end(hook: Hook) -> None:
    hook.refuse = [503]
    with person(webhook_url=hook.url) as found:
        found.tell("ended", "trader ended")
        wait_for(lambda: hook.asked == 1, 5)
    assert [message["kind"] for message in hook.got] == ["ended"]


def test_what_will_not_be_taken_later_is_given_up_at_once(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("architect.system.person.PAUSES_S", (60.0,))
    hook.refuse = [404]
    with person(webhook_url=hook.url) as found:
        found.tell("halt", "one")
        found.tell("halt", "two")
        wait_for(lambda: len(hook.got) == 1, 5)
    assert hook.asked == 2
    assert "the webhook was not told of 'halt' (HTTP 404)" in capfd.readouterr().err


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_webhook_that_sends_elsewhere_has_taken_nothing(
    hook: Hook, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken: list[str] = []
    hook.refuse = [status]
    with person(webhook_url=hook.url) as found:
        found.tell("halt", "one", taken=partial(taken.append, "one"))
    assert (hook.got, taken, hook.asked) == ([], [], 1)
    assert f"not told of 'halt' (HTTP {status})" in capsys.readouterr().err
    hook.refuse = [status]
    root = copy_project(tmp_path / "project")
    (root / ".env").write_text(f"NOTIFY_WEBHOOK_URL={hook.url}\n")
    assert main(["notify", "--root", str(root)]) == 1
    out, told = capsys.readouterr()
    assert out == f"webhook: not told (HTTP {status})\n"
    assert told == "hint: give NOTIFY_WEBHOOK_URL as it is redirected to\n"


def test_a_dead_webhook_does_not_hold_up_the_command(tmp_path: Path) -> None:
    out = tmp_path / "told"
    dead = "http://127.0.0.1:9/secret"
    with person(command=f"tee -a {out}", webhook_url=dead) as found:
        for number in range(3):
            found.tell("halt", str(number))
        # The webhook's first pause alone is longer.
        wait_for(lambda: out.exists() and out.read_text().count("halt") == 3, 1.5)


def test_notify_says_by_which_way_it_arrived(
    hook: Hook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_project(tmp_path / "project")
    settings = root / ".env"
    settings.write_text(f"NOTIFY_WEBHOOK_URL={hook.url}\nNOTIFY_COMMAND=true\n")
    assert main(["notify", "--root", str(root), "hello"]) == 0
    assert hook.got == [{"kind": "test", "text": "architect: hello"}]
    assert capsys.readouterr().out == "webhook: told\ncommand: told\n"
    hook.refuse = [404]
    assert main(["notify", "--root", str(root)]) == 1
    said = capsys.readouterr().out
    assert said == "webhook: not told (HTTP 404)\ncommand: told\n"
    settings.write_text("NOTIFY_COMMAND=/no/such/program\n")
    assert main(["notify", "--root", str(root)]) == 1
    out, told = capsys.readouterr()
    assert out == "command: not told (FileNotFoundError)\n"
    assert told.startswith("hint: NOTIFY_COMMAND is run without a shell: ")
    settings.write_text("")
    assert main(["notify", "--root", str(root)]) == 1
    assert "hint: set NOTIFY_WEBHOOK_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    "values",
    [
        {"NOTIFY_WEBHOOK_URL": "ftp://x/secret"},
        {"NOTIFY_COMMAND": "say 'half"},
        {"NOTIFY_TIMEOUT_S": "0"},
        {"NOTIFY_WEBHOK_URL": "https://x"},
    ],
)
def test_a_wrong_setting_is_an_error_at_the_start(values: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))) as caught:
        read_person(Environment(values))
    assert "secret" not in str(caught.value)


def test_with_neither_nothing_is_told_and_no_thread_runs() -> None:
    with person() as found:
        found.tell("halt", "x")
        assert "person" not in {thread.name for thread in threading.enumerate()}
