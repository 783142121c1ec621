"""Charts: what they read, and how they fail to depend on a theme."""

import inspect
import re

import pytest

from convcost.page import charts
from convcost.page.charts.look import COLORS

ONE = {"a": COLORS["plain"]}
CHARTS = {
    "bundles": charts.bundles(colors=[COLORS["VGG"]], widest=256, deepest=16),
    "cell_grids": charts.cell_grids(grids=("a", "b"), side=4, states={"on": "transparent"}),
    "centered_bars": charts.centered_bars(rows=3, domain=["plain", "ResNet"]),
    "cumulative_steps": charts.cumulative_steps(series="ab", domain=["VGG"], shares="shares"),
    "curves": charts.curves(series=ONE, along="Layers"),
    "curves, on a logarithmic axis": charts.curves(series=ONE, along="Layers", log=(1e-3, 1e3)),
    "curves, with 0 below": charts.curves(
        series=ONE, along="Layers", log=(1e-3, 1e3), zero_at_low_end=True
    ),
    "distance_bars": charts.distance_bars(rows=3),
    "interval_dots": charts.interval_dots(
        rows=3, series=ONE, ends=(0.1, 10), log=True, title="ratio"
    ),
    "joined_maps": charts.joined_maps(
        ways=[("adding", 64), ("other", 128)], states={"new": COLORS["accent"]}, layers=4
    ),
    "labeled_bars": charts.labeled_bars(rows=3, domain=["VGG", "ResNet"]),
    "labeled_dots": charts.labeled_dots(rows=3, color=COLORS["VGG"]),
    "layer_areas": charts.layer_areas(networks={"VGG-19": "VGG"}, height=200),
    "layer_shapes": charts.layer_shapes(color=COLORS["VGG"]),
    "log_bars": charts.log_bars(groups=2, series=ONE, axis_end=1e6),
    "nested_squares": charts.nested_squares(largest_side=9, states={"on": "transparent"}),
    "network_board": charts.network_board(
        stages=3, costs={"macs": "Multiply-adds"}, totals={"Multiply-adds": (1, 1e9)},
        marks={"VGG-16": COLORS["VGG"]}, colors=ONE,
    ),
    "network_scatter": charts.network_scatter(
        quantities={"params": "parameters"},
        accuracy="top1_percent",
        families=["VGG and ResNet", "VGG"],
        always_named=["vgg16"],
    ),
    "paired_bars": charts.paired_bars(groups=2, series=ONE),
    "paired_bars, of families": charts.paired_bars(groups=2, series=ONE, domain=["VGG"]),
    "product_bars": charts.product_bars(colors=ONE, axis_end=1e6),
    "roofline": charts.roofline(groups=ONE, along=(0.1, 100), up=(0.1, 100)),
    "seed_curves": charts.seed_curves(series=ONE, along="Epoch", up="Error"),
    "seed_points": charts.seed_points(series=ONE, along="Layers", up="Error", steps=[8, 14]),
    "seed_rows": charts.seed_rows(rows=3, domain=["plain", "ResNet"], name_px=100),
    "stacked_columns": charts.stacked_columns(
        parts={"a": "one", "b": "other"}, colors=[COLORS["VGG"], COLORS["plain"]],
        marks={0: "start"}, unit=2**20,
    ),
}  # fmt: skip


def test_every_chart_is_tested():
    functions = {name for name in charts.__all__ if inspect.isfunction(getattr(charts, name))}

    assert {name.split(",")[0] for name in CHARTS} == functions - {"styled"}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_chart_reads_the_named_rows_and_fills_its_container(chart):
    spec = chart.to_dict()
    read = [part["data"] for part in (spec, *spec["layer"]) if "data" in part]
    # Data of a chart's own: one empty row, to write the names of the axes once.
    own = spec.get("datasets", {})
    assert all(rows == [{}] for rows in own.values())
    read = [data for data in read if data.get("name") not in own]
    assert read
    assert all(data == {"name": "rows"} for data in read)
    assert spec["width"] == "container"
    assert spec["background"] == "transparent"


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_color_follows_the_theme(chart):
    text = chart.to_json()
    bare = re.sub(r"var\(--cc-[\w-]+, #[0-9a-f]{6}\)", "", text)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", bare)


def test_a_family_without_a_color_is_an_error():
    with pytest.raises(KeyError, match="Inception"):
        charts.labeled_bars(rows=1, domain=["Inception"])
