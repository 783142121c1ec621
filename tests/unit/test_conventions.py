"""Every convention against its tool, run beside us: to the unit, or with the difference named."""

import dataclasses
import subprocess
import sys
from math import prod

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from benchmarks._rivals import COUNTERS
from convcost import build, measure, names
from convcost.architectures._torchvision import import_torchvision
from convcost.conventions import CONVENTIONS, ITEMS, Convention, Price, find, price, total
from convcost.faults import differences

# These work on shapes; the others run the network, so a small image spares time.
ON_META = ("torchinfo", "flop_counter", "ptflops_aten", "thop")
TOKENS = ("convnext", "maxvit", "swin", "vit")

OURS = [name for name in names() if name.startswith(("paper/", "cifar/", "keras/"))]
TIMM = [name for name in names() if name.startswith("timm/")]
TORCHVISION = import_torchvision().models.list_models(module=import_torchvision().models)
CONVOLUTIONAL = [name for name in TORCHVISION if not name.startswith(TOKENS)]
OPTIONS = [
    ("paper/resnet-34", {"shortcut": "A"}),
    ("paper/resnet-50", {"stride_in": "3x3", "shortcut": "C"}),
    ("paper/resnet-18", {"head": "fc"}),
    ("paper/vgg-c", {"head": "gap", "batch_norm": True}),
    ("googlenet", {"aux_logits": True}),
]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Small images leave nothing to share, and threads that wait for each other cost the most."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def on_meta(name, **options):
    with torch.device("meta"):
        return build(name, **options).eval()


def on_cpu(model):
    """Give a model memory but no values, which no counter looks at."""
    return model.to_empty(device="cpu")


def small(name):
    """Height and width of a small image that the network takes."""
    if name.startswith("cifar/"):
        return 32
    if name.startswith("timm/"):
        return 96
    return 75 if name == "inception_v3" else 64


def count_by_all(model, size):
    """Ask every rival about a network on the meta device, which ends on the CPU."""
    shape = (1, 3, size, size)
    image = torch.empty(shape, device="meta")
    counts = {name: COUNTERS[name](model, image) for name in ON_META}
    model, image = on_cpu(model), torch.zeros(shape)
    return counts | {name: COUNTERS[name](model, image) for name in COUNTERS if name not in ON_META}


def ours_by_all(rows):
    return {name: total(rows, find(name)) for name in COUNTERS}


# -- to the unit -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in [*OURS, *CONVOLUTIONAL]), *OPTIONS],
    ids=lambda value: str(value) if value else "",
)
def test_each_convention_gives_its_tools_number_to_the_unit(name, options):
    model = on_meta(name, **options)
    cost = measure(model, (1, 3, small(name), small(name)))

    assert ours_by_all(cost.layers) == count_by_all(model, small(name))
    for counter in COUNTERS:
        assert differences(cost.layers, counter) == {}


def test_sixty_four_networks_of_torchvision_are_convolutional():
    assert (len(TORCHVISION), len(CONVOLUTIONAL)) == (80, 64)


@pytest.mark.parametrize("name", ["resnet50", "vgg16_bn", "mobilenet_v3_small"])
def test_the_size_of_the_image_makes_no_difference(name):
    model = on_meta(name)
    cost = measure(model, (1, 3, 224, 224))

    assert {counter: cost.operations(counter) for counter in COUNTERS} == count_by_all(model, 224)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_torchvision_prints_our_macs_in_thousandths_of_a_giga(name):
    printed = {
        weights.transforms.keywords["crop_size"]: weights.meta["_ops"]
        for weights in import_torchvision().models.get_model_weights(name)
    }

    for size, giga in printed.items():
        assert measure(name, (1, 3, size, size)).operations("torchvision") == round(giga * 10**9)


class Squared(nn.Module):
    """Calls functions where others have modules."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3, padding=1)

    def forward(self, x):
        x = functional.relu(self.conv(x))
        x = functional.avg_pool2d(x, 2) + functional.max_pool2d(x, 2)
        x = functional.silu(functional.gelu(x))
        return functional.softmax(functional.adaptive_avg_pool2d(x, 3), dim=-1)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, (3, 1), stride=2, padding=1, groups=2),
        nn.Conv2d(4, 6, 3, dilation=2, bias=False),
        nn.Sequential(nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8, affine=False)),
        nn.Sequential(nn.Conv2d(4, 8, 1), nn.GroupNorm(2, 8)),
        nn.Sequential(nn.Conv2d(4, 8, 1), nn.ReLU6(), nn.SiLU()),
        nn.Sequential(nn.Conv2d(4, 8, 1), nn.ELU(), nn.LeakyReLU(), nn.GELU()),
        nn.Sequential(nn.Conv2d(4, 8, 1), nn.Sigmoid(), nn.Hardswish(), nn.Softmax(dim=-1)),
        nn.Sequential(nn.AvgPool2d(3, 2, ceil_mode=True), nn.Conv2d(4, 8, 1)),
        nn.Sequential(nn.AdaptiveAvgPool2d((5, 3)), nn.Flatten(), nn.Linear(60, 7)),
        nn.Sequential(nn.Conv2d(4, 6, 1), nn.AdaptiveMaxPool2d(2), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(4, 6, 1), nn.LayerNorm([6, 11, 11])),
        nn.Sequential(nn.Conv2d(4, 4, 1), nn.LocalResponseNorm(3)),
        Squared(),
    ],
    ids=lambda layer: f"{layer}".replace("\n", "")[:60],
)
def test_a_single_layer_counts_as_in_each_tool(layer):
    layer.eval()
    image = torch.zeros(1, 4, 11, 11)
    rows = measure(layer, image.shape).layers

    assert ours_by_all(rows) == {name: count(layer, image) for name, count in COUNTERS.items()}


def test_a_layer_that_is_called_twice_counts_twice_in_each_tool():
    conv = nn.Conv2d(4, 4, 3, padding=1)
    network = nn.Sequential(conv, nn.BatchNorm2d(4), conv).eval()
    image = torch.zeros(1, 4, 8, 8)
    rows = measure(network, image.shape).layers

    for name in ("fvcore", "flop_counter", "ptflops_aten"):
        assert total(rows, find(name)) == COUNTERS[name](network, image)


# -- where a tool is wrong -------------------------------------------------------------------------


def image_size_of(name):
    """Height and width of a small image, and the options under which the network takes it."""
    if name.startswith("vit"):
        size = 56 if name == "vit_h_14" else 64
        return size, {"image_size": size}
    return (224 if name == "maxvit_t" else small(name)), {}


def with_tables(name, **options):
    """Build on the CPU, since tables of relative positions have values that are read."""
    initialize, nn.init.trunc_normal_ = nn.init.trunc_normal_, lambda weight, **_: weight
    try:
        return build(name, **options).eval()
    finally:
        nn.init.trunc_normal_ = initialize


@pytest.mark.parametrize(
    "name", [*(name for name in TORCHVISION if name.startswith(TOKENS)), *TIMM]
)
def test_elsewhere_a_tool_differs_by_its_known_faults(name):
    size, options = image_size_of(name)
    model = on_meta(name, **options)
    rows = measure(model, (1, 3, size, size)).layers

    for counter in ON_META:
        faults = differences(rows, counter)
        counted = COUNTERS[counter](model, torch.empty(1, 3, size, size, device="meta"))
        assert counted == total(rows, find(counter)) + sum(faults.values()), counter
        assert counter in ("torchinfo", "thop") or faults == {}


@pytest.mark.parametrize("name", ["convnext_tiny", "maxvit_t", "swin_t", "swin_v2_t", "vit_b_16"])
def test_on_tokens_a_tool_that_runs_the_network_differs_by_its_known_faults(name):
    size, options = image_size_of(name)
    model = with_tables(name, **options)
    image = torch.zeros(1, 3, size, size)
    rows = measure(model, image.shape).layers

    for counter in ("fvcore", "ptflops", "ptflops_aten", "flop_counter"):
        faults = differences(rows, counter, when="on the CPU")
        counted = COUNTERS[counter](model, image)
        assert counted == total(rows, find(counter)) + sum(faults.values()), counter


def test_fvcore_loses_attention_whole_where_no_gradients_are_kept():
    model, image = on_cpu(on_meta("vit_b_32", image_size=64)), torch.zeros(1, 3, 64, 64)
    rows = measure(model, image.shape).layers
    faults = differences(rows, "fvcore", when="without gradients")

    with torch.no_grad():
        counted = COUNTERS["fvcore"](model, image)

    assert counted == total(rows, find("fvcore")) + sum(faults.values())
    assert sum(faults.values()) < sum(differences(rows, "fvcore").values()) < 0


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "vit_b_16", "swin_v2_t"])
def test_ptflops_counts_linear_layers_twice_on_the_meta_device(name):
    size, options = image_size_of(name)
    model, shape = on_meta(name, **options), (1, 3, size, size)
    rows = measure(model, shape).layers
    faults = differences(rows, "ptflops", when="on the meta device")

    counted = COUNTERS["ptflops"](model, torch.empty(shape, device="meta"))

    assert counted == total(rows, find("ptflops")) + sum(faults.values())
    if not name.startswith(TOKENS):
        linear = sum(row.macs for row in rows if row.kind == "linear")
        assert sum(faults.values()) == linear


class Functional(nn.Module):
    """A convolution and a linear layer without modules of their own."""

    def __init__(self):
        super().__init__()
        self.filters = nn.Parameter(torch.zeros(6, 4, 3, 3))
        self.scores = nn.Parameter(torch.zeros(5, 6 * 9 * 9))
        self.offset = nn.Parameter(torch.zeros(5))  # torchinfo would count one called bias

    def forward(self, x):
        x = functional.conv2d(x, self.filters)
        return functional.linear(x.flatten(1), self.scores, self.offset)


@pytest.mark.parametrize(
    ("counter", "sees"),
    [
        ("fvcore", True), ("flop_counter", True), ("ptflops_aten", True),
        ("torchinfo", False), ("ptflops", False), ("thop", False),
    ],
)  # fmt: skip
def test_who_sees_layers_that_run_as_functions(counter, sees):
    network, image = Functional().eval(), torch.zeros(1, 4, 11, 11)
    rows = measure(network, image.shape).layers
    macs = 6 * 81 * 4 * 9 + 5 * 6 * 81
    assert sum(row.macs for row in rows) == macs

    counted = COUNTERS[counter](network, image)

    assert counted == total(rows, find(counter)) + sum(differences(rows, counter).values())
    assert (counted >= macs) is sees


@pytest.mark.parametrize("stride", [1, 2])
def test_who_is_wrong_on_transposed_convolutions(stride):
    network = nn.Sequential(nn.ConvTranspose2d(4, 6, 2, stride=stride, padding=1), nn.ReLU())
    network.eval()
    image = torch.zeros(1, 4, 11, 11)
    rows = measure(network, image.shape).layers
    assert sum(row.macs for row in rows) == 11 * 11 * 4 * 6 * 4

    for name, count in COUNTERS.items():
        faults = differences(rows, name)
        assert count(network, image) == total(rows, find(name)) + sum(faults.values()), name
        assert bool(faults) is (name in ("torchinfo", "thop"))


def test_every_fault_is_met_by_a_network_of_the_catalogue_or_above():
    shapes = {
        "vit_b_16": image_size_of("vit_b_16"),
        "swin_v2_t": image_size_of("swin_v2_t"),
        "maxvit_t": image_size_of("maxvit_t"),
    }
    rows = [
        row
        for name, (size, options) in shapes.items()
        for row in measure(on_meta(name, **options), (1, 3, size, size)).layers
    ]
    rows += measure(nn.ConvTranspose2d(4, 6, 2, stride=2), (1, 4, 9, 9)).layers
    rows += measure("timm/mobilenetv1_100", (1, 3, 64, 64)).layers

    for fault in (fault for convention in CONVENTIONS.values() for fault in convention.faults):
        assert any(fault.meets(row) for row in rows), fault.what


# -- a convention of one's own ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def block():
    """A convolution with bias, batch norm, ReLU, the addition of a shortcut, pooling, softmax."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)
            self.norm = nn.BatchNorm2d(4)
            self.pool = nn.MaxPool2d(2)

        def forward(self, x):
            x = functional.relu(self.norm(self.conv(x)) + x)
            return functional.softmax(self.pool(x), dim=-1)

    return measure(Block(), (1, 4, 10, 10))


@pytest.mark.parametrize(
    ("items", "operations"),
    [
        ({}, 4 * 4 * 9 * 100),
        ({"unit": "FLOP"}, 2 * 4 * 4 * 9 * 100),
        ({"biases": 1}, 4 * 4 * 9 * 100 + 400),
        ({"normalization": Price(each="param")}, 4 * 4 * 9 * 100 + 8),
        ({"normalization": 2}, 4 * 4 * 9 * 100 + 800),
        ({"activations": 1}, 4 * 4 * 9 * 100 + 400),
        ({"pooling": 1}, 4 * 4 * 9 * 100 + 100),
        ({"pooling": Price(each="input")}, 4 * 4 * 9 * 100 + 400),
        ({"pooling": Price(kinds=("avg_pool",))}, 4 * 4 * 9 * 100),
        ({"softmax": (Price(3), Price(-1, each="row"))}, 4 * 4 * 9 * 100 + 4 * 5 * (3 * 5 - 1)),
        ({"additions": 1}, 4 * 4 * 9 * 100 + 400),
        ({"unit": "FLOP", "biases": 1, "additions": 1}, 2 * 4 * 4 * 9 * 100 + 800),
        ({"rounded_to": 1000}, 14_000),
    ],
)
def test_a_convention_of_your_own_prices_each_item(block, items, operations):
    assert block.operations(Convention("mine", **items)) == operations


def test_attention_counts_or_not():
    class Scores(nn.Module):
        def forward(self, x):
            return x @ x.transpose(1, 2)

    cost = measure(Scores(), (2, 5, 3))

    assert cost.operations("macs") == 2 * 5 * 5 * 3
    assert cost.operations(Convention("no attention", attention=False)) == 0
    assert price(cost.layers[-1], find("flops")) == {"attention": 2 * 2 * 5 * 5 * 3}


def test_a_batch_counts_as_so_many_images():
    for name in ("torchinfo", "fvcore", "thop", "ptflops"):
        one, three = (measure("resnet18", (batch, 3, 64, 64)).operations(name) for batch in (1, 3))
        assert three == 3 * one


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_rows_add_up_to_the_total(name):
    cost = measure("mobilenet_v2", (1, 3, 96, 96))
    convention = find(name)
    each = [layer.operations(name) for layer in cost.layers]

    assert each == [sum(price(layer, convention).values()) for layer in cost.layers]
    assert abs(sum(each) - cost.operations(name)) <= convention.rounded_to / 2
    assert {item for layer in cost.layers for item in price(layer, convention)} <= set(ITEMS)


@settings(deadline=None)  # the first call of a process is slow
@given(
    channels=st.integers(1, 8),
    kernel=st.integers(1, 4),
    size=st.integers(4, 12),
    bias=st.booleans(),
    norm=st.booleans(),
)
def test_conventions_differ_by_what_they_say(channels, kernel, size, bias, norm):
    layers = [nn.Conv2d(3, channels, kernel, bias=bias)]
    layers += [nn.BatchNorm2d(channels)] * norm
    rows = measure(nn.Sequential(*layers), (1, 3, size, size)).layers
    out = prod(rows[0].output_shape)
    macs = out * 3 * kernel * kernel

    counts = {name: total(rows, find(name)) for name in CONVENTIONS}

    assert counts["macs"] == macs
    assert counts["flops"] == counts["flop_counter"] == 2 * macs
    assert counts["ptflops_aten"] == macs + bias * out
    assert counts["torchinfo"] == macs + bias * out + norm * 2 * channels
    assert counts["fvcore"] == macs + norm * 2 * out
    assert counts["thop"] == macs + norm * 4 * out
    assert counts["ptflops"] == macs + bias * out + norm * 2 * out


def test_what_is_not_used_costs_nothing():
    cost = measure(on_meta("googlenet", aux_logits=True), (1, 3, 64, 64))
    unused = [layer for layer in cost.layers if layer.kind == "unused"]

    assert unused
    for layer, name in ((layer, name) for layer in unused for name in CONVENTIONS):
        assert layer.operations(name) == 0


# -- bad input -------------------------------------------------------------------------------------


def test_an_unknown_convention_gets_the_nearest_name():
    with pytest.raises(ValueError, match=r"no convention 'ptflop'; there are macs, .*'ptflops'\?$"):
        measure("resnet18", (1, 3, 64, 64)).operations("ptflop")
    with pytest.raises(ValueError, match="no convention 'fvcor'"):
        differences([], "fvcor")


def test_an_unknown_unit_or_measure_is_refused():
    with pytest.raises(ValueError, match="MAC or FLOP; got unit='FLOPs'"):
        Convention("mine", unit="FLOPs")
    with pytest.raises(ValueError, match=r"got each='outputs'; did you mean 'output'\?"):
        Price(each="outputs")


def test_a_convention_can_be_changed_by_a_copy():
    doubled = dataclasses.replace(find("ptflops_aten"), name="mine", unit="FLOP")
    cost = measure("vgg11", (1, 3, 64, 64))

    assert cost.operations(doubled) == cost.operations("ptflops_aten") + cost.macs


@pytest.mark.parametrize("module", ["convcost.conventions", "convcost.faults"])
def test_conventions_need_neither_torch_nor_torchinfo(module):
    code = f"import sys, {module}; print('torch' in sys.modules, 'torchinfo' in sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == ["False", "False"]
