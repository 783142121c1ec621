"""Every operator of torch's core library that does work: counted, free or said not to be counted.

`aten_operators.txt` has them all; a new version of torch that brings another one fails here. Free
by rule, and so not in it, are views, steps that work element by element (torch's tag "pointwise"),
and what torch makes of other operators, which are seen instead.
"""

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import flop_registry

from convcost import measure
from convcost._measure.products import is_uncounted, rule_of
from tests.unit.stand_ins import Calls

has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key


def overloads(name):
    packet = getattr(torch.ops.aten, name)
    return [getattr(packet, overload) for overload in packet.overloads()]


def works(operator):
    """Say whether it does work of its own, on tensors, when a model runs."""
    try:
        if has_kernel(operator.name(), "CompositeImplicitAutograd"):
            return False
    except RuntimeError:  # TorchScript's own: on numbers, lists and strings
        return False
    tags = {torch.Tag.pointwise, torch.Tag.inplace_view} & set(operator.tags)
    takes = any("Tensor" in str(slot.type) for slot in operator._schema.arguments)
    out = any(slot.is_out for slot in operator._schema.arguments)
    return takes and not out and not operator.is_view and not tags


def workers():
    names = {s.name.removeprefix("aten::") for s in torch._C._jit_get_all_schemas()
             if s.name.startswith("aten::")}  # fmt: skip
    # Some are Python's, and no operators of the library's table.
    names = {name for name in names if hasattr(getattr(torch.ops.aten, name, None), "overloads")}
    return {name for name in names if any(map(works, overloads(name)))}


def table():
    groups, group = {}, None
    for line in (Path(__file__).parent / "aten_operators.txt").read_text().splitlines():
        if line.startswith("["):
            group = groups.setdefault(line.strip("[]"), [])
        elif group is not None:
            group += line.split()
    return groups


def test_the_table_has_all_that_torch_has():
    listed = [name for names in table().values() for name in names]

    assert len(listed) == len(set(listed))
    assert set(listed) == workers()


def test_the_table_says_what_is_done():
    for group, names in table().items():
        for name in map("aten::{}".format, names):
            done = "counted" if rule_of(name) else "said" if is_uncounted(name) else "free"
            assert done == group.split(",")[0], name


def test_what_torchs_counter_counts_is_no_free_operator():
    packets = (one for one in flop_registry if isinstance(one, torch._ops.OpOverloadPacket))
    names = {packet._qualified_op_name for packet in packets}

    assert len(names) > 10
    assert [name for name in sorted(names) if not rule_of(name) and not is_uncounted(name)] == []


def ones(*shape, dtype=None):
    return torch.ones(shape, dtype=dtype)


F8 = torch.float8_e4m3fn
# The call, the input's size, and by hand how many multiply-adds.
TRUTHS = {
    "mm": (lambda x: torch.mm(x, ones(3, 5)), (2, 3), 2 * 3 * 5),
    "bmm": (lambda x: torch.bmm(x, ones(4, 3, 5)), (4, 2, 3), 4 * 2 * 3 * 5),
    "mv": (lambda x: torch.mv(x, ones(3)), (2, 3), 2 * 3),
    "dot": (lambda x: torch.dot(x, ones(3)), (3,), 3),
    "vdot": (lambda x: torch.vdot(x, ones(3)), (3,), 3),
    "addmm": (lambda x: torch.addmm(ones(5), x, ones(3, 5)), (2, 3), 30),
    "addmm_": (lambda x: (x @ ones(3, 5)).addmm_(x, ones(3, 5)), (2, 3), 2 * 30),
    "baddbmm": (lambda x: torch.baddbmm(ones(4, 2, 5), x, ones(4, 3, 5)), (4, 2, 3), 120),
    "baddbmm_": (lambda x: (2 * x).baddbmm_(x, ones(4, 3, 3)), (4, 2, 3), 4 * 2 * 3 * 3),
    "addbmm": (lambda x: torch.addbmm(ones(2, 5), x, ones(4, 3, 5)), (4, 2, 3), 120),
    "addbmm_": (lambda x: (2 * x[0]).addbmm_(x, ones(4, 3, 3)), (4, 2, 3), 4 * 2 * 3 * 3),
    "addmv": (lambda x: torch.addmv(ones(2), x, ones(3)), (2, 3), 6),
    "addmv_": (lambda x: x.sum(1).addmv_(x, ones(3)), (2, 3), 6),
    "_addmm_activation": (
        lambda x: torch._addmm_activation(ones(5), x, ones(3, 5)), (2, 3), 30,
    ),
    "_int_mm": (
        lambda x: torch._int_mm(x.to(torch.int8), ones(8, 8, dtype=torch.int8)), (32, 8), 32 * 64,
    ),
    "_scaled_mm": (
        lambda x: torch._scaled_mm(x.to(F8), ones(16, 32).to(F8).t(), ones(), ones()),
        (16, 32), 16 * 32 * 16,
    ),
    "_convolution": (
        lambda x: torch._convolution(
            x, ones(4, 3, 3, 3), None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1,
            False, False, True, True,
        ), (1, 3, 5, 5), 9 * 27 * 4,
    ),
    "conv_tbc": (lambda x: torch.conv_tbc(x, ones(3, 6, 4), ones(4)), (7, 2, 6), 5 * 2 * 72),
    "_trilinear": (
        lambda x: torch._trilinear(x, ones(5, 3, 4), ones(2, 4), [1, 3], [0], [1, 2], [2, 3]),
        (2, 3), 2 * 5 * (3 * 4 + 4),
    ),
    "embedding_bag": (
        lambda x: torch.nn.functional.embedding_bag(
            x.long(), ones(9, 4), per_sample_weights=x, mode="sum"
        ), (2, 3), 2 * 3 * 4,
    ),
    # Groups of rows by a stack; a stack by groups of columns; groups of what is summed.
    "_grouped_mm": (
        lambda x: torch._grouped_mm(
            x.bfloat16(), ones(2, 8, 16).bfloat16(), torch.tensor([3, 16], dtype=torch.int32)
        ), (16, 8), 16 * 8 * 16,
    ),
    "_grouped_mm, columns": (
        lambda x: torch._grouped_mm(
            x.bfloat16(), ones(8, 24).bfloat16(), torch.tensor([8, 24], dtype=torch.int32)
        ), (2, 16, 8), 16 * 8 * 24,
    ),
    "_grouped_mm, sums": (
        lambda x: torch._grouped_mm(
            x.bfloat16(), ones(24, 8).bfloat16(), torch.tensor([8, 24], dtype=torch.int32)
        ), (16, 24), 16 * 24 * 8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUTHS)
def test_products_by_hand(name):
    call, size, macs = TRUTHS[name]

    cost = measure(Calls(lambda _, x: call(x)), size)

    assert cost.macs == macs
    assert cost.uncounted == ()


def test_gradients_in_a_forward_are_counted_as_torch_counts_them():
    """The gradient of the image is as much as the convolution, and so is that of the weight."""

    def forward(model, x):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(model.conv(x).sum(), [x, model.conv.weight])[0]

    for conv in (torch.nn.Conv2d(4, 6, 3, groups=2), torch.nn.ConvTranspose2d(4, 6, 3)):
        model = Calls(forward, conv=conv)
        once = measure(conv, (2, 4, 7, 7)).macs

        assert measure(model, (2, 4, 7, 7)).macs == 3 * once


@pytest.mark.parametrize(
    ("operator", "times", "forward"),
    [
        ("aten._fft_r2c", 1, lambda _, x: torch.fft.rfft(x)),
        ("aten._cdist_forward", 2, lambda _, x: torch.cdist(x, x) + torch.cdist(x, 2 * x)),
        ("aten.linalg_inv_ex", 1, lambda _, x: torch.linalg.inv(x)),
        ("aten._linalg_svd", 1, lambda _, x: torch.linalg.svdvals(x)),
        ("aten.linalg_matrix_exp", 1, lambda _, x: torch.linalg.matrix_exp(x)),
        ("aten.cholesky_solve", 1, lambda _, x: torch.cholesky_solve(x, x)),
    ],
)
def test_what_is_not_counted_is_said(operator, times, forward):
    model = torch.nn.ModuleDict({"inner": Calls(forward)})
    outer = Calls(lambda m, x: m.parts["inner"](x), parts=model)

    cost = measure(outer, (4, 4))

    assert cost.macs == 0
    assert cost.uncounted == ((operator, "parts.inner", times),)
    assert f"not counted: {times} × {operator} in parts.inner" in repr(cost)
    assert operator in cost._repr_html_()


@torch.library.custom_op("convcost_tests::product", mutates_args=())
def product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Multiply, and nobody can see how."""
    return left @ right


@product.register_fake
def _(left, right):
    return left.new_empty(left.shape[0], right.shape[1])


def test_an_operator_of_somebody_elses_is_said():
    cost = measure(Calls(lambda _, x: product(x, x)), (4, 4))

    assert cost.uncounted == (("convcost_tests.product", "", 1),)
