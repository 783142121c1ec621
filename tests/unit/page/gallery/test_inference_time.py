"""The figures of time: the stored tables, and the roofline's formula operation by operation."""

import math

import pytest

from convcost.arithmetic.roofline import layer_seconds, works_of
from convcost.page import gallery
from convcost.page.gallery.inference_time import PREDICTED, SLIDERS
from tests.unit.page.gallery.figures import (
    cost,
    figure,
    fitted,
    inferred,
    quoted_times,
    yours,
)

HERE = "the book's processor"


def dots(name, **values):
    return {(row["name"], row["series"]): row for row in figure(name).rows(**values)}


def test_a_dot_is_the_ratio_of_the_table_and_its_line_the_quartiles():
    stored = inferred("networks").set_index(["network", "batch"])
    shown = dots("inference_times", batch=8, beside="multiply-adds")
    for network in ("ResNet-50", "MobileNet V2"):
        line, dot = stored.loc[(network, 8)], shown[network, "measured"]
        assert (dot["value"], dot["low"], dot["high"]) == (
            line["ratio"], line["ratio_low"], line["ratio_high"],
        )  # fmt: skip
        macs = 8 * cost(PREDICTED.get(network, "mobilenet_v2")).macs
        assert shown[network, "beside it"]["value"] == macs / (8 * cost("vgg16").macs)
    assert shown["VGG-16", "measured"]["value"] == 1


def test_a_table_that_lacks_a_network_has_no_dot_there():
    shown = dots("inference_times", batch=32, beside="Keras' table, GPU")
    # Keras Applications: 4.2 ms for VGG16, 4.6 ms for ResNet50; no ResNet18.
    assert shown["ResNet-50", "beside it"]["value"] == pytest.approx(4.6 / 4.2)
    assert shown["ResNet-18", "beside it"]["value"] is None
    assert "of the 13" not in figure("inference_times").finding(
        batch=32, beside="Keras' table, GPU"
    )


def test_a_readers_machine_stands_beside_with_its_spread():
    shown = dots("inference_times, with yours", batch=1, beside="parameters")
    dot = shown["ResNet-50", "your machine"]
    assert (dot["value"], dot["low"], dot["high"]) == (30 / 200, 25 / 200, 50 / 200)
    assert ("ResNet-18", "your machine") not in shown
    # It timed one image only.
    assert ("ResNet-50", "your machine") not in dots(
        "inference_times, with yours", batch=8, beside="parameters"
    )


def test_without_vgg_there_is_nothing_to_compare_with():
    alone = yours()[1:]
    with pytest.raises(ValueError, match="VGG-16"):
        gallery.inference_times(inferred("networks"), quoted_times(), alone)


@pytest.mark.parametrize("batch", [1, 64])
def test_predictions_on_the_fitted_machine_are_the_formulas_sum(batch):
    shown = figure("predicted_times").rows(device=HERE, batch=batch, peak=16, bandwidth=4, launch=0)
    for row in shown:
        works = works_of(cost(PREDICTED[row["name"]]).layers)
        each = math.fsum(layer_seconds(work, fitted(), batch) for work in works)
        assert row["value"] == pytest.approx(1000 * each)


def test_on_the_sliders_each_of_them_counts():
    at = {"device": SLIDERS, "batch": 1, "peak": 1024, "bandwidth": 64, "launch": 10}
    rows = figure("predicted_times").rows

    def seconds(**values):
        return {row["name"]: row["value"] for row in rows(**at | values)}

    start, slow_start = seconds(), seconds(launch=20)
    operations = len(works_of(cost("resnet50").layers))
    assert slow_start["ResNet-50"] - start["ResNet-50"] == pytest.approx(operations * 10e-3)
    assert seconds(bandwidth=128)["MobileNet V2"] < start["MobileNet V2"]
    assert seconds(peak=2048)["VGG-16"] < start["VGG-16"]


def test_a_layers_dot_lies_where_its_operations_bytes_and_time_put_it():
    stored = inferred("layers")
    timed = stored[(stored["network"] == "VGG-16") & (stored["layer"] == "features.2")]
    (milliseconds,) = timed["milliseconds"]
    rows = {row["name"]: row for row in figure("layer_roofline").rows(network="VGG-16")}
    dot = rows["features.2"]
    # 3 x 3 from 64 to 64 channels at 224 x 224, on 8 images; the bias travels, too.
    flops = 2 * 8 * 9 * 64 * 64 * 224 * 224
    moved = 4 * (8 * 2 * 64 * 224 * 224 + 9 * 64 * 64 + 64)
    assert dot["intensity"] == pytest.approx(flops / moved, rel=5e-4)
    assert dot["speed"] == pytest.approx(flops / milliseconds / 1e6, rel=5e-4)
    assert dot["group"] == "dense products"
    assert rows["features.3"]["intensity"] == 1 / 8  # a ReLU
    assert rows["features.4"]["group"] == "pooling"


def test_the_finding_on_ranks_names_the_best_and_the_least():
    finding = figure("what_predicts").finding(batch=1)
    assert "by roofline comes closest" in finding
    assert "by operations executed is furthest" in finding
