"""What training stores: the rules against what autograd and torch's optimizers really store."""

import pytest
import torch
from torch import nn

from convcost import build, measure
from convcost.memory import OPTIMIZER_VALUES, kept_for_backward

IMAGE = 96


def saved_bytes(network, shape, dtype=torch.float32):
    """Return the bytes that autograd keeps, each storage once, without the network's own."""
    network = network.to(dtype).train()
    own = {t.untyped_storage()._cdata for t in (*network.parameters(), *network.buffers())}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = network(torch.empty(shape, dtype=dtype, device="meta"))
    assert out.requires_grad
    return sum(size for key, size in kept.items() if key not in own)


def dropout_bytes(network, batch, value_bytes=4):
    """A mask and a result for each dropout on 4096 values."""
    layers = [m for m in network.modules() if isinstance(m, nn.Dropout)]
    return len(layers) * 2 * 4096 * batch * value_bytes


@pytest.mark.parametrize(
    "name", ["vgg11", "vgg16", "vgg16_bn", "resnet18", "resnet34", "resnet50", "paper/resnet-50"]
)
@pytest.mark.parametrize("batch", [2, 5])
def test_autograd_keeps_what_the_rules_say(name, batch):
    with torch.device("meta"):
        network = build(name)
    predicted = kept_for_backward(measure(name, (1, 3, IMAGE, IMAGE)).layers, batch=batch)
    predicted = sum(predicted.values()) + dropout_bytes(network, batch)
    assert predicted == saved_bytes(network, (batch, 3, IMAGE, IMAGE))


@pytest.mark.parametrize("name", ["vgg16", "resnet18"])
def test_half_the_bytes_for_16_bit_floats_but_not_for_indices(name):
    with torch.device("meta"):
        network = build(name)
    layers = measure(name, (1, 3, IMAGE, IMAGE)).layers
    half, full = (kept_for_backward(layers, batch=2, value_bytes=b) for b in (2, 4))
    found = saved_bytes(network, (2, 3, IMAGE, IMAGE), torch.bfloat16)
    assert sum(half.values()) + dropout_bytes(network, 2, value_bytes=2) == found
    assert half["indices of max poolings"] == full["indices of max poolings"]


def test_an_operation_without_a_rule_is_an_error():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sigmoid())
    with pytest.raises(ValueError, match="followed by 'sigmoid'"):
        kept_for_backward(measure(network, (1, 3, 8, 8)).layers)
    with pytest.raises(ValueError, match="begins with a convolution"):
        kept_for_backward([])


OPTIMIZERS = {
    "SGD": lambda params: torch.optim.SGD(params, lr=0.1),
    "SGD with momentum": lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: torch.optim.Adam(params, lr=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZER_VALUES)
def test_an_optimizer_stores_so_many_numbers_a_parameter(name):
    layer = nn.Linear(3, 5)
    optimizer = OPTIMIZERS[name](layer.parameters())
    layer(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    stored = [t for state in optimizer.state.values() for t in state.values() if t is not None]
    # Adam also counts its steps: one number for a whole tensor.
    numbers = sum(tensor.numel() for tensor in stored if tensor.dim())
    assert numbers == OPTIMIZER_VALUES[name] * 20
