"""The formulas that the chapters on ResNet print, run as printed, against other people's networks.

Truth: torchvision's networks and our own, measured; the published tables are in
`tests/unit/test_published.py`.
"""

import re

import pytest
import torch
from torch import nn

from convcost import build, measure
from convcost.architectures.resnet import STAGE_BLOCKS, BasicBlock
from tests.book.test_chapters import source


def printed(chapter, name):
    """Return the function of that name from the cell of the chapter that defines it."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", source(chapter), re.S)
    (cell,) = [cell for cell in cells if f"def {name}(" in cell]
    (function,) = re.findall(rf"^def {name}\(.*?(?=^\S|\Z)", cell, re.S | re.M)
    scope = {"torch": torch, "nn": nn, "build": build, "BasicBlock": BasicBlock}
    exec(function, scope)
    return scope[name]


@pytest.mark.parametrize("option", "ABC")
@pytest.mark.parametrize("depth", STAGE_BLOCKS)
def test_shortcuts_cost_what_they_add_to_the_network(depth, option):
    with torch.device("meta"):
        whole, bare = (
            measure(build(f"paper/resnet-{depth}", shortcut=kind)) for kind in (option, "A")
        )
    by_hand = printed("networks/resnet", "shortcuts")(
        STAGE_BLOCKS[depth], 4 if depth >= 50 else 1, option
    )
    assert by_hand == (whole.params - bare.params, whole.macs - bare.macs)


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_the_shortcuts_of_torchvision_are_those_of_option_b(depth):
    with torch.device("meta"):
        network = build(f"resnet{depth}")
    theirs = sum(p.numel() for name, p in network.named_parameters() if "downsample" in name)
    expansion = 4 if depth >= 50 else 1
    by_hand = printed("networks/resnet", "shortcuts")(STAGE_BLOCKS[depth], expansion, "B")
    assert by_hand[0] == theirs


@pytest.mark.parametrize(
    ("name", "stages", "options"),
    [
        ("densenet121", (6, 12, 24, 16), {}),
        ("densenet201", (6, 12, 48, 32), {}),
        ("densenet161", (6, 12, 36, 24), {"growth": 48, "channels": 96}),
    ],
)
def test_dense_layers_weigh_what_torchvisions_do(name, stages, options):
    # Huang et al. 2017, table 1: the layers of each stage.
    with torch.device("meta"):
        network = build(name)
    theirs = sum(m.weight.numel() for m in network.modules() if isinstance(m, nn.Conv2d))
    assert printed("networks/concatenation", "dense_weights")(stages, **options) == theirs


def test_gradients_do_not_vanish_in_the_plain_network_before_training():
    # He et al. 2015, section 4.1: they "exhibit healthy norms with BN".
    sizes = printed("networks/resnet", "gradient_sizes")
    for name in ("paper/plain-34", "paper/resnet-34"):
        behind = sizes(name)
        assert len(behind) == sum(STAGE_BLOCKS[34])
        # Of one value, and on its way back it grows: what does not shrink does not vanish.
        assert behind[0] > behind[-1] > 0
        assert (behind >= 0.5 * behind[-1]).all()


def test_without_batch_norm_the_same_measurement_can_find_a_vanishing_gradient():
    """The test above could fail: the hook sees small gradients where there are some."""

    class Shrinking(nn.Module):
        def __init__(self):
            super().__init__()
            blocks = [nn.Conv2d(3, 3, 1, bias=False) for _ in range(4)]
            for block in blocks:
                nn.init.dirac_(block.weight)
                block.weight.data /= 10
            self.layer1, self.layer2, self.layer3, self.layer4 = map(nn.Sequential, blocks)

        def forward(self, x):
            x = self.layer4(self.layer3(self.layer2(self.layer1(x.requires_grad_()))))
            return x.mean(dim=(2, 3)).repeat(1, 3)

    sizes = printed("networks/resnet", "gradient_sizes")
    sizes.__globals__.update(build=lambda name: Shrinking(), BasicBlock=nn.Conv2d)
    behind = sizes("shrinking")
    assert behind[0].item() == pytest.approx(behind[-1].item() / 1000, rel=1e-2)


def test_the_size_of_a_gradient_does_not_depend_on_how_many_values_it_has():
    """The norm of block 1 has eight times the values of block 16: a factor of √8, not of growth."""
    torch.manual_seed(0)
    network, norms = build("paper/plain-34"), {}
    for name in ("layer1", "layer4"):
        block = getattr(network, name)[0 if name == "layer1" else -1]
        block.register_full_backward_hook(
            lambda block, back, _, name=name: norms.update({name: back[0].norm()})
        )
    scores = network(torch.randn(8, 3, 64, 64))
    nn.functional.cross_entropy(scores, torch.arange(8)).backward()
    sizes = printed("networks/resnet", "gradient_sizes")("paper/plain-34")
    of_norms = (norms["layer1"] / norms["layer4"]).item()
    assert of_norms / (sizes[0] / sizes[-1]).item() == pytest.approx(8**0.5, rel=1e-4)


@pytest.mark.parametrize(("name", "inner"), [("resnet50", 64), ("wide_resnet50_2", 128)])
def test_the_bottleneck_weighs_what_torchvisions_does(name, inner):
    with torch.device("meta"):
        block = build(name).layer1[1]
    theirs = sum(m.weight.numel() for m in block.modules() if isinstance(m, nn.Conv2d))
    assert printed("networks/bottleneck", "neck")(256, inner) == theirs


def test_a_stride_in_the_1x1_skips_pixels_and_in_the_3x3_does_not():
    share_seen = printed("networks/bottleneck", "share_seen")
    ones = {kernel: nn.Conv2d(8, 4, kernel, stride=2, padding=kernel // 2) for kernel in (1, 3)}
    for layer in ones.values():
        nn.init.ones_(layer.weight)
    assert share_seen(ones[1]) == 0.25
    assert share_seen(ones[3]) == 1.0


def test_v2_misses_only_the_norms_of_its_projections():
    # He et al. 2016, "Identity mappings", figure 1 (b), in Keras's layout.
    v1, v2 = measure("resnet50"), measure("keras/resnet-50-v2")
    with torch.device("meta"):
        network = build("resnet50")
    norms = [
        module.weight.numel() + module.bias.numel()
        for name, module in network.named_modules()
        if isinstance(module, nn.BatchNorm2d) and "downsample" in name
    ]
    assert v1.params - v2.params == sum(norms)


def test_each_step_of_the_family_is_seventeen_blocks():
    block = 17 * 64**2 * 56**2
    macs = [measure(f"paper/resnet-{depth}").macs for depth in (50, 101, 152)]
    assert [macs[1] - macs[0], macs[2] - macs[1]] == [17 * block, 17 * block]
