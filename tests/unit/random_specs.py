"""Random networks of the ledger's families, small enough for a test, and what torch says of them.

Some of them are no networks, since their image is too small.
"""

import random
import re
from dataclasses import replace

import torch
from torch import nn

from convcost import NetworkSpec, build
from convcost.arithmetic.design import design


def random_spec(seed: int, **fixed: object) -> NetworkSpec:
    """Draw a network and the size of its image; `fixed` are fields that are not drawn."""
    draw = random.Random(seed)
    family = draw.choice(["vgg", "vgg", "plain", "basic", "bottleneck"])
    is_vgg = family == "vgg"
    blocks = (draw.randint(1, 3), *(draw.choice([0, 1, 1, 1, 2]) for _ in range(4)))
    kernel = draw.choice([0, 0, 1, 3, 5, 7])
    values = {
        "family": family,
        "blocks": blocks,
        "widths": tuple(draw.choice([1, 2, 4, 6, 8, 16]) for _ in blocks),
        "pointwise": tuple(draw.randint(0, 2) if is_vgg and n else 0 for n in blocks),
        "stem_kernel": kernel,
        "stem_stride": draw.choice([1, 2, 3, 4]),
        "stem_pool": kernel > 0 and draw.random() < 0.5,
        "padding": not (is_vgg and draw.random() < 0.6),
        "shortcut": draw.choice("ABC"),
        "stride_in": draw.choice(["1x1", "3x3"]),
        "head": draw.choice(["gap", "gap", "fc"]),
        "num_classes": draw.randint(1, 50),
        "batch_norm": draw.random() < 0.6,
        "bias": draw.random() < 0.5,
        "in_height": draw.randint(1, 90),
        "in_width": draw.randint(1, 90),
    }
    return NetworkSpec(**{**values, **fixed})


def fitting_spec(seed, **fixed):
    """Draw a network, and an image that is large enough for it."""
    spec = random_spec(seed, **fixed)
    side = design(spec).smallest_side
    return replace(spec, in_height=side + 20 + seed, in_width=side + 30)


def on_meta(spec):
    with torch.device("meta"):
        return build(spec).eval()


def size_of(spec):
    return (1, 3, spec.in_height, spec.in_width)


def stage_of_modules(model, spec):
    """Return the stage (0 the stem, -1 the head) of each module that has no other inside.

    Of VGG-like networks the stages end with the 2x2 poolings, as the modules come; of the others
    the names tell them.
    """
    present = [number for number, blocks in enumerate(spec.blocks, start=1) if blocks]
    stem = 1 + spec.batch_norm + 1 + spec.stem_pool if spec.stem_kernel else 0
    found, passed = {}, 0
    for name, module in model.named_modules():
        if isinstance(module, nn.Sequential) and name == "":  # features by themselves
            continue
        where = re.match(r"(?:features\.)?(\d+)$", name) if spec.family == "vgg" else None
        if where:
            found[name] = 0 if int(where[1]) < stem else present[passed]
            passed += isinstance(module, nn.MaxPool2d) and module.kernel_size == 2
        elif layer := re.match(r"layer(\d)", name):
            found[name] = int(layer[1])
        else:
            is_head = re.match("avgpool|fc|classifier", name)
            found[name] = -1 if is_head else 0
    return found


def torch_runs(module, x):
    """Return what a module makes of a map, or None if torch says that it is too small."""
    try:
        return module(x)
    except RuntimeError as error:
        if not re.search(r"too small|can't be greater than actual input size", str(error)):
            raise
        return None
