"""The closed forms against published numbers, and by themselves."""

import operator
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcost.arithmetic import (
    batch_norm_buffers,
    batch_norm_params,
    conv_macs,
    conv_output_size,
    conv_params,
    linear_macs,
    linear_params,
    pool_output_size,
    receptive_field,
)

# Simonyan & Zisserman 2014, arXiv 1409.1556, table 1, column D: channels, and M for a max-pool.
VGG_16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]


@pytest.mark.parametrize(
    ("in_size", "kernel", "stride", "padding", "dilation", "expected"),
    [
        (4, 3, 1, 0, 1, 2),  # figure 2.1
        (5, 4, 1, 2, 1, 6),  # figure 2.2, arbitrary padding
        (5, 3, 1, 1, 1, 5),  # figure 2.3, half padding
        (5, 3, 1, 2, 1, 7),  # figure 2.4, full padding
        (5, 3, 2, 0, 1, 2),  # figure 2.5
        (5, 3, 2, 1, 1, 3),  # figure 2.6
        (6, 3, 2, 1, 1, 3),  # figure 2.7: another input, the same output
        (7, 3, 1, 0, 2, 3),  # figure 5.1, dilated
    ],
)
def test_output_sizes_of_the_guide(in_size, kernel, stride, padding, dilation, expected):
    # Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.
    assert conv_output_size(in_size, kernel, stride, padding, dilation) == expected


def test_vgg16_by_hand():
    # 138,357,544 is what torchvision states in the metadata of its VGG-16 weights; the paper's
    # table 2 rounds to 138 million.
    params = macs = 0
    channels, size = 3, 224
    for layer in VGG_16:
        if layer == "M":
            size = pool_output_size(size, kernel=2)
        else:
            size = conv_output_size(size, kernel=3, padding=1)
            params += conv_params(channels, layer, kernel=3)
            macs += conv_macs(channels, layer, 3, size, size)
            channels = layer
    assert (channels, size) == (512, 7)
    for in_features, out_features in [(512 * 7 * 7, 4096), (4096, 4096), (4096, 1000)]:
        params += linear_params(in_features, out_features)
        macs += linear_macs(in_features, out_features)
    assert params == 138_357_544
    # He et al. 2015, arXiv 1512.03385, section 4.1: 15.3 billion, so without the linear layers.
    assert macs == 15_470_264_320
    assert round((macs - 123_633_664) / 1e9, 1) == 15.3


def test_kernels_need_not_be_square():
    assert conv_params(64, 64, kernel=(1, 7), bias=False) == 64 * 64 * 7
    assert conv_macs(64, 64, kernel=(7, 1), out_height=17, out_width=16) == 64 * 64 * 7 * 17 * 16


def test_groups_divide_the_weights():
    assert conv_params(32, 64, 3, groups=32, bias=False) == 64 * 9  # depthwise
    assert conv_macs(32, 64, 3, 8, 8, groups=4) * 4 == conv_macs(32, 64, 3, 8, 8)


def test_batch_norm():
    # Ioffe & Szegedy 2015: per channel gamma and beta are learned, mean and variance kept.
    assert batch_norm_params(64) == 128
    assert batch_norm_buffers(64) == 128


def test_pooling_in_ceil_mode():
    # SqueezeNet's pools (Iandola et al. 2016, table 1): 111 -> 55 -> 27 -> 13, which rounding down
    # and up both give; GoogLeNet's (Szegedy et al. 2014, table 1) 112 -> 56 needs rounding up.
    assert [pool_output_size(n, 3, 2) for n in (111, 55, 27)] == [55, 27, 13]
    assert pool_output_size(112, 3, 2) == 55
    assert pool_output_size(112, 3, 2, ceil_mode=True) == 56
    # A last window that would start in the padding is dropped.
    assert pool_output_size(4, 2, 2, padding=1, ceil_mode=True) == 3


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([(3, 1), (3, 1)], 5),  # Simonyan & Zisserman 2014, section 2.3
        ([(3, 1), (3, 1), (3, 1)], 7),  # the same
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15),  # Yu & Koltun 2015, figure 1
        # Araujo et al. 2019, table 1: VGG-16 212, AlexNet v2 195.
        ([(2, 2) if layer == "M" else (3, 1) for layer in VGG_16], 212),
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)], 195),
        ([], 1),
    ],
)
def test_published_receptive_fields(layers, expected):
    assert receptive_field(layers) == expected


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: conv_output_size(2, 5), ["spans 5 pixels", "only 2", "larger input"]),
        (lambda: conv_output_size(5, 3, dilation=3), ["spans 7 pixels", "only 5"]),
        (lambda: conv_output_size(0, 3), ["in_size=0", "at least 1"]),
        (lambda: conv_output_size(8, 3, stride=0), ["stride=0", "at least 1"]),
        (lambda: conv_output_size(8, 3, padding=-1), ["padding=-1", "at least 0"]),
        (lambda: pool_output_size(8, 3, padding=2), ["padding=2", "kernel=3", "at most 1"]),
        (lambda: pool_output_size(2, 3), ["spans 3 pixels", "only 2"]),
        (lambda: conv_params(10, 6, 3, groups=3), ["in_channels=10", "groups=3", "divides"]),
        (lambda: conv_params(6, 10, 3, groups=3), ["out_channels=10", "groups=3"]),
        (lambda: conv_params(3, 4, (3, 3, 3)), ["(3, 3, 3)", "(height, width)"]),
        (lambda: conv_macs(3, 4, 3, 0, 5), ["out_height=0", "at least 1"]),
        (lambda: linear_params(0, 5), ["in_features=0"]),
        (lambda: batch_norm_params(-1), ["channels=-1"]),
        (lambda: batch_norm_buffers(0), ["channels=0"]),
        (lambda: receptive_field([(3,)]), ["(3,)", "(kernel, stride)"]),
        (lambda: receptive_field([(3, 0)]), ["stride=0"]),
    ],
)
def test_a_value_out_of_range_is_named(call, words):
    with pytest.raises(ValueError, match=r"give|expected") as caught:
        call()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("value", [2.5, "3", None, [3], 1 + 2j])
def test_what_is_no_integer_is_named(value):
    with pytest.raises(TypeError, match="in_features") as caught:
        linear_params(value, 3)
    assert type(value).__name__ in str(caught.value)


class Symbol:
    """A number not known yet: it can be computed with, but asked nothing."""

    def __init__(self, evaluate):
        self.evaluate = evaluate

    def __bool__(self):
        raise AssertionError("a closed form asked a question of a value")

    def __index__(self):
        raise AssertionError("a closed form wanted a real integer")

    __hash__ = None


def _forward(name):
    function = getattr(operator, name)

    def method(self, other):
        def evaluate(values):
            right = other.evaluate(values) if isinstance(other, Symbol) else other
            return function(self.evaluate(values), right)

        return Symbol(evaluate)

    return method


def _reflected(name):
    function = getattr(operator, name)
    return lambda self, other: Symbol(lambda values: function(other, self.evaluate(values)))


for _name in ("add", "sub", "mul", "floordiv"):
    setattr(Symbol, f"__{_name}__", _forward(_name))
    setattr(Symbol, f"__r{_name}__", _reflected(_name))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Symbol, f"__{_name}__", _forward(_name))

CALLS = {
    "conv_output_size": (
        conv_output_size,
        {"in_size": 40, "kernel": 5, "stride": 3, "padding": 2, "dilation": 2},
    ),
    "pool_output_size": (
        pool_output_size,
        {"in_size": 39, "kernel": 5, "stride": 3, "padding": 2, "dilation": 2, "ceil_mode": True},
    ),
    "conv_params": (
        conv_params,
        {"in_channels": 12, "out_channels": 8, "kernel": 3, "groups": 4, "bias": True},
    ),
    "conv_macs": (
        conv_macs,
        {
            "in_channels": 12, "out_channels": 8, "kernel": 3, "out_height": 7, "out_width": 5,
            "groups": 2,
        },
    ),
    "linear_params": (linear_params, {"in_features": 7, "out_features": 9, "bias": False}),
    "linear_macs": (linear_macs, {"in_features": 7, "out_features": 9}),
    "batch_norm_params": (batch_norm_params, {"channels": 7}),
    "batch_norm_buffers": (batch_norm_buffers, {"channels": 7}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
@settings(deadline=None)
@given(data=st.data())
def test_symbols_give_the_same_formula(name, data):
    """Whichever arguments are symbols, the formula they leave has the value of the integers."""
    function, values = CALLS[name]
    symbolic = data.draw(st.sets(st.sampled_from(sorted(values)), min_size=1))
    arguments = {
        key: Symbol(lambda known, key=key: known[key]) if key in symbolic else value
        for key, value in values.items()
    }
    assert function(**arguments).evaluate(values) == function(**values)


def test_symbols_in_a_receptive_field():
    kernel, stride = Symbol(lambda known: known[0]), Symbol(lambda known: known[1])
    field = receptive_field([(kernel, stride), (3, 1, 2), (kernel, 1)])
    assert field.evaluate((5, 2)) == receptive_field([(5, 2), (3, 1, 2), (5, 1)])


def test_importing_it_loads_nothing_heavy():
    code = (
        "import sys; import convcost.arithmetic, convcost.units; "
        "print(sorted({'torch', 'torchinfo', 'altair', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
