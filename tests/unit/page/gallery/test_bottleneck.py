"""The figures of the bottleneck: what they compute is what is built and measured."""

import pytest
import torch

from convcost import build, measure
from convcost.architectures.resnet import STAGE_BLOCKS
from tests.unit.page.gallery.figures import cost, figure, rows_at


@pytest.mark.parametrize("carried", [32, 256, 512])
def test_the_bottleneck_of_equal_cost_is_the_widest(carried):
    def weights(inner):
        with torch.device("meta"):
            layers = [
                torch.nn.Conv2d(carried, inner, 1, bias=False),
                torch.nn.Conv2d(inner, inner, 3, bias=False),
                torch.nn.Conv2d(inner, carried, 1, bias=False),
            ]
        return [layer.weight.numel() for layer in layers]

    rows = rows_at("equal_cost", carried=carried)
    inner = rows["1 × 1"]["value"]
    shown = [rows[name]["weights"] for name in ("1 × 1", "3 × 3 inside", "1 × 1 back")]
    assert shown == weights(inner)
    # Pencil and paper: a basic block of 64 channels has 18 x 64^2 weights.
    assert sum(weights(inner)) <= 18 * 64**2 < sum(weights(inner + 1))


def test_the_family_costs_what_it_measures():
    rows = rows_at("compose", kind=3, first=3, second=4, third=6, fourth=3, count=1)
    for depth in STAGE_BLOCKS:
        built = cost(f"paper/resnet-{depth}")
        shown = rows[f"ResNet-{depth}"]
        assert (shown["params"], shown["macs"]) == (built.params, built.macs)
    assert rows["yours"]["params"] == rows["ResNet-50"]["params"]


@pytest.mark.parametrize("blocks", [(1, 1, 1, 1), (2, 8, 3, 4), (4, 1, 12, 2)])
@pytest.mark.parametrize("kind", [2, 3])
def test_a_composed_network_is_torchvisions(kind, blocks):
    with torch.device("meta"):
        some = build({2: "resnet18", 3: "resnet50"}[kind])
        built = measure(type(some)(type(some.layer1[0]), list(blocks)))
    stages = dict(zip(("first", "second", "third", "fourth"), blocks, strict=True))
    yours = rows_at("compose", kind=kind, count=0, **stages)["yours"]
    assert yours["params"] == built.params
    # Torchvision has the stride in the 3 x 3: three 1 x 1 layers work on four times the places.
    later = 3 * 3 * 256 * 128 * 28**2 if kind == 3 else 0
    assert yours["macs"] == built.macs - later


def test_the_page_knows_the_family_by_its_blocks():
    def finding(kind, *blocks):
        stages = dict(zip(("first", "second", "third", "fourth"), blocks, strict=True))
        return figure("compose").finding(kind=kind, count=0, **stages)

    # He et al. 2015, table 1; with 3 and 1 blocks in the last two stages the 152-layer column
    # would be a network of 47 layers.
    assert finding(3, 3, 8, 36, 3).startswith("50 blocks of 3 layers make 152 layers")
    assert finding(3, 3, 8, 36, 3).endswith("It is ResNet-152.")
    assert finding(2, 3, 4, 6, 3).endswith("It is ResNet-34.")
    assert finding(3, 3, 8, 3, 1).startswith("15 blocks of 3 layers make 47 layers")
    assert "It is" not in finding(3, 3, 8, 3, 1)
