"""The peak of a training step, as `convcost.memory` finds it and as torch's own tracker does.

    python -m experiments.training_peaks

takes about an hour, and prints a line for each of 12 networks, three optimizers and three
batch sizes. The tracker is `torch.distributed._tools.mem_tracker.MemTracker`, on fake tensors.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker

from convcost import build
from convcost.memory import training_step

NETWORKS = (
    "alexnet", "densenet121", "efficientnet_b0", "googlenet", "mnasnet0_5", "mobilenet_v2",
    "resnet18", "resnet50", "shufflenet_v2_x1_0", "squeezenet1_1", "vgg11_bn", "vgg16",
)  # fmt: skip
BATCHES = (2, 8, 32)
OPTIMIZERS: dict[str, Any] = {
    "SGD": torch.optim.SGD,
    "SGD with momentum": lambda params, **options: torch.optim.SGD(params, momentum=0.9, **options),
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}
SETTINGS = (("SGD with momentum", True), ("Adam", True), ("AdamW", False))


def tracked_peak(name: str, shape: tuple[int, ...], optimizer: str, *, foreach: bool) -> int:
    """Return the most bytes that MemTracker sees in two steps of training."""
    with FakeTensorMode():
        model = build(name).train()
        update = OPTIMIZERS[optimizer](model.parameters(), lr=0.1, foreach=foreach)
        images = torch.empty(shape)
        tracker = MemTracker()
        tracker.track_external(model, update, images)
        with tracker:
            for _ in range(2):
                tracker.reset_mod_stats()
                out = model(images)
                loss = out.sum()
                loss.backward()
                update.step()
                update.zero_grad()
        return int(tracker.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"])


def main() -> None:
    """Print both numbers for all networks."""
    warnings.filterwarnings("ignore")
    worst = 0.0
    for name in NETWORKS:
        for optimizer, foreach in SETTINGS:
            for batch in BATCHES:
                shape = (batch, 3, 224, 224)
                ours = training_step(name, shape, optimizer=optimizer, foreach=foreach).peak.held
                theirs = tracked_peak(name, shape, optimizer, foreach=foreach)
                worst = max(worst, abs(ours / theirs - 1))
                print(f"{name:20} {optimizer:18} {foreach!s:5} {batch:3} {ours:>14,} {theirs:>14,}"
                      f" {ours / theirs - 1:+.4%}", flush=True)  # fmt: skip
    print(f"at most {worst:.4%} apart")


if __name__ == "__main__":
    main()
