"""Many runs side by side, each in a process of its own with one thread, until all are done.

A run that is done is a file, written whole. So a runner that was stopped, however it was, goes on
where it was; only what was half done is begun again. A run whose settings are no longer those of
its file is done anew.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiments.degradation.settings import Run

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 0.2
Say = Callable[[str], None]


def workers() -> int:
    """Return how many processes work at once: one for each core that this one may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def finished(run: Run, folder: Path) -> dict[str, Any] | None:
    """Return what a run found, or None if it is still to be done with these settings."""
    path = folder / f"{run.name}.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    asked = run.values()
    return found if {name: found.get(name) for name in asked} == asked else None


def work(run: Run) -> float:
    """Return about how long a run takes, in units of a layer's pass over the digits."""
    return 50 + run.depth * (run.epochs + 1)


def minutes(seconds: float) -> str:
    """Return a duration for people."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make sure that no other runner works in a folder.

    Raises
    ------
    SystemExit
        If one does.
    """
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"another `make experiments` is running in {folder}; wait until it is done"
            ) from None
        yield


def start(run: Run, folder: Path) -> subprocess.Popen[str]:
    """Begin a run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.degradation.one_run", json.dumps(run.values()),
         str(folder)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def do(runs: list[Run], folder: Path, *, say: Say = print) -> None:
    """Do all runs that are not done.

    Parameters
    ----------
    runs : list of Run
        In this order.
    folder : pathlib.Path
        Where the results are and come to be.
    say : callable
        Takes each line for the reader.

    Raises
    ------
    SystemExit
        If a run fails, with its last words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        for half in folder.glob("*.part"):
            half.unlink()
        waiting = [run for run in runs if finished(run, folder) is None]
        done, total = len(runs) - len(waiting), len(runs)
        count = min(workers(), len(waiting))
        say(f"{done} of {total} runs are done; {count} at a time, results in {folder}")
        left, begun, at_work = sum(map(work, waiting)), time.monotonic(), {}
        everything = left
        try:
            while waiting or at_work:
                while waiting and len(at_work) < count:
                    run = waiting.pop(0)
                    at_work[start(run, folder)] = run
                time.sleep(WAIT_S)
                for process in [one for one in at_work if one.poll() is not None]:
                    run = at_work.pop(process)
                    _, words = process.communicate()
                    found = finished(run, folder)
                    if process.returncode or found is None:
                        raise SystemExit(f"{run.name} failed:\n{words.strip()}")
                    done, left = done + 1, left - work(run)
                    spent = time.monotonic() - begun
                    to_come = spent * left / (everything - left)
                    say(f"{done} of {total}: {line(run, found)}; about {minutes(to_come)} left")
        finally:
            for process in at_work:
                process.terminate()
            for process in at_work:
                process.communicate()


def line(run: Run, found: dict[str, Any]) -> str:
    """Return what a run found, in a few words."""
    change = "" if run.change == "none" else f", {run.change}"
    named = f"{run.label}{change}, seed {run.seed}, {found['wall_s']:.0f} s"
    if not found["curve"]:
        return f"{named}: untrained"
    errors = [f"{found['curve'][-1][error]:.1f} %" for error in ("train_error", "test_error")]
    return f"{named}: training error {errors[0]}, test error {errors[1]}"
