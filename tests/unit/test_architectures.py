"""`convcost.build`: our networks against torchvision's, the papers' words and closed forms."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from convcost.architectures import build, default_input_size, label, names
from convcost.architectures._torchvision import import_torchvision
from convcost.architectures.resnet import BasicBlock, Bottleneck, PaddedShortcut
from convcost.arithmetic import batch_norm_params, conv_params, linear_params

models = import_torchvision().models

OURS = names(source="paper") + names(source="cifar")


def on_meta(name, **options):
    """Build without memory."""
    with torch.device("meta"):
        return build(name, **options)


def params(model):
    """Count distinct parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def weighted_layers(model):
    """Count convolutions and linear layers, those of the shortcuts not, as the papers do."""
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear)
        for name, module in model.named_modules()
        if "downsample" not in name
    )


def projections(model):
    """Count the convolutions that stand on shortcuts."""
    return sum(
        isinstance(module, nn.Conv2d)
        for name, module in model.named_modules()
        if "downsample" in name
    )


def fill(model):
    """Give a model that was built on the meta device values that keep its signal alive."""
    model.to_empty(device="cpu")
    for name, tensor in model.state_dict().items():
        if tensor.dim() > 1:
            tensor.uniform_(-1, 1).mul_(math.sqrt(6 / tensor[0].numel()))
        elif tensor.is_floating_point():
            tensor.uniform_(-0.5, 0.5)
            if name.endswith(("weight", "running_var")):
                tensor.add_(1)
    return model


# ---------------------------------------------------------------- torchvision's own networks

TWINS = [
    *(
        (f"paper/vgg-{column}", {"batch_norm": with_norm}, f"vgg{depth}{'_bn' * with_norm}")
        for column, depth in {"a": 11, "b": 13, "d": 16, "e": 19}.items()
        for with_norm in (False, True)
    ),
    ("paper/resnet-18", {}, "resnet18"),
    ("paper/resnet-34", {}, "resnet34"),
    *((f"paper/resnet-{d}", {"stride_in": "3x3"}, f"resnet{d}") for d in (50, 101, 152)),
]


@pytest.fixture
def one_thread():
    """Keep small products off the thread pool, which is slow where tests run side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("ours", "options", "theirs"), TWINS)
def test_same_weights_give_torchvisions_output(ours, options, theirs):
    torch.manual_seed(0)
    torchvisions = fill(on_meta(theirs)).eval()
    mine = on_meta(ours, **options).eval()
    mine.load_state_dict(torchvisions.state_dict(), strict=True, assign=True)
    images = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = torchvisions(images)
        torch.testing.assert_close(mine(images), expected)
    assert expected.std() > 0.01


def test_a_regnet_on_meta_is_the_one_built_on_the_cpu():
    cpu, meta = build("regnet_y_400mf"), on_meta("regnet_y_400mf")
    assert {key: value.shape for key, value in cpu.state_dict().items()} == {
        key: value.shape for key, value in meta.state_dict().items()
    }


def test_torchvision_is_left_unpatched():
    params_class = models.regnet.BlockParams
    before = params_class.__dict__["from_init_params"]
    on_meta("regnet_x_400mf")
    assert params_class.__dict__["from_init_params"] is before
    with pytest.raises(TypeError):
        on_meta("regnet_x_400mf", no_such_option=1)
    assert params_class.__dict__["from_init_params"] is before


@pytest.mark.parametrize(("name", "head"), [("googlenet", "aux1"), ("inception_v3", "AuxLogits")])
def test_auxiliary_heads_are_in_when_asked_for(name, head):
    assert getattr(on_meta(name), head) is None
    assert params(getattr(on_meta(name, aux_logits=True), head)) > 0


# ---------------------------------------------------------------- the papers' networks


def test_weight_layers_of_vgg_are_those_of_table_1():
    layers = {letter: weighted_layers(on_meta(f"paper/vgg-{letter}")) for letter in "abcde"}
    assert layers == {"a": 11, "b": 13, "c": 16, "d": 16, "e": 19}


@pytest.mark.parametrize("name", [name for name in OURS if "-1" in name or "net-" in name])
def test_weight_layers_of_residual_networks_are_in_their_names(name):
    assert weighted_layers(on_meta(name)) == int(name.rsplit("-", 1)[1])


def test_vgg_c_has_three_1x1_layers_where_d_has_3x3():
    kernels = {
        letter: [
            module.kernel_size[0]
            for module in on_meta(f"paper/vgg-{letter}").features
            if isinstance(module, nn.Conv2d)
        ]
        for letter in "cd"
    }
    assert [i for i, kernel in enumerate(kernels["c"]) if kernel == 1] == [6, 9, 12]
    assert kernels["d"] == [3] * 13


def test_local_response_normalization_is_that_of_krizhevsky():
    # Krizhevsky et al. 2012, section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75.
    layers = on_meta("paper/vgg-a-lrn").features
    assert [type(layer) for layer in layers[:4]] == [
        nn.Conv2d,
        nn.ReLU,
        nn.LocalResponseNorm,
        nn.MaxPool2d,
    ]
    assert sum(isinstance(layer, nn.LocalResponseNorm) for layer in layers) == 1
    maps = 100 * torch.rand(1, 7, 1, 1, dtype=torch.float64)
    a = maps.flatten().tolist()
    expected = [
        a[i] / (2 + 1e-4 * sum(x * x for x in a[max(0, i - 2) : i + 3])) ** 0.75 for i in range(7)
    ]
    assert layers[2](maps).flatten().tolist() == pytest.approx(expected)


@pytest.mark.parametrize("depth", [18, 34])
def test_option_a_adds_no_parameters_to_the_plain_network(depth):
    # He et al. 2015, table 2: "the ResNets have no extra parameter".
    residual, plain = (
        on_meta(f"paper/resnet-{depth}", shortcut="A"),
        on_meta(f"paper/plain-{depth}"),
    )
    assert {key: value.shape for key, value in residual.state_dict().items()} == {
        key: value.shape for key, value in plain.state_dict().items()
    }


def test_option_c_adds_thirteen_projections_to_resnet_34():
    # He et al. 2015, section 4.1: "many (thirteen) projection shortcuts".
    counts = {o: projections(on_meta("paper/resnet-34", shortcut=o)) for o in "ABC"}
    assert counts == {"A": 0, "B": 3, "C": 3 + 13}


@pytest.mark.parametrize("stride", [1, 2])
def test_padded_shortcut_keeps_every_stride_th_position_and_appends_zeros(stride):
    maps = torch.randn(2, 3, 7, 8)
    out = PaddedShortcut(4, stride)(maps)
    assert torch.equal(out[:, :3], maps[:, :, ::stride, ::stride])
    assert out.shape[1] == 7
    assert not out[:, 3:].any()


@pytest.mark.parametrize("shortcut", ["A", "B", "C", None])
@pytest.mark.parametrize("make", [BasicBlock, Bottleneck])
def test_a_block_of_zeros_leaves_its_shortcut(make, shortcut):
    """With the last weights at zero only the shortcut is left, and nothing in a plain network."""
    torch.manual_seed(0)
    extra = {"stride_in": "1x1"} if make is Bottleneck else {}
    block = make(8, 16, 2, shortcut, **extra).eval()
    last = block.bn2 if make is BasicBlock else block.bn3
    nn.init.zeros_(last.weight)
    maps = torch.randn(1, 8, 9, 9)
    out = block(maps)
    assert out.shape == (1, block.out_channels, 5, 5)
    expected = torch.zeros_like(out) if shortcut is None else block.downsample(maps).relu()
    assert torch.equal(out, expected)
    assert out.any() == (shortcut is not None)


def test_an_identity_shortcut_has_no_module():
    assert BasicBlock(8, 8, 1, "B").downsample is None
    assert BasicBlock(8, 8, 1, "A").downsample is None
    assert BasicBlock(8, 8, 1, "C").downsample is not None


@pytest.mark.parametrize(("stride_in", "strides"), [("1x1", [2, 1, 1]), ("3x3", [1, 2, 1])])
def test_the_stride_is_where_it_is_asked_for(stride_in, strides):
    model = on_meta("paper/resnet-50", stride_in=stride_in)
    for stage in (model.layer2, model.layer3, model.layer4):
        first = [stage[0].conv1, stage[0].conv2, stage[0].conv3]
        assert [layer.stride[0] for layer in first] == strides
        assert {layer.stride for layer in stage[1].children() if isinstance(layer, nn.Conv2d)} == {
            (1, 1)
        }


def test_defaults_are_the_papers():
    same = {
        "paper/resnet-18": {"shortcut": "B", "head": "gap", "width": 64, "num_classes": 1000},
        "paper/resnet-50": {"shortcut": "B", "stride_in": "1x1"},
        "paper/vgg-d": {"batch_norm": False, "head": "fc", "width": 64, "num_classes": 1000},
        "cifar/resnet-20": {"shortcut": "A", "width": 16, "num_classes": 10},
    }
    for name, options in same.items():
        assert repr(on_meta(name)) == repr(on_meta(name, **options))


# ---------------------------------------------------------------- options, by closed forms


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    num_classes=st.integers(1, 30),
    batch_norm=st.booleans(),
    head=st.sampled_from(["fc", "gap"]),
)
def test_vgg_a_by_hand(width, num_classes, batch_norm, head):
    channels = [3, width, 2 * width, *[4 * width] * 2, *[8 * width] * 4]
    expected = sum(conv_params(i, o, 3) for i, o in pairwise(channels))
    if batch_norm:
        expected += sum(batch_norm_params(o) for o in channels[1:])
    if head == "gap":
        expected += linear_params(8 * width, num_classes)
    else:
        expected += linear_params(8 * width * 49, 4096) + linear_params(4096, 4096)
        expected += linear_params(4096, num_classes)
    options = {"width": width, "num_classes": num_classes, "batch_norm": batch_norm, "head": head}
    assert params(on_meta("paper/vgg-a", **options)) == expected


def conv_bn(in_channels, out_channels, kernel):
    """Count a convolution without bias and its batch norm."""
    return conv_params(in_channels, out_channels, kernel, bias=False) + batch_norm_params(
        out_channels
    )


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    num_classes=st.integers(1, 30),
    shortcut=st.sampled_from("ABC"),
    head=st.sampled_from(["fc", "gap"]),
    bottleneck=st.booleans(),
)
def test_resnet_by_hand(width, num_classes, shortcut, head, bottleneck):
    expected, channels = conv_bn(3, width, 7), width
    for stage, blocks in enumerate((3, 4, 6, 3)):
        inner = width * 2**stage
        outer = 4 * inner if bottleneck else inner
        for block in range(blocks):
            if bottleneck:
                expected += conv_bn(channels, inner, 1) + conv_bn(inner, inner, 3)
                expected += conv_bn(inner, outer, 1)
            else:
                expected += conv_bn(channels, inner, 3) + conv_bn(inner, inner, 3)
            changes = channels != outer or (stage > 0 and block == 0)
            if shortcut == "C" or (shortcut == "B" and changes):
                expected += conv_bn(channels, outer, 1)
            channels = outer
    if head == "gap":
        expected += linear_params(channels, num_classes)
    else:
        expected += linear_params(channels * 49, 4096) + linear_params(4096, 4096)
        expected += linear_params(4096, num_classes)
    name = "paper/resnet-50" if bottleneck else "paper/resnet-34"
    options = {"width": width, "num_classes": num_classes, "shortcut": shortcut, "head": head}
    assert params(on_meta(name, **options)) == expected


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 12), width=st.integers(1, 20), num_classes=st.integers(1, 30))
def test_cifar_networks_by_hand(n, width, num_classes):
    expected, channels = conv_bn(3, width, 3), width
    for inner in (width, 2 * width, 4 * width):
        for _ in range(2 * n):
            expected += conv_bn(channels, inner, 3)
            channels = inner
    expected += linear_params(channels, num_classes)
    for kind in ("plain", "resnet"):
        model = on_meta(f"cifar/{kind}-{6 * n + 2}", width=width, num_classes=num_classes)
        assert params(model) == expected


def test_the_vgg_head_of_a_resnet_sees_the_whole_last_map():
    model = on_meta("paper/resnet-18", head="fc")
    maps = torch.randn(1, 512, 7, 7)
    assert torch.equal(model.avgpool(maps), maps)


def test_convolutions_start_with_he_weights():
    # He et al. 2015, arXiv 1502.01852, equation 14: variance 2 / (outputs x kernel area).
    torch.manual_seed(0)
    for model in (build("cifar/resnet-20", width=64), build("paper/vgg-a", head="gap")):
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d) and layer.in_channels > 3:
                fan_out = layer.out_channels * 9
                assert layer.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.02)


# ---------------------------------------------------------------- sizes and labels


@pytest.mark.parametrize(
    ("name", "in_size"),
    [
        ("resnet50", 224),
        ("inception_v3", 299),
        ("efficientnet_b7", 600),
        ("swin_v2_t", 256),
        ("vit_h_14", 224),
        ("paper/vgg-d", 224),
        ("cifar/resnet-8", 32),
    ],
)
def test_default_input_size(name, in_size):
    assert default_input_size(name) == (1, 3, in_size, in_size)


def test_label_says_whether_auxiliary_heads_are_in():
    assert label("vgg16") == "vgg16"
    assert label("googlenet") == "googlenet (without auxiliary heads)"
    assert label("inception_v3", aux_logits=True) == "inception_v3 (with auxiliary heads)"
    assert label("paper/vgg-d", head="gap", width=32) == "paper/vgg-d (head=gap, width=32)"


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("vgg61", {}, ValueError, "no network 'vgg61'; .*did you mean 'vgg1"),
        ("Paper/VGG-D", {}, ValueError, "did you mean 'paper/vgg-d'"),
        ("paper/resnet-20", {}, ValueError, "no network 'paper/resnet-20'; .*did you mean"),
        ("cifar/vgg-20", {}, ValueError, "no network 'cifar/vgg-20'"),
        ("qqqqqq", {}, ValueError, r"no network 'qqqqqq'; convcost\.names\(\) lists them$"),
        (50, {}, TypeError, "a string such as 'resnet50', not int"),
        ("cifar/resnet-21", {}, ValueError, r"21 layers .* 6n \+ 2 .* nearest is 20"),
        ("cifar/plain-2", {}, ValueError, r"2 layers .* nearest is 8"),
        ("cifar/plain-20", {"shortcut": "A"}, TypeError, "no option 'shortcut'; it takes num_cl"),
        ("paper/resnet-18", {"stride_in": "1x1"}, TypeError, "no option 'stride_in'"),
        ("paper/vgg-d", {"num_clases": 9}, TypeError, "did you mean 'num_classes'"),
        ("paper/vgg-d", {"head": "avg"}, ValueError, "head is 'avg'; it must be 'fc' or 'gap'"),
        ("paper/vgg-d", {"batch_norm": 1}, TypeError, "batch_norm is 1; it must be True or False"),
        ("paper/vgg-d", {"width": 0}, ValueError, "width is 0; it must be at least 1"),
        ("paper/vgg-d", {"width": 1.5}, TypeError, "width is 1.5; it must be a positive int"),
        ("paper/resnet-34", {"shortcut": "D"}, ValueError, "shortcut is 'D'; it must be 'A' or"),
        ("paper/resnet-50", {"stride_in": 1}, ValueError, "stride_in is 1; it must be '1x1' or"),
        ("paper/plain-18", {"num_classes": True}, TypeError, "num_classes is True"),
        ("cifar/resnet-20", {"num_classes": -1}, ValueError, "num_classes is -1"),
        ("resnet50", {"num_classes": 0}, ValueError, "num_classes is 0"),
        ("resnet50", {"weights": "DEFAULT"}, TypeError, "no option 'weights': .* torchvision"),
        ("resnet50", {"widht": 3}, TypeError, "cannot build 'resnet50' with widht=3: .*widht"),
        ("resnext50_32x4d", {"groups": 7}, ValueError, "build 'resnext50_32x4d' with groups=7: "),
        ("vit_b_16", {"image_size": 99}, ValueError, "cannot build 'vit_b_16' with image_size=99"),
    ],
)
def test_bad_input_gets_one_clear_error(name, options, error, message):
    with pytest.raises(error, match=message):
        on_meta(name, **options)


@pytest.mark.parametrize("function", [default_input_size, label])
def test_unknown_names_are_refused_everywhere(function):
    with pytest.raises(ValueError, match="did you mean 'resnet50'"):
        function("resnet51")
