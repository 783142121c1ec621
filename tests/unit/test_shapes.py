"""What `measure` works out from shapes alone, against torch's own results on the meta device."""

import random

import pytest
import torch

from convcost._measure import shapes

aten = torch.ops.aten
ROUNDS = 60
DTYPES = (torch.float32, torch.float32, torch.float64, torch.bfloat16, torch.int64)


def tensor(draw, shape, dtype=torch.float32):
    """Make a tensor of a shape: in one piece, turned around, or with gaps."""
    layout = draw.choice(["plain", "plain", "plain", "turned", "gaps"])
    if layout == "turned":
        order = draw.sample(range(len(shape)), len(shape))
        made = torch.empty([shape[d] for d in order], dtype=dtype, device="meta")
        return made.permute([order.index(d) for d in range(len(shape))])
    if layout == "gaps" and shape:
        return torch.empty([*shape[:-1], 2 * shape[-1]], dtype=dtype, device="meta")[..., ::2]
    return torch.empty(shape, dtype=dtype, device="meta")


def shape_of(draw, dims=None):
    return [draw.choice([1, 2, 3, 5, 8]) for _ in range(dims or draw.choice([1, 2, 3, 4]))]


def convolution(draw):
    dims = draw.choice([1, 2, 2, 2, 3])
    groups = draw.choice([1, 1, 2])
    in_channels, out_channels = (groups * draw.choice([1, 2, 4]) for _ in range(2))
    dtype = draw.choice(DTYPES)
    transposed = draw.random() < 0.2
    spoiled = draw.random() < 0.1  # one channel too many
    image = [draw.choice([1, 2]), in_channels + spoiled, *(draw.randint(1, 9) for _ in range(dims))]
    kernel = [draw.randint(1, 4) for _ in range(dims)]
    channels = (in_channels, out_channels) if transposed else (out_channels, in_channels)
    weight = [channels[0], channels[1] // groups, *kernel]
    lists = ([draw.choice(values) for _ in range(dims)] for values in ((1, 2, 3), (0, 1), (1, 2)))
    bias = tensor(draw, [out_channels], dtype) if draw.random() < 0.5 else None
    ends = (transposed, [0] * dims, groups)
    return (tensor(draw, image, dtype), tensor(draw, weight, dtype), bias, *lists, *ends)


def batch_norm(draw):
    image = shape_of(draw, draw.choice([2, 3, 4]))
    four = [tensor(draw, [image[1]]) for _ in range(4)]
    return (tensor(draw, image), *four, draw.random() < 0.2, 0.1, 1e-5)


def layer_norm(draw):
    image = shape_of(draw)
    normalized = image[draw.randrange(len(image)) :]
    weight, bias = (tensor(draw, normalized) if draw.random() < 0.7 else None for _ in range(2))
    if draw.random() < 0.1:
        normalized = [*normalized[:-1], normalized[-1] + 1]
    return (tensor(draw, image, draw.choice(DTYPES)), normalized, weight, bias, 1e-5)


def add_product(draw):
    rows, middle, columns = shape_of(draw, 3)
    other = middle + (draw.random() < 0.2)
    bias = draw.choice([[columns], [columns], [1], [rows, columns]])
    return tensor(draw, bias), tensor(draw, [rows, middle]), tensor(draw, [other, columns])


def mean(draw):
    image = shape_of(draw)
    dims = draw.sample(range(len(image)), draw.randint(0, len(image)))
    dims = [draw.choice([dim, dim - len(image)]) for dim in dims]
    return tensor(draw, image, draw.choice(DTYPES)), dims, draw.random() < 0.5


def concat(draw):
    image = shape_of(draw)
    dim = draw.randrange(-len(image), len(image))
    parts = [list(image) for _ in range(draw.randint(1, 4))]
    for part in parts:
        part[dim] = draw.randint(1, 4)
    if draw.random() < 0.2:
        parts[-1][draw.randrange(len(image))] += 1
    return [tensor(draw, part, draw.choice(DTYPES[:3])) for part in parts], dim


def pair(draw):
    image = shape_of(draw)
    other = [draw.choice([side, side, side, 1]) for side in image][draw.choice([0, 0, 0, 1]) :]
    if draw.random() < 0.1:
        other = [side + 1 for side in other]
    if draw.random() < 0.3:
        image = [draw.choice([side, 1]) for side in image]
    dtype = draw.choice(DTYPES)
    return tensor(draw, image, dtype), tensor(draw, other, draw.choice([dtype] * 4 + [*DTYPES]))


def pair_or_number(draw):
    first, second = pair(draw)
    return first, draw.choice([second, second, second, 2, 0.5])


def same_or_number(draw):
    first, second = pair(draw)
    like_first = tensor(draw, list(first.shape), first.dtype)
    return first, draw.choice([like_first, like_first, second, 2, 0.5])


def number(draw):
    return tensor(draw, shape_of(draw), draw.choice(DTYPES)), draw.choice([2, 0.5])


def one(*more):
    return lambda draw: (tensor(draw, shape_of(draw), draw.choice(DTYPES)), *more)


CASES = {
    aten.convolution.default: convolution,
    aten.native_batch_norm.default: batch_norm,
    aten.native_layer_norm.default: layer_norm,
    aten.addmm.default: add_product,
    aten.mean.dim: mean,
    aten.cat.default: concat,
    aten.add.Tensor: pair_or_number,
    aten.div.Tensor: pair_or_number,
    aten.mul.Tensor: pair_or_number,
    aten.sub.Tensor: pair_or_number,
    aten.add_.Tensor: same_or_number,
    aten.mul_.Tensor: same_or_number,
    aten.mul.Scalar: number,
    aten.clamp.default: one(0.0, 6.0),
    aten.clamp_min.default: one(0.0),
    aten.roll.default: one([1], [0]),
    aten._softmax.default: one(-1, False),
    aten._safe_softmax.default: one(-1),
}

OPTIONS = {
    aten.clone.default: [
        {},
        {"memory_format": None},
        {"memory_format": torch.contiguous_format},
        {"memory_format": torch.preserve_format},
        {"memory_format": torch.channels_last},
    ]
}


def described(result):
    """Return what can be told of a result: shapes, types, and how the numbers lie."""
    results = result if isinstance(result, tuple) else (result,)
    return [
        (
            tuple(one.shape),
            one.dtype,
            one.device.type,
            [step for step, side in zip(one.stride(), one.shape, strict=True) if side > 1],
        )
        for one in results
    ]


@pytest.mark.parametrize("func", shapes._RULES, ids=str)
def test_results_are_torchs_own(func):
    draw = random.Random(str(func))
    answered = 0
    for _ in range(ROUNDS):
        args = CASES.get(func, one())(draw)
        options = draw.choice(OPTIONS.get(func, [{}]))
        quick = shapes.result(func, args, options)
        if quick is None:
            continue  # torch is asked
        answered += 1
        expected = func(*args, **options)  # which would raise here, were the arguments none to take
        assert described(quick) == described(expected), args
        assert (quick is args[0]) == (expected is args[0])
    assert ROUNDS / 10 < answered < ROUNDS


def test_whatever_is_not_known_is_left_to_torch():
    image = torch.empty(2, 3, device="meta")
    assert shapes.result(aten.exp.default, (image,), {}) is None
    assert shapes.result(aten.gelu.default, (image,), {"approximate": "tanh"}) is None
    assert shapes.result(aten.relu.default, (torch.empty(2, 3),), {}) is None
