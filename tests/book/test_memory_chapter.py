"""What the chapter on memory prints, against torch's own counters."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from convcost import build, measure
from tests.book.test_residual_networks import printed


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_a_step_costs_three_forward_passes_less_the_gradient_of_the_image(name):
    with torch.device("meta"):
        network, images = build(name).train(), torch.empty(2, 3, 64, 64)
    with FlopCounterMode(display=False) as counter:
        network(images).sum().backward()

    by_hand = printed("counting/memory", "training_macs")(measure(name, images.shape))
    assert 2 * by_hand == counter.get_total_flops()


@pytest.mark.parametrize("name", ["vgg16", "vgg19_bn", "alexnet"])
def test_each_layer_costs_two_gradients_as_much_as_its_forward_but_the_first_one(name):
    """The gradient of its input and that of its weights; of the image nobody asks a gradient.

    Of chains only: where two branches meet, torch's counter gives some of the backward pass of one
    to the other, and only its total is right.
    """
    with torch.device("meta"):
        network, images = build(name).train(), torch.empty(2, 3, 64, 64)
    with FlopCounterMode(display=False) as counter:
        network(images).sum().backward()
    counted = counter.get_flop_counts()
    root = type(network).__name__

    layers = [row for row in measure(name, images.shape).layers if row.macs]
    for number, layer in enumerate(layers):
        flops = sum(counted[f"{root}.{layer.name}"].values())
        assert flops == 2 * layer.macs * (2 if number == 0 else 3), layer.name
    assert len(layers) >= 8
