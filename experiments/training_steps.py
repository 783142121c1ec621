"""What a later step of training holds from place to place, for the figure of "Counting memory".

``python -m experiments.training_steps`` writes book/data/training_steps.csv. Every moment of the
forward and of the backward pass grows by the same bytes with each image; so two batch sizes tell
all. Each pass is cut into places, and of each place the moments are kept at which most is held,
with a small batch or a large one. `_each` is for each image of a batch, the rest is once. `adds`
is 1 for a pass that adds its gradients to those of a pass before (gradient accumulation).
"""

import functools
from collections.abc import Iterator

import torch
from torch import nn

from convcost import build
from convcost.memory import FLOATS, Moment, training_step
from experiments.tables import DATA, write_table

PATH = DATA / "training_steps.csv"
NETWORKS = {"VGG-16": "vgg16", "ResNet-18": "resnet18", "ResNet-50": "resnet50"}

BATCHES = [2**n for n in range(9)]
PLACES = 12
COLUMNS = (
    "network", "floats", "checkpoints", "adds", "phase", "place", "layer", "weights", "gradients",
    "maps", "maps_each", "passing", "passing_each",
)  # fmt: skip


def later(moments: tuple[Moment, ...], phase: str) -> list[Moment]:
    """Return the moments of a phase of the second step, and of its last pass."""
    passes: list[list[Moment]] = [[]]
    for moment in moments:
        if (moment.step, moment.phase) == (2, phase):
            passes[-1].append(moment)
            if moment.operator == "end":
                passes.append([])
    return passes[-2]


def in_stages(name: str) -> tuple[nn.Module, list[str]]:
    """Return a network, and the names of its stages, each a module of its own."""
    with torch.device("meta"):
        model = build(name)
    if not name.startswith("vgg"):
        return model, ["layer1", "layer2", "layer3", "layer4"]
    stages: list[list[nn.Module]] = [[]]
    for layer in model.features:  # type: ignore[union-attr]
        stages[-1].append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages.append([])
    model.features = nn.Sequential(*(nn.Sequential(*stage) for stage in stages if stage))
    return model, [f"features.{n}" for n in range(5)]


@functools.cache
def optimizers_moment(name: str, floats: str, *, foreach: bool) -> Moment:
    """Return the moment at which the step of Adam holds most."""
    step = training_step(name, (2, 3, 224, 224), floats=floats, optimizer="Adam", foreach=foreach)
    return max(later(step.moments, "optimizer"), key=lambda moment: moment.held)


def rows_of(
    label: str, floats: str, *, checkpoints: bool, adds: bool
) -> Iterator[dict[str, object]]:
    """Yield the rows of a network and number format, with checkpoints and accumulation or not."""
    model: nn.Module | str = NETWORKS[label]
    again: list[str] = []
    if checkpoints:
        model, again = in_stages(NETWORKS[label])
    where = {
        "network": label, "floats": floats, "checkpoints": int(checkpoints), "adds": int(adds),
    }  # fmt: skip
    two, three = (
        training_step(
            model, (n, 3, 224, 224), floats=floats, checkpoints=again, passes=1 + adds
        ).moments
        for n in (2, 3)
    )
    for phase in ("forward", "backward"):
        lines = []
        for small, large in zip(later(two, phase), later(three, phase), strict=True):
            maps, passing = large.maps - small.maps, large.map_gradients - small.map_gradients
            lines.append({
                **where, "phase": phase, "layer": small.layer, "weights": small.weights,
                "gradients": small.gradients,
                "maps": small.maps - 2 * maps, "maps_each": maps,
                "passing": small.map_gradients - 2 * passing, "passing_each": passing,
            })  # fmt: skip
        for place in range(PLACES):
            here = lines[place * len(lines) // PLACES : (place + 1) * len(lines) // PLACES]
            highest = [max(here, key=lambda line: held(line, n)) for n in BATCHES]
            for line in {id(line): line for line in highest}.values():
                yield {**line, "place": place}
    for foreach in (True, False):
        most = optimizers_moment(NETWORKS[label], floats, foreach=foreach)
        small, large = (later(moments, "zero_grad")[-1].maps for moments in (two, three))
        each = large - small
        yield {
            **where, "phase": "optimizer", "place": int(foreach), "layer": "",
            "weights": most.weights, "gradients": most.gradients, "maps": most.maps - 2 * each,
            "maps_each": each, "passing": most.temporaries, "passing_each": 0,
        }  # fmt: skip


def held(line: dict[str, object], batch: int) -> int:
    """Return all bytes of a moment, but the optimizer's, which are always the same."""
    once = ("weights", "gradients", "maps", "passing")
    each = ("maps_each", "passing_each")
    return sum(int(str(line[key])) for key in once) + batch * sum(
        int(str(line[key])) for key in each
    )


def main() -> None:
    """Write the table."""
    write_table(PATH, COLUMNS, (
        row
        for label in NETWORKS
        for floats in FLOATS
        for checkpoints in (False, True)
        for adds in (False, True)
        for row in rows_of(label, floats, checkpoints=checkpoints, adds=adds)
    ))  # fmt: skip


if __name__ == "__main__":
    main()
