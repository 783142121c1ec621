"""convcost.measure against torchinfo.summary: VGG-16 at 224 x 224, building it included."""

import multiprocessing

import torchinfo
import torchvision.models  # before the clock starts, as is torch

from benchmarks._clock import MB, medians, peak_bytes, seconds
from convcost import measure

INPUT = (1, 3, 224, 224)


def ours() -> object:
    """Count by name: the network is built on the meta device."""
    return measure("vgg16", INPUT)


def theirs() -> object:
    """Build the network on the CPU and run it once."""
    return torchinfo.summary(torchvision.models.vgg16(), INPUT, device="cpu", verbose=0)


CALLS = {"ours": ours, "theirs": theirs}


def in_a_new_process(probe: str, name: str) -> float:
    """Return what a probe says of the first call in a process that has only done the imports."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply({"seconds": seconds, "bytes": peak_bytes}[probe], (CALLS[name],))


def main() -> None:
    """Print both, and their ratio."""
    theirs()  # both have been called before the clock starts
    ours()
    warm = medians(5, ours=ours, theirs=theirs)
    first = {name: in_a_new_process("seconds", name) for name in CALLS}
    memory = {name: in_a_new_process("bytes", name) for name in CALLS}
    print(f"{'':34}{'measure':>12}{'torchinfo':>12}{'ratio':>10}   bar")
    for label, values, unit, bar in (
        ("median of 5 calls, ms", warm, 1e-3, "at least 50"),
        ("first call in a new process, ms", first, 1e-3, ""),
        ("memory over the imports, MB", memory, MB, "at most 20 MB"),
    ):
        numbers = f"{values['ours'] / unit:12.1f}{values['theirs'] / unit:12.1f}"
        print(f"{label:34}{numbers}{values['theirs'] / values['ours']:10.1f}   {bar}")


if __name__ == "__main__":
    main()
