"""Every named convention against its tool on random convolutional networks, to the unit.

200 networks; ``RANDOM_NETWORKS=2000 make test PYTEST=tests/unit/test_random_networks.py`` draws
more of them. What a convention leaves out, `convcost.conventions` says, and no network here has.
"""

import os

import pytest
import torch
from torch import nn

from benchmarks._rivals import COUNTERS
from convcost import measure
from convcost.conventions import find, total
from convcost.faults import differences
from tests.unit.random_networks import draw

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
