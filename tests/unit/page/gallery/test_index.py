"""The figures of the first page are right: the contest, and thin layers for a wide one."""

from itertools import pairwise

import pytest
import torch

from convcost import measure
from convcost.page.gallery.stages import HEAD, by_halvings, stage_label
from tests.unit.page.gallery.figures import cost, figure, rows_at


def test_contest_has_the_papers_totals():
    # He et al. 2015, figure 3 and section 3.3: 19.6 and 3.6 billion multiply-adds.
    vgg = sum(by_halvings(cost("vgg19").layers, 224, "macs").values())
    resnet = sum(by_halvings(cost("resnet34").layers, 224, "macs").values())
    assert round(vgg / 1e9, 1) == 19.6
    assert round(resnet / 1e9, 2) == 3.66
    rows = figure("contest").rows(count="macs", image=224)
    assert sum(row["value"] for row in rows if row["network"] == "VGG-19") == vgg


# Published with torchvision's weights: 143,667,240 and 21,797,672 parameters. He et al. 2015,
# figure 3 and section 3.3: 19.6 and 3.6 billion multiply-adds (projections make it 3.66).
@pytest.mark.parametrize(
    ("count", "totals"),
    [("params", (143_667_240, 21_797_672)), ("macs", (19.6e9, 3.66e9))],
)
def test_areas_are_costs_on_one_scale(count, totals):
    rows = figure("two_networks").rows(count=count)
    per_network = [[row for row in rows if row["place"] == place] for place in (0, 1)]

    assert [len(layers) for layers in per_network] == [19, 34]
    for layers, total in zip(per_network, totals, strict=True):
        assert sum(row["value"] for row in layers) == pytest.approx(total, rel=3e-3)
    # A hundredth of a pixel is what places are rounded to.
    largest = max(rows, key=lambda row: row["value"])
    unit = largest["value"] / (largest["tall"] * largest["across"])
    for row in rows:
        assert row["tall"] * row["across"] == pytest.approx(row["value"] / unit, rel=0.01, abs=0.02)
        assert 0 <= row["across"] <= 1


@pytest.mark.parametrize("count", ["params", "macs", "activations"])
def test_no_layer_covers_another(count):
    rows = figure("two_networks").rows(count=count)
    for before, after in pairwise(rows):
        if before["place"] == after["place"]:
            assert after["top"] >= before["top"] + before["tall"] - 0.02


def test_the_heads_are_told_apart_with_what_they_hold():
    # Simonyan & Zisserman 2014, table 1: linear layers of 4096, 4096 and 1000 on 7 × 7 maps of 512.
    head = 25_088 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 1000 + 1000
    rows = figure("two_networks").rows(count="params")
    assert sum(row["value"] for row in rows if row["place"] == 0 and row["part"] == "head") == head
    assert [row["head"] for row in rows if row["head"]] == [
        f"head: 123.6 M, {head / 143_667_240:.0%}",
        "head: 513.0 k, 2%",
    ]


def test_the_finding_tells_the_share():
    # The totals above.
    said = figure("two_networks").finding(count="params")
    assert (
        f"only {21_797_672 / 143_667_240:.0%} of VGG-19's parameters: 21.8 M, not 143.7 M" in said
    )


def test_sixteen_shortcuts_begin_where_the_paper_has_them():
    rows = figure("two_networks").rows(count="macs")
    # He et al. 2015, figure 3: a shortcut around every two layers from the second on.
    starts = [n for n, row in enumerate(rows[19:]) if row["arc"]]
    assert starts == list(range(1, 33, 2))
    assert not any(row["arc"] for row in rows[:19])


def test_vgg_spends_on_maps_that_resnet_never_makes():
    stages = by_halvings(cost("vgg19").layers, 224, "macs")
    # Pencil and paper: 3 x 3 kernels, 3 and 64 channels into 64, on the full image.
    assert stages[0] == 9 * (3 + 64) * 64 * 224**2
    assert 0 not in by_halvings(cost("resnet34").layers, 224, "macs")
    assert list(stages) == [0, 1, 2, 3, 4, HEAD]


def test_groups_are_named_by_the_map():
    assert stage_label(2, 224) == "56 × 56"
    assert stage_label(3, 100) == "1/8 size"
    assert stage_label(HEAD, 224) == "head"


@pytest.mark.parametrize(("channels", "layers"), [(64, 16), (128, 4), (256, 1), (184, 1), (176, 2)])
def test_a_wide_layer_buys_as_many_thin_ones_as_torch_counts(channels, layers):
    def macs(width):
        with torch.device("meta"):
            conv = torch.nn.Conv2d(width, width, 3, padding=1)
        return measure(conv, (1, width, 56, 56)).macs

    wide, thin = rows_at("thin_for_wide", channels=channels).values()
    assert (wide["layers"], wide["macs"]) == (1, macs(256))
    assert (thin["layers"], thin["macs"]) == (layers, layers * macs(channels))
    assert thin["macs"] <= wide["macs"] < thin["macs"] + macs(channels)
