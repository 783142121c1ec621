"""Every figure of the book: the page computes what Python computes, and bars fit."""

import pytest

from convcost.page import gallery
from tests.figure_check import assert_page_agrees
from tests.unit.page.gallery.figures import FIGURES, figure


def test_every_figure_is_tested():
    missing = set(gallery.__all__) - set(FIGURES)
    assert not missing, f"give {missing} their arguments in WITH_ARGUMENTS"


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_agrees_with_python(name):
    """At every position, or at as many of them as `MOST` says."""
    assert assert_page_agrees(figure(name)) > 1


# The keys of rows whose bars end on an axis that is given with them, or begin and end on one.
ON_AN_AXIS = ("axis_end", "start")


def test_bars_stay_within_their_scale():
    checked = set()
    for name in sorted(FIGURES.keys() - {"atlas", "counters"}):
        shown = figure(name)
        rows, _ = shown.state_at(*shown.positions().values())
        for row in rows:
            if "axis_end" in row:
                assert row.get("axis_start", 0) <= row["value"] <= row["axis_end"], name
            elif "start" in row:
                first = 0 if name == "what_is_passed_on" else 1  # an edge of a map, or a pixel
                assert first <= row["start"] <= row["end"], name
        checked |= {name for row in rows if any(key in row for key in ON_AN_AXIS)}

    assert len(checked) >= 12
