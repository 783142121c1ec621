"""One warm process that forks all judges: torch and nbgrader are imported once, not once each.

It never holds anything of a submission or an assignment. A judge is told by a folder's name what to
grade.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

_START = "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
_START += "from assignments.grader.warm import main; main(int(sys.argv[1]))"
# What the instructor's environment gives to it: little, so that nothing else can be read there.
_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_QUIT = b"quit"


class WarmProcess:
    """The warm process, as the one that started it knows it."""

    def __init__(self, process: subprocess.Popen[bytes], requests: socket.socket) -> None:
        self._process, self._requests = process, requests

    def fork_judge(self, folder: Path) -> int:
        """Let a judge grade what a folder describes, and return a file descriptor to wait for.

        Its process id can be read from it once, in eight bytes; it ends when the judge has ended.
        """
        pid_reader, pid_writer = os.pipe()
        try:
            socket.send_fds(self._requests, [str(folder.resolve()).encode()], [pid_writer])
        except OSError as error:
            os.close(pid_reader)
            raise RuntimeError(f"the warm process ended ({error}); its words are above") from error
        finally:
            os.close(pid_writer)
        return pid_reader

    def check(self) -> None:
        """Raise RuntimeError if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the warm process ended ({self._process.returncode}); run it "
                               "again: what was graded is kept")  # fmt: skip


@contextlib.contextmanager
def started() -> Iterator[WarmProcess]:
    """Start the warm process, and end it with all that it forked, whatever happens."""
    requests, inherited = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    environment = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
                    "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(inherited.fileno()),
         json.dumps([path for path in sys.path if path] + [str(Path.cwd())])],
        pass_fds=[inherited.fileno()], stdin=subprocess.DEVNULL, env=environment,
        start_new_session=True,
    )  # fmt: skip
    inherited.close()
    try:
        yield WarmProcess(process, requests)
    finally:
        with contextlib.suppress(OSError):
            requests.send(_QUIT)
        requests.close()
        process.wait(timeout=60)


def main(number: int) -> None:
    """Import what is slow, then fork a judge for each request, until the starter ends.

    Parameters
    ----------
    number
        The file descriptor of the socket with requests.
    """
    requests = socket.socket(fileno=number)
    parent = os.getppid()
    _get_warm()
    judges: set[int] = set()
    # Now and then it looks whether the process that started it is still there.
    requests.settimeout(1.0)
    while os.getppid() == parent:
        _forget_ended(judges)
        try:
            message, files, _, _ = socket.recv_fds(requests, 65536, 1)
        except TimeoutError:
            continue
        if message == _QUIT:
            break
        [pid_writer] = files
        judge = os.fork()
        if judge == 0:
            requests.close()
            _be_judge(Path(message.decode()), pid_writer)
        judges.add(judge)
        os.close(pid_writer)
    for judge in judges:
        with contextlib.suppress(ProcessLookupError):
            os.kill(judge, signal.SIGKILL)


def _be_judge(folder: Path, pid_writer: int) -> None:
    """Grade one submission in the process just forked, and end it."""
    from assignments.grader import judge

    status = 1
    try:
        os.write(pid_writer, os.getpid().to_bytes(8, sys.byteorder))
        judge.main(folder)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _forget_ended(judges: set[int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            judges.discard(ended)


def _get_warm() -> None:
    """Import what is slow, and use it once."""
    import torch

    import convcost
    from assignments.grader import judge
    from assignments.grader.inside import modules  # noqa: F401

    torch.set_num_threads(1)
    judge.warm()
    convcost.measure(torch.nn.Conv2d(1, 1, 1), (1, 1, 2, 2))
