"""Every named convention against its tool on random convolutional networks, to the unit.

200 networks; ``RANDOM_NETWORKS=2000 make test PYTEST=tests/unit/test_random_networks.py`` draws
more of them. What a convention leaves out, `convcost.conventions` says, and no network here has.
"""

import os

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

import convcost.conventions
from benchmarks._rivals import COUNTERS
from convcost import measure
from convcost.conventions import find, total
from convcost.faults import differences
from tests.unit.random_networks import draw
from tests.unit.stand_ins import Calls

NETWORKS = int(os.environ.get("RANDOM_NETWORKS", "200"))
AT_A_TIME = 10


def ours(rows, counter):
    return total(rows, find(counter)) + sum(differences(rows, counter, "on the CPU").values())


@pytest.mark.filterwarnings("ignore:This API is being deprecated")  # thop of its own, at a PReLU
@pytest.mark.parametrize("first", range(0, NETWORKS, AT_A_TIME))
def test_each_convention_gives_its_tools_number(first):
    for seed in range(first, first + AT_A_TIME):
        model, shape = draw(seed)
        rows, one = (measure(model, (n, *shape[1:])).layers for n in (shape[0], 1))

        for counter, count in COUNTERS.items():
            asked = one if counter.startswith("ptflops") else rows  # which takes one image only
            with torch.no_grad():
                counted = count(model, torch.zeros(shape))
            assert ours(asked, counter) == counted, f"{counter}, network {seed}: {model}"


def conv(**options):
    return nn.Conv2d(4, 4, 3, padding=1, **options)


SHARED = nn.Sequential(conv())
SCALES = nn.Parameter(torch.zeros(4, 1, 1))
LEFT_OUT = {
    "parameters called weight or bias in modules": (
        "torchinfo", Calls(lambda m, x: x * m.weight, weight=SCALES),
    ),
    "parametrized layers (weight norm)": ("torchinfo", weight_norm(conv())),
    "where numbers do not lie in one piece": (
        "ptflops_aten", Calls(lambda m, x: m.layer(x.permute(0, 2, 3, 1)), layer=nn.Linear(4, 5)),
    ),
    "a module with several places": ("thop", nn.Sequential(SHARED, nn.Sequential(SHARED[0]))),
    "a scale that is no whole number": ("ptflops", nn.Upsample(scale_factor=1.5)),
    "``F.upsample``": ("ptflops", Calls(lambda _, x: functional.upsample(x, scale_factor=2))),
    "tensors with unequally many dimensions": (
        "ptflops", Calls(lambda m, x: torch.mul(x, m.scales), scales=SCALES),
    ),
    "functions imported by their own names": (
        "ptflops", Calls(lambda _, x, imported=functional.relu: imported(x)),
    ),
    "unpooling": (
        "ptflops", Calls(lambda _, x: functional.max_unpool2d(
            *functional.max_pool2d(x, 3, return_indices=True), 3)),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*upsample. is deprecated")
@pytest.mark.parametrize("phrase", LEFT_OUT)
def test_what_is_said_to_be_left_out_is(phrase):
    counter, layer = LEFT_OUT[phrase]
    network = nn.Sequential(layer).eval()
    image = torch.zeros(1, 4, 9, 9)

    # First ours: some tools leave hooks behind where a module has several places.
    measured = ours(measure(network, image.shape).layers, counter)
    with torch.no_grad():
        assert COUNTERS[counter](network, image) != measured
    assert phrase in " ".join(convcost.conventions.__doc__.split())


def test_the_networks_have_what_once_went_wrong():
    layers = [layer for seed in range(200) for layer in draw(seed)[0].modules()]
    names = {type(layer).__name__ for layer in layers}

    assert names >= {
        "Upsample",
        "PReLU",
        "Softmax",
        "LPPool2d",
        "Conv2dSame",
        "StdConv2d",
        "SEModule",
    }
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    assert {norm.track_running_stats for norm in norms} == {True, False}
