"""The figure of adding and concatenating costs what torch's layers cost."""

import pytest
import torch

from convcost import measure
from tests.unit.page.gallery.figures import figure


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


@pytest.mark.parametrize(("layers", "new"), [(1, 8), (4, 32), (6, 64)])
def test_what_is_passed_on_is_what_torch_passes_on(layers, new):
    """Concatenating keeps the input as it came, adding keeps its width."""
    image = torch.rand(1, 64, 3, 3)
    rows = figure("what_is_passed_on").rows(layers=layers, growth=new)
    beside, added = image, image
    for layer in range(1, layers + 1):
        beside = Concatenating(beside.shape[1], new)(beside)
        added = Adding(64, 64)(added)
        for way, truth in (("concatenating", beside), ("adding", added)):
            parts = [row for row in rows if (row["way"], row["layer"]) == (way, layer)]
            assert parts[-1]["end"] == sum(part["channels"] for part in parts) == truth.shape[1]
            assert parts[-1]["label"] == str(truth.shape[1])
            untouched = torch.equal(truth[:, :64], image)
            assert (parts[0]["state"] == "input") == untouched
    assert f"passes on {beside.shape[1]} channels;" in figure("what_is_passed_on").finding(
        layers, new
    )
