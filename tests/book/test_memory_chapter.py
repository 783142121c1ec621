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
