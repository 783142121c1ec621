"""What figures show before anything is moved, or at one move's distance, misleads nobody."""

import pytest

from convcost.page.gallery import side_by_side
from convcost.page.gallery.stages import compared
from convcost.page.live.tracing import Expression
from tests.unit.page.gallery.figures import figure, measure_once


def at_start(name):
    """The rows and the finding of a figure as it opens."""
    shown = figure(name)
    return shown.state_at(*shown.positions().values())


@pytest.mark.parametrize(
    ("pair", "families"),
    [
        (("resnet152", "wide_resnet50_2"), ["ResNet", "accent"]),
        (("resnet50", "densenet121"), ["ResNet", "accent"]),
        (("vgg19", "paper/resnet-34"), ["VGG", "ResNet"]),
        (("paper/plain-34", "vgg16"), ["plain", "VGG"]),
    ],
)
def test_a_network_has_the_color_of_its_family_wherever_it_stands(pair, families):
    shown = side_by_side(measure_once, dict(zip(("A", "B"), pair, strict=True)), name="fig-pair")
    rows = shown.rows(count="params", image=224)
    assert [row["family"] for row in rows[:2]] == families


def test_a_line_has_its_familys_color_and_the_second_network_its_own_dashes():
    rows = figure("along_the_depth").rows("ResNet-50", "VGG-16", "macs")
    assert {(row["series"], row["family"]) for row in rows} == {
        ("first", "ResNet"),
        ("second", "VGG"),
    }


@pytest.mark.parametrize(
    ("count", "said"),
    [
        # Published with torchvision's weights: 11.51 and 11.40 GFLOPS (by which it means
        # multiply-adds), 60,192,808 and 68,883,240 parameters.
        ("macs", "A has 1% more"),
        ("params", "B has 14% more"),
    ],
)
def test_a_small_difference_is_said_in_percent(count, said):
    pair = {"A": "resnet152", "B": "wide_resnet50_2"}
    shown = side_by_side(measure_once, pair, name="fig-pair")
    assert said in shown.finding(count=count, image=224)


@pytest.mark.parametrize("count", ["params", "macs", "activations"])
def test_the_costliest_layer_of_vgg_tells_the_scale(count):
    rows = figure("vgg_shapes").rows(network="D", count=count)
    labels = {row["name"]: row["label"] for row in rows if row["label"]}
    (deepest,) = labels
    assert deepest == max(rows, key=lambda row: row["value"])["name"]
    # Simonyan & Zisserman 2014, table 1: 25,088 × 4,096 weights; by hand 64 · 64 · 9 · 224² and
    # 64 · 224².
    assert labels[deepest] == {"params": "102.8 M", "macs": "1.8 G", "activations": "3.2 M"}[count]


def test_the_running_total_tells_its_share_of_both_sums():
    """CS231n's table: 150 k, 3.2 M, 3.2 M, 800 k, 1.6 M and 1.6 M come first, of 15.2 M."""
    rows, finding = at_start("running_total")
    six, all_rows = (sum(row["value"] for row in rows[:n]) for n in (6, 22))
    assert f"{six / all_rows:.0%} of what all rows hold" in finding
    assert f"{six / 24e6:.0%} of the 24 M printed" in finding


def test_biases_are_told_as_a_part():
    """A 3 × 3 convolution has 9 weights for each channel coming in, and one bias."""
    _, finding = at_start("convolution_parameters")
    assert "one in 577 of the 73,856 parameters" in finding


@pytest.mark.parametrize("growth", [4, 12, 64])
def test_where_adding_and_concatenating_cost_the_same_is_in_sight(growth):
    """The axis ends at the higher of the two curves, so the lower one is never flat on it."""
    shown = figure("add_or_concatenate")
    for count in range(4):
        rows = shown.rows(growth=growth, count=count)
        assert not any(isinstance(row["axis_end"], Expression) for row in rows)
        assert {row["axis_end"] for row in rows} == {max(row["value"] for row in rows)}


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(8.5, "8.50 times as many"), (1.25, "25.0% more"), (1, "as many"), (0.8, "20.0% fewer")],
)
def test_a_ratio_near_one_is_said_in_percent(ratio, said):
    assert compared(ratio) == said


def test_a_stack_and_its_kernel_are_compared_in_percent_where_they_are_close():
    """Pencil and paper: 25 weights against 2 · 9, and 49 against 3 · 9."""
    finding = figure("kernel_stack").finding
    assert "38.9% more" in finding(depth=2, channels=64, first=0)
    assert "1.81 times as many" in finding(depth=3, channels=64, first=0)


def test_the_signal_opens_where_something_happens_to_it():
    """Without batch norm a plain network loses it, by powers of ten."""
    rows, finding = at_start("signal_by_block")
    plain = [row["value"] for row in rows if row["series"] == "plain"]
    assert plain[0] / plain[-1] > 1e6
    assert finding.startswith("Without batch norm")


def test_the_slider_of_the_start_page_moves_bars_at_once():
    """The parameters would stay whatever the image; the caption asks for them next."""
    shown = figure("contest")
    assert (
        shown.rows(**shown.values_at(*shown.positions().values()) | {"image": 64})
        != at_start("contest")[0]
    )
