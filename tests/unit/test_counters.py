"""Every named convention against its tool, run beside us: to the unit, or with its known faults."""

import gc
import re

import pytest
import timm.layers
import torch
from torch import nn
from torch.nn import functional

from benchmarks._rivals import COUNTERS
from convcost import build, measure
from convcost.architectures._torchvision import import_torchvision
from convcost.conventions import CONVENTIONS, find, total
from convcost.faults import differences

# What can be asked on either device; the others run on the CPU only.
ON_META = ("torchinfo", "ptflops_aten", "thop")
# PyTorch's own is asked about all 80 networks in `test_cost.py`, by `test_counts_are_exact`.
ASKED = {name: count for name, count in COUNTERS.items() if name != "flop_counter"}
MANY_WEIGHTS = 120_000_000
SIDE = 64
TOKEN_SHAPE = (1, 3, SIDE, SIDE)
TOKENS = ("convnext", "maxvit", "swin", "vit")

# One of each kind of block that our tables have: the deeper ones repeat it.
OURS = [
    "paper/vgg-a-lrn", "paper/plain-18", "paper/resnet-18", "cifar/plain-20", "cifar/resnet-20",
    "keras/resnet-50-v2", "keras/nasnet-mobile",
]  # fmt: skip
TIMM = ["timm/legacy_xception", "timm/mobilenetv1_100"]
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


@pytest.fixture(autouse=True)
def _garbage_is_collected_once():
    """A deep network makes Python look for garbage again and again, where there is none yet."""
    gc.disable()
    yield
    gc.enable()
    gc.collect(1)


def on_meta(name, **options):
    with torch.device("meta"):
        return build(name, **options).eval()


def on_cpu(model):
    """Give a model memory but no values, which no counter looks at."""
    return model.to_empty(device="cpu")


def small(name):
    """Height and width of a small image that the network takes."""
    needed = {"alexnet": 63, "inception_v3": 75, "keras/nasnet-mobile": 64}
    return needed.get(name, 32)


def without_repeats(model):
    """Leave one of each run of blocks that are alike; whole networks have a test of their own."""
    for stage in model.modules():
        if isinstance(stage, nn.Sequential):
            # Blocks that are skipped in training at other rates are alike.
            looks = [re.sub(r"p=[\d.]+", "", repr(block)) for block in stage]
            for number in range(len(stage) - 1, 0, -1):
                if looks[number] == looks[number - 1]:
                    del stage[number]
    return model


def count_by_all(model, size):
    """Ask every tool about a network on the meta device, which ends on the CPU.

    On so small an image torch is faster on the CPU, but for networks of very many weights; some
    tools don't mind where.
    """
    shape = (1, 3, size, size)
    image = torch.empty(shape, device="meta")
    heavy = sum(p.numel() for p in model.parameters()) > MANY_WEIGHTS
    with torch.no_grad():
        counts = {name: COUNTERS[name](model, image) for name in ON_META if heavy}
        model, image = on_cpu(model), torch.zeros(shape)
        return counts | {
            name: count(model, image) for name, count in ASKED.items() if name not in counts
        }


def ours_by_all(rows, counters=COUNTERS):
    return {name: total(rows, find(name)) for name in counters}


def test_every_convention_of_a_tool_is_asked_of_it():
    assert set(COUNTERS) == {name for name, record in CONVENTIONS.items() if record.tool}


# -- to the unit -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in [*OURS, *CONVOLUTIONAL]), *OPTIONS],
    ids=lambda value: str(value) if value else "",
)
def test_each_convention_gives_its_tools_number_to_the_unit(name, options):
    model = without_repeats(on_meta(name, **options))
    cost = measure(model, (1, 3, small(name), small(name)))

    assert ours_by_all(cost.layers, ASKED) == count_by_all(model, small(name))
    for counter in COUNTERS:
        assert differences(cost.layers, counter) == {}


def test_sixty_four_networks_of_torchvision_are_convolutional():
    assert (len(TORCHVISION), len(CONVOLUTIONAL)) == (80, 64)


@pytest.mark.parametrize(("name", "size"), [("mobilenet_v3_small", 224), ("resnet50", 97)])
def test_whole_networks_at_another_size(name, size):
    model = on_meta(name)
    cost = measure(model, (1, 3, size, size))

    assert {counter: cost.operations(counter) for counter in ASKED} == count_by_all(model, size)


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


def token_network(family):
    """Build the smallest of a family of torchvision's; the others repeat its blocks."""
    models = import_torchvision().models
    swin = models.swin_transformer
    if family == "convnext":
        blocks = [models.convnext.CNBlockConfig(8, 16, 2), models.convnext.CNBlockConfig(16, 8, 1)]
        network = models.ConvNeXt(blocks)
    elif family == "maxvit":
        network = models.MaxVit(
            (SIDE, SIDE), stem_channels=16, partition_size=4, block_channels=[16, 32],
            block_layers=[1, 2], head_dim=8, stochastic_depth_prob=0.0,
        )  # fmt: skip
    elif family == "vit":
        network = models.VisionTransformer(SIDE, 16, 2, 2, 16, 32)
    elif family == "swin":
        network = models.SwinTransformer([4, 4], 24, [2, 2], [3, 6], [7, 7])
    else:
        network = models.SwinTransformer(
            [4, 4], 24, [2, 2], [3, 6], [8, 8], block=swin.SwinTransformerBlockV2,
            downsample_layer=swin.PatchMergingV2,
        )  # fmt: skip
    return network.eval()


@pytest.mark.parametrize("family", ["convnext", "maxvit", "swin", "swin_v2", "vit"])
def test_on_tokens_a_tool_differs_by_its_known_faults(family):
    model = token_network(family)
    image = torch.zeros(TOKEN_SHAPE)
    rows = measure(model, image.shape).layers

    for counter, count in COUNTERS.items():
        faults = differences(rows, counter, when="on the CPU")
        assert count(model, image) == total(rows, find(counter)) + sum(faults.values()), counter
    with torch.device("meta"):
        model, image = token_network(family), torch.empty(TOKEN_SHAPE)
    for counter in ("flop_counter", "ptflops_aten"):
        assert differences(rows, counter) == {}
        assert COUNTERS[counter](model, image) == total(rows, find(counter)), counter


@pytest.mark.parametrize("name", TIMM)
def test_a_batch_norm_that_holds_its_activation_is_lost_by_torchinfo_alone(name):
    model, shape = on_meta(name), (1, 3, small(name), small(name))
    rows = measure(model, shape).layers
    image = torch.empty(shape, device="meta")

    for counter in ("torchinfo", "thop"):
        faults = differences(rows, counter)
        counted = COUNTERS[counter](model, image)
        assert counted == total(rows, find(counter)) + sum(faults.values()), counter
        assert bool(faults) is (counter == "torchinfo" and name != "timm/legacy_xception")


@pytest.mark.parametrize("counter", ["fvcore", "flop_counter", "ptflops_aten"])
def test_attention_is_lost_whole_where_no_gradients_are_kept(counter):
    """Its projections too: torch then runs one fused operator."""
    model, image = token_network("vit"), torch.zeros(TOKEN_SHAPE)
    rows = measure(model, TOKEN_SHAPE).layers
    faults = differences(rows, counter, when="without gradients")

    with torch.no_grad():
        counted = COUNTERS[counter](model, image)

    assert counted == total(rows, find(counter)) + sum(faults.values())
    assert sum(faults.values()) < sum(differences(rows, counter, when="on the CPU").values()) < 0


@pytest.mark.parametrize("name", ["resnet18", "vit"])
def test_ptflops_counts_linear_layers_twice_on_the_meta_device(name):
    with torch.device("meta"):
        model = token_network(name) if name in TOKENS else build(name).eval()
    rows = measure(model, TOKEN_SHAPE).layers
    faults = differences(rows, "ptflops", when="on the meta device")

    counted = COUNTERS["ptflops"](model, torch.empty(TOKEN_SHAPE, device="meta"))

    assert counted == total(rows, find("ptflops")) + sum(faults.values())
    if name not in TOKENS:
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
    rows = [*measure("timm/mobilenetv1_100", TOKEN_SHAPE).layers]
    with torch.device("meta"):
        for family in ("maxvit", "swin_v2", "vit"):
            rows += measure(token_network(family), TOKEN_SHAPE).layers
    rows += measure(nn.ConvTranspose2d(4, 6, 2, stride=2), (1, 4, 9, 9)).layers
    rows += measure(timm.layers.StdConv2d(4, 6, 3), (1, 4, 9, 9)).layers
    rows += measure(nn.Conv2d(4, 6, 3, padding="same"), (1, 4, 9, 9)).layers

    for fault in (fault for convention in CONVENTIONS.values() for fault in convention.faults):
        assert any(fault.meets(row) for row in rows), fault.what
