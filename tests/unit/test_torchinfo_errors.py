"""Each known error of torchinfo 1.8.0 next to the right number, which is what a reader gets.

If a later torchinfo mends one of them, its test fails here, and its fault in
`convcost.conventions`, its reason in `convcost.summary` and a sentence in the book may go.
"""

import sys
import weakref

import pytest
import torch
import torchinfo
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

from convcost import measure
from convcost.arithmetic import batch_norm_params, conv_macs, conv_params, linear_macs


@pytest.fixture(autouse=True)
def _no_model_kept():
    yield
    torchinfo.torchinfo.clear_cached_forward_pass()


def summarize(model, *input_size):
    return torchinfo.summary(model, input_size, verbose=0)


def test_biases_count_as_multiply_adds():
    model = nn.Conv2d(3, 8, 3)
    right = conv_macs(3, 8, 3, out_height=7, out_width=7)
    assert summarize(model, 1, 3, 9, 9).total_mult_adds == right + 8 * 7 * 7
    assert measure(model, (1, 3, 9, 9)).macs == right


def test_batch_norm_counts_its_parameters_as_multiply_adds_once_for_an_image():
    model = nn.BatchNorm2d(8)
    assert summarize(model, 2, 8, 9, 9).total_mult_adds == 2 * batch_norm_params(8)
    assert measure(model, (2, 8, 9, 9)).macs == 0


def test_a_linear_layer_on_tokens_counts_one_token():
    model = nn.Linear(8, 5, bias=False)
    assert summarize(model, 2, 10, 8).total_mult_adds == 2 * linear_macs(8, 5)
    assert measure(model, (2, 10, 8)).macs == 2 * 10 * linear_macs(8, 5)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


def test_attention_counts_nothing():
    # Its projections, to three times 8 and back, and two products of 10 by 10 tokens.
    right = 10 * (linear_macs(8, 24) + linear_macs(8, 8)) + 2 * 10 * 10 * 8
    assert summarize(Attention(), 1, 10, 8).total_mult_adds == 0
    assert measure(Attention(), (1, 10, 8)).macs == right


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(8, 3, 3, 3))

    def forward(self, x):
        return functional.relu(functional.conv2d(x, self.kernel)) + 1


def test_functions_are_not_seen():
    summary = summarize(Functional(), 1, 3, 9, 9)
    assert summary.total_mult_adds == 0
    assert [row.class_name for row in summary.summary_list] == ["Functional"]
    cost = measure(Functional(), (1, 3, 9, 9))
    assert cost.macs == conv_macs(3, 8, 3, 7, 7)
    assert [layer.kind for layer in cost.layers] == ["conv", "relu", "add"]


def test_a_convolution_with_a_normed_weight_counts_nothing():
    model = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 8, 3, bias=False))
    assert summarize(model, 1, 3, 9, 9).total_mult_adds == 0
    assert measure(model, (1, 3, 9, 9)).macs == conv_macs(3, 8, 3, 7, 7)


def test_a_transposed_convolution_counts_stride_times_stride_too_much():
    model = nn.ConvTranspose2d(4, 6, 2, stride=2, bias=False)
    right = 5 * 5 * 4 * 6 * 2 * 2  # every pixel of the input with every weight
    assert summarize(model, 1, 4, 5, 5).total_mult_adds == 4 * right
    assert measure(model, (1, 4, 5, 5)).macs == right


class Convolution2d(nn.Conv2d):
    """Has "Conv" in its name, as torchinfo wants it."""


class Filter(nn.Conv2d):
    """Has not."""


def test_a_convolution_by_another_name_counts_its_parameters():
    filters = {kind: kind(3, 8, 3, bias=False) for kind in (Convolution2d, Filter)}
    right = conv_macs(3, 8, 3, 7, 7)
    assert summarize(filters[Convolution2d], 1, 3, 9, 9).total_mult_adds == right
    assert summarize(filters[Filter], 1, 3, 9, 9).total_mult_adds == conv_params(
        3, 8, 3, bias=False
    )
    for model in filters.values():
        assert measure(model, (1, 3, 9, 9)).macs == right


def test_tied_weights_count_twice():
    model = nn.Sequential(nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False))
    model[1].weight = model[0].weight
    assert summarize(model, 1, 8).total_params == 2 * 64
    assert measure(model, (1, 8)).params == 64


def test_moving_to_meta_unties():
    """That is torch's, but it is what torchinfo does to the model that it is given."""
    model = nn.Sequential(nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False))
    model[1].weight = model[0].weight
    measure(model, (1, 8))
    assert model[1].weight is model[0].weight
    torchinfo.summary(model, (1, 8), device="meta", verbose=0)
    assert model[0].weight.device.type == "meta"
    assert model[1].weight is not model[0].weight


class Token(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.linear = nn.Linear(8, 5)

    def forward(self, x):
        return self.linear(torch.cat([self.token.expand(len(x), -1, -1), x], dim=1))


def test_what_no_layer_holds_has_no_bytes():
    summary = summarize(Token(), 1, 10, 8)
    cost = measure(Token(), (1, 10, 8))
    assert cost.params == summary.total_params == 8 + 45
    assert summary.total_param_bytes == 4 * 45
    assert [(layer.kind, layer.params) for layer in cost.layers] == [("concat", 8), ("linear", 45)]


def test_one_number_for_all_channels_counts_as_a_multiply_add():
    """As does any parameter called weight, whatever it is for."""
    assert summarize(nn.PReLU(), 2, 3, 9, 9).total_mult_adds == 2
    assert measure(nn.PReLU(), (2, 3, 9, 9)).macs == 0


class Braided(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = (
            nn.ModuleList(nn.Conv2d(3, 3, 1, bias=False) for _ in range(2)) for _ in range(2)
        )

    def forward(self, x):
        for left, right in zip(self.left, self.right, strict=True):
            x = right(left(x))
        return x


def test_containers_whose_parts_take_turns_are_recursive_from_their_first_row():
    rows = summarize(Braided(), 1, 3, 4, 4).summary_list
    lists = [row for row in rows if row.class_name == "ModuleList"]
    assert len(lists) == 4
    assert all(row.is_recursive for row in lists)


def test_the_last_model_is_kept():
    model = nn.Linear(2, 2)
    seen = weakref.ref(model)
    summarize(model, 1, 2)
    del model
    assert seen() is not None
    torchinfo.torchinfo.clear_cached_forward_pass()
    assert seen() is None


def test_units_are_printed_as_python_names():
    with torch.device("meta"):
        model = nn.Conv2d(512, 512, 3, bias=False)
        image = torch.empty(1, 512, 224, 224)
    text = str(torchinfo.summary(model, input_data=image, verbose=0))
    assert sys.version_info >= (3, 11)
    assert "Total mult-adds (Units.GIGABYTES)" in text
    assert "GMACs" in repr(measure(model, (1, 512, 224, 224)))


def test_a_pruned_layer_cannot_be_described_on_meta():
    """It sums the mask, which has no values there; `measure` takes torch's own names then."""
    model = prune.identity(nn.Sequential(nn.Conv2d(3, 8, 3, device="meta"))[0], "weight")
    with pytest.raises(RuntimeError, match="meta"):
        torchinfo.summary(model, verbose=0)
    cost = measure(nn.Sequential(model), (1, 3, 9, 9))
    assert {layer.name for layer in cost.layers} == {"0"}
    assert cost.macs == conv_macs(3, 8, 3, 7, 7)


class Unsized(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 8, 3)
        self.kernel_size = None


def test_a_kernel_without_size_cannot_be_described():
    with pytest.raises(TypeError, match="kernel_size"):
        torchinfo.summary(Unsized(), verbose=0)
    assert measure(Unsized(), (1, 3, 9, 9)).macs == conv_macs(3, 8, 3, 7, 7)
