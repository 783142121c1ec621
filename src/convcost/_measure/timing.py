"""How long a forward pass takes on this machine: warmed up, in turns, and with its spread."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Timed", "Timings", "environment", "keeps_memory", "processor", "time_networks", "timed_once",
]  # fmt: skip

LEAST_SECONDS = 0.2
NOISY = 0.1
FEWEST_ROUNDS = 5

KEEPING = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(64 * 2**30)}
"""Environment in which the glibc keeps what was freed (its manual page mallopt(3)).

By default it gives large pieces back at once, and the system has to find and clear pages anew for
every map of every pass. It reads this when a process starts, and never again.
"""


class Timed(NamedTuple):
    """The seconds that a forward pass of a network on a batch took, in one round."""

    network: str
    batch: int
    round: int
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Timings:
    """What was timed, and on what.

    Attributes
    ----------
    rows : tuple of Timed
        In the order in which they were timed.
    image : int
        Height and width of the images, in pixels.
    machine : str
        The processor or the graphics card that ran it.
    threads : int
        Threads that torch used on the processor.
    torch_version, date : str
        Of torch, and when it was timed (UTC).
    memory_kept : bool
        Whether the process kept the memory of a pass for the next one.
    """

    rows: tuple[Timed, ...]
    image: int
    machine: str
    threads: int
    torch_version: str
    date: str
    memory_kept: bool

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each network and batch: the median time, and its spread.

        Returns
        -------
        pandas.DataFrame
            Columns network, batch, rounds, low_ms, median_ms, high_ms (quartiles), and spread, the
            distance of the quartiles as a share of the median.
        """
        import pandas as pd

        found: dict[tuple[str, int], list[float]] = {}
        for row in self.rows:
            found.setdefault((row.network, row.batch), []).append(1000 * row.seconds)
        lines = []
        for key, times in found.items():
            ends = [*times, *times][: max(2, len(times))]  # one alone has no quartiles
            low, median, high = statistics.quantiles(ends, n=4, method="inclusive")
            lines.append((*key, len(times), low, median, high, (high - low) / median))
        names = ("network", "batch", "rounds", "low_ms", "median_ms", "high_ms", "spread")
        return pd.DataFrame(lines, columns=names)

    @property
    def verdict(self) -> str:
        """Whether the machine was quiet enough, in one sentence."""
        table = self.to_frame()
        if table["rounds"].min() < FEWEST_ROUNDS:
            return f"Too few rounds to tell: give at least {FEWEST_ROUNDS}."
        worst = table.loc[table["spread"].idxmax()]
        half = (
            f"the middle half of the times of {worst['network']}, batch {worst['batch']}, is "
            f"spread over {worst['spread']:.0%} of their median"
        )
        if worst["spread"] > NOISY:
            return f"Too noisy to tell: {half}. Stop whatever else is running, and time again."
        return f"Steady: even {half}."

    def __repr__(self) -> str:
        on = f"{self.machine}, {self.threads} thread{'s' * (self.threads != 1)}"
        kept = "kept" if self.memory_kept else "given back"
        return (
            f"{on}, torch {self.torch_version}, memory {kept} between passes, {self.date}. "
            f"{self.verdict}"
        )

    def _repr_html_(self) -> str:
        shown = self.to_frame().round({"low_ms": 1, "median_ms": 1, "high_ms": 1, "spread": 3})
        return f"<p>{self!r}</p>{shown.to_html(index=False)}"


def time_networks(
    models: Mapping[str, nn.Module],
    batches: Iterable[int] = (1,),
    *,
    image: int = 224,
    rounds: int = 9,
    threads: int = 1,
    device: str = "cpu",
    progress: Callable[[Timed], None] = lambda _: None,
) -> Timings:
    """Time the forward passes of some networks, one after the other, round by round.

    In turns, so that whatever slows the machine down for a while slows down all of them. On Linux
    a process gives the memory of large maps back after each pass, and has to get it again for the
    next, unless it was started otherwise: ``python -m convcost time`` does so.

    Parameters
    ----------
    models : mapping of str to torch.nn.Module
        What a reader calls each network -> the network, which takes images. It is put into
        evaluation mode, and moved to the device.
    batches : iterable of int
        How many images go in at once.
    image : int
        Height and width of the images, in pixels.
    rounds : int
        How often each is timed, after a round that warms up and does not count.
    threads : int
        Threads of torch on the processor; afterward there are as many as before.
    device : str
        Such as "cpu" or "cuda". A graphics card is waited for before and after.
    progress : callable
        Is told each time as it comes.

    Returns
    -------
    Timings

    Raises
    ------
    ValueError
        If there is no model, or a number is below 1.
    """
    sizes = tuple(batches)
    numbers = {"image": image, "rounds": rounds, "threads": threads}
    numbers |= {f"batches[{place}]": size for place, size in enumerate(sizes)}
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"got {name}={number}; give at least 1")
    if not models or not sizes:
        raise ValueError(f"got models={models!r}, batches={sizes}; give at least one of each")
    rows = []
    with on_threads(threads):
        for number in range(rounds + 1):
            for name, model in models.items():
                for batch in sizes:
                    seconds = timed_once(model, batch, image=image, device=device)
                    if number:  # round 0 warms up
                        rows.append(Timed(name, batch, number, seconds))
                        progress(rows[-1])
    return Timings(
        rows=tuple(rows),
        image=image,
        machine=processor(device),
        threads=threads,
        torch_version=str(torch.__version__),
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        memory_kept=keeps_memory() or device.startswith("cuda"),
    )


def timed_once(model: nn.Module, batch: int, *, image: int = 224, device: str = "cpu") -> float:
    """Time one network on one batch, now.

    A pass that takes less than a fifth of a second runs again and again for that long, and the
    median counts, without the first one: that one finds the caches full of something else.

    Returns
    -------
    float
        Seconds of a forward pass in inference mode.
    """
    model = model.eval().to(device)
    images = torch.randn(batch, 3, image, image, device=device)
    waits: Callable[[], None] = torch.cuda.synchronize if images.is_cuda else lambda: None
    times: list[float] = []
    with torch.inference_mode():
        while sum(times) < LEAST_SECONDS:
            waits()
            start = time.perf_counter()
            model(images)
            waits()
            times.append(time.perf_counter() - start)
    return statistics.median(times[1:] or times)


@contextmanager
def on_threads(threads: int) -> Iterator[None]:
    """Let torch use so many threads on the processor, and afterward as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def environment(*, kept: bool) -> dict[str, str]:
    """Return an environment for a process that keeps the memory of a pass for the next, or not."""
    others = {name: value for name, value in os.environ.items() if name not in KEEPING}
    return others | (KEEPING if kept else {})


def keeps_memory() -> bool:
    """Say whether this process was started in such an environment; only the glibc heeds it."""
    if platform.libc_ver()[0] != "glibc":
        return False
    started = Path("/proc/self/environ")
    if not started.exists():
        return KEEPING.items() <= os.environ.items()
    entries = started.read_text(errors="replace").split("\0")
    return {f"{name}={value}" for name, value in KEEPING.items()} <= {*entries}


def processor(device: str = "cpu") -> str:
    """Return what the system calls the processor, and how many it has, or the graphics card."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        lines = (line.partition(":") for line in listed.read_text().splitlines())
        names = [value.strip() for key, _, value in lines if key.strip() == "model name"]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"
