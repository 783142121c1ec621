"""What training keeps: the rules against what autograd and torch's optimizers really store."""

import pytest
import torch
from torch import nn

from convcost import build, measure
from convcost.memory import OPTIMIZER_VALUES, kept_for_backward
from tests.unit.random_training_nets import Branches, network

IMAGE = 96


def saved_bytes(model, image):
    """Return the bytes that autograd keeps, each storage once, without the model's own."""
    model.train()
    own = {t.untyped_storage()._cdata for t in (*model.parameters(), *model.buffers())}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage  # held, or its address could be given to another
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(image)
    return sum(storage.nbytes() for key, storage in kept.items() if key not in own)


def predicted(model, shape, **options):
    layers = measure(model, (1, *shape[1:])).layers
    return sum(kept_for_backward(layers, batch=shape[0], **options).values())


@pytest.mark.parametrize("tens", range(10))
def test_random_networks_keep_on_the_cpu_what_the_rules_say(tens):
    for seed in range(30 * tens, 30 * (tens + 1)):
        model = network(seed)
        found = saved_bytes(model, torch.zeros(3, 3, 8, 8))
        assert predicted(model, (3, 3, 8, 8)) == found, seed


@pytest.mark.parametrize(
    "name",
    [
        "vgg16", "vgg16_bn", "alexnet", "squeezenet1_1", "resnet18", "resnet50", "paper/resnet-50",
        "keras/resnet-50-v2", "cifar/resnet-20", "densenet121", "googlenet", "mobilenet_v2",
        "mobilenet_v3_small", "regnet_y_400mf", "shufflenet_v2_x0_5",
    ],
)  # fmt: skip
def test_autograd_keeps_what_the_rules_say(name):
    with torch.device("meta"):
        model = build(name)
        image = torch.empty(2, 3, IMAGE, IMAGE)
    assert predicted(name, image.shape) == saved_bytes(model, image)


LAYERS = {
    "ReLU": nn.ReLU(),
    "ReLU in place": nn.ReLU(inplace=True),
    "ReLU6": nn.ReLU6(),
    "ReLU6 in place, which copies": nn.ReLU6(inplace=True),
    "leaky": nn.LeakyReLU(),
    "leaky in place": nn.LeakyReLU(inplace=True),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "GELU": nn.GELU(),
    "SiLU": nn.SiLU(),
    "SiLU in place": nn.SiLU(inplace=True),
    "hard swish": nn.Hardswish(),
    "hard swish in place": nn.Hardswish(inplace=True),
    "hard sigmoid": nn.Hardsigmoid(),
    "group norm": nn.GroupNorm(2, 4),
    "layer norm": nn.LayerNorm([4, 8, 8]),
    "grouped": nn.Conv2d(4, 8, 3, groups=2),
    "transposed": nn.ConvTranspose2d(4, 2, 3),
    "average of a part": nn.AdaptiveAvgPool2d(3),
    "global average": nn.AdaptiveAvgPool2d(1),
    "zero padding": nn.ZeroPad2d(1),
    "dropout in place": nn.Dropout(0.5, inplace=True),
    "dropout of channels": nn.Dropout2d(0.5),
    "dropout that never drops": nn.Dropout(0.0),
    "frozen convolution": nn.Conv2d(4, 4, 3).requires_grad_(False),
    "frozen linear layer": nn.Linear(8, 8).requires_grad_(False),
    "two branches of one dropout": Branches([nn.Dropout(0.5), nn.Conv2d(4, 4, 1)], "add"),
}


@pytest.mark.parametrize("first", [nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1).requires_grad_(False)])
@pytest.mark.parametrize("name", LAYERS)
def test_each_rule_is_autograds(first, name):
    model = nn.Sequential(first, LAYERS[name])
    assert predicted(model, (2, 3, 8, 8)) == saved_bytes(model, torch.zeros(2, 3, 8, 8))


class Gated(nn.Module):
    """A map times factors for its channels, as in squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.first, self.gate = nn.Conv2d(3, 4, 1), nn.Linear(4, 4)

    def forward(self, x):
        x = self.first(x)
        return x * torch.sigmoid(self.gate(x.mean((2, 3))))[:, :, None, None]


def test_a_product_keeps_both_factors():
    assert predicted(Gated(), (2, 3, 8, 8)) == saved_bytes(Gated(), torch.zeros(2, 3, 8, 8))


@pytest.mark.parametrize(
    "model", [*map(network, range(20)), *(nn.Sequential(nn.Conv2d(3, 4, 1), LAYERS[name])
              for name in ("group norm", "layer norm"))]
)  # fmt: skip
def test_floats_of_16_bits_take_half_but_indices_do_not(model):
    half = predicted(model, (3, 3, 8, 8), value_bytes=2)
    assert half == saved_bytes(model.bfloat16(), torch.zeros(3, 3, 8, 8, dtype=torch.bfloat16))


def test_on_cuda_a_mask_of_dropout_has_a_byte_for_each_value():
    """torch's `native_dropout`, which CUDA uses, returns its mask as booleans."""
    layers = measure("vgg16").layers
    cpu, cuda = (kept_for_backward(layers, device=device) for device in ("cpu", "cuda"))
    _, mask = torch.native_dropout(torch.zeros(2 * 4096), 0.5, True)
    assert cuda["masks of dropouts"] == mask.untyped_storage().nbytes()
    assert cpu["masks of dropouts"] == 4 * 2 * 4096
    assert {key for key in cpu if cpu[key] != cuda[key]} == {"masks of dropouts"}


def test_on_cuda_the_statistics_of_a_batch_norm_have_32_bits():
    """On the meta device torch answers for CUDA."""
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    found = saved_bytes(
        nn.Sequential(*model).to("meta", torch.bfloat16),
        torch.empty(2, 3, 8, 8, device="meta", dtype=torch.bfloat16),
    )
    assert predicted(model, (2, 3, 8, 8), value_bytes=2, device="cuda") == found


class Skipping(nn.Module):
    """Named like torchvision's and timm's, which leave out a branch in training."""

    def forward(self, x):
        return x


Skipping.__name__ = "DropPath"


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ([nn.Conv2d(3, 4, 3), nn.Softplus()], r"what 1 \(Softplus\) softplus keeps"),
        ([nn.Conv2d(3, 4, 3), nn.AlphaDropout(0.5)], r"1 \(AlphaDropout\)"),
        ([nn.Conv2d(3, 4, 3), Skipping()], r"1 \(DropPath\)"),
        ([nn.Flatten(2), nn.MultiheadAttention(64, 1)], "measured"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(layers, named):
    with pytest.raises(ValueError, match=named):
        kept_for_backward(measure(nn.Sequential(*layers), (1, 3, 8, 8)).layers)


def test_layers_that_are_still_lazy_have_rules_too():
    lazy, eager = nn.LazyConv2d(4, 1), nn.Conv2d(3, 4, 1)
    relu = nn.ReLU()
    assert predicted(nn.Sequential(lazy, relu), (2, 3, 8, 8)) == predicted(
        nn.Sequential(eager, relu), (2, 3, 8, 8)
    )


def test_what_training_may_run_besides_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^aux1\.\S+ \(.* that evaluation does not run"):
        kept_for_backward(measure(build("googlenet", aux_logits=True)).layers)
    with pytest.raises(ValueError, match="no rows"):
        kept_for_backward([])


OPTIMIZERS = {
    "SGD": lambda params: torch.optim.SGD(params, lr=0.1),
    "SGD with momentum": lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: torch.optim.Adam(params, lr=0.1),
    "AdamW": lambda params: torch.optim.AdamW(params, lr=0.1),
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
