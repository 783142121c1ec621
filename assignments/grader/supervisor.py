"""The process beside a student's: it starts it, watches it, and ends it with all it started.

It is forked by the judge and outlives it, so that nothing is left when the judge is killed. None of
a student's code runs in it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import psutil

from assignments.grader import calls
from assignments.grader.jail import FIRST_USER_ID, Jail, environment

# A variable by which a submission's processes are known, also those that left their parents.
MARK = "GRADER_SUBMISSION"
SECONDS_TO_END = 20.0


@dataclasses.dataclass(frozen=True)
class Started:
    """A student's process, as the supervisor knows it.

    Attributes
    ----------
    process
        What was started: the process itself, or bubblewrap, whose grandchild it is.
    user
        The user id that it alone has, or None.
    mark
        The value of the variable `MARK` in its environment.
    bubblewrap
        Whether the kernel ends all processes of the jail with its first.
    """

    process: subprocess.Popen[bytes]
    user: int | None
    mark: str
    bubblewrap: bool


def supervise(
    control: socket.socket, inherited_fds: tuple[int, int], jail: Jail, preload: tuple[str, ...]
) -> None:
    """Start a student's process, watch it, and end it with all that it started.

    Parameters
    ----------
    control
        To the judge. ``i`` interrupts the process; anything else, or the end of the line, ends it.
        Before this returns, one message goes back: why it ended.
    inherited_fds
        What the process inherits: the pipe for what it prints, and its socket to the judge.
    jail
        How it is shut in.
    preload
        Modules that it imports before its time counts.
    """
    try:
        with tempfile.TemporaryDirectory(
            prefix="submission-", ignore_cleanup_errors=True
        ) as folder:
            reason = _supervise(control, inherited_fds, jail, preload, Path(folder))
    except Exception as error:
        # Not the student's fault, so it must not look like it.
        traceback.print_exc()
        reason = f"broken: {type(error).__name__}: {error}"
    control.setblocking(False)
    with contextlib.suppress(OSError):  # the judge is gone, or waits no longer
        control.send(reason[:900].encode())


def _supervise(
    control: socket.socket, inherited_fds: tuple[int, int], jail: Jail, preload: tuple[str, ...],
    folder: Path,
) -> str:  # fmt: skip
    printed, line = inherited_fds
    bubblewrap = jail.isolation.bwrap is not None
    user = FIRST_USER_ID + os.getpid() if jail.isolation.own_user else None
    if user is not None and not bubblewrap:
        os.chown(folder, user, user)
    inside = Path("/tmp/student") if bubblewrap else folder
    shared_user = user is None and not bubblewrap
    processes = jail.limits.processes + (_count_of_own_threads() if shared_user else 0)
    mark = f"{os.getpid()}-{time.time_ns()}"
    with calls.filter_file() as refused:
        process = subprocess.Popen(
            jail.command(line, user, inside, processes, preload, refused),
            stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
            pass_fds=[line, refused], cwd="/", start_new_session=True,
            env=environment(inside) | {MARK: mark},
        )  # fmt: skip
    started = Started(process, user, mark, bubblewrap)
    for file in inherited_fds:
        os.close(file)
    seen: set[psutil.Process] = set()
    try:
        return _watch(control, started, seen, jail, folder)
    finally:
        _end(started, seen)


def _count_of_own_threads() -> int:
    """Count what a limit on the person's own processes has to leave to them."""
    me, count = os.getuid(), 0
    for process in psutil.process_iter(["uids", "num_threads"]):
        uids = process.info["uids"]
        count += process.info["num_threads"] or 1 if uids and uids.real == me else 0
    return count


def _watch(
    control: socket.socket, started: Started, seen: set[psutil.Process], jail: Jail, folder: Path
) -> str:
    """Return why the process ended, or has to end; add to ``seen`` what it started."""
    pause = 0.05
    while True:
        if select.select([control], [], [], pause)[0]:
            if control.recv(1) != b"i":
                return "killed"
            _interrupt(started)
            continue
        if started.process.poll() is not None:
            return f"exit {started.process.returncode}"
        pause = min(0.2, pause * 1.5)
        members = _members(started)
        seen.update(members)
        if _memory_bytes(members) > jail.limits.memory_bytes:
            return "memory"
        if not started.bubblewrap and _disk_bytes(folder) > jail.limits.disk_bytes:
            return "disk"


def _interrupt(started: Started) -> None:
    """Send Ctrl-C to the process that runs the cells."""
    with contextlib.suppress(psutil.NoSuchProcess):
        target = psutil.Process(started.process.pid)
        if started.bubblewrap:
            # Bubblewrap's one child is the first process of the jail; the first that this one
            # started is the student's.
            for _ in range(2):
                children = target.children()
                if not children:
                    return
                target = min(children, key=lambda child: (child.create_time(), child.pid))
        target.send_signal(signal.SIGINT)


def _members(started: Started) -> list[psutil.Process]:
    """Return the processes of the submission that can be told from others right now."""
    try:
        found = set(psutil.Process(started.process.pid).children(recursive=True))
        found.add(psutil.Process(started.process.pid))
    except psutil.NoSuchProcess:
        found = set()
    if started.user is not None and not started.bubblewrap:
        for process in psutil.process_iter(["uids"]):
            if process.info["uids"] and process.info["uids"].real == started.user:
                found.add(process)
    return list(found)


def _strays(started: Started, seen: set[psutil.Process]) -> list[psutil.Process]:
    """Return those that left their parents: known from before, or by the mark they carry."""
    found = {process for process in seen if process.is_running()}
    if started.user is None and not started.bubblewrap:
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == started.mark:
                    found.add(process)
            except (psutil.Error, OSError):
                continue  # another user's, or gone
    return list(found)


def _memory_bytes(processes: list[psutil.Process]) -> int:
    total = _unmapped_bytes(processes)
    for process in processes:
        try:
            if sys.platform == "linux":
                total += process.memory_full_info().pss
            else:
                total += process.memory_info().rss
        except psutil.Error:
            continue  # it ended, or may not be looked at
    return total


def _unmapped_bytes(processes: list[psutil.Process]) -> int:
    """Count what files hold that have no name and lie in memory, as `os.memfd_create` makes them.

    What is mapped of such a file counts a second time: nothing of a student's needs one.
    """
    sizes: dict[tuple[int, int], int] = {}
    for process in processes:
        try:
            opened = list(Path(f"/proc/{process.pid}/fd").iterdir())
        except OSError:
            continue  # it ended, or may not be looked at; or there is no /proc
        for path in opened:
            try:
                if str(path.readlink()).startswith("/memfd:"):
                    status = path.stat()
                    sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
            except OSError:
                continue  # closed meanwhile
    return sum(sizes.values())


def _disk_bytes(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_blocks * 512
            except OSError:
                continue  # removed meanwhile
    return total


def _end(started: Started, seen: set[psutil.Process]) -> None:
    """Kill until none is left; of a jail, the end of the first process ends all others."""
    deadline = time.monotonic() + SECONDS_TO_END
    while time.monotonic() < deadline:
        seen.update(_members(started))
        members = [process for process in _strays(started, seen) if not _is_dead(process)]
        if not members and started.process.poll() is not None:
            return
        for process in members:
            with contextlib.suppress(psutil.Error):
                process.suspend()  # so that it starts no more while the others are killed
        for process in members:
            with contextlib.suppress(psutil.Error):
                process.kill()
        started.process.poll()
        time.sleep(0.005)


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
