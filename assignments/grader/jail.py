"""Shut a process in: no files of others, no network, few rights, limits; and end all it started.

Linux gives namespaces to root, and on many machines to anyone. Where the kernel does not, or on
macOS, what is left is said by `available`: limits, and the killing of every descendant. Nothing
here runs a student's code; `keep` forks the process that does, and stays outside of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import psutil

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # fmt: skip
_BIND, _REC, _PRIVATE, _NOSUID, _NODEV, _DETACH = 0x1000, 0x4000, 0x40000, 0x2, 0x4, 0x2
_AT_RECURSIVE, _ATTR_RDONLY, _ATTR_NOSUID = 0x8000, 0x1, 0x2
_MOUNT_SETATTR = 442  # the same number on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 1, 38, 36
_PR_CAPBSET_DROP, _PR_SET_DUMPABLE = 24, 4
# A uid of each sandbox's own, far above those of people and of containers.
_FIRST_UID = 2_000_000_000

MIB = 2**20


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
    """What this machine can do: `namespaces` hide files, network and other processes."""

    namespaces: bool
    own_user: bool

    def missing(self) -> list[str]:
        """Return what a submission is not kept from here, in words for an instructor."""
        found = []
        if not self.namespaces:
            found.append("the network and files that your own user can read are not hidden from "
                         "submissions: this kernel gives no namespaces")  # fmt: skip
            if not self.own_user:
                found.append("submissions run as your own user: run the grader as root, "
                             "which drops to a user without rights, or as a user made "
                             "for it")  # fmt: skip
        return found


def available(wanted: bool = True) -> Isolation:
    """Return what can be had here, by trying it in a process of its own."""
    root = os.geteuid() == 0
    namespaces = False
    if wanted and sys.platform == "linux" and os.uname().machine in _PIVOT_ROOT:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                _unshare(root)
                inner = os.fork()
                if inner == 0:
                    _new_root([], 2**20)
                    os._exit(0)
                status = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
            except OSError as error:
                os.write(2, f"no namespaces: {error}\n".encode())
            finally:
                os._exit(1 if status else 0)
        namespaces = os.waitpid(child, 0)[1] == 0
    return Isolation(namespaces=namespaces, own_user=root)


# -- the system's own calls ------------------------------------------------------------------------


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    arguments = (source.encode(), str(target).encode(), kind.encode())
    _checked(_libc().mount(*arguments, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def _prctl(option: int, value: int) -> None:
    _checked(_libc().prctl(option, value, 0, 0, 0), f"prctl {option}")


def die_with_parent() -> None:
    """Let the kernel end this process when the one that forked it ends (Linux)."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _unshare(root: bool) -> None:
    """Leave the namespaces of this machine; the next child is the first of its own."""
    flags = _NEWUTS | _NEWIPC | _NEWPID | _NEWNET | (0 if root else _NEWUSER)
    user, group = os.geteuid(), os.getegid()
    _checked(_libc().unshare(flags), "unshare")
    if not root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def _bind_for_reading(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(str(source), target, "", _BIND | _REC)
    wanted = _MountAttributes(set=_ATTR_RDONLY | _ATTR_NOSUID)
    result = _libc().syscall(
        _MOUNT_SETATTR, -100, str(target).encode(), _AT_RECURSIVE,
        ctypes.byref(wanted), ctypes.sizeof(wanted),
    )  # fmt: skip
    _checked(result, f"making {source} read-only")


def _new_root(shown: list[Path], disk_bytes: int) -> None:
    """Move to a root of nothing but the system's programs, what is shown, and an empty disk."""
    # Of its own, or the process outside would move along.
    _checked(_libc().unshare(_NEWNS), "unshare")
    _mount("none", Path("/"), "", _REC | _PRIVATE)
    root = Path("/tmp")  # any folder that exists: the new root covers it, for this process only
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, f"size={disk_bytes},mode=755")
    # What is shown may lie below the folder just covered, so the old root is reached another way.
    old = root / ".old"
    for folder in ("proc", "dev", "etc", ".old"):
        (root / folder).mkdir()
    for folder in ("tmp", "dev/shm"):
        (root / folder).mkdir()
        (root / folder).chmod(0o1777)
    os.chdir(root)
    _checked(_libc().syscall(_PIVOT_ROOT[os.uname().machine], b".", b".old"), "pivot_root")
    os.chdir("/")
    old, root = Path("/.old"), Path("/")
    # What covered the old /tmp was moved to be the root, so nothing hides the files below it.
    for name in ("usr", "bin", "lib", "lib64", "sbin"):
        path = old / name
        if path.is_symlink():
            (root / name).symlink_to(path.readlink())
        elif path.is_dir():
            _bind_for_reading(path, root / name)
    for name in (
        "ld.so.cache",
        "ld.so.conf",
        "fonts",
        "ssl",
        "localtime",
        "alternatives",
        "mime.types",
    ):
        if (old / "etc" / name).exists():
            _bind_for_reading(old / "etc" / name, root / "etc" / name)
    for name in ("null", "zero", "full", "random", "urandom"):
        (root / "dev" / name).touch()
        _mount(str(old / "dev" / name), root / "dev" / name, "", _BIND)
    for name, target in {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        (root / "dev" / name).symlink_to(f"/proc/self/{target}")
    for path in shown:
        inside = old / path.relative_to("/")
        if not (root / path.relative_to("/")).exists() and inside.exists():
            _bind_for_reading(inside, path)
    _mount("proc", root / "proc", "proc", _NOSUID | _NODEV)
    _checked(_libc().umount2(b"/.old", _DETACH), "leaving the old root")
    Path("/.old").rmdir()


def _drop_rights(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if sys.platform != "linux":
        return
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    # Version 3 of the call: rights as three sets of two words, all empty.
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _checked(_libc().capset(header, (ctypes.c_uint32 * 6)()), "capset")


def _limit(limits: Limits) -> None:
    def at_most(kind: int, wanted: int) -> None:
        hard = resource.getrlimit(kind)[1]
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (wanted, wanted))

    at_most(resource.RLIMIT_CORE, 0)
    at_most(resource.RLIMIT_FSIZE, limits.file_bytes)
    at_most(resource.RLIMIT_NOFILE, 256)
    at_most(resource.RLIMIT_CPU, limits.cpu_seconds)
    if sys.platform == "linux":
        # Not RLIMIT_AS: torch reserves address space that it never touches.
        at_most(resource.RLIMIT_DATA, limits.memory_bytes)


def _limit_processes(count: int, shared_user: bool) -> None:
    """Bound the processes of this user: all of the sandbox's, or those of the person besides."""
    if shared_user:
        me = os.getuid()
        for process in psutil.process_iter(["uids", "num_threads"]):
            uids = process.info["uids"]
            count += process.info["num_threads"] or 1 if uids and uids.real == me else 0
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    count = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (count, count))


# -- the keeper ------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Confined:
    """A process that runs a student's code, and how it is shut in.

    Attributes
    ----------
    run
        What the process does.
    kept
        File descriptors that it keeps; the first two are its standard output.
    isolation, limits
        What is kept from it.
    shown
        Folders that it may read, besides the system's own.
    folder
        Where it works, when there is no namespace to give it an empty disk.
    """

    run: Callable[[], None]
    kept: list[int]
    isolation: Isolation
    limits: Limits
    shown: list[Path]
    folder: Path


def keep(line: socket.socket, confined: Confined) -> None:
    """Fork the process that runs a student's code, watch it, and end all that it started.

    Parameters
    ----------
    line
        To the judge. ``i`` interrupts, anything else or its end kills. Before this returns,
        one word goes back: why the process ended.
    confined
        The process.
    """
    try:
        reason = _keep(line, confined)
    except Exception as error:
        # Not the student's fault, so it must not look like it.
        traceback.print_exc()
        reason = f"broken: {type(error).__name__}: {error}"
    line.setblocking(False)
    with contextlib.suppress(OSError):  # the judge is gone, or waits no longer
        line.send(reason[:900].encode())


def _keep(line: socket.socket, confined: Confined) -> str:
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    root = os.geteuid() == 0
    user = _FIRST_UID + os.getpid() if root else None
    ready, told = os.pipe()
    if confined.isolation.namespaces:
        _unshare(root)
    first = os.fork()
    if first == 0:
        try:
            os.close(ready)
            _first(confined, user)
        except BaseException as error:
            os.write(told, f"{type(error).__name__}: {error}"[:500].encode())
        finally:
            os._exit(99)
    os.close(told)
    for file in confined.kept:
        os.close(file)
    try:
        reason = _watch(line, first, user, confined)
    finally:
        _end(user)
    trouble = os.read(ready, 1000).decode(errors="replace") if _readable(ready) else ""
    return f"broken: {trouble}" if trouble else reason


def _readable(file: int) -> bool:
    return bool(select.select([file], [], [], 0)[0])


def _first(confined: Confined, user: int | None) -> None:
    """Be the first process of the sandbox: shut in, start the student's, wait for it."""
    kept, limits, folder = confined.kept, confined.limits, confined.folder
    namespaces = confined.isolation.namespaces
    die_with_parent()
    if sys.platform == "linux":
        # Without it the machine chooses whom to end when memory runs out.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    if namespaces:
        _new_root(confined.shown, limits.disk_bytes)
        folder = Path("/student")
        folder.mkdir()
        Path("/etc/passwd").write_text(f"student:x:{user or os.getuid()}:0::/student:/bin/sh\n")
    if user is not None:
        os.chown(folder, user, user)
    os.chdir(folder)
    student = os.fork()
    if student == 0:
        try:
            os.setsid()
            for number, file in enumerate([kept[0], kept[0], *kept[1:]], 1):
                os.dup2(file, number + 40)
            nothing = os.open("/dev/null", os.O_RDONLY)
            os.dup2(nothing, 0)
            for number in range(len(kept) + 1):
                os.dup2(number + 41, number + 1)
            os.closerange(len(kept) + 2, 4096)
            os.environ.clear()
            os.environ.update(HOME=str(folder), TMPDIR="/tmp", LANG="C.UTF-8", PATH="/usr/bin:/bin",
                              USER="student", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")  # fmt: skip
            _limit(limits)
            shared = user is None and not namespaces
            _drop_rights(user)
            die_with_parent()
            _limit_processes(limits.processes, shared)
            confined.run()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    signal.signal(signal.SIGINT, lambda *_: os.kill(student, signal.SIGINT))
    for file in kept:
        os.close(file)
    while True:
        ended, status = os.wait()
        if ended == student:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _members(user: int | None) -> list[psutil.Process]:
    """Return all processes of the sandbox, also those that left their parents."""
    found = {process.pid: process for process in psutil.Process().children(recursive=True)}
    if user is not None:
        for process in psutil.process_iter(["uids"]):
            if process.info["uids"] and process.info["uids"].real == user:
                found[process.pid] = process
    return list(found.values())


def _memory_bytes(processes: list[psutil.Process]) -> int:
    total = 0
    for process in processes:
        try:
            if sys.platform == "linux":
                total += process.memory_full_info().pss
            else:
                total += process.memory_info().rss
        except psutil.Error:
            continue  # it ended, or may not be looked at
    return total


def _disk_bytes(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_blocks * 512
            except OSError:
                continue  # removed meanwhile
    return total


def _watch(line: socket.socket, first: int, user: int | None, confined: Confined) -> str:
    limits = confined.limits
    pause = 0.05
    while True:
        if select.select([line], [], [], pause)[0]:
            if line.recv(1) != b"i":
                return "killed"
            with contextlib.suppress(ProcessLookupError):
                os.kill(first, signal.SIGINT)
            continue
        ended, status = os.waitpid(first, os.WNOHANG)
        if ended:
            return f"exit {os.waitstatus_to_exitcode(status)}"
        pause = min(0.2, pause * 1.5)
        if _memory_bytes(_members(user)) > limits.memory_bytes:
            return "memory"
        hidden = confined.isolation.namespaces
        if not hidden and _disk_bytes(confined.folder) > limits.disk_bytes:
            return "disk"


def _end(user: int | None) -> None:
    """Kill until nobody is left; with a namespace of processes, its first takes all along."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        members = _members(user)
        for process in members:
            try:
                process.suspend()  # what stands still starts no more
            except psutil.Error:
                continue
        for process in members:
            try:
                process.kill()
            except psutil.Error:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            if not members:
                return
        time.sleep(0.005)
