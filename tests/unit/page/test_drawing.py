"""Drawings of networks: what is drawn is what was measured, and what the papers draw."""

import functools
import xml.etree.ElementTree as ET

import pytest

from convcost import build, measure
from convcost.page.drawing import networks, outline
from convcost.page.palette import COLORS

NAMES = ["vgg19", "paper/vgg-a-lrn", "paper/plain-34", "resnet34", "resnet50", "cifar/resnet-20",
         "keras/resnet-50-v2"]  # fmt: skip


@functools.cache
def layers(name, image=224, **options):
    with_options = build(name, **options) if options else name
    return measure(with_options, (1, 3, image, image)).layers


def drawn(*names, **keywords):
    rows = {name: layers(name) for name in names}
    return networks(rows, name="fig-some", caption="See `here`.", **keywords)


def elements(shown, tag):
    return ET.fromstring(shown.html).iter(tag)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", ["params", "macs"])
def test_the_bands_add_up_to_the_network(name, count):
    totals = outline(layers(name)).totals(count)

    assert sum(totals.values()) == getattr(measure(name), count)


# The number in a network's name is that of its layers with weights, shortcuts left out.
@pytest.mark.parametrize(
    ("name", "depth"),
    [("paper/vgg-a", 11), ("vgg16", 16), ("vgg19", 19), ("paper/plain-34", 34), ("resnet34", 34),
     ("resnet50", 50), ("resnet152", 152), ("cifar/resnet-20", 20), ("keras/resnet-50-v2", 50)],
)  # fmt: skip
def test_there_are_as_many_layers_as_the_name_says(name, depth):
    parts = outline(layers(name)).parts

    assert sum(part.kind != "pool" for part in parts) == depth


# He et al. 2015: figure 3 (16 shortcuts, three dotted), table 1 (3 + 4 + 6 + 3 blocks; where the
# bottleneck networks begin a stage, channels change, in the first stage too).
@pytest.mark.parametrize(
    ("name", "blocks", "changing"),
    [("paper/plain-34", 0, 0), ("resnet18", 8, 3), ("resnet34", 16, 3), ("resnet50", 16, 4)],
)
def test_shortcuts_are_those_of_the_paper(name, blocks, changing):
    found = outline(layers(name))

    assert len(found.shortcuts) == blocks
    assert sum(shortcut.changes for shortcut in found.shortcuts) == changing
    length = 3 if name == "resnet50" else 2
    assert all(one.last - one.first + 1 == length for one in found.shortcuts)


def test_a_shortcut_costs_what_its_option_costs():
    free = outline(layers("paper/resnet-34", shortcut="A")).shortcuts
    projected = outline(layers("paper/resnet-34", shortcut="B")).shortcuts

    assert sum(one.params + one.macs for one in free) == 0
    assert sum(one.changes for one in free) == 3
    assert [one.params for one in projected if one.params] == [
        c * 2 * c + 2 * 2 * c for c in (64, 128, 256)
    ]


def test_bars_are_as_long_as_layers_have_channels():
    shown = drawn("paper/plain-34")
    bars = [float(e.get("width")) for e in elements(shown, "rect") if e.get("height") == "7"]

    # He et al. 2015, table 1: 1 + 6 layers of 64 channels, then 8, 12 and 6 of twice as many each.
    expected = [64] * 7 + [128] * 8 + [256] * 12 + [512] * 6
    assert [round(width / bars[0] * 64, -1) for width in bars] == [round(c, -1) for c in expected]


def test_bands_of_two_networks_stand_at_the_same_height():
    heights = {}
    for mark in elements(drawn("vgg19", "resnet34"), "text"):
        heights.setdefault(mark.get("y"), []).append(mark.text)

    beside = {texts[0]: texts[1:] for texts in heights.values()}
    assert beside["224²"] == ["1.9 G"]
    assert beside["56²"] == ["6.5 G", "694 M"]
    assert beside["7²"] == ["642 M"]


def test_nothing_is_drawn_outside():
    for shown in (drawn("vgg19", "resnet34", "resnet50"), drawn("resnet50", count="params")):
        (svg,) = elements(shown, "svg")
        _, _, width, height = map(float, svg.get("viewBox").split())
        for bar in elements(shown, "rect"):
            assert 0 <= float(bar.get("x")) + float(bar.get("width")) <= width
            assert 0 <= float(bar.get("y")) + float(bar.get("height")) <= height
        # Digits are about 0.6 of the font's 13 wide.
        for mark in elements(shown, "text"):
            assert float(mark.get("x")) + 0.6 * 13 * len(mark.text) <= width


def test_the_text_says_what_the_picture_shows():
    said = drawn("vgg16", "resnet34").text

    assert "on maps of 56 by 56 3 of 3 by 3 with 256 channels, 4.6 G multiply-adds" in said
    assert "in the head 2 linear of 4,096, 1 linear of 1,000, 124 M multiply-adds" in said
    assert said.count("shortcuts") == 1
    assert "16 shortcuts" in said


def test_bars_have_the_color_of_the_family_that_is_given():
    shown = drawn("vgg11", "paper/plain-34", families=["VGG", "plain"])
    bars = [mark for mark in elements(shown, "rect") if mark.get("height") == "7"]

    # VGG's table 1 and He et al.'s figure 3: 8 convolutions, and 33 of 3 x 3 and 7 x 7.
    colors = [mark.get("fill") for mark in bars]
    assert colors == [COLORS["VGG"]] * 8 + [COLORS["plain"]] * 33


def test_what_cant_be_drawn_is_refused():
    with pytest.raises(ValueError, match="4 networks were given"):
        drawn("vgg11", "vgg13", "vgg16", "vgg19")
    with pytest.raises(ValueError, match="count is 'flops'"):
        drawn("vgg11", count="flops")
    with pytest.raises(ValueError, match="must be as many of 'VGG', 'ResNet', 'plain'"):
        drawn("vgg11", families=["VGG", "ResNet"])
    with pytest.raises(ValueError, match="none of the rows has a weight"):
        outline([row for row in layers("vgg11") if not row.params])
