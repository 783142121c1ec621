"""`measure` against second truths: torch's counter, torchvision's metadata, pencil and paper.

`measure` does not use FlopCounterMode: on the meta device the two are independent counts.
"""

import dataclasses
import functools
import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from convcost import LayerCost, ModelCost, build, measure, names
from convcost.architectures import default_input_size
from convcost.architectures._torchvision import import_torchvision
from convcost.arithmetic import (
    batch_norm_buffers,
    batch_norm_params,
    conv_macs,
    conv_params,
    linear_macs,
    linear_params,
)
from tests.unit.stand_ins import Calls, kinds

models = import_torchvision().models
TORCHVISION = models.list_models(module=models)
OURS = [name for name in names() if name.startswith(("paper/", "cifar/"))]
TOTALS = ("params", "buffers", "macs", "activations")

#: `measure`, but each network at each size once.
measure_once = functools.cache(measure)


def flops(model, input_size):
    """Count with torch's own counter, on the meta device; return the output's shape too."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        scores = model(torch.empty(input_size, device="meta"))
    return counter.get_total_flops(), tuple(scores.shape)


def built_on_meta(name):
    with torch.device("meta"):
        return build(name).eval()


# ------------------------------------------------------------------------------------- exactness


def test_there_are_80_of_them():
    assert len(TORCHVISION) == 80


@pytest.mark.parametrize("name", [*TORCHVISION, *OURS])
def test_counts_are_exact(name):
    input_size = default_input_size(name)
    cost = measure_once(name, input_size)
    model = built_on_meta(name)
    classes = 10 if name.startswith("cifar/") else 1000
    assert flops(model, input_size) == (cost.macs * 2, (1, classes))
    distinct = {id(parameter): parameter for parameter in model.parameters()}
    assert cost.params == sum(parameter.numel() for parameter in distinct.values())
    assert all(parameter.is_meta for parameter in distinct.values())
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert cost.buffers == sum(2 * norm.num_features for norm in norms)
    for total in TOTALS:
        assert sum(getattr(layer, total) for layer in cost.layers) == getattr(cost, total)
    for layer in cost.layers:
        model.get_submodule(layer.name)  # raises where there is no such module
        assert "unused" not in layer.kind


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_metadata(name):
    """Torchvision states giga-multiply-adds to three decimals, at the size of each weights file."""
    stated = {
        entry.transforms.keywords["crop_size"]: entry.meta
        for entry in models.get_model_weights(name)
    }
    for crop_size, meta in stated.items():
        input_size = (1, 3, crop_size, crop_size)
        if name.startswith("vit_") and input_size != default_input_size(name):
            # Its vision transformers are made for one size of image.
            with torch.device("meta"):
                cost = measure(build(name, image_size=crop_size), input_size)
        else:
            cost = measure_once(name, input_size)
        assert round(cost.macs / 1e9, 3) == meta["_ops"]
        if name == "inception_v3":  # stated with its auxiliary head
            with torch.device("meta"):
                cost = measure(build(name, aux_logits=True), (1, 3, 299, 299))
        assert cost.params == meta["num_params"]


def test_activations_are_what_convolutions_and_linear_layers_put_out():
    """Held against forward hooks on real tensors."""
    elements = 0

    def add(_module, _inputs, output):
        nonlocal elements
        elements += output.numel()

    model = build("resnet18").eval()
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(add)
    model(torch.zeros(1, 3, 64, 64))
    assert measure("resnet18", (1, 3, 64, 64)).activations == elements
    # Radosavovic et al. 2020, "Designing Network Design Spaces", table 2: ResNet-50 has 11.1 M,
    # which leaves out the 1000 of its last layer.
    assert round(measure("resnet50").activations / 1e6, 1) == 11.1


# ---------------------------------------------------------------------------- by pencil and paper


def test_vgg16_by_hand():
    cost = measure("vgg16", (3, 3, 224, 224))
    convs = [layer for layer in cost.layers if layer.kind == "conv"]
    assert len(convs) == 13
    for layer in convs:
        _, in_channels, _, _ = layer.input_shape
        _, out_channels, height, width = layer.output_shape
        assert layer.params == conv_params(in_channels, out_channels, layer.kernel)
        assert layer.macs == 3 * conv_macs(in_channels, out_channels, 3, height, width)
        assert layer.activations == 3 * out_channels * height * width
    features = [(512 * 7 * 7, 4096), (4096, 4096), (4096, 1000)]
    linears = [layer for layer in cost.layers if layer.kind == "linear"]
    assert [layer.params for layer in linears] == [linear_params(*pair) for pair in features]
    assert [layer.macs for layer in linears] == [3 * linear_macs(*pair) for pair in features]


def test_vit_b_16_by_hand():
    """Dosovitskiy et al. 2020, arXiv 2010.11929, table 1: 12 layers, width 768, MLP 3072."""
    layers, width, hidden, heads = 12, 768, 3072, 12
    tokens = (224 // 16) ** 2 + 1  # the patches and a class token
    patches = conv_macs(3, width, 16, out_height=14, out_width=14)
    projections = tokens * (linear_macs(width, 3 * width) + linear_macs(width, width))
    scores = heads * tokens * tokens * (width // heads)  # queries by keys
    mixed = heads * tokens * tokens * (width // heads)  # scores by values
    perceptron = tokens * (linear_macs(width, hidden) + linear_macs(hidden, width))
    block = projections + scores + mixed + perceptron
    cost = measure("vit_b_16")
    assert cost.macs == patches + layers * block + linear_macs(width, 1000)

    norm = 2 * width
    block_params = (
        2 * norm
        + linear_params(width, 3 * width)
        + linear_params(width, width)
        + linear_params(width, hidden)
        + linear_params(hidden, width)
    )
    assert cost.params == (
        conv_params(3, width, 16)
        + width  # the class token
        + tokens * width  # positions
        + layers * block_params
        + norm
        + linear_params(width, 1000)
    )

    # What is held by no layer of its own has the row where it enters.
    token, position = [row for row in cost.layers if row.kind in ("concat", "add")][:2]
    assert (token.kind, token.name, token.params) == ("concat", "", width)
    assert (position.kind, position.name, position.params) == ("add", "encoder", tokens * width)
    products = [layer.macs for layer in cost.layers if layer.kind == "attention"]
    assert products == [scores, mixed] * layers
    assert kinds(cost).count("softmax") == layers


def test_swin_t_by_hand():
    """Liu et al. 2021, arXiv 2103.14030, section 3.3: window 7, head width 32, MLP 4 times."""
    window, width = 7 * 7, 96
    height = 224 // 4
    macs = conv_macs(3, width, 4, out_height=height, out_width=height)
    params = conv_params(3, width, 4) + 2 * width
    for stage, blocks in enumerate((2, 2, 6, 2)):
        if stage:  # four neighbors are merged into one of twice the width
            height //= 2
            params += 2 * 4 * width + linear_params(4 * width, 2 * width, bias=False)
            macs += height * height * linear_macs(4 * width, 2 * width)
            width *= 2
        tokens, heads = height * height, width // 32
        block_macs = tokens * (
            linear_macs(width, 3 * width)
            + linear_macs(width, width)
            + linear_macs(width, 4 * width)
            + linear_macs(4 * width, width)
            + 2 * window * width  # each token with the 49 of its window: scores, then values
        )
        block_params = (
            2 * 2 * width
            + linear_params(width, 3 * width)
            + linear_params(width, width)
            + linear_params(width, 4 * width)
            + linear_params(4 * width, width)
            + (2 * 7 - 1) ** 2 * heads  # relative positions
        )
        macs += blocks * block_macs
        params += blocks * block_params
    cost = measure("swin_t")
    assert cost.macs == macs + linear_macs(width, 1000)
    assert cost.params == params + 2 * width + linear_params(width, 1000)


def test_residual_block_by_hand():
    """The first block of ResNet-18, in the order in which it runs."""
    cost = measure("resnet18")
    rows = [layer for layer in cost.layers if layer.name.startswith("layer1.0")]
    weights = conv_params(64, 64, 3, bias=False)
    macs = conv_macs(64, 64, 3, 56, 56)
    norm = (batch_norm_params(64), batch_norm_buffers(64))
    assert [(r.name, r.class_name, r.kind, r.params, r.buffers, r.macs) for r in rows] == [
        ("layer1.0.conv1", "Conv2d", "conv", weights, 0, macs),
        ("layer1.0.bn1", "BatchNorm2d", "batch_norm", *norm, 0),
        ("layer1.0.relu", "ReLU", "relu", 0, 0, 0),
        ("layer1.0.conv2", "Conv2d", "conv", weights, 0, macs),
        ("layer1.0.bn2", "BatchNorm2d", "batch_norm", *norm, 0),
        ("layer1.0", "BasicBlock", "add", 0, 0, 0),
        ("layer1.0.relu", "ReLU", "relu", 0, 0, 0),
    ]
    assert {layer.output_shape for layer in rows} == {(1, 64, 56, 56)}


@pytest.mark.parametrize(("groups", "stride", "out"), [(1, 1, 9), (1, 2, 15), (2, 2, 15)])
def test_transposed_convolution(groups, stride, out):
    model = nn.ConvTranspose2d(4, 6, 3, stride=stride, groups=groups)
    (layer,) = measure(model, (2, 4, 7, 7)).layers
    # Every pixel of the input meets the filters of its group.
    assert layer.macs == 2 * 7 * 7 * 4 * (6 // groups) * 9
    assert (layer.kind, layer.output_shape) == ("transposed_conv", (2, 6, out, out))
    assert (layer.kernel, layer.groups, layer.bias) == ((3, 3), groups, True)


def test_a_lone_vector_has_multiply_adds_too():
    assert measure(nn.Linear(4, 6), (4,)).macs == linear_macs(4, 6)


# -------------------------------------------------------------------------------------------- rows


def test_a_row_for_each_call():
    shared = nn.Conv2d(3, 3, 3)
    cost = measure(nn.Sequential(shared, shared, shared), (1, 3, 9, 9))
    assert [layer.params for layer in cost.layers] == [84, 0, 0]
    assert [layer.params_read for layer in cost.layers] == [84, 84, 84]
    assert [layer.macs for layer in cost.layers] == [81 * 7 * 7, 81 * 5 * 5, 81 * 3 * 3]
    assert cost.params == 84


def test_functions_are_rows_like_modules():
    def forward(model, x):
        x = functional.conv2d(x, model.weight, stride=2)
        x = functional.relu(functional.max_pool2d(x, 2))
        x = torch.cat([x, torch.softmax(x, dim=1)], dim=1)
        return (x.flatten(1) @ model.matrix).sigmoid_()

    model = Calls(
        forward,
        weight=nn.Parameter(torch.zeros(5, 3, 3, 3)),
        matrix=nn.Parameter(torch.zeros(90, 7)),
    )
    cost = measure(nn.ModuleDict({"inner": model})["inner"], (1, 3, 13, 13))
    assert kinds(cost) == ["conv", "max_pool", "relu", "softmax", "concat", "linear", "sigmoid"]
    assert [layer.params for layer in cost.layers] == [135, 0, 0, 0, 0, 630, 0]
    assert [layer.macs for layer in cost.layers] == [135 * 36, 0, 0, 0, 0, 630, 0]
    assert [layer.activations for layer in cost.layers] == [5 * 36, 0, 0, 0, 0, 7, 0]
    assert {layer.name for layer in cost.layers} == {""}
    assert cost.layers[4].output_shape == (1, 10, 3, 3)


def test_views_are_no_operations():
    model = Calls(lambda _, x: x.flatten(1).unsqueeze(0).transpose(1, 2).expand(4, -1, -1)[..., :1])
    assert measure(model).layers == ()


def test_every_parameter_has_its_row():
    """Also those that a model holds but does not use, such as an auxiliary head in evaluation."""
    with torch.device("meta"):
        with_heads = build("googlenet", aux_logits=True)
    cost = measure(with_heads)
    unused = [layer for layer in cost.layers if layer.kind == "unused"]
    assert {layer.name.split(".")[0] for layer in unused} == {"aux1", "aux2"}
    assert sum(layer.params for layer in unused) == cost.params - measure("googlenet").params
    # Szegedy et al. 2014, arXiv 1409.4842, section 5: a 1x1 convolution to 128, then 1024, 1000;
    # torchvision's 2048 features are 128 x 4 x 4.
    assert sum(layer.params for layer in unused if "aux1" in layer.name) == (
        conv_params(512, 128, 1, bias=False)
        + batch_norm_params(128)
        + linear_params(2048, 1024)
        + linear_params(1024, 1000)
    )
    assert {layer.stage for layer in unused} == {-1}
    assert cost.macs == measure("googlenet").macs


def test_a_network_says_whether_its_heads_are_in():
    with torch.device("meta"):
        assert (
            measure(build("googlenet", aux_logits=True)).name == "GoogLeNet (with auxiliary heads)"
        )
    assert measure("googlenet").name == "googlenet (without auxiliary heads)"
    assert measure("resnet18").name == "resnet18"
    assert measure(nn.Flatten()).name == "Flatten"


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("vgg16", [224, 112, 56, 28, 14, 7, 1]),
        ("resnet50", [112, 56, 28, 14, 7, 1]),
        ("convnext_tiny", [56, 28, 14, 7, 1]),  # channels last in each block
        ("swin_t", [56, 28, 14, 7, 1]),  # windows of tokens
        ("vit_b_16", [14, 1]),  # tokens of patches
        ("densenet121", [112, 56, 28, 14, 7, 1]),
    ],
)
def test_stages(name, sides):
    layers = measure(name).layers
    stages = {layer.stage: (layer.out_height, layer.out_width) for layer in layers}
    assert stages == {stage: (side, side) for stage, side in enumerate(sides)}
    for before, layer in itertools.pairwise(layers):
        moved = (before.out_height, before.out_width) != (layer.out_height, layer.out_width)
        assert layer.stage - before.stage == moved


def test_height_is_not_width():
    layers = measure("convnext_tiny", (2, 3, 224, 160)).layers
    found = dict.fromkeys((layer.out_height, layer.out_width) for layer in layers)
    assert list(found) == [(56, 40), (28, 20), (14, 10), (7, 5), (1, 1)]
    (layer,) = measure(nn.Conv1d(3, 4, 5), (2, 3, 20)).layers
    assert (layer.out_height, layer.out_width) == (1, 16)


def test_what_a_row_says_of_its_layer():
    model = nn.Sequential(
        nn.Conv2d(8, 12, (3, 5), groups=4, bias=False),
        nn.BatchNorm2d(12),
        nn.AvgPool2d((2, 3)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 5),
    )
    conv, norm, pool, adaptive, linear = measure(model, (2, 8, 10, 20)).layers
    assert (conv.kernel, conv.groups, conv.bias, conv.params_read) == ((3, 5), 4, False, 360)
    assert (norm.kernel, norm.groups, norm.bias, norm.params_read) == ((), 1, False, 24)
    assert (norm.buffers, norm.input_shape) == (24, (2, 12, 8, 16))
    assert (pool.kind, pool.kernel, pool.output_shape) == ("avg_pool", (2, 3), (2, 12, 4, 5))
    assert (adaptive.kind, adaptive.input_shape) == ("adaptive_avg_pool", (2, 12, 4, 5))
    assert (linear.bias, linear.params_read, linear.name) == (True, 65, "5")
    assert (linear.class_name, linear.output_shape, linear.activations) == ("Linear", (2, 5), 10)


def test_attention_is_taken_apart():
    model = nn.MultiheadAttention(8, 2, batch_first=True)
    cost = measure(Calls(lambda m, x: m.attention(x, x, x)[0], attention=model), (3, 5, 8))
    rows = [layer for layer in cost.layers if layer.macs]
    assert [layer.kind for layer in rows] == ["linear", "attention", "attention", "linear"]
    tokens = 3 * 5
    assert [layer.macs for layer in rows] == [
        tokens * linear_macs(8, 24), 3 * 5 * 5 * 8, 3 * 5 * 5 * 8, tokens * linear_macs(8, 8),
    ]  # fmt: skip
    assert [layer.bias for layer in rows] == [True, False, False, True]
    assert [layer.params for layer in rows] == [linear_params(8, 24), 0, 0, linear_params(8, 8)]
    assert {layer.name for layer in cost.layers} == {"attention"}


def test_rows_are_frozen():
    cost = measure("resnet18")
    assert isinstance(cost, ModelCost)
    assert isinstance(cost.layers[0], LayerCost)
    for record in (cost, cost.layers[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.macs = 0


def test_a_frame_has_the_same_rows():
    cost = measure("resnet18", (2, 3, 96, 96))
    frame = cost.to_frame()
    assert list(frame.columns) == [
        field.name for field in dataclasses.fields(LayerCost) if field.name != "saved"
    ]
    rows = [LayerCost(*row) for row in frame.itertuples(index=False)]
    assert rows == list(cost.layers)
    assert frame["macs"].sum() == cost.macs


def test_what_a_notebook_shows():
    cost = measure("vgg16")
    assert repr(cost) == (
        "vgg16 at 1×3×224×224: 138.4 M parameters, 15.5 GMACs, 13.6 M activations, 37 rows"
    )
    page = cost._repr_html_()
    assert "138.4 M parameters" in page
    assert page.count("<tr") == 37 + 1
