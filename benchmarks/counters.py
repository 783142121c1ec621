"""convcost.measure against four other counters, each on a network that is built already.

The others run the network on the CPU, as their documentation shows; one image of 224 x 224.
"""

import statistics
from functools import partial

import torch

from benchmarks._clock import medians
from benchmarks._rivals import COUNTERS
from convcost import build, measure

INPUT = (1, 3, 224, 224)
NETWORKS = (
    "vgg16", "resnet18", "resnet50", "resnet152", "densenet121", "mobilenet_v2",
    "efficientnet_b0", "convnext_tiny", "vit_b_16",
)  # fmt: skip
RIVALS = ("torchinfo", "fvcore", "ptflops", "thop")
REPEATS = 3


def main() -> None:
    """Print milliseconds of ours, and how many times as long each of the others takes."""
    image = torch.zeros(INPUT)
    print(f"{'':18}{'measure':>10}   times as long:")
    print(f"{'network':18}{'ms':>10}" + "".join(f"{rival:>12}" for rival in RIVALS))
    ratios: dict[str, list[float]] = {rival: [] for rival in RIVALS}
    for name in NETWORKS:
        model = build(name).eval()
        calls = {rival: partial(COUNTERS[rival], model, image) for rival in RIVALS}
        calls["ours"] = partial(measure, model, INPUT)
        for call in calls.values():
            call()
        times = medians(REPEATS, **calls)
        for rival in RIVALS:
            ratios[rival].append(times[rival] / times["ours"])
        row = "".join(f"{ratios[rival][-1]:12.1f}" for rival in RIVALS)
        print(f"{name:18}{times['ours'] * 1e3:10.1f}{row}", flush=True)
    middle = "".join(f"{statistics.median(ratios[rival]):12.1f}" for rival in RIVALS)
    print(f"{'median':18}{'':10}{middle}")


if __name__ == "__main__":
    main()
