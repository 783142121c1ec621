"""Tracing: an expression computes in the page what the same code computes in Python.

The truth is Vega: the very file that a page loads evaluates the traced expressions, and its
``format`` is d3-format.
"""

import json
import operator
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from convcost import arithmetic
from convcost.arithmetic import largest
from convcost.page.live import assets
from convcost.page.live.tracing import (
    Expression,
    choose,
    formatted,
    symbol,
    text,
    to_vega,
    vega_code,
    where,
)

Compute = Callable[[Sequence[Any], Sequence[dict[str, Any]]], list[list[Any]]]


@pytest.fixture(scope="module")
def vega() -> Iterator[Compute]:
    """A function that lets Vega compute expressions for several values of their symbols."""
    with MiniRacer() as engine:
        engine.eval(assets.read("vega.min.js"))

        def compute(expressions: Sequence[Any], records: Sequence[dict[str, Any]]) -> list[Any]:
            codes, signals = to_vega(expressions, prefix="shared_")
            result = {"name": "result", "update": f"[{', '.join(codes)}]"}
            start = [{"name": name, "value": value} for name, value in records[0].items()]
            spec = json.dumps({"signals": [*start, *signals, result]})
            return json.loads(
                engine.eval(
                    f"(() => {{ const view = new vega.View(vega.parse({spec}));"
                    f"return JSON.stringify({json.dumps(records)}.map((record) => {{"
                    "for (const name in record) view.signal(name, record[name]);"
                    "return view.run().signal('result'); })); })()"
                )
            )

        yield compute


# Formulas as functions of (a, b, c), with c > 0 so that it may divide.
NUMBERS = st.integers(-50, 50)
LEAVES = st.sampled_from([lambda a, b, c: a, lambda a, b, c: b, lambda a, b, c: c]) | NUMBERS.map(
    lambda number: lambda a, b, c: number
)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)


def _combine(parts: st.SearchStrategy) -> st.SearchStrategy:
    pairs = st.tuples(parts, parts)
    divisors = st.sampled_from([lambda c: c, lambda c: -c, lambda c: 7, lambda c: c + 3])
    return (
        st.tuples(st.sampled_from([operator.add, operator.sub, operator.mul]), pairs).map(
            lambda made: lambda *abc: made[0](made[1][0](*abc), made[1][1](*abc))
        )
        | st.tuples(st.sampled_from([operator.floordiv, operator.mod]), parts, divisors).map(
            lambda made: lambda *abc: made[0](made[1](*abc), made[2](abc[2]))
        )
        | st.tuples(st.sampled_from(COMPARISONS), pairs, pairs).map(
            lambda made: (
                lambda *abc: where(
                    made[0](made[1][0](*abc), made[1][1](*abc)), made[2][0](*abc), made[2][1](*abc)
                )
            )
        )
        | st.tuples(parts, pairs).map(
            lambda made: (
                lambda *abc: choose(made[0](*abc) % 3, [made[1][0](*abc), 5, made[1][1](*abc)])
            )
        )
        | parts.map(lambda part: lambda *abc: -part(*abc))
    )


@settings(max_examples=150, deadline=None)
@given(
    formula=st.recursive(LEAVES, _combine, max_leaves=8),
    values=st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(1, 20)), min_size=1, max_size=10),
)
def test_a_formula_computes_the_same_in_vega(formula, values, vega):
    expected = [[formula(a, b, c)] for a, b, c in values]
    records = [dict(zip("abc", value, strict=True)) for value in values]
    assert vega([formula(symbol("a"), symbol("b"), symbol("c"))], records) == expected


def test_the_closed_forms_compute_the_same_in_vega(vega):
    """Every function of convcost.arithmetic, called with symbols, at random sizes."""

    def formulas(image, kernel, stride, padding, channels):
        out = arithmetic.conv_output_size(image, kernel, stride, padding, dilation=2)
        pooled = arithmetic.pool_output_size(out, 2, 2)
        ceiled = arithmetic.pool_output_size(image, 3, 2, ceil_mode=True)
        layers = [(kernel, stride), (3, 2, 2), (kernel, 1)]
        return [
            out,
            pooled,
            ceiled,
            arithmetic.conv_params(channels, 2 * channels, kernel),
            arithmetic.conv_params(channels, channels, (kernel, 1), groups=1, bias=False),
            arithmetic.conv_macs(channels, 2 * channels, kernel, out, pooled),
            arithmetic.linear_params(channels * out * out, 1000),
            arithmetic.linear_macs(channels, 4096),
            arithmetic.batch_norm_params(channels),
            arithmetic.batch_norm_buffers(channels),
            arithmetic.receptive_field(layers),
        ]

    draw = random.Random(2015)
    names = ("image", "kernel", "stride", "padding", "channels")
    values = [
        [draw.randint(*ends) for ends in ((32, 512), (1, 7), (1, 4), (0, 3), (1, 2048))]
        for _ in range(300)
    ]
    expected = [formulas(*value) for value in values]
    assert all(isinstance(number, int) for row in expected for number in row)
    records = [dict(zip(names, value, strict=True)) for value in values]
    assert vega(formulas(*map(symbol, names)), records) == expected


@pytest.mark.parametrize("spec", [",", ",d", "d", ".0f", ",.1f", ".2f", ".3~f", ".0%", ".1%"])
@settings(max_examples=60, deadline=None)
@given(
    integers=st.lists(st.integers(-(2**52), 2**52), min_size=1),
    halves=st.lists(st.integers(-(10**6), 10**6).map(lambda n: n / 8)),
    reals=st.lists(st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-9)),
)
def test_numbers_are_formatted_as_in_d3(spec, integers, halves, reals, vega):
    """Ties too (0.5, 0.125, …), which Python would round to even."""
    numbers = integers if spec == "," else [*integers, *halves, *reals]
    if "%" in spec:  # a hundredfold is exact only so far
        numbers = [number for number in numbers if abs(number) < 1e12] or [0.5]
    expected = [[formatted(number, spec)] for number in numbers]
    assert vega([formatted(symbol("x"), spec)], [{"x": number} for number in numbers]) == expected


@pytest.mark.parametrize("spec", ["s", ".3s", ".3~s", ".1s", ",.4s"])
@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-20, 1e20) | st.integers(0, 2**52), min_size=1))
def test_si_prefixes_are_as_in_d3(spec, vega, numbers):
    expected = [[formatted(number, spec)] for number in numbers]
    assert vega([formatted(symbol("x"), spec)], [{"x": number} for number in numbers]) == expected


@pytest.mark.parametrize(
    ("number", "spec", "shown"),
    [
        (138357544, ",", "138,357,544"),
        (2.5, "d", "3"),
        (0.125, ".2f", "0.13"),
        (-1.5, "d", "−2"),
        (-0.001, ".2f", "0.00"),
        (138357544, ".4s", "138.4M"),
        (999999, ".3s", "1.00M"),
        (0, ".3s", "0.00"),
        (0.105, ".0%", "11%"),
        (5, ".2~f", "5"),
        (10**13, ",", "10,000,000,000,000"),
    ],
)
def test_format_by_hand(number, spec, shown, vega):
    assert formatted(number, spec) == shown
    assert vega([formatted(symbol("x"), spec)], [{"x": number}]) == [[shown]]


def test_texts_compute_the_same_in_vega(vega):
    def sentence(n, deep):
        return text(
            where(deep, "A deep", 'A "shallow"'),
            " net of ",
            n,
            " layers costs ",
            formatted(n * 1000, ","),
            choose(n % 2, (" MACs", " – odd\n")),
            choose(where(n > 3, "vgg", "resnet"), {"vgg": 16, "resnet": 152}),
            choose(n, {0: "", **dict.fromkeys(range(1, 10), "…")}),
        )

    values = [(n, deep) for n in range(10) for deep in (True, False)]
    records = [{"n": n, "deep": deep} for n, deep in values]
    expected = [[sentence(n, deep)] for n, deep in values]
    assert vega([sentence(symbol("n"), symbol("deep"))], records) == expected


def test_a_checkbox_counts_as_zero_or_one(vega):
    def cost(bias):
        return arithmetic.linear_params(100, 10) + 7 * bias + where((bias == 1) & (bias >= 1), 1, 2)

    expected = [[cost(bias)] for bias in (False, True)]
    assert vega([cost(symbol("bias"))], [{"bias": False}, {"bias": True}]) == expected


def test_both_sides_of_and_and_or(vega):
    def formula(n):
        return [where((n > 2) & (n < 6), 1, 0), where((n < 2) | (n == 7), 1, 0)]

    assert vega(formula(symbol("n")), [{"n": n} for n in range(9)]) == [
        formula(n) for n in range(9)
    ]


def test_numpy_numbers_are_numbers():
    n = symbol("n")
    assert vega_code(np.int64(3) * n + np.float64(0.5)) == "((3 * n) + 0.5)"
    assert formatted(np.int64(1234), ",") == "1,234"


def test_what_is_shared_is_computed_once(vega):
    """Sixty doublings: written out in full the code would have 2**60 symbols."""
    value = symbol("n")
    for _ in range(60):
        value = (value + value) // 2
    (code,), signals = to_vega([value], prefix="part_")
    assert len(signals) < 61
    assert len(code) < 100
    assert vega([value], [{"n": 12345}]) == [[12345]]


def test_equal_expressions_made_twice_are_computed_once():
    def total(n):
        return (n * n + 1) * (n + 2) * (n + 3) * (n + 4)

    codes, signals = to_vega([total(symbol("n")), total(symbol("n"))], prefix="part_")
    assert signals == [
        {"name": "part_0", "update": "[(((((n * n) + 1) * (n + 2)) * (n + 3)) * (n + 4))]"}
    ]
    assert codes == ["part_0[0]", "part_0[0]"]


def test_what_is_short_is_written_out_again():
    n = symbol("n")
    assert to_vega([(n + 1) * n, (n + 1) * n], prefix="part_") == (["((n + 1) * n)"] * 2, [])


def test_parts_stand_together_if_the_same_controls_move_them(vega):
    """So a move computes what depends on it, and no more."""

    def values(n, m):
        product = (n + 11) * (n + 22) * (n + 33) * (n + 44)
        mixed = (product + 100) * (m + 1) * (m + 2) * (m + 3)
        return [product + 100, product + 200, mixed, mixed + 1]

    codes, signals = to_vega(values(symbol("n"), symbol("m")), prefix="part_")
    assert codes == ["(part_0[0] + 100)", "(part_0[0] + 200)", "part_1[0]", "(part_1[0] + 1)"]
    assert signals == [
        {"name": "part_0", "update": "[((((n + 11) * (n + 22)) * (n + 33)) * (n + 44))]"},
        {"name": "part_1", "update": "[((((part_0[0] + 100) * (m + 1)) * (m + 2)) * (m + 3))]"},
    ]
    assert vega(values(symbol("n"), symbol("m")), [{"n": 1, "m": 2}]) == [values(1, 2)]


def test_the_largest_of_several_is_written_in_one_word(vega):
    n = symbol("n")
    assert vega_code(largest([3, n, n + 1])) == "max(3, n, (n + 1))"
    assert vega([largest([3, n, -n])], [{"n": 5}, {"n": 1}, {"n": -9}]) == [[5], [3], [9]]
    assert (largest([3, 7, 5]), largest([])) == (7, 0)


def test_a_sum_over_many_layers_is_no_recursion(vega):
    total = 0
    for layer in range(2000):
        total = total + symbol("n") * layer
    assert len(vega_code(total)) > 10_000
    short = sum(symbol("n") * layer for layer in range(300))
    assert vega([short], [{"n": 2}]) == [[2 * sum(range(300))]]


@pytest.mark.parametrize(
    ("misuse", "advice"),
    [
        (lambda n: 1 if n > 3 else 2, "where(condition"),
        (lambda n: max(n, 3), "where(condition"),
        (lambda n: 1 < n < 5, "where(condition"),
        (lambda n: not n, "where(condition"),
        (lambda n: f"{n} layers", "text("),
        (str, "text("),
    ],
)
def test_what_would_need_the_value_says_what_to_write(misuse, advice):
    with pytest.raises(TypeError) as caught:
        misuse(symbol("n"))
    assert advice in str(caught.value)


@pytest.mark.parametrize("misuse", [int, float, range, list, len, round, lambda n: [1, 2][n]])
def test_no_python_value_can_be_got_from_a_symbol(misuse):
    with pytest.raises(TypeError):
        misuse(symbol("n"))


@pytest.mark.parametrize(
    ("misuse", "error"),
    [
        (lambda: symbol("two words"), ValueError),
        (lambda: symbol("naïve"), ValueError),
        (lambda: symbol("n") + 2**53, TypeError),
        (lambda: symbol("n") + float("nan"), TypeError),
        (lambda: symbol("n") * object(), TypeError),
        (lambda: text("costs ", 1.5), TypeError),
        (lambda: text("is ", True), TypeError),
        (lambda: formatted(1, "e"), ValueError),
        (lambda: formatted(symbol("n"), ">8"), ValueError),
        (lambda: formatted(1.5, ","), TypeError),
        (lambda: formatted(float("inf"), ",d"), TypeError),
        (lambda: formatted("1", ",d"), TypeError),
        (lambda: choose(-1, [1, 2]), IndexError),
        (lambda: choose(2, [1, 2]), IndexError),
        (lambda: choose("c", {"a": 1}), KeyError),
        (lambda: choose(symbol("n"), {1.5: 1}), TypeError),
    ],
)
def test_misuse_is_refused(misuse, error):
    with pytest.raises(error):
        misuse()


def test_repr_shows_the_code():
    assert repr(symbol("n") + 1) == "Expression('(n + 1)')"
    assert isinstance(symbol("n") == 1, Expression)
