"""`measure` on any module: what it leaves alone, what it takes, how it refuses the rest."""

import gc
import subprocess
import sys
import threading
import weakref

import pytest
import torch
import torchinfo
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

from convcost import measure
from convcost.arithmetic import (
    batch_norm_params,
    conv_macs,
    conv_params,
    linear_macs,
    linear_params,
)
from tests.unit.stand_ins import Calls, kinds

# ---------------------------------------------------------------------- the caller's model is left


def snapshot(model):
    """List what measuring must not change."""
    return (
        {
            key: (value.device, value.requires_grad, value.detach().clone(), value.data_ptr())
            for key, value in model.state_dict(keep_vars=True).items()
        },
        {key: module.training for key, module in model.named_modules()},
        {
            key: [(name, dict(table)) for name, table in vars(module).items() if "_hooks" in name]
            for key, module in model.named_modules()
        },
        {key: sorted(vars(module)) for key, module in model.named_modules()},
    )


def test_the_model_is_left_as_it_was():
    ran = []
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout(), nn.Flatten(),
        nn.Linear(8 * 36, 8), nn.Linear(8, 8), nn.Linear(8, 8),
    )  # fmt: skip
    model[7].weight = model[6].weight
    model[1].eval()  # and the rest in training mode
    model[0].weight.requires_grad_(requires_grad=False)
    model[5](torch.zeros(1, 8 * 36)).sum().backward()
    model.register_forward_hook(lambda *_: ran.append("forward"))
    model[0].register_forward_pre_hook(lambda *_: ran.append("pre"))
    model[5].register_full_backward_hook(lambda *_: ran.append("backward"))
    before, gradient, state = snapshot(model), model[5].weight.grad, torch.get_rng_state()

    cost = measure(model, (2, 3, 8, 8))

    after = snapshot(model)
    for key, (device, requires_grad, values, pointer) in before[0].items():
        assert after[0][key][:2] == (device, requires_grad)
        assert after[0][key][3] == pointer
        assert torch.equal(after[0][key][2], values)
    assert after[1:] == before[1:]
    assert model[7].weight is model[6].weight
    assert model[5].weight.grad is gradient
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert ran == []
    assert cost.params == sum(parameter.numel() for parameter in model.parameters())
    # Tied, the weight is in one row alone.
    assert [layer.params for layer in cost.layers if layer.name in ("6", "7")] == [72, 8]


def test_lazy_layers_stay_lazy():
    model = nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))
    cost = measure(model, (1, 3, 8, 8))
    assert [layer.params for layer in cost.layers] == [
        conv_params(3, 8, 3), batch_norm_params(8), linear_params(8 * 36, 5),
    ]  # fmt: skip
    assert all(nn.parameter.is_lazy(model[i].weight) for i in (0, 1, 3))


@pytest.mark.parametrize("layer", [nn.LazyConv2d(8, 3), nn.Conv2d(3, 8, 3)])
def test_no_reference_is_kept(layer):
    model = nn.Sequential(layer)
    model.register_forward_hook(lambda *_: None)
    seen = weakref.ref(model)
    gc.disable()
    try:
        measure(model, (1, 3, 8, 8))
        del model
        assert seen() is None
    finally:
        gc.enable()


def test_torchinfo_is_left_alone():
    """It keeps the last model that it ran: none of ours, and what it had it still has."""
    torchinfo.torchinfo.clear_cached_forward_pass()
    measure("resnet18")
    assert torchinfo.torchinfo._cached_forward_pass == {}
    torchinfo.summary(nn.Linear(2, 2), (1, 2), verbose=0)
    measure(nn.Linear(2, 2), (1, 2))
    assert list(torchinfo.torchinfo._cached_forward_pass) == ["Linear"]
    torchinfo.torchinfo.clear_cached_forward_pass()


def test_half_precision_and_inference_mode():
    assert measure(nn.Conv2d(3, 4, 3).half()).macs == conv_macs(3, 4, 3, 222, 222)

    @torch.inference_mode()
    def forward(model, x):
        return model.head(model.conv(x).mean((2, 3)))

    model = Calls(forward, conv=nn.Conv2d(3, 4, 3), head=nn.Linear(4, 5))
    cost = measure(model, (1, 3, 9, 9))
    assert kinds(cost) == ["conv", "mean", "linear"]
    assert cost.macs == conv_macs(3, 4, 3, 7, 7) + linear_macs(4, 5)


MEMORY = """
import resource, sys
import torch
from convcost import build, measure
measure("resnet18")
unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 64 * 64, 8192))
before = peak()
cost = measure(model, (1, 3, 64, 64))
assert cost.params * 4 > 400e6
for name in ("vgg19", "vit_h_14", "regnet_y_128gf"):
    cost = measure(name, (8, 3, 224, 224))
assert cost.params * 4 > 2e9 and cost.activations * 4 > 2e9
print(peak() - before)
"""


def test_neither_weights_nor_activations_take_memory():
    """400 MB of a caller's own, then networks with more than 2 GB of each."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEMORY], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 100e6


# ------------------------------------------------------------------------- modules of other makes


@pytest.mark.parametrize(
    "model",
    [
        torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 8, 3)),
        torch.nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 8, 3)),
        prune.identity(nn.Conv2d(3, 8, 3), "weight"),
        nn.DataParallel(nn.Conv2d(3, 8, 3)),
    ],
    ids=["weight_norm", "spectral_norm", "pruned", "data_parallel"],
)
def test_made_weights(model):
    cost = measure(model, (1, 3, 9, 9))
    assert cost.macs == conv_macs(3, 8, 3, 7, 7)
    assert cost.activations == 8 * 7 * 7
    assert cost.params == sum(parameter.numel() for parameter in model.parameters())
    assert sum(layer.params for layer in cost.layers) == cost.params
    assert "unused" not in kinds(cost)


class Box:
    def __init__(self, tensor):
        self.tensor = tensor


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x: {"out": x, "none": None},
        lambda x: (3, [x]),
        Box,  # nothing that torchinfo could describe
        lambda x: x.sum(),
    ],
    ids=["dict", "tuple", "object", "number"],
)
def test_any_result(wrap):
    inner = Calls(lambda m, x: wrap(m.conv(x)), conv=nn.Conv2d(3, 4, 3), kernel_size=None)
    model = Calls(lambda m, x: m.inner(x), inner=inner)
    assert measure(model, (1, 3, 8, 8)).macs == conv_macs(3, 4, 3, 6, 6)


def test_tensors_from_anywhere():
    """Held outside of parameters and buffers, or made in the forward without saying where."""

    def forward(model, x):
        positions = model.embedding(torch.arange(x.shape[1]))
        return x * model.scales["a"][0] + positions + torch.ones(8)

    model = Calls(forward, embedding=nn.Embedding(9, 8), scales={"a": [torch.ones(8)]})
    cost = measure(model, (2, 5, 8))
    assert (cost.params, cost.macs) == (72, 0)
    assert kinds(cost) == ["embedding", "mul", "add", "add"]
    assert model.scales["a"][0].device.type == "cpu"


def test_modules_in_a_plain_list():
    model = Calls(lambda m, x: m.layers[1](m.layers[0](x)), layers=[nn.Conv2d(3, 4, 3), nn.ReLU()])
    cost = measure(model, (1, 3, 8, 8))
    assert cost.macs == conv_macs(3, 4, 3, 6, 6)
    assert cost.params == 0  # torch does not see them either


def test_script_modules():
    with pytest.warns(DeprecationWarning, match="torch.jit.script"):
        scripted = torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))
    cost = measure(scripted, (1, 3, 8, 8))
    assert (cost.params, cost.macs) == (112, conv_macs(3, 4, 3, 6, 6))
    assert kinds(cost) == ["conv", "relu"]


def test_a_recurrent_layer_is_one_row():
    # Every step multiplies the input and the state by four gates' weights.
    (layer,) = measure(nn.LSTM(8, 16, batch_first=True), (2, 3, 8)).layers
    assert (layer.kind, layer.macs) == ("lstm", 2 * 3 * 4 * 16 * (8 + 16))
    assert layer.params == 4 * 16 * (8 + 16 + 2)


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("model", "input_size", "words"),
    [
        ("resnet5O", (1, 3, 224, 224), ["resnet5O", "did you mean 'resnet50'"]),
        ("vgg16", (1, 3, 16, 16), ["(1, 3, 16, 16)", "features.30 (MaxPool2d)", "larger height"]),
        ("inception_v3", (1, 3, 32, 32), ["Mixed_6a", "larger height"]),
        ("vgg16", (1, 4, 224, 224), ["(1, 4,", "features.0", "takes 3 channels", "channels"]),
        ("resnet18", (224, 224), ["conv1 (Conv2d)", "(batch, channels, height, width)"]),
        ("vit_b_16", (1, 3, 200, 200), ["Expected 224 but got 200", "made for"]),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(10, 2)),
            (1, 3, 8, 8),
            ["1 (Linear)", "takes 10 features", "made for"],
        ),
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(4)), (1, 3, 8, 8), ["4 channels"]),
        (Calls(lambda _, x: x if x.sum() > 0 else -x), (1, 3), ["Calls", "values", "shapes"]),
        (Calls(lambda _, x: x[x > 0]), (1, 3), ["values", "shapes"]),
        (Calls(lambda _, x: x.tolist()), (1, 3), ["values", "shapes"]),
        (Calls(lambda _, x: x.numpy()), (1, 3), ["values", "shapes"]),
        (nn.Bilinear(3, 3, 3), (1, 3), ["input2", "one tensor"]),
        (Calls(lambda *_: 1 // 0), (1, 3), ["division", "one tensor"]),
        (Calls(lambda _, x: x, lock=threading.Lock()), (1, 3), ["lock", "copied"]),
        ("vgg16", (1, 3, 0, 224), ["(1, 3, 0, 224)", "at least 1"]),
        ("vgg16", (), ["()", "(batch, channels, height, width)"]),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(model, input_size, words):
    with pytest.raises(ValueError, match=r".") as caught:
        measure(model, input_size)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_the_original_error_is_kept():
    with pytest.raises(ValueError, match="stops with") as caught:
        measure("vgg16", (1, 3, 16, 16))
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize(
    ("model", "input_size", "words"),
    [
        (nn.Conv2d, (1, 3, 8, 8), ["the class Conv2d", "Conv2d(…)"]),
        (None, (1, 3, 8, 8), ["None", "torch.nn.Module", "'resnet50'"]),
        (functional.relu, (1, 3, 8, 8), ["function", "torch.nn.Module"]),
        ("vgg16", 224, ["224", "(batch, channels, height, width)"]),
        ("vgg16", (1, 3, 2.5, 4), ["2.5", "integers"]),
        ("vgg16", "abcd", ["'abcd'", "integers"]),
    ],
)
def test_what_is_no_model_or_size_is_named(model, input_size, words):
    with pytest.raises(TypeError) as caught:
        measure(model, input_size)
    for word in words:
        assert word in str(caught.value)


def test_a_failure_leaves_nothing_behind():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), Calls(lambda *_: 1 // 0))
    before = snapshot(model)
    with pytest.raises(ValueError, match="division"):
        measure(model, (1, 3, 8, 8))
    assert snapshot(model)[1:] == before[1:]
    assert model[0](torch.ones(1, 3, 8, 8)).device.type == "cpu"
    assert gc.isenabled()
    assert torch.is_grad_enabled()
