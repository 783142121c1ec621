"""Grading a large class: seconds a submission over those of a small one, memory, and after a kill.

``python -m benchmarks.large_class --class 1000`` takes half an hour, the default some minutes.
The small class is graded before and after the large one, since machines are not equally busy all
the time; processor seconds are of all processes together. Where a process's peak of memory can be
read (`/proc`), that of the parent is.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assignments import ROOT
from benchmarks.grading import CLASS, WORKERS, write_class

MOST_TIMES, MOST_MB = 1.1, 600.0


@dataclasses.dataclass(frozen=True)
class Taken:
    """What a run took: seconds of the clock and of processors, the parent's peak; its last line."""

    seconds: float
    processor_seconds: float
    peak_mb: float
    said: str


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    peak = next((line for line in lines if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) / 1024


def grade(folder: Path, out: Path, kill_at: int | None = None) -> Taken:
    """Grade a folder; kill the run when so many rows are there, if a number is given."""
    began, before, peak = time.perf_counter(), _processor_seconds(), 0.0
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "assignments.grade", str(folder), "--out", str(out),
             "--workers", str(WORKERS)],
            cwd=ROOT, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, _peak_mb(process.pid))
            if kill_at is not None and len(list(out.glob("rows/*.json"))) >= kill_at:
                process.send_signal(signal.SIGKILL)
                process.wait()
            time.sleep(0.2)
        said.seek(0)
        words = said.read()
    if process.returncode not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"the run failed:\n{words[-2000:]}")
    last = words.strip().splitlines()[-1]
    return Taken(time.perf_counter() - began, _processor_seconds() - before, peak, last)


def main() -> None:
    """Measure, and print what was found; exit with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_class", description=__doc__)
    parser.add_argument("--class", type=int, default=120, dest="count", help="how many (120)")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        for folder, size in (("small", CLASS), ("large", count)):
            (base / folder).mkdir()
            write_class(base / folder, size)
        before = grade(base / "small", base / "out-before")
        killed = grade(base / "large", base / "out", kill_at=count // 10)
        done = len(list((base / "out" / "rows").iterdir()))
        large = grade(base / "large", base / "out")
        after = grade(base / "small", base / "out-after")
        again = grade(base / "large", base / "out")
    print(f"Grading, {WORKERS} workers, load {os.getloadavg()[0]:.1f} at the end")
    for words, size, taken in (("before", CLASS, before), ("the rest of them", count - done, large),
                               ("after", CLASS, after)):  # fmt: skip
        print(f"  {size:5} {words:17} {taken.seconds:7.1f} s  {taken.seconds / size:5.2f} s each, "
              f"{taken.processor_seconds / size:5.2f} s of processors each, "
              f"parent {taken.peak_mb:4.0f} MB")  # fmt: skip
    print(f"  killed after {killed.seconds:.0f} s with {done} done; then: {large.said}")
    print(f"  nothing new: {again.seconds:.1f} s, {again.said}")
    small = (before.seconds + after.seconds) / (2 * CLASS)
    times = large.seconds / (count - done) / small
    print(f"  seconds each, large over small: {times:.2f}; at most {MOST_TIMES}")
    # A judge that was about to finish when its run was killed may still leave its row.
    graded, unchanged = map(int, re.findall(r"\d+", large.said)[:2])
    if graded + unchanged != count or unchanged < done:
        raise SystemExit("what was done before the kill was not kept")
    if times > MOST_TIMES or large.peak_mb > MOST_MB:
        raise SystemExit("slower for each than in a small class, or too much memory")


if __name__ == "__main__":
    main()
