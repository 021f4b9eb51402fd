"""The same sandbox without root: the whole folder again, as nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# To reach an interpreter in root's home folder; the worker has to give it up as well.
READ = "-all,+dac_read_search"
CORE = ("layers", "worker", "limits", "channel", "hostile", "zygote")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs util-linux")
@pytest.mark.parametrize("part", CORE)
def test_holds_as_nobody(part: str) -> None:
    folder = Path(__file__).parent
    as_nobody = (
        "setpriv --reuid=65534 --regid=65534 --clear-groups "
        f"--inh-caps={READ} --ambient-caps={READ} --bounding-set={READ}"
    )
    pytest_again = f"{sys.executable} -B -m pytest -q -p no:cacheprovider"
    done = subprocess.run(
        [
            *as_nobody.split(),
            *pytest_again.split(),
            str(folder / f"test_sandbox_{part}.py"),
        ],
        cwd=folder.parents[2],
        env={**os.environ, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
