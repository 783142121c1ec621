"""What differs between two findings, as the page tells it: sentences of the book, by hand."""

import json

import ipywidgets as widgets
import pytest
from py_mini_racer import MiniRacer

from convcost.page import gallery
from convcost.page.live import assets, controls

VGG = "For an image of {} × {} pixels, VGG-{} needs {} MACs and ResNet-152 {}: {}% of that."
CONV = "3 × 3 × {} × 128 = {} weights and 128 biases, one in {} of the {} parameters."
STEP = "Step {} of 36: the window reads 9 values and gives the one in row 2, column {}."
MORE = "VGG-16 has {} more {} than ResNet-34. They differ most on maps of {} × {}, by {}."
BLOCK = "{} blocks of 3 layers make {} layers, with {} parameters and {} multiply-adds.{}"
SLOPE = "Each block multiplies the gradient by {}, and {} is left after 16 blocks."


@pytest.fixture(scope="module")
def tell():
    """Return the differences between two findings, when a control moves from a to b."""
    with MiniRacer() as engine:
        engine.eval(assets.read("difference.js"))

        def told(before, now, moved=(None, None)):
            echoes = f"(a, b) => a === {json.dumps(moved[0])} && b === {json.dumps(moved[1])}"
            found = f"difference({json.dumps(before)}, {json.dumps(now)}, {echoes})"
            return json.loads(engine.eval(f"JSON.stringify({found})"))

        yield told


@pytest.mark.parametrize(
    ("before", "now", "moved", "parts"),
    [
        (
            CONV.format(64, "73,728", 577, "73,856"), CONV.format(80, "92,160", 721, "92,288"),
            (64, 80), ["92,160, was 73,728", "92,288, was 73,856"],
        ),
        # Quantities come before shares, and what only repeats a control is left out.
        (
            VGG.format(224, 224, 16, "15.5 G", "11.5 G", 74),
            VGG.format(64, 64, 16, "1.4 G", "941.8 M", 68),
            (224, 64), ["1.4 G, was 15.5 G", "941.8 M, was 11.5 G"],
        ),
        # A network may be another one, as the sentence says.
        (
            VGG.format(224, 224, 16, "15.5 G", "11.5 G", 74),
            VGG.format(224, 224, 19, "19.6 G", "11.5 G", 59),
            (None, None), ["19.6 G, was 15.5 G", "59%, was 74%"],
        ),
        # A place is no quantity; neither is a step that a control has set.
        (STEP.format(9, 3), STEP.format(10, 4), (9, 10), []),
        # Where the words differ, nothing is compared: here first what is counted, then how.
        (
            MORE.format("11.8 G", "multiply-adds", 56, 56, "3.9 G"),
            MORE.format("116.6 M", "parameters", 7, 7, "107.0 M"), (None, None), [],
        ),
        ("VGG-16 takes 5 G MACs: most.", "VGG-16 takes 10 G FLOPs: most.", (None, None), []),
        ("It holds 5.0 MiB, going forward.", "It holds 7.5 MiB, going back by 2.0 MiB.",
         (None, None), ["7.5 MiB, was 5.0 MiB"]),
        # A sentence may follow.
        (
            BLOCK.format(16, 50, "25,557,032", "3,857,973,248", " It is ResNet-50."),
            BLOCK.format(17, 53, "25,627,432", "4,076,339,200", ""),
            (3, 4), ["25,627,432, was 25,557,032", "4,076,339,200, was 3,857,973,248"],
        ),
        (
            SLOPE.format("0.1", "1.0 · 10⁻¹⁶"), SLOPE.format("−1.0", "1"),
            (0.1, -1), ["1, was 1.0 · 10⁻¹⁶"],
        ),
        # One thing and several are the same words.
        ("One image takes 5.0 ms.", "8 images take 40.0 ms.", (1, 8), ["40.0 ms, was 5.0 ms"]),
        ("With one image it is 0.5.", "With 8 images it is 0.7.", (1, 8), ["0.7, was 0.5"]),
        ("The share is 5%.", "The share is 5.", (None, None), []),
        ("2 of 2 agree.", "2 of 2 agree.", (None, None), []),
        ("All of them agree.", "None of them agree.", (None, None), []),
    ],
)  # fmt: skip
def test_the_difference_between_two_findings(tell, before, now, moved, parts):
    assert tell(before, now, moved)["parts"] == parts


def test_a_figure_of_the_book_says_what_it_was(tell):
    """From three layers of 3 × 3, which see 7 × 7, to four, which see 9 × 9; 128 channels."""
    stack = gallery.kernel_stack()
    here = stack.positions()
    three, four = ({**here, "depth": depth, "channels": 128} for depth in (3, 4))
    findings = [stack.state_at(*position.values())[1] for position in (three, four)]
    assert tell(*findings, (3, 4))["parts"] == [
        f"{4 * 9 * 128**2:,}, was {3 * 9 * 128**2:,}",
        f"{81 * 128**2:,}, was {49 * 128**2:,}",
    ]


def test_whether_two_findings_say_the_same():
    """Of the same things, that is: outlines of others would compare what can't be compared."""
    with MiniRacer() as engine:
        engine.eval(assets.read("difference.js"))

        def alike(before, now):
            told = f"difference({json.dumps(before)}, {json.dumps(now)}, () => false)"
            return engine.eval(f"{told}.alike")

        assert alike("VGG-16 has 5 M weights.", "MobileNet V2 has 3 M weights. It is small.")
        assert not alike("VGG-16 has 5 M weights.", "VGG-16 has 5 M activations.")
        assert not alike("Test error: 5% at most.", "Training error: 1% at most.")


def test_the_page_knows_what_numbers_a_selection_says():
    assert controls.number_labels(
        {
            "image": widgets.Dropdown(options=[8, 16], description="Image"),
            "kernel": widgets.ToggleButtons(options=[("3 × 3", 3), ("5 × 5", 5)]),
            "count": widgets.ToggleButtons(options=["weights", "MACs"], description="Count"),
            "depth": widgets.IntSlider(description="Depth"),
        }
    ) == {"image": ["8", "16"], "kernel": ["3 × 3", "5 × 5"], "count": []}
