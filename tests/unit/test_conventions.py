"""What a convention counts: each item by its price, one's own conventions, mistakes in words.

That a named convention is its tool's is held in `test_counters.py`.
"""

import dataclasses
import subprocess
import sys
from math import prod

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from convcost import build, measure
from convcost.conventions import CONVENTIONS, ITEMS, Convention, Price, find, price, total
from convcost.faults import differences
from tests.unit.stand_ins import Calls

# -- a convention of one's own ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def block():
    """A convolution with bias, batch norm, ReLU, the addition of a shortcut, pooling, softmax."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)
            self.norm = nn.BatchNorm2d(4)
            self.pool = nn.MaxPool2d(2)

        def forward(self, x):
            x = functional.relu(self.norm(self.conv(x)) + x)
            return functional.softmax(self.pool(x), dim=-1)

    return measure(Block(), (1, 4, 10, 10))


@pytest.mark.parametrize(
    ("items", "operations"),
    [
        ({}, 4 * 4 * 9 * 100),
        ({"unit": "FLOP"}, 2 * 4 * 4 * 9 * 100),
        ({"biases": 1}, 4 * 4 * 9 * 100 + 400),
        ({"normalization": Price(each="param")}, 4 * 4 * 9 * 100 + 8),
        ({"normalization": 2}, 4 * 4 * 9 * 100 + 800),
        ({"activations": 1}, 4 * 4 * 9 * 100 + 400),
        ({"pooling": 1}, 4 * 4 * 9 * 100 + 100),
        ({"pooling": Price(each="input")}, 4 * 4 * 9 * 100 + 400),
        ({"pooling": Price(kinds=("avg_pool",))}, 4 * 4 * 9 * 100),
        ({"softmax": (Price(3), Price(-1, each="row"))}, 4 * 4 * 9 * 100 + 4 * 5 * (3 * 5 - 1)),
        ({"additions": 1}, 4 * 4 * 9 * 100 + 400),
        ({"unit": "FLOP", "biases": 1, "additions": 1}, 2 * 4 * 4 * 9 * 100 + 800),
        ({"rounded_to": 1000}, 14_000),
    ],
)
def test_a_convention_of_your_own_prices_each_item(block, items, operations):
    assert block.operations(Convention("mine", **items)) == operations


@pytest.mark.parametrize(
    ("items", "operations"),
    [
        ({"interpolation": 1}, 4 * 20 * 20),
        ({"interpolation": Price(traits=("nearest 2d",))}, 4 * 20 * 20),
        ({"interpolation": Price(traits=("bilinear 2d",))}, 0),
        ({"interpolation": Price(modules=("Upsample",))}, 0),  # called as a function
        ({"multiplications": 1}, 2 * 4 * 20 * 20),
        ({"multiplications": Price(traits=("torch.mul",))}, 4 * 20 * 20),
        ({"additions": Price(traits=("Tensor.add",))}, 4 * 20 * 20),  # and not the sign +
    ],
)
def test_upsampling_and_products_are_priced_by_how_they_are_written(items, operations):
    def forward(_, x):
        x = functional.interpolate(x, scale_factor=2)
        return (torch.mul(x, x) * x).add(x) + x

    cost = measure(Calls(forward), (1, 4, 10, 10))

    assert cost.operations(Convention("mine", **items)) == operations


def test_attention_counts_or_not():
    class Scores(nn.Module):
        def forward(self, x):
            return x @ x.transpose(1, 2)

    cost = measure(Scores(), (2, 5, 3))

    assert cost.operations("macs") == 2 * 5 * 5 * 3
    assert cost.operations(Convention("no attention", attention=False)) == 0
    assert price(cost.layers[-1], find("flops")) == {"attention": 2 * 2 * 5 * 5 * 3}


def test_torchvision_prints_thousandths_of_a_giga():
    """As its documentation has VGG-16; of all 80, `test_torchvision_metadata` holds the MACs."""
    assert measure("vgg16").operations("torchvision") == 15_470_000_000


def test_a_batch_counts_as_so_many_images():
    for name in ("torchinfo", "fvcore", "thop", "ptflops"):
        one, three = (measure("resnet18", (batch, 3, 64, 64)).operations(name) for batch in (1, 3))
        assert three == 3 * one


@pytest.fixture(scope="module")
def mobilenet():
    return measure("mobilenet_v2", (1, 3, 96, 96))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_rows_add_up_to_the_total(mobilenet, name):
    cost, convention = mobilenet, find(name)
    each = [layer.operations(name) for layer in cost.layers]

    assert each == [sum(price(layer, convention).values()) for layer in cost.layers]
    assert abs(sum(each) - cost.operations(name)) <= convention.rounded_to / 2
    assert {item for layer in cost.layers for item in price(layer, convention)} <= set(ITEMS)


@settings(deadline=None)  # the first call of a process is slow
@given(
    channels=st.integers(1, 8),
    kernel=st.integers(1, 4),
    size=st.integers(4, 12),
    bias=st.booleans(),
    norm=st.booleans(),
)
def test_conventions_differ_by_what_they_say(channels, kernel, size, bias, norm):
    layers = [nn.Conv2d(3, channels, kernel, bias=bias)]
    layers += [nn.BatchNorm2d(channels)] * norm
    rows = measure(nn.Sequential(*layers), (1, 3, size, size)).layers
    out = prod(rows[0].output_shape)
    macs = out * 3 * kernel * kernel

    counts = {name: total(rows, find(name)) for name in CONVENTIONS}

    assert counts["macs"] == macs
    assert counts["flops"] == counts["flop_counter"] == 2 * macs
    assert counts["ptflops_aten"] == macs + bias * out
    assert counts["torchinfo"] == macs + bias * out + norm * 2 * channels
    assert counts["fvcore"] == macs + norm * 2 * out
    assert counts["thop"] == macs + norm * 4 * out
    assert counts["ptflops"] == macs + bias * out + norm * 2 * out


def test_what_is_not_used_costs_nothing():
    cost = measure(build("googlenet", aux_logits=True), (1, 3, 64, 64))
    unused = [layer for layer in cost.layers if layer.kind == "unused"]

    assert unused
    for layer, name in ((layer, name) for layer in unused for name in CONVENTIONS):
        assert layer.operations(name) == 0


# -- bad input -------------------------------------------------------------------------------------


def test_an_unknown_convention_gets_the_nearest_name():
    with pytest.raises(ValueError, match=r"no convention 'ptflop'; there are macs, .*'ptflops'\?$"):
        measure("resnet18", (1, 3, 64, 64)).operations("ptflop")
    with pytest.raises(ValueError, match="no convention 'fvcor'"):
        differences([], "fvcor")


def test_an_unknown_unit_or_measure_is_refused():
    with pytest.raises(ValueError, match="MAC or FLOP; got unit='FLOPs'"):
        Convention("mine", unit="FLOPs")
    with pytest.raises(ValueError, match=r"got each='outputs'; did you mean 'output'\?"):
        Price(each="outputs")


def test_a_convention_can_be_changed_by_a_copy():
    doubled = dataclasses.replace(find("ptflops_aten"), name="mine", unit="FLOP")
    cost = measure("vgg11", (1, 3, 64, 64))

    assert cost.operations(doubled) == cost.operations("ptflops_aten") + cost.macs


@pytest.mark.parametrize("module", ["convcost.conventions", "convcost.faults"])
def test_conventions_need_neither_torch_nor_torchinfo(module):
    code = f"import sys, {module}; print('torch' in sys.modules, 'torchinfo' in sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == ["False", "False"]
