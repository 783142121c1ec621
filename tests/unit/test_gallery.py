"""The book's figures: the page computes what Python computes, and both are right."""

import functools

import pytest
import torch

from convcost import build, measure
from convcost.figures import gallery
from convcost.figures.gallery.stages import HEAD, by_halvings, stage_label
from tests.figure_check import assert_page_agrees


@functools.cache
def costs(network, image):
    return measure(network, (1, 3, image, image)).to_frame()


def pooled():
    return {"VGG-16": "vgg16", "VGG-16, pooled head": build("paper/vgg-d", head="gap")}


def blocks():
    return {(18, option): build("paper/resnet-18", shortcut=option) for option in "ABC"}


FIGURES = {
    "contest": lambda: gallery.contest(costs),
    "parameter_shares": lambda: gallery.parameter_shares(costs, pooled()),
    "network_totals": lambda: gallery.network_totals(costs),
    "configurations": lambda: gallery.configurations(costs),
    "kernel_stack": gallery.kernel_stack,
    "convolution_parameters": gallery.convolution_parameters,
    "convolution_operations": gallery.convolution_operations,
    "shortcuts": lambda: gallery.shortcuts(costs, blocks()),
    "bottleneck": gallery.bottleneck,
    "sliding_window": gallery.sliding_window,
    "shared_weights": gallery.shared_weights,
    "channel_groups": gallery.channel_groups,
}


@functools.cache
def figure(name):
    return FIGURES[name]()


def test_every_figure_is_tested():
    assert set(FIGURES) >= set(gallery.__all__)


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_agrees_with_python_at_every_position(name):
    assert assert_page_agrees(figure(name)) > 1


@pytest.mark.parametrize("name", FIGURES)
def test_bars_stay_within_their_scale(name):
    shown = figure(name)
    rows, _ = shown.frame(*shown.positions().values())
    for row in rows:
        if "reach" in row:
            assert 0 <= row["value"] <= row["reach"]
        elif "start" in row:
            assert 1 <= row["start"] <= row["end"]


def rows_at(name, **values):
    return {row.get("name", row.get("group")): row for row in figure(name)._rows(**values)}


def test_contest_has_the_papers_totals():
    # He et al. 2015, figure 3 and section 3.3: 19.6 and 3.6 billion multiply-adds.
    vgg = sum(by_halvings(costs("vgg19", 224), 224, "macs").values())
    resnet = sum(by_halvings(costs("resnet34", 224), 224, "macs").values())
    assert round(vgg / 1e9, 1) == 19.6
    assert round(resnet / 1e9, 2) == 3.66
    rows = figure("contest")._rows(count="macs", image=224)
    assert sum(row["value"] for row in rows if row["series"] == "VGG-19") == vgg


def test_vgg_spends_on_maps_that_resnet_never_makes():
    stages = by_halvings(costs("vgg19", 224), 224, "macs")
    # Pencil and paper: 3 x 3 kernels, 3 and 64 channels into 64, on the full image.
    assert stages[0] == 9 * (3 + 64) * 64 * 224**2
    assert 0 not in by_halvings(costs("resnet34", 224), 224, "macs")
    assert list(stages) == [0, 1, 2, 3, 4, HEAD]


def test_three_layers_of_3_against_one_of_7():
    # Simonyan & Zisserman 2014, section 2.3: 27 C^2 against 49 C^2.
    rows = rows_at("kernel_stack", depth=3, channels=128)
    assert [row["value"] for row in rows.values()] == [27 * 128**2, 49 * 128**2]


@pytest.mark.parametrize("expansion", [1, 4, 5])
def test_a_bottleneck_has_9_plus_2e_squares(expansion):
    rows = rows_at("bottleneck", narrow=64, expansion=expansion)
    assert [row["value"] for row in rows.values()] == [18 * 64**2, (9 + 2 * expansion) * 64**2]


def test_option_a_has_free_shortcuts_and_c_the_dearest():
    totals = [
        sum(
            row["value"]
            for row in figure("shortcuts")._rows(depth=18, option=option, count="params")
            if row["series"] == "shortcuts"
        )
        for option in "ABC"
    ]
    assert totals[0] == 0
    # B: three projections with their batch norms, 64 to 128 to 256 to 512 channels.
    assert totals[1] == sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
    assert totals[2] > totals[1]


def test_groups_are_named_by_the_map():
    assert stage_label(2, 224) == "56 × 56"
    assert stage_label(3, 100) == "1/8 size"
    assert stage_label(HEAD, 224) == "head"


WINDOWS = [(3, 1, 1, 1), (3, 2, 1, 1), (2, 2, 0, 1), (3, 1, 2, 2), (5, 3, 2, 1), (1, 2, 0, 3)]


@pytest.mark.parametrize(("kernel", "stride", "pad", "dilation"), WINDOWS)
def test_the_window_reads_what_torch_reads(kernel, stride, pad, dilation):
    image = torch.ones(1, 1, 6, 6, requires_grad=True)
    ones = torch.ones(1, 1, kernel, kernel)
    out = torch.nn.functional.conv2d(image, ones, None, stride, pad, dilation)
    for step, value in enumerate(out.flatten(), start=1):
        (seen,) = torch.autograd.grad(value, image, retain_graph=True)
        rows = figure("sliding_window")._rows(kernel, stride, pad, dilation, step)
        read = {(r["row"], r["column"]) for r in rows if r["state"] == "pixel, read now"}
        assert read == {(i + 1, j + 1) for i, j in seen[0, 0].nonzero().tolist()}
        assert sum("read now" in row["state"] for row in rows) == kernel**2
        now = [r for r in rows if r["state"] == "computed now"]
        assert [(r["row"] - 1) * out.shape[-1] + r["column"] for r in now] == [step]
        assert sum(row["state"] == "computed" for row in rows) == step - 1


def test_a_window_that_fits_nowhere_is_explained():
    shown = figure("sliding_window")
    rows = shown._rows(kernel=5, stride=1, pad=0, dilation=2, step=3)
    assert {row["state"] for row in rows if row["grid"] == "output"} == {"outside"}
    finding = shown._finding(kernel=5, stride=1, pad=0, dilation=2, step=3)
    assert "spans 9 × 9 pixels" in finding
    assert "fits nowhere" in finding


def test_shared_weights_are_those_of_torchs_layers():
    rows = figure("shared_weights")._rows(side=7, channels=16, kernel=3)
    weights = {row["group"]: row["value"] for row in rows if row["series"] == "weights"}
    with torch.device("meta"):
        linear = torch.nn.Linear(16 * 49, 16 * 49, bias=False)
        conv = torch.nn.Conv2d(16, 16, 3, padding=1, bias=False)
    assert weights["linear"] == linear.weight.numel()
    assert weights["convolution"] == conv.weight.numel()
    assert weights["local, not shared"] == 49 * conv.weight.numel()


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_groups_connect_what_torch_connects(groups):
    image = torch.ones(8, 1, 1, requires_grad=True)
    out = torch.nn.functional.conv2d(image, torch.ones(8, 8 // groups, 1, 1), groups=groups)
    for channel, value in enumerate(out.flatten(), start=1):
        (seen,) = torch.autograd.grad(value, image, retain_graph=True)
        rows = figure("channel_groups")._rows(groups=groups)
        linked = [r["in"] for r in rows if r["out"] == channel and r["state"] == "connected"]
        assert linked == [i + 1 for i in seen.flatten().nonzero().flatten().tolist()]
