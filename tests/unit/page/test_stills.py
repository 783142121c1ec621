"""Stills: what is drawn is what was measured, on one scale, and nothing lies outside."""

import functools
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from convcost import measure
from convcost.page import stills
from convcost.page.palette import COLORS

NAMED = {"name": "fig-some", "caption": "See `here`."}


@functools.cache
def layers(name, side=224):
    return measure(name, (1, 3, side, side)).layers


def strips(*names, families=None, **options):
    rows = {name: layers(name) for name in names}
    return stills.strips(rows, families=families or ["plain"] * len(names), **NAMED, **options)


def elements(shown, tag):
    return ET.fromstring(shown.html).iter(tag)


def bars(shown, role="plain"):
    return [mark for mark in elements(shown, "rect") if mark.get("fill") == COLORS[role]]


def lengths(shown, along="width", role="plain"):
    return [float(bar.get(along)) for bar in bars(shown, role)]


SOME = {
    "strips": lambda: strips("vgg19", "resnet34", "resnet50"),
    "many strips": lambda: strips("paper/vgg-a", "paper/vgg-b", "paper/vgg-c", "vgg19", tall=18),
    "amounts": lambda: stills.amounts(
        {"Title": [stills.Amount("one", 3, "3 M"), stills.Amount("another one", None)]}, **NAMED
    ),
    "columns": lambda: stills.columns({"A": [1, 2], "B": [4, 8]}, roles=["plain"] * 2, **NAMED),
    "blocks": lambda: stills.blocks(
        [stills.Block("64 on 224", 224, 64), stills.Block("512 on 28", 28, 512)], **NAMED
    ),
    "windows": lambda: stills.windows(
        [stills.Window("eleven", 13, 11), stills.Window("three", 13, 3)], **NAMED
    ),
    "histogram": lambda: stills.histogram(
        [2.2e6, 3e6, 5e8],
        {"less": (3e6, "ResNet"), "more": (5e8, "VGG")},
        ticks={1e6: "1 M", 1e9: "1 G"},
        title="Some",
        **NAMED,
    ),
}


@pytest.mark.parametrize("kind", SOME)
def test_nothing_is_drawn_outside(kind):
    shown = SOME[kind]()
    (svg,) = elements(shown, "svg")
    _, _, width, height = map(float, svg.get("viewBox").split())
    for bar in elements(shown, "rect"):
        assert 0 <= float(bar.get("x")) <= float(bar.get("x")) + float(bar.get("width")) <= width
        assert 0 <= float(bar.get("y")) + float(bar.get("height")) <= height
    for mark in elements(shown, "text"):
        # Digits are about 0.6 of the font's 13 wide.
        long = 0.6 * 13 * len(mark.text)
        left = float(mark.get("x")) - {"end": long, "middle": long / 2}.get(
            mark.get("text-anchor"), 0
        )
        assert -4 <= left <= left + long <= width + 4, mark.text
        assert float(mark.get("y")) <= height


@pytest.mark.parametrize("kind", SOME)
def test_the_picture_has_a_text_and_its_caption(kind):
    shown = SOME[kind]()
    (svg,) = elements(shown, "svg")
    assert svg.get("aria-label") == shown.text
    assert shown.text.endswith(".")
    assert "<figcaption>See <code>here</code>.</figcaption>" in shown.html


def test_a_strip_has_the_layers_of_the_paper_as_high_as_their_channels():
    heights = lengths(strips("paper/plain-34"), "height")
    # He et al. 2015, table 1: 1 + 6 layers of 64 channels, then 8, 12 and 6 of twice as many each.
    expected = [64] * 7 + [128] * 8 + [256] * 12 + [512] * 6
    assert [round(height / heights[-1] * 512, -1) for height in heights] == [
        round(channels, -1) for channels in expected
    ]


def test_strips_tell_the_sizes_of_maps_shortcuts_and_linear_layers():
    shown = strips("resnet34", families=["ResNet"])
    assert [mark.text for mark in elements(shown, "text")] == [
        "resnet34", "112²", "56²", "28²", "14²", "7²",
    ]  # fmt: skip
    arcs = list(elements(shown, "path"))
    # He et al. 2015, figure 3: 16 shortcuts, three dotted.
    assert (len(arcs), sum("stroke-dasharray" in arc.attrib for arc in arcs)) == (16, 3)
    assert len(bars(shown, "ResNet")) == 33
    assert len([mark for mark in elements(shown, "rect") if mark.get("fill") == "none"]) == 1
    assert "1 on maps of 112 by 112, 6 on maps of 56 by 56" in shown.text


def test_numbers_below_a_strip_do_not_touch():
    marks = [mark for mark in elements(strips("vgg19", "resnet50"), "text") if "²" in mark.text]
    for one, other in pairwise(marks):
        if one.get("y") == other.get("y"):
            assert float(one.get("x")) + 6.7 * len(one.text) <= float(other.get("x"))


def test_an_amount_is_as_long_as_it_is_large_and_an_unknown_one_has_no_end():
    shown = stills.amounts(
        {
            "A": [stills.Amount("one", 3, "3 M"), stills.Amount("two", 6, "6 M")],
            "B": [stills.Amount("three", 5, "5 s"), stills.Amount("four", None)],
        },
        **NAMED,
    )
    one, two, three = lengths(shown)
    assert two / one == pytest.approx(2, rel=0.01)
    assert three == two  # each group has its own scale
    (dashed,) = (mark for mark in elements(shown, "path") if mark.get("stroke-dasharray"))
    assert "z" not in dashed.get("d").lower()
    assert "four: to be found out" in shown.text
    assert [mark.text for mark in elements(shown, "text")].count("?") == 1


def test_columns_stand_on_one_scale():
    heights = lengths(SOME["columns"](), "height")
    assert [height / heights[0] for height in heights] == pytest.approx([1, 2, 4, 8], rel=0.02)


def test_blocks_are_to_scale():
    faces = [float(mark.get("width")) for mark in elements(SOME["blocks"](), "rect")]
    assert faces[0] / faces[1] == pytest.approx(224 / 28, rel=0.01)
    backs = [
        float(re.search(r" l([\d.]+)", mark.get("d"))[1])
        for mark in elements(SOME["blocks"](), "path")
    ]
    assert backs[2] / backs[0] == pytest.approx(512 / 64, rel=0.01)


def test_windows_have_their_cells():
    assert len(bars(SOME["windows"](), "accent")) == 11 * 11 + 3 * 3
    assert len(bars(SOME["windows"](), "rule")) == 2 * 13 * 13 - 11 * 11 - 3 * 3


def test_a_histogram_counts_all_values_and_refuses_what_it_has_no_room_for():
    heights = lengths(SOME["histogram"](), "height")
    assert heights[0] / heights[1] == pytest.approx(2)  # 2.2 M and 3 M are in one sixth of a decade
    with pytest.raises(ValueError, match="give ticks that hold all values"):
        stills.histogram([5], {}, ticks={10: "10", 100: "100"}, title="Some", **NAMED)
