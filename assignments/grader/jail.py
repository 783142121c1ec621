"""What a submission may see and use, and the command that starts its process with no more.

Where bubblewrap (``bwrap``) is installed and works, it gives a process a view of its own: the paths
listed by `readable_paths`, an empty disk, no network and no process but its own. Elsewhere, as on
macOS, what is left is a user of its own where root runs the grader, limits on resources, and the
ending of what was started; `Isolation.missing` says what that does not cover, and how to get it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterable
from pathlib import Path

from assignments.grader import calls

HERE = Path(__file__).resolve().parent
# A user id of each submission's own, far above those of people and of containers.
FIRST_USER_ID = 2_000_000_000

MIB = 2**20
GET_BUBBLEWRAP = (
    "install it, as with `apt-get install bubblewrap` on Debian and Ubuntu or `dnf install "
    "bubblewrap` on Fedora; macOS has none, so grade there in a virtual machine with Linux"
)

# Where a system has its own programs and libraries. Not all of /usr: people keep things in
# /usr/local/share, /usr/local/src and the like, too.
SYSTEM = tuple(
    Path(home, name)
    for home, names in (
        ("/", "bin lib lib32 lib64 sbin"),
        ("/usr", "bin lib lib32 lib64 libexec libx32 sbin share local/bin local/lib local/lib64"),
    )
    for name in names.split()
)
# Of /etc, what programs need to start, to draw text and to tell the time; nothing of people.
ETC = ("ld.so.cache", "ld.so.conf", "fonts", "localtime", "alternatives", "mime.types")
_START = "import sys; sys.path.insert(0, sys.argv[1]); from inside import sandbox; "
_START += "sandbox.main(sys.argv[2])"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    memory_bytes: int = 3 * 2**30
    disk_bytes: int = 256 * MIB
    file_bytes: int = 128 * MIB
    processes: int = 64
    cpu_seconds: int = 600


@dataclasses.dataclass(frozen=True)
class Isolation:
    """What this machine can do to shut a submission in.

    Attributes
    ----------
    bwrap
        The path of a bubblewrap that works here, or None.
    own_user
        Whether root runs the grader, and gives each submission a user id of its own.
    trouble
        Why there is no bubblewrap, in words for an instructor.
    """

    bwrap: str | None
    own_user: bool
    trouble: str = ""

    def missing(self) -> list[str]:
        """Return what a submission is not kept from here, and how to get it, for an instructor."""
        if self.bwrap and calls.refused():
            return []
        if self.bwrap:
            unknown = (
                "shared memory, keyrings and namespaces are open to submissions: the grader does "
                f"not know this machine's system calls ({platform.machine()}); use one with a "
                "64-bit processor by Intel, AMD or ARM"
            )
            return [unknown]
        found = [
            "the network and files that your own user can read are not hidden from submissions: "
            + self.trouble
        ]
        if not self.own_user:
            found.append("submissions run as your own user: run the grader as root, which gives "
                         "each a user without rights, or as a user made for it")  # fmt: skip
        return found


@dataclasses.dataclass(frozen=True)
class Jail:
    """All that decides how a submission's process is shut in.

    Attributes
    ----------
    isolation, limits
        What this machine can do, and what a submission may use.
    readable
        What a submission may read, besides the system's own programs.
    hidden
        Folders that it may not see, even where they lie below a readable one.
    """

    isolation: Isolation
    limits: Limits
    readable: tuple[Path, ...]
    hidden: tuple[Path, ...]

    def command(
        self, line: int, user: int | None, folder: Path, processes: int, preload: Iterable[str],
        refused: int,
    ) -> list[str]:  # fmt: skip
        """Return the command that starts a student's process.

        Parameters
        ----------
        line
            The file descriptor of its socket to the judge.
        user
            The user id that it takes, None for that of the grader.
        folder
            Where it works; with bubblewrap, a path inside of its own view.
        processes
            How many processes (with their threads) its user may have.
        preload
            Modules to import before time counts.
        refused
            The file descriptor of a filter; see `calls`.
        """
        limits = {
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": self.limits.file_bytes,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CPU": self.limits.cpu_seconds,
            "RLIMIT_NPROC": processes,
        }
        if sys.platform == "linux":
            # Not RLIMIT_AS: torch reserves address space that it never touches.
            limits["RLIMIT_DATA"] = self.limits.memory_bytes
        settings = json.dumps({"line": line, "user": user, "folder": str(folder), "limits": limits,
                               "path": [str(_convcost().parent)],
                               "preload": list(preload)})  # fmt: skip
        python = [sys.executable, "-I", "-B", "-c", _START, str(HERE), settings]
        if not self.isolation.bwrap:
            return python
        bwrap, disk_bytes = self.isolation.bwrap, self.limits.disk_bytes
        return [*view(bwrap, self.readable, self.hidden, user, disk_bytes, refused), *python]


def view(
    bwrap: str,
    readable: Collection[Path],
    hidden: Iterable[Path],
    user: int | None,
    disk_bytes: int,
    refused: int,
) -> list[str]:
    """Return bubblewrap's part of a command: a view of nothing but what is named here.

    Parameters
    ----------
    bwrap
        The path of the program.
    readable, hidden
        What can be read besides the system's programs, and what can't though it lies below that.
    user
        The user id that the process will take, None if it stays who it is.
    disk_bytes
        The size of the empty disk, which is memory.
    refused
        The file descriptor of a filter (see `calls`), which the program inherits.
    """
    # A new session has no terminal to type into. Root needs no user namespace, and keeps for the
    # first moments the right to become the submission's user; anybody else needs the namespace.
    command = [bwrap, "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid",
               "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]  # fmt: skip
    command += ["--cap-drop", "ALL"]
    if calls.refused():
        command += ["--seccomp", str(refused)]
    if user is None:
        command += ["--unshare-user"]
    else:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--size", str(disk_bytes), "--perms", "1777", "--tmpfs", "/tmp"]
    command += ["--size", str(disk_bytes), "--perms", "1777", "--tmpfs", "/dev/shm"]
    command += ["--perms", "0755", "--dir", "/etc"]
    for name in ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    made: set[Path] = {Path("/"), Path("/tmp")}
    for path in [*SYSTEM, *readable]:
        # Bubblewrap itself would make the folders above for its own user alone.
        for folder in reversed(path.parents):
            if folder not in made:
                command += ["--perms", "0755", "--dir", str(folder)]
                made.add(folder)
        if path in SYSTEM and path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path in readable or path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    for path in hidden:
        if any(path.is_relative_to(parent) for parent in [*SYSTEM, *readable]):
            command += (["--tmpfs", str(path), "--remount-ro", str(path)] if path.is_dir()
                        else ["--ro-bind", "/dev/null", str(path)])  # fmt: skip
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a student's process: none of the instructor's."""
    found = {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "USER": "student",
             "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # fmt: skip
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        if name in os.environ:
            found[name] = os.environ[name]
    return found


def _convcost() -> Path:
    specification = importlib.util.find_spec("convcost")
    if specification is None or specification.origin is None:
        raise RuntimeError("the package convcost can't be found: run the grader with the book's "
                           "environment, as `make grade` does")  # fmt: skip
    return Path(specification.origin).resolve().parent


def readable_paths() -> tuple[Path, ...]:
    """Return what a submission may read: this Python, its packages, convcost, and `inside`.

    Not the folders of `sys.path` as such: one of them is the whole repository.
    """
    found = {_convcost(), HERE / "inside"}
    installed = Path(sys.executable).resolve().parents[1]
    for prefix in {Path(sys.prefix), Path(sys.base_prefix), installed}:
        found |= {prefix / name for name in ("bin", "lib", "lib64", "pyvenv.cfg")}
    paths = sysconfig.get_paths()
    found |= {Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found = {path for path in found if path.exists()
             and not any(path.is_relative_to(home) for home in SYSTEM)}  # fmt: skip
    # A tree is shown whole, so what lies in one already needs nothing.
    return tuple(sorted(path for path in found
                        if not any(path != other and path.is_relative_to(other)
                                   for other in found)))  # fmt: skip


def available(wanted: bool = True) -> Isolation:
    """Return what can be had here, by trying it.

    Parameters
    ----------
    wanted
        False leaves bubblewrap aside, even where it works.
    """
    root = os.geteuid() == 0
    bwrap = shutil.which("bwrap")
    if not wanted:
        words = 'the run was told to do without it (OPTIONS="--no-bubblewrap")'
        return Isolation(None, root, words)
    if bwrap is None:
        return Isolation(None, root, f"bubblewrap (bwrap) is not installed: {GET_BUBBLEWRAP}")
    user = FIRST_USER_ID + os.getpid() if root else None
    drop = f"import os; os.setgroups([]); os.setgid({user}); os.setuid({user})" if root else "pass"
    try:
        with calls.filter_file() as refused:
            command = view(bwrap, readable_paths(), [], user, MIB, refused)
            tried = subprocess.run(
                [*command, sys.executable, "-I", "-S", "-c", drop], capture_output=True, text=True,
                errors="replace", timeout=60, check=False, pass_fds=[refused],
            )  # fmt: skip
        words = tried.stderr.strip().rpartition("\n")[2] if tried.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        words = str(error)
    if words or tried.returncode:
        return Isolation(None, root, f"bubblewrap does not work here ({words[:200]}): the kernel "
                         "may keep namespaces for root, so run the grader as root, or ask the "
                         "machine's administrator")  # fmt: skip
    return Isolation(bwrap, root)


def check_that_it_can_run(isolation: Isolation, readable: Iterable[Path]) -> None:
    """Raise RuntimeError if a user without rights could not use this Python."""
    if isolation.bwrap or not isolation.own_user:
        return  # in a view of its own, all that is shown can be reached
    closed = [
        at for path in readable for at in [path, *path.parents] if not at.stat().st_mode & 0o001
    ]
    closed = [at for at in closed if at.is_dir()]
    if closed:
        raise RuntimeError(
            f"{closed[0]} is closed to other users, so submissions, which root runs as a user "
            "without rights, could not use this Python: install it where all may read, or "
            f"use bubblewrap: {GET_BUBBLEWRAP}"
        )
