"""Time calls and watch memory."""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

MB = 10**6


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def medians(repeats: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Call each in turn, several times; return the median seconds of each."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return {name: statistics.median(values) for name, values in times.items()}


def peak_bytes(call: Callable[[], object]) -> int:
    """Return by how much a call raises the process's memory above what it holds before.

    On Linux this is the peak during the call over what is resident at its start; elsewhere the
    rise of the highest mark so far, which misses what stays below an earlier mark.
    """
    if sys.platform != "linux":
        unit = 1 if sys.platform == "darwin" else 1024
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        call()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
    Path("/proc/self/clear_refs").write_text("5")  # sets the mark to what is resident now
    before = _status("VmRSS")
    call()
    return _status("VmHWM") - before


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"no {key} in /proc/self/status; expected a Linux kernel's")
