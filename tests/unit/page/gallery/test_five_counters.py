"""The figure of counters: each tool's own answer can be reached with the switches."""

import ptflops
import pytest
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from convcost import measure
from convcost.conventions import find
from convcost.page.gallery.five_counters import ITEMS, TOOLS, positions
from tests.unit.page.gallery.figures import rows_at


def as_the_tool(convention):
    """Where the switches stand for a tool: one or two for a multiply-add, biases, its words."""
    return {
        "unit": {"MAC": 1, "FLOP": 2}[convention.unit],
        "bias": bool(convention.biases),
        **{item: list(positions(item)).index(convention.words.get(item, "none")) for item in ITEMS},
    }


@pytest.mark.parametrize("network", range(3))
@pytest.mark.parametrize("name", TOOLS)
def test_each_counters_answer_can_be_reached_with_the_switches(name, network):
    shown = rows_at("counters", network=network, shortcut=False, **as_the_tool(find(name)))

    assert len(shown) == len(TOOLS)
    assert shown[TOOLS[name]]["gap"] == 0
    assert shown[TOOLS[name]]["label"] == "exactly yours"


def test_no_counter_counts_the_additions_of_shortcuts():
    values = {"unit": 1, "bias": False, "normalization": 0, "activations": 0, "pooling": 0}
    without, with_them = (
        rows_at("counters", network=1, shortcut=shortcut, **values) for shortcut in (False, True)
    )

    # 16 blocks: 3, 4, 6 and 3 on maps of 56, 28, 14 and 7 with 256 to 2048 channels.
    blocks = ((3, 56, 256), (4, 28, 512), (6, 14, 1024), (3, 7, 2048))
    additions = sum(count * side**2 * channels for count, side, channels in blocks)
    assert {without[tool]["gap"] - with_them[tool]["gap"] for tool in without} == {additions}
    assert all(row["gap"] for row in with_them.values())


@pytest.mark.parametrize(("written", "counted"), [("+=", 0), ("torch.add", 3 * 8 * 8)])
def test_ptflops_counts_a_shortcut_by_how_it_is_written(written, counted):
    """What the chapter says of additions, asked of the tool."""

    class Shortcut(torch.nn.Module):
        def forward(self, x):
            out = x.clone()
            if written == "torch.add":
                return torch.add(out, x)
            out += x
            return out

    found, _ = ptflops.get_model_complexity_info(
        Shortcut(), (3, 8, 8), as_strings=False, print_per_layer_stat=False
    )
    assert (found or 0) == counted


def test_flop_counter_mode_misses_attention_on_the_cpu_and_the_projections_without_gradients():
    """What the chapter adds up from measured rows, on a small transformer that runs."""
    small = torchvision.models.VisionTransformer(32, 16, 1, 2, 8, 16, num_classes=4).eval()
    image = torch.rand(1, 3, 32, 32)
    layers = measure(small, (1, 3, 32, 32)).layers
    in_attention = [row for row in layers if row.class_name == "MultiheadAttention"]
    products = sum(2 * row.macs for row in in_attention if row.kind == "attention")
    flops = sum(2 * row.macs for row in layers)

    with FlopCounterMode(display=False) as with_gradients:
        small(image)
    with FlopCounterMode(display=False) as without, torch.no_grad():
        small(image)

    assert products > 0
    assert with_gradients.get_total_flops() == flops - products
    assert without.get_total_flops() == flops - sum(2 * row.macs for row in in_attention)
