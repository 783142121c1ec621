"""The figures of ResNet: autograd's gradients, torch's layers, the paper's shortcuts."""

import pytest
import torch

from convcost import measure
from tests.unit.page.gallery.figures import figure


@pytest.mark.parametrize("slope", [-1.0, -0.4, 0.0, 0.3])
def test_the_gradient_through_blocks_is_autograds(slope):
    for series, shortcut in (("without shortcuts", 0), ("with shortcuts", 1)):
        start = torch.ones(1, dtype=torch.double, requires_grad=True)
        x = start
        for _ in range(16):
            x = slope * x + shortcut * x
        (expected,) = torch.autograd.grad(x, start)
        rows = [
            row
            for row in figure("gradient_through_blocks").rows(slope=slope)
            if row["series"] == series
        ]
        assert rows[-1]["step"] == 16
        assert rows[-1]["gradient"] == pytest.approx(expected.item(), rel=1e-12)


class Concatenating(torch.nn.Module):
    """Lays what its convolution puts out beside what it was given."""

    def __init__(self, channels, new):
        super().__init__()
        self.conv = torch.nn.Conv2d(channels, new, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(x)], dim=1)


class Adding(Concatenating):
    """Adds it."""

    def forward(self, x):
        return x + self.conv(x)


def kept_values(network, image):
    """Count the values that autograd puts aside, weights left out."""
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(image)
    for weight in network.parameters():
        kept.pop(weight.untyped_storage()._cdata)
    return sum(storage.nbytes() for storage in kept.values()) // 4


@pytest.mark.parametrize("new", [64, 12])
def test_adding_and_concatenating_cost_what_torchs_layers_cost(new):
    layers, image = 16, (1, 64, 56, 56)
    with torch.device("meta"):
        stacks = {
            "adding": [Adding(64, 64) for _ in range(layers)],
            "concatenating": [Concatenating(64 + n * new, new) for n in range(layers)],
        }
    for series, stack in stacks.items():
        network = torch.nn.Sequential(*stack)
        cost = measure(network, image)
        image_values = torch.empty(image, device="meta")
        truth = [
            network(image_values).shape[1],
            cost.params,
            cost.macs,
            kept_values(network, image_values),
        ]
        for count, expected in enumerate(truth):
            rows = figure("add_or_concatenate").rows(growth=new, count=count)
            last = [row["value"] for row in rows if row["series"] == series][-1]
            assert last == expected, (series, count)


def test_option_a_has_free_shortcuts_and_c_the_dearest():
    totals = [
        sum(
            row["value"]
            for row in figure("shortcuts").rows(depth=18, option=option, count="params")
            if row["series"] == "shortcuts"
        )
        for option in "ABC"
    ]
    assert totals[0] == 0
    # B: three projections with their batch norms, 64 to 128 to 256 to 512 channels.
    assert totals[1] == sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
    assert totals[2] > totals[1]
