"""The designer's controls, and the network that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from convcost.arithmetic.design import Design, design, total
from convcost.arithmetic.networks import NetworkSpec, spec_of, widths_for
from convcost.memory import OPTIMIZER_VALUES
from convcost.page.gallery._machines import HERE, Machines, chosen
from convcost.page.live.bench import Snapshot
from convcost.page.live.tracing import choose, text, where

__all__ = ["BLOCKS", "COSTS", "FAMILIES", "GROUPS", "PRESETS", "REFERENCES", "TOTALS", "controls",
           "designed", "facts", "facts_of", "measured", "preset", "spec", "unused"]  # fmt: skip

#: Names of the controls for the blocks of each stage.
BLOCKS = tuple(f"blocks{stage}" for stage in range(1, 6))

#: Most blocks of a stage: those of ResNet-152.
MOST_BLOCKS = 36

FAMILIES = {
    "vgg": "VGG-like",
    "plain": "plain",
    "basic": "residual, basic blocks",
    "bottleneck": "residual, bottlenecks",
}
"""Family -> what a reader calls it."""

STEMS = {
    "none": ("none, as VGG", 0, 1, False),
    "3x3": ("3 × 3, as for CIFAR", 3, 1, False),
    "7x7": ("7 × 7, stride 2", 7, 2, False),
    "7x7-pool": ("7 × 7, stride 2, pooling", 7, 2, True),
}
"""Value of the control -> its words, kernel, stride, and whether a pooling follows."""

VALUE_BYTES = {"32-bit": 4, "16-bit": 2}

PRESETS = {
    **{f"VGG {letter.upper()}": f"paper/vgg-{letter}" for letter in "abcde"},
    **{f"ResNet-{depth}": f"paper/resnet-{depth}" for depth in (18, 34, 50, 101, 152)},
    "plain-34": "paper/plain-34",
    "CIFAR ResNet-20": "cifar/resnet-20",
}
"""What a reader calls a network -> its name for `convcost.build`."""

REFERENCES = {"VGG-16": "paper/vgg-d", "ResNet-50": "paper/resnet-50"}
"""The networks that all others are compared with."""

GROUPS = {
    "Blocks": ("family", *BLOCKS, "pointwise", "shortcut", "stride_in"),
    "Width": ("base", "eighths"),
    "Image, start and end": ("image_height", "image_width", "stem", "padded", "head", "classes"),
    "Memory and time": ("batch", "numbers", "optimizer", "device"),
}
"""Heading -> the controls below it."""

COSTS = {"params": "Parameters", "macs": "Multiply-adds", "activations": "Activations"}
"""Attribute of a stage and of a network -> its title."""

TOTALS = {
    "Parameters": "params",
    "Multiply-adds": "macs",
    "Activations": "activations",
    "Receptive field": "receptive_field",
    "Memory, inference": "inference_bytes",
    "Memory, training": "training_bytes",
    "Time, forward pass": "seconds",
}
"""Title -> fact by which whole networks are compared."""


def controls(machines: Machines) -> dict[str, widgets.Widget]:
    """Return the controls by name, where ResNet-18 has them."""
    start = preset("paper/resnet-18")
    made: dict[str, widgets.Widget] = {
        "family": widgets.Dropdown(
            options=[(words, key) for key, words in FAMILIES.items()], description="Family"
        )
    }
    for stage, name in enumerate(BLOCKS, start=1):
        made[name] = widgets.IntSlider(
            min=1 if stage == 1 else 0, max=MOST_BLOCKS, description=f"Blocks in stage {stage}"
        )
    made |= {
        "pointwise": widgets.Checkbox(description="1 × 1 layers at the end of stages 3 to 5"),
        "shortcut": widgets.Dropdown(
            options=[("A: pads with zeros", "A"), ("B: projects at changes", "B"),
                     ("C: projects everywhere", "C")],
            description="Shortcut",
        ),
        "stride_in": widgets.Dropdown(
            options=[("the first 1 × 1 (2015)", "1x1"), ("the 3 × 3 (torchvision)", "3x3")],
            description="A bottleneck's stride is in",
        ),
        "base": widgets.IntSlider(
            min=8, max=128, step=8, description="Base width (channels)"
        ),
        "eighths": widgets.SelectionSlider(
            options=[(f"× {eighths / 8:g}", eighths) for eighths in range(1, 17)],
            description="Width multiplier",
        ),
        "image_height": widgets.IntSlider(min=16, max=512, description="Image height (pixels)"),
        "image_width": widgets.IntSlider(min=16, max=512, description="Image width (pixels)"),
        "stem": widgets.Dropdown(
            options=[(words, key) for key, (words, *_) in STEMS.items()], description="Stem"
        ),
        "padded": widgets.Checkbox(description="Padding keeps the size of maps"),
        "head": widgets.Dropdown(
            options=[("average, one linear layer", "gap"), ("three linear layers, as VGG", "fc")],
            description="Head",
        ),
        "classes": widgets.SelectionSlider(
            options=[(f"{classes:,}", classes) for classes in (2, 10, 100, 1000, 10_000)],
            description="Classes",
        ),
        "batch": widgets.SelectionSlider(
            options=[2**power for power in range(11)], description="Images in a batch"
        ),
        "numbers": widgets.Dropdown(
            options=[("32-bit floats", "32-bit"), ("16-bit floats", "16-bit")],
            description="Number format",
        ),
        "optimizer": widgets.Dropdown(options=[*OPTIMIZER_VALUES], description="Optimizer"),
        "device": widgets.Dropdown(options=[*machines], description="Runs on"),
    }  # fmt: skip
    for name, control in made.items():
        control.value = start[name]
    return made


def preset(name: str) -> dict[str, Any]:
    """Return the value of each control for a network of the papers."""
    found = spec_of(name)
    blocks = (*found.blocks, *(0,) * (len(BLOCKS) - len(found.blocks)))
    stem = (found.stem_kernel, found.stem_stride, found.stem_pool)
    return {
        "family": found.family,
        **dict(zip(BLOCKS, blocks, strict=True)),
        "pointwise": any(found.pointwise),
        "shortcut": found.shortcut,
        "stride_in": found.stride_in,
        "base": found.widths[0],
        "eighths": 8,
        "image_height": found.in_height,
        "image_width": found.in_width,
        "stem": next(key for key, (_, *described) in STEMS.items() if tuple(described) == stem),
        "padded": True,
        "head": found.head,
        "classes": found.num_classes,
        "batch": 32,
        "numbers": "32-bit",
        "optimizer": "SGD with momentum",
        "device": HERE,
    }


def spec(**values: Any) -> NetworkSpec:
    """Return the network that the controls describe; what has no effect is left at its default."""
    is_vgg = values["family"] == "vgg"
    ends = where(is_vgg, where(values["pointwise"], 1, 0), 0)
    blocks = tuple(values[name] for name in BLOCKS)

    def of_the_stem(part: int) -> Any:
        return choose(values["stem"], {key: stem[part] for key, stem in STEMS.items()})

    return NetworkSpec(
        family=values["family"],
        blocks=blocks,
        widths=widths_for(
            values["family"], (values["base"] * values["eighths"] + 4) // 8, stages=len(blocks)
        ),
        pointwise=(0, 0, *(where(number > 0, ends, 0) for number in blocks[2:])),
        stem_kernel=of_the_stem(1),
        stem_stride=of_the_stem(2),
        stem_pool=of_the_stem(3),
        padding=where(is_vgg, values["padded"], True),
        shortcut=values["shortcut"],
        stride_in=values["stride_in"],
        head=values["head"],
        num_classes=values["classes"],
        batch_norm=where(is_vgg, False, True),
        bias=is_vgg,
        in_height=values["image_height"],
        in_width=values["image_width"],
    )


def designed(**values: Any) -> Design:
    """Return what the network that the controls describe costs."""
    return design(spec(**values))


def measured(
    network: Design,
    machines: Machines,
    *,
    batch: Any,
    numbers: Any,
    optimizer: Any,
    device: Any,
    **_: Any,
) -> Snapshot:
    """Return what whole networks are compared by."""
    value_bytes = choose(numbers, VALUE_BYTES)
    step = network.training_bytes(
        batch=batch, value_bytes=value_bytes, optimizer_values=choose(optimizer, OPTIMIZER_VALUES)
    )
    return {
        "params": network.params,
        "macs": network.macs,
        "activations": network.activations,
        "receptive_field": network.receptive_field,
        "inference_bytes": network.inference_bytes(batch=batch, value_bytes=value_bytes),
        "training_bytes": total(step.values()),
        "seconds": network.seconds(chosen(device, machines), batch, value_bytes),
    }


def facts(machines: Machines, **values: Any) -> dict[str, Any]:
    """Return what settings are compared by: the network's title, its totals, each stage's costs."""
    return facts_of(designed(**values), machines, values)


def facts_of(network: Design, machines: Machines, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of the controls' values, whose network is added up already."""
    of_stages = {
        f"{cost}{number}": where(stage.present * stage.fits > 0, getattr(stage, cost), 0)
        for number, stage in enumerate(network.stages)
        for cost in COSTS
    }
    first, *later = (values[name] for name in BLOCKS)
    title = text(
        choose(values["family"], FAMILIES), " ", first,
        *(where(number > 0, text("-", number), "") for number in later),
        ", at ", values["image_height"], " × ", values["image_width"],
    )  # fmt: skip
    return {
        "title": title,
        "fits": network.fits > 0,
        "weights": network.weight_layers,
        "smallest_side": network.smallest_side,
        **measured(network, machines, **values),
        **of_stages,
    }


def unused(*, family: Any, **_: Any) -> dict[str, Any]:
    """Say of each control that some family has no use for why it has none now."""
    is_vgg = family == "vgg"
    residual = (family == "basic") | (family == "bottleneck")
    return {
        "pointwise": where(is_vgg, "", "for VGG-like networks"),
        "padded": where(is_vgg, "", "for VGG-like networks"),
        "shortcut": where(residual, "", "for residual networks"),
        "stride_in": where(family == "bottleneck", "", "for bottlenecks"),
    }
