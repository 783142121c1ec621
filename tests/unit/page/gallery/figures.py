"""The book's figures as its tests need them: each is made once in a process."""

import functools
import inspect
import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import torch

from convcost import build, measure
from convcost.architectures.catalogue import accuracies
from convcost.architectures.resnet import BOTTLENECK_DEPTHS, STAGE_BLOCKS
from convcost.arithmetic.roofline import Machine
from convcost.page import gallery
from convcost.page.gallery._machines import machines_of
from convcost.page.gallery.cast import PAPER, TORCHVISION, VGG, Network

DATA = Path(__file__).parents[4] / "book" / "data"

#: `convcost.measure`, but each network at each size once: what the figures here are given.
measure_once = functools.cache(measure)


def cost(network, image=224):
    return measure_once(network, (1, 3, image, image))


def behind_a_stem(net):
    """ResNet's stem, and the body of a VGG that takes 64 channels."""
    net.features[0] = torch.nn.Conv2d(64, 64, 3, padding=1)
    conv = torch.nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
    pool = torch.nn.MaxPool2d(3, stride=2, padding=1)
    return torch.nn.Sequential(conv, torch.nn.BatchNorm2d(64), torch.nn.ReLU(), pool, net)


@functools.cache
def exchanged():
    found = {}
    with torch.device("meta"):
        for head in ("gap", "fc"):
            late = build("paper/resnet-34", head=head)
            late.conv1.stride, late.maxpool = (1, 1), torch.nn.Identity()
            found[PAPER["VGG-19"], 0, head] = build("paper/vgg-e", head=head)
            found[PAPER["VGG-19"], 2, head] = behind_a_stem(build("paper/vgg-e", head=head))
            found[PAPER["ResNet-34"], 0, head] = late
            found[PAPER["ResNet-34"], 2, head] = build("paper/resnet-34", head=head)
    return found


def pooled():
    with torch.device("meta"):
        without_hidden_layers = build("paper/vgg-d", head="gap")
    return [TORCHVISION["VGG-16"], Network("VGG-16, pooled head", without_hidden_layers, VGG)]


def blocks():
    with torch.device("meta"):
        return {(18, option): build("paper/resnet-18", shortcut=option) for option in "ABC"}


def docket():
    cases = [
        ("true", "A", "time", "cause"),
        ("false", "A", "parameters", "number"),
        ("true", "B", "time", "number"),
    ]
    return [SimpleNamespace(verdict=v, document=d, topic=t, says=s) for v, d, t, s in cases]


def degradation(table):
    return pd.read_csv(DATA / f"degradation_{table}.csv")


def chosen(*labels):
    return [TORCHVISION[label] for label in labels]


def heads():
    with torch.device("meta"):
        return {
            (network, head): build(network.model, head=head)
            for network in (PAPER["VGG-16"], PAPER["ResNet-34"])
            for head in ("gap", "fc")
        }


def vgg_table():
    """The rows of the course's table: the output of each layer of VGG-16, for one image."""
    layers = [row for row in cost("vgg16").layers if row.kind in ("conv", "max_pool", "linear")]
    return [("image", 3 * 224 * 224), *((row.kind, math.prod(row.output_shape)) for row in layers)]


def inferred(table):
    return pd.read_csv(DATA / f"inference_{table}.csv")


def quoted_times():
    return pd.read_csv(DATA / "keras_times.csv")


def fitted():
    fits = inferred("fit")
    return Machine(*fits[fits["left_out"].isna()].iloc[0, 1:])


def sheets():
    return pd.read_csv(DATA / "devices.csv")


def machines():
    """The machines of the designer's menu."""
    return machines_of(fitted(), sheets())


def yours():
    """Times of another machine, twice as fast, one network of which is twice as fast again."""
    columns = ("network", "batch", "low_ms", "median_ms", "high_ms")
    lines = [("vgg16", 1, 180.0, 200.0, 220.0), ("ResNet-50", 1, 25.0, 30.0, 50.0)]
    return pd.DataFrame(lines, columns=columns)


POOL = ("pooling", 2, 2)
CONV = ("3 × 3", 3, 1)
VGG_11 = [CONV, POOL, CONV, POOL, CONV, CONV, POOL, CONV, CONV, POOL, CONV, CONV, POOL]

#: Figures that take more than `measure`; those tested with other arguments have a comma.
WITH_ARGUMENTS = {
    "designer": lambda: gallery.designer(
        measure_once, fitted(), sheets(), {"MobileNetV2": "mobilenet_v2"}
    ),
    "atlas": lambda: gallery.atlas(pd.read_csv(DATA / "atlas.csv")),
    "recipes": lambda: gallery.recipes({(a.name, a.recipe): a.top1_percent for a in accuracies()}),
    "parameter_shares": lambda: gallery.parameter_shares(measure_once, pooled()),
    "side_by_side": lambda: gallery.side_by_side(
        measure_once, {"A": "mobilenet_v2", "B": "efficientnet_b0"}, name="fig-a-b"
    ),
    "vgg_errors": lambda: gallery.vgg_errors(pd.read_csv(DATA / "published.csv"), measure_once),
    "same_start": lambda: gallery.same_start(measure_once, exchanged()),
    "head_swap": lambda: gallery.head_swap(body_params=14_714_688),
    "heads_compared": lambda: gallery.heads_compared(measure_once, heads()),
    "training_memory": lambda: gallery.training_memory(pd.read_csv(DATA / "training_steps.csv")),
    "running_total": lambda: gallery.running_total(vgg_table(), printed=24_000_000),
    "network_field": lambda: gallery.network_field(VGG_11, image=224),
    "shortcuts": lambda: gallery.shortcuts(measure_once, blocks()),
    "inference_times": lambda: gallery.inference_times(inferred("networks"), quoted_times()),
    "inference_times, with yours": lambda: gallery.inference_times(
        inferred("networks"), quoted_times(), yours(), name="fig-your-times"
    ),
    "what_predicts": lambda: gallery.what_predicts(inferred("correlations")),
    "layer_roofline": lambda: gallery.layer_roofline(measure_once, inferred("layers"), fitted()),
    "predicted_times": lambda: gallery.predicted_times(measure_once, fitted(), sheets()),
    "compose": lambda: gallery.compose(STAGE_BLOCKS, BOTTLENECK_DEPTHS),
    "error_by_epoch": lambda: gallery.error_by_epoch(degradation("curves")),
    "error_by_depth": lambda: gallery.error_by_depth(degradation("curves")),
    "rival_explanations": lambda: gallery.rival_explanations(degradation("runs")),
    "layer_gradients": lambda: gallery.layer_gradients(degradation("gradients")),
    "signal_by_block": lambda: gallery.signal_by_block(degradation("signals")),
    "gradient_likeness": lambda: gallery.gradient_likeness(degradation("likeness")),
    "without_one_block": lambda: gallery.without_one_block(
        degradation("blocks"), degradation("runs")
    ),
    "shortcut_options": lambda: gallery.shortcut_options(degradation("runs")),
    "verdicts": lambda: gallery.verdicts(docket(), {"true": "right", "false": "wrong"}),
    "mixed_units": lambda: gallery.mixed_units(1_849_688_064, 3_663_761_408),
    "layer_ledger": lambda: gallery.layer_ledger(measure_once, "params"),
    "layer_ledger, work": lambda: gallery.layer_ledger(measure_once, "macs"),
    "work_shares": lambda: gallery.work_shares(measure_once, chosen("VGG-16", "ResNet-18")),
}


def on_its_own(name):
    """Return how to make a figure that takes `measure` at most; None if it takes more."""
    function = getattr(gallery, name)
    given = {"measure": measure_once}
    takes = inspect.signature(function).parameters
    if not takes.keys() <= given.keys():
        return None
    return functools.partial(function, **{key: given[key] for key in takes})


FIGURES = {name: made for name in gallery.__all__ if (made := on_its_own(name))} | WITH_ARGUMENTS


@functools.cache
def figure(name):
    return FIGURES[name]()


def rows_at(name, **values):
    return {row.get("name", row.get("group")): row for row in figure(name).rows(**values)}
