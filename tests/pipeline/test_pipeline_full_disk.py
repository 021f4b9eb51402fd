"""A full disk, a limit and a missing right: a clear error, and nothing is lost."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_cli import architect, command
from pipeline_project import Bench, assert_whole, make_project, record_answers

from architect.atomic import write
from architect.gate.gate import Gate
from core.errors import WriteFailed
from core.manifest import read_manifest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes, for real."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fill a file system but for `leave` bytes."""
    ballast = folder / "project/.architect/ballast"
    ballast.parent.mkdir(exist_ok=True)
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with ballast.open("wb") as file:
        file.write(b"x" * max(0, free - leave))
    return ballast


@pytest.mark.parametrize("leave", [0, 8_000, 16_000, 24_000, 32_000, 48_000])
def test_a_full_disk_is_told_and_the_next_run_completes(
    small_disk: Path, pipeline_gate: Gate, leave: int
) -> None:
    bench = Bench(make_project(small_disk / "project"), pipeline_gate)
    record_answers(bench.project)
    ballast = fill(small_disk, leave)
    outcome = bench.generate()
    # It stops at the first module: nobody is asked for what cannot be kept.
    assert len(outcome.failed) == 1
    error = next(iter(outcome.failed.values()))
    assert "free some disk space" in (error.hint or ""), str(error)
    read_manifest(bench.project.manifest)
    ballast.unlink()
    assert bench.generate().ok
    assert bench.asked == []
    assert_whole(bench.project)


def test_the_command_tells_a_full_disk(small_disk: Path) -> None:
    project = make_project(small_disk / "project")
    record_answers(project)
    fill(small_disk, 0)
    done = architect(project.root, "generate")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "hint: free some disk space" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_limit_on_file_sizes_is_told_and_the_next_run_completes(bench: Bench) -> None:
    record_answers(bench.project)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    done = subprocess.run(
        command("generate"), cwd=bench.project.root, preexec_fn=limit,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "ulimit -f" in done.stderr
    assert "Traceback" not in done.stderr
    assert bench.generate().ok
    assert_whole(bench.project)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from architect.atomic import write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "write(Path(sys.argv[1]), b'x' * 11)"
    )
    path = tmp_path / "file"
    write(path, b"old")
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True
    )
    assert "WriteFailed: cannot write" in done.stderr
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_is_replaced_keeps_its_mode_and_a_new_one_follows_umask(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    before = os.umask(0o077)
    try:
        write(path, b"one")
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o664)
        write(path, b"two")
    finally:
        os.umask(before)
    assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o664, b"two")


@pytest.fixture
def read_only(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A checkout that cannot be written: by its modes, for root by its mount."""
    if os.geteuid() == 0:
        disk: Path = request.getfixturevalue("small_disk")
        root = make_project(disk / "project").root
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield root
        return
    root = make_project(tmp_path / "project").root
    subprocess.run(["chmod", "-R", "a-w", str(root)], check=True)
    yield root
    subprocess.run(["chmod", "-R", "u+w", str(root)], check=True)


@pytest.mark.parametrize("words", [["generate"], ["adopt", "fee"], ["rollback", "fee"]])
def test_a_read_only_checkout_is_told(read_only: Path, words: list[str]) -> None:
    done = architect(read_only, *words)
    assert done.returncode == 1
    assert f"error: cannot write {read_only}/.architect" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    (tmp_path / "file/inside").touch()
    with pytest.raises(WriteFailed, match=os.strerror(errno.EISDIR)):
        write(tmp_path / "file", b"x")
    assert os.listdir(tmp_path) == ["file"]
