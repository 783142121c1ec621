"""Read what students sent in a jail, one file after the other, each within its limits.

One process reads them all, since it takes a second to start. A file at which it ends, or takes too
long, costs that file; the next one is read by another process.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nbformat import NotebookNode

from assignments.grader import calls, jail, notebooks
from assignments.grader.inside.reading import MAX_TEXT_BYTES, UnreadableError

READ_SECONDS = 20.0
START_SECONDS = 120.0
READ_BYTES = 2**30
MAX_ANSWER_BYTES = 8 * MAX_TEXT_BYTES  # as JSON, in which a character may take six

_START = "import sys; sys.path.insert(0, sys.argv[1]); from inside import reading; "
_START += "reading.main(sys.argv[2])"


class Reader:
    """Reads files in a jail.

    Parameters
    ----------
    isolation
        What this machine can do to shut a process in.
    """

    def __init__(self, isolation: jail.Isolation) -> None:
        self._isolation = isolation
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: str, data: bytes) -> NotebookNode:
        """Return the notebook in a file.

        Parameters
        ----------
        name
            The file's name, for its ending.
        data
            What is in the file.

        Raises
        ------
        notebooks.UnreadableError
            If it can't be read, or not within the limits.
        """
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        header = json.dumps({"name": Path(name).suffix, "size": len(data)}).encode()
        ends = time.monotonic() + READ_SECONDS
        try:
            process.stdin.write(header + b"\n" + data)
            process.stdin.flush()
            found = json.loads(_line(process.stdout, ends))
            if trouble := found.get("trouble"):
                raise UnreadableError(str(trouble)[:300])
            return notebooks.made_of(found)
        except TimeoutError as error:
            self.stop()
            raise UnreadableError(
                f"reading the file takes more than {READ_SECONDS:.0f} seconds"
            ) from error
        except (OSError, EOFError, KeyError, TypeError, AttributeError,
                json.JSONDecodeError) as error:  # fmt: skip
            self.stop()
            raise UnreadableError(
                "reading the file ended the process that reads it, as one does that takes more "
                f"than {READ_BYTES / 2**30:.0f} GiB of memory"
            ) from error

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        isolation = self._isolation
        user = jail.FIRST_USER_ID + os.getpid() if isolation.own_user else None
        limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": 64}
        if sys.platform == "linux":
            limits["RLIMIT_DATA"] = READ_BYTES
        settings = json.dumps({"user": user, "limits": limits})
        command = [sys.executable, "-I", "-B", "-c", _START, str(jail.HERE), settings]
        with calls.filter_file() as refused:
            if isolation.bwrap:
                view = jail.view(isolation.bwrap, jail.readable_paths(), [], user, jail.MIB,
                                 refused)  # fmt: skip
                command = [*view, *command]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=jail.environment(Path("/tmp")), start_new_session=True,
                pass_fds=[refused],
            )  # fmt: skip
        assert self._process.stdout is not None
        try:
            _line(self._process.stdout, time.monotonic() + START_SECONDS)
        except (OSError, EOFError) as error:
            self.stop()
            raise RuntimeError(
                "the process that reads submissions can't start here: run "
                "`make environment-grade`, which installs what it needs"
            ) from error
        return self._process

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def started(isolation: jail.Isolation) -> Iterator[Reader]:
    """Give a reader, and end its process, whatever happens."""
    reader = Reader(isolation)
    try:
        yield reader
    finally:
        reader.stop()


def _line(pipe: IO[bytes], ends: float) -> bytes:
    """Return the next line; raise TimeoutError, or EOFError if there is none or it is too long."""
    line = bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            left = ends - time.monotonic()
            if left <= 0 or not waiting.select(left):
                raise TimeoutError
            block = os.read(pipe.fileno(), 2**20)
            line += block
            if not block or len(line) > MAX_ANSWER_BYTES:
                raise EOFError
    return bytes(line)
