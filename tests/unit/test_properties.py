"""Properties: pencil and paper against `measure`, on random layers and random small networks."""

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from convcost import measure
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

small = st.integers(min_value=1, max_value=5)
sides = st.integers(min_value=1, max_value=23)
pairs = st.tuples(small, small)
options = settings(deadline=None, max_examples=60)


@options
@given(data=st.data(), batch=small, height=sides, width=sides)
def test_convolution(data, batch, height, width):
    groups = data.draw(st.integers(min_value=1, max_value=4), "groups")
    in_channels, out_channels = (groups * data.draw(small, "channels") for _ in range(2))
    kernel, stride, dilation = (data.draw(pairs, name) for name in ("kernel", "stride", "dilation"))
    padding = data.draw(st.tuples(*[st.integers(min_value=0, max_value=6)] * 2), "padding")
    bias = data.draw(st.booleans(), "bias")
    model = nn.Conv2d(
        in_channels, out_channels, kernel, stride, padding, dilation, groups, bias, device="meta"
    )
    input_size = (batch, in_channels, height, width)
    try:
        out = [
            conv_output_size(*of_side)
            for of_side in zip((height, width), kernel, stride, padding, dilation, strict=True)
        ]
    except ValueError:  # then torch can't either
        with pytest.raises(ValueError, match="can't be measured"):
            measure(model, input_size)
        return
    cost = measure(model, input_size)
    (layer,) = cost.layers
    assert layer.output_shape == (batch, out_channels, *out)
    assert (layer.out_height, layer.out_width) == tuple(out)
    assert cost.params == conv_params(in_channels, out_channels, kernel, groups, bias)
    assert cost.macs == batch * conv_macs(in_channels, out_channels, kernel, *out, groups=groups)
    assert cost.activations == batch * out_channels * math.prod(out)
    assert (layer.kind, layer.kernel, layer.groups, layer.bias) == ("conv", kernel, groups, bias)


@options
@given(
    height=sides,
    width=sides,
    kernel=pairs,
    stride=st.none() | pairs,
    padding=pairs,
    dilation=pairs,
    ceil_mode=st.booleans(),
)
def test_max_pooling(height, width, kernel, stride, padding, dilation, ceil_mode):
    padding = tuple(min(p - 1, k // 2) for p, k in zip(padding, kernel, strict=True))
    model = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    try:
        out = tuple(
            pool_output_size(*of_side, ceil_mode=ceil_mode)
            for of_side in zip(
                (height, width), kernel, stride or (None, None), padding, dilation, strict=True
            )
        )
    except ValueError:
        with pytest.raises(ValueError, match="can't be measured"):
            measure(model, (1, 3, height, width))
        return
    (layer,) = measure(model, (1, 3, height, width)).layers
    assert layer.output_shape == (1, 3, *out)
    assert (layer.kind, layer.kernel, layer.macs, layer.activations) == ("max_pool", kernel, 0, 0)


@options
@given(
    leading=st.lists(small, min_size=0, max_size=4),
    in_features=sides,
    out_features=sides,
    bias=st.booleans(),
    transposed=st.booleans(),
)
def test_linear_layer_on_any_number_of_dimensions(
    leading, in_features, out_features, bias, transposed
):
    """In any memory layout: torch multiplies some in one step, others in two."""
    linear = nn.Linear(in_features, out_features, bias, device="meta")
    model, input_size = linear, (*leading, in_features)
    if transposed and len(leading) > 1:
        model, input_size = (
            nn.Sequential(Transpose(), linear),
            (*leading[:-1], in_features, leading[-1]),
        )
    cost = measure(model, input_size)
    (layer,) = cost.layers
    assert layer.output_shape == (*leading, out_features)
    assert cost.params == layer.params_read == linear_params(in_features, out_features, bias)
    assert cost.macs == math.prod(leading) * linear_macs(in_features, out_features)
    assert cost.activations == math.prod(leading) * out_features
    assert (layer.kind, layer.bias) == ("linear", bias)


class Transpose(nn.Module):
    def forward(self, x):
        return x.transpose(-1, -2)


@options
@given(channels=sides, affine=st.booleans(), tracked=st.booleans())
def test_batch_norm(channels, affine, tracked):
    model = nn.BatchNorm2d(channels, affine=affine, track_running_stats=tracked, device="meta")
    cost = measure(model, (2, channels, 3, 3))
    assert cost.params == affine * batch_norm_params(channels)
    assert cost.buffers == tracked * batch_norm_buffers(channels)
    (layer,) = cost.layers
    assert (layer.kind, layer.params, layer.buffers, layer.macs) == (
        "batch_norm", cost.params, cost.buffers, 0,
    )  # fmt: skip


@options
@given(layers=st.lists(st.tuples(small, small, st.integers(1, 3)), max_size=4))
def test_receptive_field_is_what_a_gradient_reaches(layers):
    """The gradient of one output pixel, through kernels of ones, touches just the field."""
    field = receptive_field(layers)
    assume(field < 4000)
    gradient = torch.ones(1, 1, 1)
    for kernel, stride, dilation in reversed(layers):
        weights = torch.ones(1, 1, kernel)
        gradient = nn.functional.conv_transpose1d(
            gradient, weights, stride=stride, dilation=dilation
        )
    (touched,) = gradient.flatten().nonzero(as_tuple=True)
    assert touched.max() - touched.min() + 1 == field


class Block(nn.Module):
    """Two convolutions around which the input is added or concatenated."""

    def __init__(self, channels, kernel, groups, joins, scales):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=groups)
        self.norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
        self.joins = joins
        self.scale = nn.Linear(channels, channels) if scales else None

    def forward(self, x):
        y = self.second(torch.relu(self.norm(self.first(x))))
        if self.scale is not None:
            y = y * torch.sigmoid(self.scale(y.mean((2, 3))))[:, :, None, None]
        return torch.cat([x, y], dim=1) if self.joins else x + y


@st.composite
def networks(draw):
    """Draw a small network, its input size, and its cost by pencil and paper."""
    batch, height, width = draw(st.tuples(small, st.integers(9, 30), st.integers(9, 30)))
    channels = 2 * draw(small)
    input_size = (batch, channels, height, width)
    layers = []
    params = macs = activations = buffers = 0
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            kernel = draw(st.sampled_from([1, 3, 5]))
            groups = draw(st.sampled_from([1, 2, channels]))
            joins, scales = draw(st.booleans()), draw(st.booleans())
            layers.append(Block(channels, kernel, groups, joins, scales))
            params += conv_params(channels, channels, kernel, groups) + batch_norm_params(channels)
            params += conv_params(channels, channels, kernel, bias=False)
            buffers += batch_norm_buffers(channels)
            macs += conv_macs(channels, channels, kernel, height, width, groups)
            macs += conv_macs(channels, channels, kernel, height, width)
            activations += 2 * channels * height * width
            if scales:
                params += linear_params(channels, channels)
                macs += linear_macs(channels, channels)
                activations += channels
            channels *= 1 + joins
        else:
            kernel, stride = draw(small), draw(st.integers(1, 2))
            padding, dilation = draw(st.integers(0, 2)), draw(st.integers(1, 2))
            wanted = 2 * draw(small)
            try:
                height, width = (
                    conv_output_size(side, kernel, stride, padding, dilation)
                    for side in (height, width)
                )
            except ValueError:
                continue
            layers.append(nn.Conv2d(channels, wanted, kernel, stride, padding, dilation))
            params += conv_params(channels, wanted, kernel)
            macs += conv_macs(channels, wanted, kernel, height, width)
            activations += wanted * height * width
            channels = wanted
    totals = {
        "params": params,
        "buffers": buffers,
        "macs": batch * macs,
        "activations": batch * activations,
    }
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1)), input_size, totals


@options
@given(networks())
def test_random_networks(network):
    model, input_size, totals = network
    cost = measure(model, input_size)
    for total, expected in totals.items():
        assert getattr(cost, total) == expected
        assert sum(getattr(layer, total) for layer in cost.layers) == expected
    model = model.to("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(input_size, device="meta"))
    assert counter.get_total_flops() == 2 * cost.macs
