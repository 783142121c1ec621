"""The figures of the first page are right: the contest, and thin layers for a wide one."""

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
