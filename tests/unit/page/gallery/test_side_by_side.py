"""The figures that set networks side by side agree with what is measured."""

import itertools

import pytest
import torch

from convcost import build
from convcost.page import gallery
from convcost.page.gallery.cast import PAPER
from tests.unit.page.gallery.figures import (
    behind_a_stem,
    cost,
    exchanged,
    figure,
    measure_once,
    rows_at,
)


def test_side_by_side_loses_nothing_of_a_network_with_smaller_maps():
    # EfficientNet squeezes its maps to 1 x 1 in every block.
    rows = figure("side_by_side").rows(image=224, count="params")
    assert (
        sum(row["value"] for row in rows if row["network"] == "B") == cost("efficientnet_b0").params
    )


def test_side_by_side_says_who_has_more():
    # Both published with torchvision's weights: 3,504,872 and 5,288,548 parameters.
    finding = figure("side_by_side").finding(image=224, count="params")
    assert "B has 1.5 times as many" in finding


def test_side_by_side_wants_two():
    with pytest.raises(ValueError, match="two networks or more; 1 were given"):
        gallery.side_by_side(measure_once, {"A": "resnet18"}, name="fig-a")


def test_two_networks_with_equally_many_are_said_to_have_equally_many():
    """The stride's place changes the work of ResNet-50 and none of its parameters."""
    with torch.device("meta"):
        pair = {"1 × 1": build("paper/resnet-50", stride_in="1x1"), "3 × 3": "resnet50"}
    shown = gallery.side_by_side(measure_once, pair, name="fig-pair", count="macs")
    assert shown.controls["count"].value == "macs"
    assert "equally many" in shown.finding(count="params", image=224)
    assert "3 × 3 has 6% more" in shown.finding(count="macs", image=224)


@pytest.mark.parametrize("count", ["params", "macs"])
def test_what_is_spent_along_the_depth_ends_at_the_total(count):
    rows = figure("along_the_depth").rows("VGG-16", "ResNet-50", count)
    for series, network, layers in (("first", "vgg16", 16), ("second", "paper/resnet-50", 50)):
        line = [row for row in rows if row["series"] == series]
        assert [row["layer"] for row in line] == list(range(layers + 1))
        assert (line[0]["value"], line[-1]["value"]) == (0, getattr(cost(network), count))
        assert all(a["value"] <= b["value"] for a, b in itertools.pairwise(line))
        assert (line[-1]["depth"], line[-1]["share"]) == (1, 1)


def test_resnet_34_spends_evenly_as_its_rule_says():
    # He et al. 2015, section 3.3: where the map is halved the filters are doubled, "so as to
    # preserve the time complexity per layer"; the layer that halves has half the filters coming in.
    rows = figure("along_the_depth").rows("plain-34", "plain-34", "macs")
    line = [row["value"] for row in rows if row["series"] == "first"]
    steps = [after - before for before, after in itertools.pairwise(line)]
    one = 9 * 64 * 64 * 56 * 56
    assert set(steps[1:-1]) == {one, one // 2}
    assert steps[1:-1].count(one // 2) == 3


def test_any_two_networks_differ_by_what_their_totals_differ():
    for count in ("params", "macs", "activations"):
        rows = figure("any_two_stages").rows(first="VGG-19", second="ResNet-18", count=count)
        for series, network in (("first", "vgg19"), ("second", "resnet18")):
            total = sum(row["value"] for row in rows if row["series"] == series)
            assert total == getattr(cost(network), count)
    finding = figure("any_two_stages").finding(first="VGG-16", second="ResNet-34", count="params")
    assert "VGG-16 has 116.6 M parameters more" in finding
    assert "in the head" in finding
    # The caption: 64 channels on the whole image, and on 56 × 56.
    vgg, resnet = (
        next(row for row in cost(network).layers if row.name == name)
        for network, name in (("vgg16", "features.0"), ("resnet34", "layer1.0.conv1"))
    )
    assert (vgg.output_shape, resnet.output_shape) == ((1, 64, 224, 224), (1, 64, 56, 56))
    turned = figure("any_two_stages").finding(first="ResNet-34", second="VGG-16", count="params")
    assert turned == finding


def test_with_the_same_start_and_head_the_deeper_network_is_the_dearer_one():
    def order(**values):
        rows = rows_at("same_start", **values)
        return [row["name"] for row in sorted(rows.values(), key=lambda row: row["value"])]

    for count in ("params", "macs"):
        assert order(start=-1, head="own", count=count) == ["ResNet-34", "VGG-19"]
        for start in (0, 2):
            for head in ("gap", "fc"):
                assert order(start=start, head=head, count=count) == ["VGG-19", "ResNet-34"]
    # Each switch alone decides about its cost.
    assert order(start=-1, head="gap", count="params") == ["VGG-19", "ResNet-34"]
    assert order(start=-1, head="gap", count="macs") == ["ResNet-34", "VGG-19"]
    assert order(start=0, head="own", count="macs") == ["VGG-19", "ResNet-34"]
    assert order(start=0, head="own", count="params") == ["ResNet-34", "VGG-19"]


def test_leaving_out_the_shrinking_is_like_an_image_four_times_as_large():
    def body_macs(cost):
        return sum(row.macs for row in cost.layers if row.name.startswith("layer"))

    late = cost(exchanged()[PAPER["ResNet-34"], 0, "gap"])
    assert rows_at("same_start", start=0, head="own", count="macs")["ResNet-34"]["value"] == (
        late.macs
    )
    assert body_macs(late) == body_macs(cost("resnet34", 896)) == 16 * body_macs(cost("resnet34"))


def test_a_head_that_flattens_sees_the_start_of_the_network():
    """Behind the stem VGG-19's last map is 1 × 1: 512 values, which torchvision copies 49 times."""
    with torch.device("meta"):
        copied, flat = build("vgg19"), build("vgg19")
        flat.avgpool, flat.classifier[0] = torch.nn.Identity(), torch.nn.Linear(512, 4096)
        behind = [measure_once(behind_a_stem(vgg), (1, 3, 224, 224)) for vgg in (copied, flat)]
    assert behind[0].params - behind[1].params == 48 * 512 * 4096
    published = 143_667_240  # torchvision's VGG-19, as its documentation says
    stem = 7 * 7 * 3 * 64 + 2 * 64 + 9 * 64 * (64 - 3)  # a first layer of 64 channels for 3
    assert behind[0].params == published + stem
