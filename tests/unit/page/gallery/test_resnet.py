"""The figures of ResNet: autograd's gradients, the paper's shortcuts."""

from itertools import product

import pytest
import torch

from convcost.page.gallery.resnet import powers_of_ten
from tests.unit.page.gallery.figures import figure


@pytest.mark.parametrize("slope", [-1.0, -0.4, 0.0, 0.3])
def test_the_gradient_through_blocks_is_autograds(slope):
    for series, shortcut in (("without shortcuts", 0), ("with shortcuts", 1)):
        start = torch.ones(1, dtype=torch.double, requires_grad=True)
        x = start
        for _ in range(16):
            x = slope * x + shortcut * x
        (expected,) = torch.autograd.grad(x, start)
        rows = [
            row
            for row in figure("gradient_through_blocks").rows(slope=slope)
            if row["series"] == series
        ]
        assert rows[-1]["step"] == 16
        assert rows[-1]["value"] == pytest.approx(abs(expected.item()), rel=1e-12)
        assert rows[-1]["gradient"] == powers_of_ten(expected.item())


def test_a_tiny_gradient_is_told_by_its_power_of_ten():
    # A tenth to the sixteenth, which no table of three decimals shows.
    finding = figure("gradient_through_blocks").finding(slope=0.1)
    assert (
        "1.0\xa0·\xa010⁻¹⁶ is left after 16 blocks without shortcuts, and 4.6 with them" in finding
    )
    assert "0 with them" in figure("gradient_through_blocks").finding(slope=-1.0)
    assert "6.6\xa0·\xa010⁴ with them" in figure("gradient_through_blocks").finding(slope=1.0)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"), (1, "1"), (0.81, "0.81"), (-0.4, "−0.4"), (97.2, "97"), (0.0012, "0.0012"),
        (0.00012, "1.2\xa0·\xa010⁻⁴"), (-(0.1**15), "−1.0\xa0·\xa010⁻¹⁵"),
        (2**16, "6.6\xa0·\xa010⁴"),
    ],
)  # fmt: skip
def test_numbers_of_any_size_have_two_digits(value, written):
    assert powers_of_ten(value) == written


def test_option_a_has_free_shortcuts_and_c_the_dearest():
    totals = [
        sum(
            row["value"]
            for row in figure("shortcuts").rows(depth=18, option=option, count="params")
            if row["series"] == "shortcuts"
        )
        for option in "ABC"
    ]
    assert totals[0] == 0
    # B: three projections with their batch norms, 64 to 128 to 256 to 512 channels.
    assert totals[1] == sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
    assert totals[2] > totals[1]


@pytest.mark.parametrize(("blocks", "slope"), [(1, 0.5), (10, 0.3), (12, 1.0)])
def test_the_paths_back_are_all_ways_through_or_around(blocks, slope):
    """Each way written out; what all of them carry is autograd's gradient."""
    rows = figure("paths_back").rows(blocks=blocks, slope=slope, count=0)
    lengths = [sum(way) for way in product((0, 1), repeat=blocks)]
    assert [row["paths"] for row in rows] == [lengths.count(k) for k in range(17)]
    start = torch.ones(1, dtype=torch.double, requires_grad=True)
    x = start
    for _ in range(blocks):
        x = x + slope * x
    (gradient,) = torch.autograd.grad(x, start)
    carried = [row["gradient"] for row in rows]
    assert sum(carried) == pytest.approx(gradient.item(), rel=1e-12)
    short = sum(slope**length for length in lengths if length <= 3) / gradient.item()
    finding = figure("paths_back").finding(blocks=blocks, slope=slope, count=0)
    assert f"{2**blocks:,} paths lead back" in finding
    assert f"carry {100 * short:.1f}% of the gradient" in finding
