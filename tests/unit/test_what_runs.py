"""What belongs to a network runs when it is measured, wherever it lies and whatever it keeps.

The truths are FlopCounterMode's on real tensors of the CPU, or pencil and paper's.
"""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.func import grad, vmap
from torch.nn.utils import parametrizations, parametrize
from torch.utils.flop_counter import FlopCounterMode

from convcost import measure
from convcost.arithmetic import conv_macs, linear_macs
from tests.unit.stand_ins import Calls, kinds

IMAGE = (1, 3, 8, 8)
MACS = conv_macs(3, 8, 3, 8, 8)
ONES = torch.ones(1, 8, 1, 1)
KEPT = {}


def conv():
    return nn.Conv2d(3, 8, 3, padding=1)


def cpu_macs(model, size):
    """Count with torch's own counter on a real run."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(size))
    return counter.get_total_flops() // 2


# ------------------------------------------------------------------------------ devices and values


def in_autocast(model, x):
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        return model.conv(x)


def on_a_default_device(model, x):
    with torch.device("cuda"):
        return model.conv(x) + torch.ones(8, 1, 1)


def filled_bit_by_bit(model, x):
    maps = torch.zeros(3, 8, 8, 8)
    for step in torch.arange(3):
        maps[step] = model.conv(x)[0]
    return maps


@pytest.mark.parametrize(
    ("forward", "times"),
    [
        (lambda m, x: m.conv(x.to(m.device)), 1),
        (lambda m, x: m.conv(x.to("cuda:0", non_blocking=True)), 1),
        (lambda m, x: m.conv(x.to(device="cuda", dtype=torch.float32)), 1),
        (lambda m, x: m.conv(x.to(0).to(ONES)), 1),
        (lambda m, x: m.conv(x.cuda()).cpu(), 1),
        (lambda m, x: m.conv(x) + torch.zeros(1, 8, 1, 1, device=m.device), 1),
        (lambda m, x: m.conv(x) + x.new_zeros(1, device="cuda"), 1),
        (lambda m, x: m.conv(x) + torch.arange(8.0, device="cpu").view(1, 8, 1, 1), 1),
        (lambda m, x: m.conv(x) + torch.ones(8, 1, 1, device=x.device), 1),
        (lambda m, x: m.conv(x) * ONES, 1),
        (lambda m, x: m.conv(x) * torch.from_numpy(ONES.numpy()), 1),
        (lambda m, x: m.conv(x) * torch.Tensor([1.0]), 1),
        (lambda m, x: m.conv(x)[:, torch.tensor([0, 2])], 1),
        (lambda m, x: m.conv(x) if x.device == ONES.device and not x.is_meta else x, 1),
        (lambda m, x: m.conv(x)[..., : int(torch.tensor(x.shape).prod().sqrt())], 1),
        (lambda m, x: [m.conv(x) for rate in torch.linspace(0, 1, 3) if rate < 0.7], 2),
        (in_autocast, 1),
        (on_a_default_device, 1),
        (filled_bit_by_bit, 3),
    ],
)
def test_devices_do_not_matter(forward, times):
    cost = measure(Calls(forward, conv=conv(), device="cpu"), IMAGE)

    assert cost.macs == times * MACS
    assert "copy" not in kinds(cost)[:1]


def test_a_mask_of_numbers_alone_keeps_its_values():
    """torch's encoder asks whether the mask is a causal one."""
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2)

    def forward(model, x):
        return model.encoder(x, mask=nn.Transformer.generate_square_subsequent_mask(x.shape[1]))

    tokens, width = 2 * 5, 16
    attention = tokens * (4 * linear_macs(width, width) + 2 * 5 * width)
    perceptron = tokens * 2 * linear_macs(width, 32)
    cost = measure(Calls(forward, encoder=encoder), (2, 5, width))
    assert cost.macs == 2 * (attention + perceptron)
    assert torch.backends.mha.get_fastpath_enabled()


def test_a_large_tensor_of_numbers_takes_no_memory():
    def forward(_, x):
        table = torch.zeros(10**6, 10**6)
        return x + table[0, 0]

    assert measure(Calls(forward), IMAGE).macs == 0


def overwritten(_, x):
    flags = torch.zeros(2)
    flags[0] = x.mean()
    return x if flags.sum() > 0 else -x


def test_what_the_input_was_written_into_has_no_values():
    with pytest.raises(ValueError, match="asks for the values"):
        measure(Calls(overwritten), IMAGE)


def test_tensors_of_the_module_file_are_left_alone():
    model = Calls(lambda m, x: m.conv(x) * ONES.mul_(2) + torch.rand(8, 8), conv=conv())
    state = torch.get_rng_state()

    assert measure(model, IMAGE).macs == MACS
    assert torch.equal(ONES, torch.ones(1, 8, 1, 1))
    assert torch.equal(torch.get_rng_state(), state)


# --------------------------------------------------------------------------------- other functions


def by_hand_in_one(model, x):
    return torch._convolution(
        x, model.weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, False, False, True, True
    )


@pytest.mark.parametrize(
    ("model", "size"),
    [
        (Calls(by_hand_in_one, weight=nn.Parameter(torch.zeros(8, 3, 3, 3))), IMAGE),
        (
            Calls(
                lambda m, x: vmap(lambda w: nn.functional.linear(x, w))(m.weight),
                weight=nn.Parameter(torch.zeros(5, 10, 20)),
            ),
            (4, 20),
        ),
        (Calls(lambda m, x: vmap(m.conv)(x[:, None]), conv=conv()), (4, 3, 8, 8)),
    ],
)
def test_torchs_counter_agrees(model, size):
    assert measure(model, size).macs == cpu_macs(model, size) > 0


def test_a_gradient_in_the_forward_costs_as_much_as_the_layer():
    """Of the input alone: that of the weight is not asked for."""
    for wrap in (grad, lambda function: vmap(grad(function))):
        model = Calls(
            lambda m, x, wrap=wrap: wrap(lambda z: m.linear(z).sum())(x), linear=nn.Linear(4, 6)
        )
        assert measure(model, (5, 4)).macs == 2 * 5 * linear_macs(4, 6)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_traced_and_scripted_modules():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.PReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 4),
    ).eval()  # fmt: skip
    plain = measure(model, IMAGE)
    for made in (torch.jit.trace(model, torch.zeros(IMAGE)), torch.jit.script(model)):
        for given in (made, nn.Sequential(made)):
            cost = measure(given, IMAGE)
            assert (cost.macs, cost.activations) == (plain.macs, plain.activations)
            assert [row.params for row in cost.layers] == [row.params for row in plain.layers]
            assert kinds(cost)[0] == "conv"
    with pytest.raises(ValueError, match=r"takes 3 channels, stops with .*channel"):
        measure(torch.jit.script(nn.Conv2d(3, 8, 3)), (1, 4, 8, 8))


# --------------------------------------------------------------------------------- hooks and state


class Adapter(nn.Module):
    """A convolution, and another one that a hook adds."""

    def __init__(self):
        super().__init__()
        self.conv, self.adapter = conv(), nn.Conv2d(8, 8, 1)
        self.conv.register_forward_hook(lambda _module, _inputs, out: out + self.adapter(out))

    def forward(self, x):
        return self.conv(x)


class Features(nn.Module):
    """A head on features that a hook keeps."""

    def __init__(self, hook, kept):
        super().__init__()
        self.kept = kept
        self.body = nn.Sequential(conv(), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
        self.head = nn.Conv2d(8, 2, 1)
        self.body[0].register_forward_hook(hook or self.keep)

    def keep(self, _module, _inputs, out):
        self.kept["a"] = out

    def forward(self, x):
        self.body(x)
        return self.head(self.kept["a"])


def keep_in(kept, _module, _inputs, out):
    kept["a"] = out


def keep_in_the_file(_module, _inputs, out):
    KEPT["a"] = out


def features_by_closure():
    kept = {}
    return Features(lambda _module, _inputs, out: kept.update(a=out), kept)


def features_by_partial():
    kept = {}
    return Features(partial(keep_in, kept), kept)


def test_hooks_that_compute_are_counted():
    model = Adapter()

    cost = measure(model, IMAGE)

    assert cost.macs == cpu_macs(model, IMAGE) == MACS + conv_macs(8, 8, 1, 8, 8)
    assert "unused" not in kinds(cost)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Features(None, {}),
        features_by_closure,
        features_by_partial,
        lambda: Features(keep_in_the_file, KEPT),
    ],
)
def test_what_a_hook_keeps_is_of_this_run(make):
    KEPT.clear()
    macs = MACS + conv_macs(8, 8, 3, 8, 8) + conv_macs(8, 2, 1, 8, 8)
    fresh = make()
    assert measure(fresh, IMAGE).macs == macs
    assert fresh.kept == {}

    used = make()
    used(torch.zeros(2, 3, 16, 16))
    assert measure(used, IMAGE).macs == macs
    assert used.kept["a"].shape == (2, 8, 16, 16)
    assert not used.kept["a"].is_meta


class Scaled:
    """Scales a weight before each forward, as equalized learning rates do."""

    def __call__(self, module, _):
        weight = module.weight_orig
        module.weight = weight * math.sqrt(2 / weight[0].numel())


def scaled():
    layer = conv()
    weight = layer._parameters.pop("weight")
    layer.register_parameter("weight_orig", nn.Parameter(weight.detach()))
    layer.register_forward_pre_hook(Scaled())
    return layer


def test_a_weight_that_a_hook_makes_has_its_row():
    fresh, used = scaled(), scaled()
    used(torch.zeros(IMAGE))
    for model in (fresh, used):
        cost = measure(model, IMAGE)
        assert [(row.kind, row.params) for row in cost.layers] == [("mul", 216), ("conv", 8)]
        assert cost.macs == MACS
    assert "weight" not in vars(fresh)


class LowRank(nn.Module):
    """Adds a product of two thin matrices to a weight."""

    def __init__(self):
        super().__init__()
        self.left, self.right = (nn.Parameter(torch.zeros(n)) for n in ((8, 2), (2, 8)))

    def forward(self, weight):
        return weight + self.left @ self.right


@pytest.mark.parametrize(
    "make",
    [
        parametrizations.orthogonal,
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
        torch.nn.utils.spectral_norm,
        lambda layer: parametrize.register_parametrization(layer, "weight", LowRank()) or layer,
    ],
)
def test_making_a_weight_of_weights_is_no_layer(make):
    """It does not depend on the input, and is done once for all of them."""
    model = make(nn.Linear(8, 8))

    cost = measure(model, (2, 8))

    assert (cost.macs, cost.activations, cost.uncounted) == (2 * 64, 2 * 8, ())
    assert cost.params == sum(parameter.numel() for parameter in model.parameters())


def test_a_layer_on_a_table_is_one():
    """Swin v2 has one on its positions: it runs each time, and is counted, as torch does."""
    table = nn.Parameter(torch.zeros(7, 3))
    model = Calls(lambda m, x: x + m.net(m.table).sum(), net=nn.Linear(3, 5), table=table)

    assert measure(model, IMAGE).macs == cpu_macs(model, IMAGE) == 7 * 3 * 5


def made_late(model, x):
    if not hasattr(model, "late"):
        model.late = nn.Linear(x.shape[1], 4)
    return model.late(x)


def with_a_cache(model, x):
    if model.cache is None:
        model.cache = model.weight @ model.weight
    return x @ model.cache


class Cache:
    """Somebody's own class, with a table in it."""

    def __init__(self):
        self.tables = {"squares": {}}


def with_a_cache_of_its_own(model, x):
    table = model.cache.tables["squares"]
    if len(x) not in table:
        table[len(x)] = model.weight @ model.weight
    return x @ table[len(x)]


@pytest.mark.parametrize(
    ("make", "macs", "params"),
    [
        (
            lambda: Calls(
                with_a_cache_of_its_own, cache=Cache(), weight=nn.Parameter(torch.ones(8, 8))
            ),
            128,
            64,
        ),
        (lambda: Calls(made_late), 2 * 8 * 4, 36),
        (lambda: Calls(with_a_cache, cache=None, weight=nn.Parameter(torch.ones(8, 8))), 128, 64),
        (lambda: nn.Sequential(nn.LazyLinear(4)), 2 * 8 * 4, 36),
    ],
)
def test_measured_before_or_after_a_run_it_is_the_same(make, macs, params):
    fresh, used = make(), make()
    used(torch.zeros(2, 8))
    for model in (fresh, used):
        held = list(vars(model))
        cost = measure(model, (2, 8))
        assert (cost.macs, cost.params) == (macs, params)
        assert list(vars(model)) == held
    assert measure(fresh, (2, 8)).layers == measure(used, (2, 8)).layers


def test_what_does_other_work_each_time_has_no_cost():
    def forward(model, x):
        model.past.append(model.linear(x))
        return torch.cat(model.past) @ x.T

    model = Calls(forward, linear=nn.Linear(8, 8), past=[])
    with pytest.raises(ValueError, match="each run does different work"):
        measure(model, (1, 8))
    assert model.past == []
