"""How long a forward pass takes on this machine: warmed up, in turns, and with its spread."""

import ctypes
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

__all__ = ["Timed", "Timings", "memory_kept", "processor", "time_networks", "timed_once"]

LEAST_SECONDS = 0.2
NOISY = 0.1
FEWEST_ROUNDS = 5

# The glibc's mallopt: how much free memory to give back, and how many pieces to ask the system
# for one by one, with its defaults (its manual page mallopt(3)).
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_DEFAULTS = {_M_TRIM_THRESHOLD: 128 * 1024, _M_MMAP_MAX: 65536}
_KEEP = {_M_TRIM_THRESHOLD: 2**30, _M_MMAP_MAX: 0}


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
    """

    rows: tuple[Timed, ...]
    image: int
    machine: str
    threads: int
    torch_version: str
    date: str

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
            return f"Too noisy to tell: {half}. Stop what else runs, and time again."
        return f"Steady: even {half}."

    def __repr__(self) -> str:
        on = f"{self.machine}, {self.threads} thread{'s' * (self.threads != 1)}"
        return f"{on}, torch {self.torch_version}, {self.date}. {self.verdict}"

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

    In turns, so that whatever slows the machine down for a while slows down all of them. What it
    needs is kept in memory between two passes, as a graphics card's allocator does by itself.

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
    with on_threads(threads), memory_kept():
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


@contextmanager
def memory_kept() -> Iterator[bool]:
    """Keep what a pass has freed for the next one, instead of giving it back to the system.

    By default the glibc gives large pieces back at once, and the system has to find and clear
    pages anew for every map of every pass. On systems without glibc nothing is changed.

    Yields
    ------
    bool
        Whether memory is kept.
    """
    if platform.libc_ver()[0] != "glibc":
        yield False
        return
    libc = ctypes.CDLL(None)
    for option, value in _KEEP.items():
        libc.mallopt(option, value)
    try:
        yield True
    finally:
        for option, value in _DEFAULTS.items():
            libc.mallopt(option, value)
        libc.malloc_trim(0)


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
