"""One warm process that forks all others: torch is imported once, not once a submission.

It never holds anything of a submission or an assignment, so what it forks for a student's code
has nothing in its memory to be found. A judge is told by a folder's name what to grade.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from assignments.grader import jail

_START = "import sys, json; sys.path[:] = json.loads(sys.argv[3]); "
_START += (
    "from assignments.grader.zygote import main; main(int(sys.argv[1]), json.loads(sys.argv[2]))"
)


def start(shown: list[Path], isolation: jail.Isolation, limits: jail.Limits) -> tuple[Any, Any]:
    """Start the warm process; return it and the socket that asks it to fork.

    Parameters
    ----------
    shown
        Folders that a student's process may read.
    isolation, limits
        How it is shut in.
    """
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    settings = {"shown": [str(path) for path in shown], "isolation": vars(isolation),
                "limits": vars(limits)}  # fmt: skip
    # Few variables, so that none of the instructor's can be read.
    environment = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        if name in os.environ
    }
    environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
                    "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(there.fileno()), json.dumps(settings),
         json.dumps([path for path in sys.path if path] + [str(Path.cwd())])],
        pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, env=environment,
        start_new_session=True,
    )  # fmt: skip
    there.close()
    return process, here


def main(number: int, settings: dict[str, Any]) -> None:
    """Import what is slow, then fork what is asked for, until the starter ends."""
    requests = socket.socket(fileno=number)
    parent = os.getppid()
    jail.die_with_parent()
    shell = _warm()
    judges: set[int] = set()
    requests.settimeout(1.0)
    while os.getppid() == parent:
        _reap(judges)
        try:
            message, files, _, _ = socket.recv_fds(requests, 65536, 8)
        except TimeoutError:
            continue
        order = json.loads(message)
        if order["do"] == "quit":
            break
        child = os.fork()
        if child == 0:
            status = 1
            try:
                requests.close()
                if order["do"] == "judge":
                    _be_judge(order, files)
                else:
                    _be_keeper(order, files, settings, shell)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        if order["do"] == "judge":
            judges.add(child)
        for file in files:
            os.close(file)
    for judge in judges:
        try:
            os.kill(judge, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _reap(judges: set[int]) -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            judges.discard(ended)
    except ChildProcessError:
        return


def _warm() -> Any:
    """Import what is slow, use it once, and return a shell as notebooks have it."""
    import torch

    import convcost.cost
    from assignments.grader import judge, modules, sandbox  # noqa: F401

    torch.set_num_threads(1)
    judge.warm()
    convcost.cost.measure(torch.nn.Conv2d(1, 1, 1), (1, 1, 2, 2))
    return sandbox.make_shell()


def _be_judge(order: dict[str, Any], files: list[int]) -> None:
    from assignments.grader import judge

    jail.die_with_parent()
    told, starter = files
    os.write(told, array.array("q", [os.getpid()]).tobytes())
    judge.main(Path(order["folder"]), socket.socket(fileno=starter))


def _be_keeper(
    order: dict[str, Any], files: list[int], settings: dict[str, Any], shell: Any
) -> None:
    from assignments.grader import sandbox

    printed, line, keeper = files
    os.setsid()
    shown = [Path(path) for path in settings["shown"]]

    def run() -> None:
        # What is not shown can't be imported.
        sys.path[:] = [
            path for path in sys.path if any(Path(path).is_relative_to(at) for at in shown)
        ]
        sandbox.serve(shell, socket.socket(fileno=3))

    confined = jail.Confined(
        run, [printed, line], jail.Isolation(**settings["isolation"]),
        jail.Limits(**settings["limits"]), shown, Path(order["folder"]),
    )  # fmt: skip
    jail.keep(socket.socket(fileno=keeper), confined)
