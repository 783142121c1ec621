"""The figures that add up a network's parameters and operations are right."""

import pytest

from convcost.page import gallery
from tests.unit.page.gallery.figures import cost, figure, measure_once


@pytest.mark.parametrize("name", ["layer_ledger", "layer_ledger, work"])
def test_the_ledgers_products_are_what_the_layers_cost(name):
    """The product is written from shapes, the value is measured."""
    rows = figure(name).rows(added=16)
    assert len(rows) == 16
    for row in rows:
        assert eval(row["by_hand"].replace("×", "*")) == row["value"]
    total = cost("vgg16").params if name == "layer_ledger" else cost("vgg16").macs
    assert sum(row["value"] for row in rows) == total


def test_the_ledger_adds_up_parameters_or_multiply_adds():
    with pytest.raises(ValueError, match="activations"):
        gallery.layer_ledger(measure_once, "activations")


def test_vggs_head_does_the_same_work_for_every_image():
    """A linear layer's multiply-adds are its weights; torchvision's VGG pools to 7 × 7 first."""
    for image in (64, 224, 320):
        rows = {r["name"]: r["value"] for r in figure("work_shares").rows("VGG-16", image)}
        assert rows["head"] == 25088 * 4096 + 4096 * 4096 + 4096 * 1000
        assert sum(rows.values()) == cost("vgg16", image).macs
