"""Grade side by side: judges forked from one warm process, each with a submission of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import pickle
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from assignments.grader import jail, report, warm
from assignments.grader.assignment import Assignment
from assignments.grader.planning import is_done
from assignments.grader.records import Job, Row, Tell

# Beyond what a submission may take in all: for starting its processes, and for its page.
SPARE_SECONDS = 300.0


@contextlib.contextmanager
def alone(out: Path) -> Iterator[Path]:
    """Hold the folder of results for this run alone, and give it a place to work in."""
    out.mkdir(parents=True, exist_ok=True)
    out.chmod(0o700)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"another run is writing to {out}; wait for it") from None
        work = out / ".work"
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def run(
    jobs: list[Job], assignment: Assignment, workers: int, work: Path, tell: Tell,
    warm_process: warm.WarmProcess | None = None,
) -> None:  # fmt: skip
    """Grade submissions of one assignment; each leaves its row, its notebook and its page.

    Parameters
    ----------
    jobs, assignment
        What to grade.
    workers
        How many to grade side by side.
    work
        A folder of this run's own.
    tell
        What to do with a line of progress.
    warm_process
        One that is there already; otherwise one is started, and ended with the run.
    """
    for job in jobs:
        if job.trouble:  # what can't be read needs no process
            tell(_line(fail(job, job.trouble, again=False), job))
    jobs = [job for job in jobs if not job.trouble]
    if not jobs:
        return
    jail.check_that_it_can_run(jobs[0].jail.isolation, jobs[0].jail.readable)
    for line in jobs[0].jail.isolation.missing():
        tell(f"Isolation: {line}.")
    with contextlib.nullcontext(warm_process) if warm_process else warm.started() as process:
        # While that process imports what it needs, this one does the same, and prepares.
        from assignments.grader import preparing

        preparing.prepare(jobs[0].prepared, assignment)
        _run_all(jobs, workers, work, process, tell)


@dataclasses.dataclass
class _Running:
    job: Job
    folder: Path
    began: float
    pid: int | None = None


def _run_all(
    jobs: list[Job], workers: int, work: Path, process: warm.WarmProcess, tell: Tell
) -> None:
    waiting = list(enumerate(jobs))[::-1]
    running: dict[int, _Running] = {}
    done = 0
    while waiting or running:
        while waiting and len(running) < workers:
            number, job = waiting.pop()
            folder = work / f"job{number}"
            folder.mkdir(mode=0o700)
            (folder / "job.pickle").write_bytes(pickle.dumps(job))
            running[process.fork_judge(folder)] = _Running(job, folder, time.monotonic())
        for pid_reader in select.select(list(running), [], [], 0.5)[0]:
            one = running[pid_reader]
            if pid_bytes := os.read(pid_reader, 8):
                one.pid = int.from_bytes(pid_bytes, sys.byteorder)
                continue
            os.close(pid_reader)
            del running[pid_reader]
            if not is_done(one.job):
                fail(one.job, "the grader's own process for this submission ended", again=True)
            shutil.rmtree(one.folder, ignore_errors=True)
            done += 1
            seconds = time.monotonic() - one.began
            line = _line(Row.read(one.job.row_file), one.job)
            tell(f"[{done}/{len(jobs)}] {line} ({seconds:.1f} s)")
        for one in running.values():
            if one.pid and time.monotonic() - one.began > one.job.total_seconds + SPARE_SECONDS:
                os.kill(one.pid, signal.SIGKILL)
        process.check()


def fail(job: Job, reason: str, again: bool) -> Row:
    """Write the row of a submission that no judge could grade; ``again``: the next run tries it."""
    row = Row("" if again else job.key, job.id, job.path, job.assignment, "failed", reason,
              job.notes)  # fmt: skip
    report.write_failed(job.feedback_file, job.assignment, reason)
    row.write(job.row_file)
    return row


def _line(row: Row, job: Job) -> str:
    points = f"{report.number(row.total)} of {report.number(sum(job.max_points.values()))}"
    return f"{row.id}: {row.status}, {row.reason or points}"
