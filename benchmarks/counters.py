"""convcost.measure against four other counters, on torchvision's networks, making them included.

Ours gets a network's name; the others get the network that torchvision's builder makes, and run it
on the CPU, as their documentation shows. One image of 224 x 224. The fastest of the others, network
by network, is what ours is held against.

``python -m benchmarks.counters resnet50 vgg16`` does it for some of the 80 networks only.
"""

import statistics
import sys

import torch

from benchmarks._clock import seconds
from benchmarks._rivals import COUNTERS
from convcost import build, measure, names

INPUT = (1, 3, 224, 224)
RIVALS = ("torchinfo", "fvcore", "ptflops", "thop")
PAIRS = 3


def times_as_long(name: str) -> tuple[float, dict[str, float]]:
    """Time one network; return the seconds of ours, and how many times as long each other takes.

    Each round times all, one after the other, so that what else the machine does meets all alike;
    the medians are those of the rounds' ratios.
    """
    image = torch.zeros(INPUT)
    rounds = []
    for _ in range(PAIRS):
        ours = seconds(lambda: measure(name, INPUT))
        made: list[torch.nn.Module] = []
        making = seconds(lambda made=made: made.append(build(name).eval()))
        others = {
            rival: making + seconds(lambda rival=rival, made=made: COUNTERS[rival](made[0], image))
            for rival in RIVALS
        }
        rounds.append((ours, {rival: others[rival] / ours for rival in RIVALS}))
    ratios = {rival: statistics.median(one[rival] for _, one in rounds) for rival in RIVALS}
    return statistics.median(ours for ours, _ in rounds), ratios


def main() -> None:
    """Print milliseconds of ours, how many times as long the others take, median and worst row."""
    times_as_long("alexnet")  # all have been called before the clock starts
    print(f"{'':22}{'measure':>9}   times as long:")
    print(f"{'network':22}{'ms':>9}" + "".join(f"{rival:>11}" for rival in (*RIVALS, "fastest")))
    fastest = {}
    for name in sys.argv[1:] or names(source="torchvision"):
        ours, ratios = times_as_long(name)
        fastest[name] = min(ratios.values())
        row = "".join(f"{ratio:11.1f}" for ratio in (*ratios.values(), fastest[name]))
        print(f"{name:22}{ours * 1e3:9.1f}{row}", flush=True)
    worst = min(fastest, key=lambda name: fastest[name])
    print(f"median of {len(fastest)} networks: the fastest of the others takes "
          f"{statistics.median(fastest.values()):.1f} times as long   bar: at least 4")  # fmt: skip
    print(f"worst: {worst}, {fastest[worst]:.2f} times   bar: at least 1.2")


if __name__ == "__main__":
    main()
