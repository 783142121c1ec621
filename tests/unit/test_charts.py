"""Charts: what they read, and how they fail to depend on a theme."""

import re

import pytest

from convcost.page import charts

CHARTS = {
    "labeled_bars": charts.labeled_bars(rows=3, domain=["VGG", "ResNet"]),
    "paired_bars": charts.paired_bars(groups=2, series={"a": charts.COLORS["VGG"]}),
    "log_bars": charts.log_bars(groups=2, series={"a": charts.COLORS["VGG"]}, reach=1e6),
    "nested_squares": charts.nested_squares(reach=9, states={"on": "transparent"}),
    "cell_grids": charts.cell_grids(grids=("a", "b"), side=4, states={"on": "transparent"}),
    "centered_bars": charts.centered_bars(rows=3, domain=["plain", "ResNet"]),
    "curves": charts.curves(series={"a": charts.COLORS["plain"]}, along="Layers"),
    "curves on a logarithmic axis": charts.curves(
        series={"a": charts.COLORS["plain"]}, along="Layers", log=(1e-3, 1e3)
    ),
    "product_bars": charts.product_bars(colors={"a": charts.COLORS["plain"]}, reach=1e6),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_chart_reads_the_named_rows_and_fills_its_container(chart):
    spec = chart.to_dict()
    read = [part["data"] for part in (spec, *spec["layer"]) if "data" in part]
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
