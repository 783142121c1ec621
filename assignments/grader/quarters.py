"""Start a process of `inside` in a jail, to which what a student sent is given; hear its answers.

Such a process reads files for the grader (`reader`) or unpacks archives (`unpacker`): work on
foreign bytes that runs none of their code.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from assignments.grader import calls, jail

START_SECONDS = 120.0
MEMORY_BYTES = 2**30

_START = "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
_START += "importlib.import_module(sys.argv[2]).main(sys.argv[3])"


class Process:
    """A process in a jail, with what it is told and what it answers.

    Parameters
    ----------
    isolation
        What this machine can do to shut a process in.
    module
        Of `inside`, with a function ``main`` that takes settings as JSON and answers a first line.
    settings
        What it is told besides its user and limits.
    files
        Descriptors of open files that it inherits.

    Raises
    ------
    RuntimeError
        If it does not start.
    """

    def __init__(
        self,
        isolation: jail.Isolation,
        module: str,
        settings: Mapping[str, object] | None = None,
        files: Collection[int] = (),
    ) -> None:
        user = jail.FIRST_USER_ID + os.getpid() if isolation.own_user else None
        limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": 64}
        if sys.platform == "linux":
            limits["RLIMIT_DATA"] = MEMORY_BYTES
        told = json.dumps({"user": user, "limits": limits, **(settings or {})})
        command = [sys.executable, "-I", "-B", "-c", _START, str(jail.HERE), f"inside.{module}",
                   told]  # fmt: skip
        with calls.filter_file() as refused:
            if isolation.bwrap:
                view = jail.view(isolation.bwrap, jail.readable_paths(), [], user, jail.MIB,
                                 refused)  # fmt: skip
                command = [*view, *command]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=jail.environment(Path("/tmp")), start_new_session=True,
                pass_fds=[refused, *files],
            )  # fmt: skip
        self._heard = bytearray()
        try:
            self.line(time.monotonic() + START_SECONDS, 2**10)
        except (OSError, EOFError) as error:
            self.stop()
            raise RuntimeError(
                "the process that reads submissions can't start here: run "
                "`make environment-grade`, which installs what it needs"
            ) from error

    def runs(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    def tell(self, data: bytes) -> None:
        """Write to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def line(self, ends: float, most_bytes: int) -> bytes:
        """Return its next line.

        Raises
        ------
        TimeoutError
            If the time, of the monotonic clock, comes first.
        EOFError
            If it ends before that, or the line gets longer than it may.
        """
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) > most_bytes:
                raise EOFError
            self._hear(ends)
        line = bytes(self._heard[: end + 1])
        del self._heard[: end + 1]
        return line

    def block(self, size: int, ends: float) -> bytes:
        """Return so many bytes of its answer; raise as `line` does."""
        while len(self._heard) < size:
            self._hear(ends)
        block = bytes(self._heard[:size])
        del self._heard[:size]
        return block

    def _hear(self, ends: float) -> None:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            left = ends - time.monotonic()
            if left <= 0 or not waiting.select(left):
                raise TimeoutError
        block = os.read(self._process.stdout.fileno(), 2**20)
        if not block:
            raise EOFError
        self._heard += block

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()
