"""Every figure of the book: the page computes what Python computes, and bars fit."""

import pytest

from convcost.page import gallery
from tests.figure_check import assert_page_agrees
from tests.unit.page.gallery.figures import FIGURES, figure


def test_every_figure_is_tested():
    missing = set(gallery.__all__) - set(FIGURES)
    assert not missing, f"give {missing} their arguments in WITH_ARGUMENTS"


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_agrees_with_python_at_every_position(name):
    assert assert_page_agrees(figure(name)) > 1


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"atlas", "counters"}))
def test_bars_stay_within_their_scale(name):
    shown = figure(name)
    rows, _ = shown.state_at(*shown.positions().values())
    for row in rows:
        if "reach" in row:
            assert 0 <= row["value"] <= row["reach"]
        elif "start" in row:
            assert 1 <= row["start"] <= row["end"]
