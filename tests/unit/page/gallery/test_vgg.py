"""The figures of VGG are the paper's: table 1's layers, the errors of tables 3 to 5."""

import itertools
import re

import pytest

from convcost.page.gallery.vgg import SETTINGS
from tests.unit.page.gallery.figures import cost, figure

# Simonyan & Zisserman 2014, table 1: layers with weights of each configuration.
DEPTHS = {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "E": 19}


@pytest.mark.parametrize("letter", DEPTHS)
def test_vggs_shapes_are_those_of_the_papers_table(letter):
    (label,) = (
        label
        for label, value in figure("vgg_shapes").controls["network"].options
        if value == letter
    )
    rows = figure("vgg_shapes").rows(network=letter, count="params")
    assert len(rows) == DEPTHS[letter]
    assert label.startswith(f"{letter} ({DEPTHS[letter]} layers")
    assert sum(row["value"] for row in rows) == cost(f"paper/vgg-{letter.lower()}").params
    maps = [row for row in rows if row["state"] != "vector"]
    assert [row["title"] for row in maps if row["title"]] == ["224", "112", "56", "28", "14"]
    assert [row["tall"] * 224 for row in maps if row["title"]] == [224, 112, 56, 28, 14]
    assert sum(row["state"] == "faint map" for row in rows) == (3 if letter == "C" else 0)
    # Table 1's last three lines: FC-4096, FC-4096, FC-1000.
    names = [row["name"].split(": ")[1] for row in rows[-3:]]
    assert names == ["linear, 4,096", "linear, 4,096", "linear, 1,000"]
    # Nothing overlaps, and the longest network fits.
    for left, right in itertools.pairwise(maps):
        assert right["before"] == left["before"] + left["wide"]
        assert right["gaps"] > left["gaps"]
    assert maps[-1]["before"] + maps[-1]["wide"] <= rows[0]["channels"]
    assert rows[-1]["gaps"] < rows[0]["all_gaps"]


def test_the_errors_are_the_papers():
    # Simonyan & Zisserman 2014, tables 3, 4 and 5, the lines of D and E.
    settings = list(figure("vgg_errors").controls["setting"].options)
    shown = {
        setting: [row["value"] for row in figure("vgg_errors").rows(setting, "top1_error")][-2:]
        for setting in settings
    }
    assert list(shown.values()) == [
        [27.0, 27.3], [26.6, 26.9], [26.8, 26.9], [26.5, 26.7],
        [25.6, 25.5], [24.8, 24.8], [24.6, 24.6], [24.4, 24.4],
    ]  # fmt: skip
    for setting, (_, options) in SETTINGS.items():
        assert set(re.findall(r"\d+", setting)) <= set(re.findall(r"\d+", options)), setting
    for setting in settings:
        for error in ("top1_error", "top5_error"):
            for row in figure("vgg_errors").rows(setting, error):
                assert row["value"] is None or row["low"] < row["value"] < row["high"]
    assert "0.3 points worse" in figure("vgg_errors").finding(settings[0], "top1_error")
    assert "no better" in figure("vgg_errors").finding(settings[5], "top5_error")
    # Section 4.4: "our best-performing single model achieves 7.1% error (model E, Table 5)".
    assert "7.1%, 0.1 points better" in figure("vgg_errors").finding(settings[7], "top5_error")
    assert "C, as deep as D" not in figure("vgg_errors").finding(settings[7], "top5_error")
