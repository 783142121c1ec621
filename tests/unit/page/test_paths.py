"""Short paths draw what long ones draw; fontTools reads both."""

import re

import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from hypothesis import given
from hypothesis import strategies as st

from convcost.page.live.paths import short


def points(path: str) -> list[tuple[float, float]]:
    """Return all points of a path, in order, by another reader of paths."""
    pen = RecordingPen()
    parse_path(path, pen)
    return [point for _, drawn in pen.value for point in drawn]


NUMBERS = st.floats(-2000, 2000).map(lambda number: f"{number:.4f}")
LETTERS = {"M": 2, "L": 2, "C": 6, "H": 1, "V": 1, "Z": 0}


@st.composite
def drawn(draw: st.DrawFn) -> str:
    """Draw a path of commands in either case."""
    text = f"M{draw(NUMBERS)},{draw(NUMBERS)}"
    for letter in draw(st.lists(st.sampled_from(sorted("LCHVZlchvzMm")), max_size=12)):
        takes = LETTERS[letter.upper()]
        many = draw(st.integers(1, 3)) if takes else 1
        text += letter + ",".join(draw(NUMBERS) for _ in range(takes * many))
    return text


@given(drawn())
def test_short_paths_draw_the_same_to_a_hundredth(path: str) -> None:
    # A place that is said relative to another is rounded with it.
    commands = len(re.findall("[a-z]", path)) * 3 + 1
    near = pytest.approx
    assert [
        pair
        for pair in zip(points(path), points(short(path)), strict=True)
        if pair[0] != near(pair[1], abs=0.0051 * commands)
    ] == []


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("M220.13,86.32L245.12,86.32C246.22,86.32,247.12,87.22,247.12,88.32Z",
         "M220.13 86.32l24.99 0c1.1 0 2 .9 2 2z"),
        ("M0.5,0.5h12v-5h-12Z", "M.5 .5h12v-5h-12z"),
        ("M5,5A5,5,0,1,1,-5,5A5,5,0,1,1,5,5", "M5 5a5 5 0 1 1-10 0a5 5 0 1 1 10 0"),
        ("M1,1L2,2ZL3,1", "M1 1l1 1zl2 0"),
        ("M1e-7,-0.001L10,10", "M0 0l10 10"),
        ("", ""),
    ],
)  # fmt: skip
def test_paths_by_hand(path: str, written: str) -> None:
    """Round squares, bars, circles; after a Z the path is where it began."""
    assert short(path) == written
