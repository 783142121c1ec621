"""What passes from the student's process to the judge: values and networks, and nothing else."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F  # noqa: N812

from assignments.grader.inside import values
from convcost import build, measure


def pass_over(value):
    return values.decode(json.loads(json.dumps(values.encode(value))))


def same(one, other):
    """Return whether two plain values are of the same types, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_arrive_as_they_were(value):
    assert same(pass_over(value), value)


@given(st.frozensets(st.integers()))
def test_sets_arrive_as_they_were(value):
    assert same(pass_over(value), value)
    assert same(pass_over(set(value)), set(value))


@pytest.mark.parametrize("kind", [set, frozenset, dict.fromkeys])
def test_sets_that_take_long_to_build_do_not_arrive(kind):
    """All multiples of Python's modulus for numbers, 2**61 - 1, have the same hash."""
    value = kind([(2**61 - 1) * factor for factor in range(3)])
    assert same(pass_over(value), value)

    [(name, entries)] = values.encode(value).items()
    with pytest.raises(values.NotPlainError, match=r"20,001 entries; at most 10,000"):
        values.decode({name: entries[:1] * 20_001})


@pytest.mark.parametrize(
    "value", [torch.arange(6.0).reshape(2, 3), torch.ones(0, 4), torch.tensor([True, False])]
)
def test_tensors_arrive_with_type_and_shape(value):
    there = pass_over(value)

    assert there.dtype == value.dtype
    assert there.shape == value.shape
    assert torch.equal(there, value)


def test_arrays_stay_arrays_and_single_numbers_become_pythons():
    assert np.array_equal(pass_over(np.eye(3)), np.eye(3))
    assert type(pass_over(np.int64(7))) is int
    assert type(pass_over(torch.tensor(7))) is int
    assert type(pass_over(np.float32(0.5))) is float
    assert type(pass_over(torch.Size([1, 2]))) is tuple


class Agrees(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize("value", [Agrees(3), object(), [Agrees(3)], {"a": Agrees(3)}, 1j])
def test_objects_of_other_classes_do_not_pass(value):
    with pytest.raises(values.NotPlainError):
        pass_over(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["list", "tuple", "dict", "tensor", "array", "module", "callable", "x"]),
        inner, max_size=2),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_what_was_made_up_gives_plain_values_or_is_refused(data):
    kinds = (type(None), bool, int, float, str, list, tuple, set, frozenset, dict, torch.Tensor,
             np.ndarray, values.StaysThere)  # fmt: skip
    try:
        value = values.decode(data)
    except (values.NotPlainError, TypeError, ValueError):
        return

    assert type(value) in kinds


# -- networks --------------------------------------------------------------------------------------


class Block(nn.Module):
    """A residual block that asks for shapes, as students' do."""

    def __init__(self, ins, outs, stride, option):
        super().__init__()
        self.first = nn.Conv2d(ins, outs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outs, outs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outs), nn.BatchNorm2d(outs)])
        self.short = nn.Conv2d(ins, outs, 1, stride, bias=False) if option == "B" else None
        self.stride = stride
        self.unused = nn.Linear(2, 3)
        self.gain = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x):
        y = F.relu(self.norms[0](self.first(x)))
        y = self.norms[1](self.second(y)) * self.gain
        if self.short is not None:
            x = self.short(x)
        elif x.shape[1] != y.shape[1] or self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
            x = F.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
        return torch.relu(x + y)


NETWORKS = {
    "option A": (lambda: Block(4, 6, 2, "A"), (2, 4, 9, 9)),
    "option B": (lambda: Block(4, 6, 2, "B"), (2, 4, 9, 9)),
    "identity": (lambda: Block(4, 4, 1, "A"), (2, 4, 9, 9)),
    "one layer": (lambda: nn.Conv2d(3, 5, 3, groups=1, dilation=2, bias=False), (1, 3, 9, 9)),
    "sequence": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 5, padding="same", padding_mode="reflect"), nn.BatchNorm2d(4),
            nn.LeakyReLU(0.3), nn.MaxPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 7), nn.Softmax(1)),
        (2, 3, 14, 14)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_arrives_as_one_that_computes_and_costs_the_same(name):
    make, shape = NETWORKS[name]
    torch.manual_seed(1)
    network = make().eval()

    there = pass_over(network)

    image = torch.randn(shape)
    assert torch.equal(there(image), network(image))
    assert {key: tensor.shape for key, tensor in there.named_parameters()} == {
        key.removeprefix("") if name != "one layer" else f"0.{key}": tensor.shape
        for key, tensor in network.named_parameters()
    }
    assert measure(there, shape).macs == measure(network, shape).macs


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "densenet121"])
def test_a_large_network_arrives_for_counting(name):
    network = build(name)

    there = pass_over(network)

    assert measure(there).params == measure(name).params
    assert measure(there).macs == measure(name).macs
    assert all(parameter.is_meta for parameter in there.parameters())


def test_a_network_that_asks_for_values_can_be_counted_but_not_called():
    class Asks(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(x) if float(x.sum()) > 0 else x

    there = pass_over(Asks())

    assert sum(parameter.numel() for parameter in there.parameters()) == 12
    with pytest.raises(TypeError, match="forward can't be followed"):
        there(torch.ones(1, 3))


def described(**changes):
    return {"layers": [["a", "ReLU", {}]], "loose": [], "weights": None, "training": False,
            "nodes": [{"name": "x", "op": "placeholder", "target": "x", "args": {"tuple": []},
                       "kwargs": {"dict": []}},
                      {"name": "y", "op": "call_module", "target": "a",
                       "args": {"tuple": [{"node": "x"}]}, "kwargs": {"dict": []}},
                      {"name": "output", "op": "output", "target": "output",
                       "args": {"tuple": [{"node": "y"}]}, "kwargs": {"dict": []}}],
            } | changes  # fmt: skip


def node(**changes):
    made = {"name": "y", "op": "call_function", "target": "torch.relu",
            "args": {"tuple": [{"node": "x"}]}, "kwargs": {"dict": []}} | changes  # fmt: skip
    nodes = described()["nodes"]
    return described(nodes=[nodes[0], made, nodes[2]])


def test_a_description_gives_a_network():
    assert values.decode({"module": described()})(torch.tensor([-1.0, 2.0])).tolist() == [0, 2]
    assert values.decode({"module": node()})(torch.tensor([-1.0, 2.0])).tolist() == [0, 2]


@pytest.mark.parametrize(
    "description",
    [
        None,
        described(layers=[["a", "Module.__init__", {}]]),
        described(layers=[["a", "functional", {}]]),
        described(layers=[["a", "ReLU", {"inplace": {"foreign": "x"}}]]),
        described(layers=[["a; import os", "ReLU", {}]]),
        described(layers=[["a", "Conv2d", {"in_channels": 2**40, "out_channels": 2**40,
                                           "kernel_size": 2**40}]]),
        node(target="os.system"),
        node(target="builtins.eval"),
        node(op="call_method", target="__reduce__"),
        node(op="call_method", target="apply_"),
        node(op="get_attr", target="__class__"),
        node(op="call_module", target="forward"),
        node(target="getattr", args={"tuple": [{"node": "x"}, "__class__"]}),
        node(kwargs={"dict": [["a=__import__('os').system('true'), b", 1]]}),
        node(op="placeholder", target="x=__import__('os').system('true')"),
        node(args={"tuple": [{"code": "x"}]}),
    ],
)  # fmt: skip
def test_a_description_that_asks_for_more_is_refused(description):
    with pytest.raises(values.NotPlainError):
        values.decode({"module": description})


def test_sizes_that_were_made_up_take_no_memory():
    large = {"in_channels": 2**20, "out_channels": 2**20, "kernel_size": 3}

    there = values.decode({"module": described(layers=[["a", "Conv2d", large]])})

    assert math.prod(there.a.weight.shape) == 9 * 2**40
