"""The roofline: work and bytes by hand and by torch's own tensors, time by closed forms."""

import math
from collections import Counter

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from convcost import build, measure
from convcost.arithmetic.roofline import (
    Machine,
    Work,
    attainable,
    bytes_moved,
    flops_per_byte,
    group_of,
    layer_seconds,
    network_seconds,
    ridge,
    winograd_saving,
    works_of,
)
from convcost.page.live.tracing import Expression, symbol

MACHINE = Machine(
    macs_per_second=40e9, grouped_macs_per_second=8e9, bytes_per_second=20e9,
    compares_per_second=1e9, launch_seconds=1e-5,
)  # fmt: skip


def work(layer, *shape):
    return works_of(measure(layer, shape).layers)


def test_five_layers_by_hand():
    # Each number travels once, in 4 bytes.
    image = 64 * 56 * 56
    (conv,) = work(nn.Conv2d(64, 64, 3, padding=1, bias=False), 1, 64, 56, 56)
    assert conv == Work(9 * 64 * image, 0, 4 * 2 * image, 4 * 9 * 64 * 64, 0)
    (linear,) = work(nn.Linear(4096, 4096), 1, 4096)
    assert linear == Work(4096 * 4096, 0, 4 * 2 * 4096, 4 * 4096 * 4097, 0)
    (relu,) = work(nn.ReLU(), 1, 64, 56, 56)
    assert relu == Work(0, 0, 4 * 2 * image, 0, 0)
    (norm,) = work(nn.BatchNorm2d(64), 1, 64, 56, 56)  # scale, shift, mean and variance
    assert norm == Work(0, 0, 4 * 2 * image, 4 * 4 * 64, 0)
    (depthwise,) = work(nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False), 1, 64, 56, 56)
    assert depthwise == Work(0, 9 * image, 4 * 2 * image, 4 * 9 * 64, 0)
    (pool,) = work(nn.MaxPool2d(2), 1, 64, 56, 56)
    assert pool == Work(0, 0, 4 * (image + image // 4), 0, image)


class Both(nn.Module):
    def forward(self, x):
        joined = torch.cat([x, x + x], dim=1)
        return joined.mean((2, 3), keepdim=True) * joined


def test_an_addition_reads_two_maps_a_concatenation_what_it_writes_and_a_gate_little():
    found = work(Both(), 1, 8, 5, 5)
    # x + x; cat; mean; product with one value for each channel
    assert [one.map_bytes // 4 for one in found] == [
        3 * 200, 2 * 400, 400 + 16, 400 + 16 + 400,
    ]  # fmt: skip


class Traffic(TorchDispatchMode):
    """Adds up the bytes of all distinct tensors that torch's operators take in and put out."""

    bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if not func.is_view:
            mine = out if isinstance(out, tuple) else (out,)
            inputs = torch.utils._pytree.tree_leaves(args)
            tensors = [x for x in (*inputs, *mine) if isinstance(x, torch.Tensor) and x.numel()]
            self.bytes += sum(x.numel() * x.element_size() for x in tensors)
        return out


@pytest.mark.parametrize("name", ["vgg11", "resnet18", "mobilenet_v2", "densenet121"])
def test_bytes_are_those_of_the_tensors_that_torch_passes_around(name):
    with torch.device("meta"):
        model, image = build(name).eval(), torch.empty(1, 3, 64, 64)
    with torch.inference_mode(), Traffic() as seen:
        model(image)
    ours = sum(map(bytes_moved, works_of(measure(name, (1, 3, 64, 64)).layers)))
    assert ours == pytest.approx(seen.bytes, rel=0.02)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_multiply_adds_are_half_of_what_torch_counts(name):
    with torch.device("meta"):
        model, images = build(name).eval(), torch.empty(2, 3, 64, 64)
    with FlopCounterMode(display=False) as counter:
        model(images)
    works = works_of(measure(name, (1, 3, 64, 64)).layers)
    assert 2 * sum(w.dense_macs + w.grouped_macs for w in works) == counter.get_total_flops() // 2


def test_a_batch_moves_its_maps_and_the_weights_once():
    for name in ("vgg11", "mobilenet_v2"):
        one, four = (works_of(measure(name, (n, 3, 64, 64)).layers) for n in (1, 4))
        # Rows of a batch of four hold all four images.
        assert [bytes_moved(w, 4) for w in one] == [bytes_moved(w) for w in four]


def test_a_layer_takes_as_long_as_the_slower_of_computing_and_moving():
    computes = Work(dense_macs=40_000_000, grouped_macs=0, map_bytes=1, weight_bytes=0, compares=0)
    moves = Work(dense_macs=1, grouped_macs=0, map_bytes=0, weight_bytes=40_000_000, compares=0)
    assert layer_seconds(computes, MACHINE) == pytest.approx(1e-3 + 1e-5)
    assert layer_seconds(moves, MACHINE) == pytest.approx(2e-3 + 1e-5)
    # Twice the images: twice the arithmetic, the same weights.
    assert layer_seconds(computes, MACHINE, 2) == pytest.approx(2e-3 + 1e-5)
    assert layer_seconds(moves, MACHINE, 2) == pytest.approx(2e-3 + 1e-5)
    assert layer_seconds(Work(0, 8_000_000, 0, 0, 0), MACHINE) == pytest.approx(1e-3 + 1e-5)
    assert layer_seconds(Work(0, 0, 0, 0, 1_000_000), MACHINE) == pytest.approx(1e-3 + 1e-5)


def test_the_roof_has_its_ridge_where_both_parts_meet():
    meets = ridge(40e9, 20e9)
    assert meets == 4
    assert attainable(meets, 40e9, 20e9) == 80e9
    assert attainable(meets / 2, 40e9, 20e9) == 40e9
    assert attainable(10 * meets, 40e9, 20e9) == 80e9
    assert flops_per_byte(600, 300) == 4


def test_a_networks_time_is_the_sum_of_its_layers():
    works = works_of(measure("resnet18", (1, 3, 64, 64)).layers)
    assert max(Counter(works).values()) > 1  # equal ones are computed once
    each = math.fsum(layer_seconds(work, MACHINE, 8) for work in works)
    assert network_seconds(works, MACHINE, 8) == pytest.approx(each)


def test_a_page_computes_the_same_formula():
    batch, launch = symbol("batch"), symbol("launch")
    traced = layer_seconds(Work(3, 0, 8, 16, 0), MACHINE._replace(launch_seconds=launch), batch)
    assert isinstance(traced, Expression)


def test_groups_go_by_what_a_module_computes():
    assert group_of(work(nn.Conv2d(4, 4, 3), 1, 4, 9, 9)) == "dense products"
    assert group_of(work(nn.Conv2d(4, 4, 3, groups=4), 1, 4, 9, 9)) == "grouped products"
    assert group_of(work(nn.MaxPool2d(2), 1, 4, 8, 8)) == "pooling"
    assert group_of(work(nn.ReLU(), 1, 4, 8, 8)) == "passes"


def test_winograds_saving():
    # Lavin and Gray 2016, section 4.1: F(2x2, 3x3) takes 16 multiplications where 36 were taken,
    # F(4x4, 3x3) takes 36 where 144 were.
    assert winograd_saving(2) == 36 / 16 == 2.25
    assert winograd_saving(4) == 144 / 36 == 4
