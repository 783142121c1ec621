"""The book's figures: the page computes what Python computes, and both are right."""

import functools
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcost import build, measure
from convcost.figures import gallery
from convcost.figures.gallery.atlas import front
from convcost.figures.gallery.stages import HEAD, by_halvings, stage_label
from tests.figure_check import assert_page_agrees


@functools.cache
def costs(network, image):
    return measure(network, (1, 3, image, image)).to_frame()


def atlas_table():
    return pd.read_csv(Path(__file__).parents[2] / "book" / "data" / "atlas.csv")


def pooled():
    return {"VGG-16": "vgg16", "VGG-16, pooled head": build("paper/vgg-d", head="gap")}


def blocks():
    return {(18, option): build("paper/resnet-18", shortcut=option) for option in "ABC"}


def docket():
    cases = [("true", "A", "time"), ("false", "A", "parameters"), ("true", "B", "time")]
    return pd.DataFrame(cases, columns=["verdict", "document", "topic"])


FIGURES = {
    "atlas": lambda: gallery.atlas(atlas_table()),
    "contest": lambda: gallery.contest(costs),
    "parameter_shares": lambda: gallery.parameter_shares(costs, pooled()),
    "network_totals": lambda: gallery.network_totals(costs),
    "configurations": lambda: gallery.configurations(costs),
    "kernel_stack": gallery.kernel_stack,
    "convolution_parameters": gallery.convolution_parameters,
    "convolution_operations": gallery.convolution_operations,
    "shortcuts": lambda: gallery.shortcuts(costs, blocks()),
    "bottleneck": gallery.bottleneck,
    "verdicts": lambda: gallery.verdicts(docket(), {"true": "right", "false": "wrong"}),
    "mixed_units": lambda: gallery.mixed_units(1_849_688_064, 3_663_761_408),
}


@functools.cache
def figure(name):
    return FIGURES[name]()


def test_every_figure_is_tested():
    assert set(FIGURES) >= set(gallery.__all__)


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_agrees_with_python_at_every_position(name):
    assert assert_page_agrees(figure(name)) > 1


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"atlas"}))
def test_bars_stay_within_their_scale(name):
    shown = figure(name)
    rows, _ = shown.frame(*shown.positions().values())
    for row in rows:
        if "reach" in row:
            assert 0 <= row["value"] <= row["reach"]
        else:
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


def test_verdicts_are_counted_in_the_part_that_is_chosen():
    assert [row["value"] for row in rows_at("verdicts", part="").values()] == [2, 1]
    assert [row["value"] for row in rows_at("verdicts", part="document A").values()] == [1, 1]
    assert [row["value"] for row in rows_at("verdicts", part="topic time").values()] == [2, 0]


def test_the_layer_seems_to_equal_the_network_only_in_mixed_units():
    shares = {
        (layer, network): figure("mixed_units")._finding(layer=layer, network=network)
        for layer in ("MACs", "FLOPs")
        for network in ("MACs", "FLOPs")
    }
    assert "101%" in shares["FLOPs", "MACs"]
    assert "50%" in shares["MACs", "MACs"]
    assert "50%" in shares["FLOPs", "FLOPs"]
    assert "25%" in shares["MACs", "FLOPs"]


# ---- the atlas


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 9), st.none() | st.sampled_from([1.5, 2.5, 3.5, 70.0])
        ),
        max_size=12,
    )
)
def test_the_front_is_what_nobody_beats(points):
    on_front = front([cost for cost, _ in points], [gain for _, gain in points])
    whole = [(c, g) for c, g in points if c is not None and g is not None]

    def beaten(cost, gain):
        return any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in whole)

    assert len(on_front) == len(points)
    chosen = [point for point, mark in zip(points, on_front, strict=True) if mark]
    assert sorted(chosen) == sorted({point for point in whole if not beaten(*point)})


def test_the_atlas_shows_one_network_at_several_sizes():
    rows = rows_at("atlas", along="macs", up="top1_percent", image=0)
    assert (rows["vgg16"]["macs"], rows["vgg16"]["top1_percent"]) == (15_470_264_320, 71.592)
    large = rows_at("atlas", along="macs", up="top1_percent", image=448)
    assert large["vgg16"]["macs"] == costs("vgg16", 448)["macs"].sum()
    # Taking one size only, it stays where it is, and is not on a front of other sizes.
    assert large["vit_b_16"] == rows["vit_b_16"] | {
        "fits": False,
        "front": False,
        "note": "takes 224 × 224 pixels only",
    }
    small = rows_at("atlas", along="macs", up="top1_percent", image=64)
    assert small["inception_v3"]["macs"] is None
    assert "too small" in small["inception_v3"]["note"]


def test_vgg_is_not_on_the_atlas_s_front():
    rows = rows_at("atlas", along="macs", up="top1_percent", image=0)
    assert not any(row["front"] for row in rows.values() if row["family"] == "VGG")
    by_activations = rows_at("atlas", along="activations", up="top1_percent", image=0)
    assert by_activations["resnet18"]["front"]


def test_groups_are_named_by_the_map():
    assert stage_label(2, 224) == "56 × 56"
    assert stage_label(3, 100) == "1/8 size"
    assert stage_label(HEAD, 224) == "head"
