"""Numbers as a reader sees them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcost import units

PREFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (138_357_544, "138.4 M"),  # VGG-16's parameters
        (15_470_264_320, "15.5 G"),  # its multiply-adds
        (36_864, "36.9 k"),
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0 k"),
        (999_949, "999.9 k"),
        (999_950, "1.0 M"),  # not 1000.0 k
        (-36_864, "-36.9 k"),
        (3.14, "3.1"),
        (np.int64(500), "500"),
        (np.int64(138_357_544), "138.4 M"),
        (2 * 10**18, "2,000.0 P"),
    ],
)
def test_count(number, expected):
    assert units.count(number) == expected


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**17))
def test_a_count_reads_back_to_one_decimal(number):
    text = units.count(number)
    digits, _, prefix = text.partition(" ")
    value = float(digits.replace(",", "")) * PREFIXES[prefix]
    assert value == pytest.approx(number, abs=0.05 * PREFIXES[prefix] * (1 + 1e-9))
    assert len(digits.split(".")[0]) <= 5


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (3_699_376_128, "3.7 G"),
        (118_013_952, "118 M"),  # ResNet's first layer
        (9_949_999, "9.9 M"),
        (9_960_000, "10 M"),
        (999_600, "1.0 M"),  # not 1000 k
        (512_000, "512 k"),
        (999, "999"),
        (0, "0"),
    ],
)
def test_short_count(number, expected):
    assert units.short_count(number) == expected


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**17))
def test_a_short_count_is_short_and_within_five_percent(number):
    text = units.short_count(number)
    digits, _, prefix = text.partition(" ")
    assert len(text) <= 5
    assert float(digits) * PREFIXES[prefix] == pytest.approx(number, rel=0.05)


def test_multiply_adds_and_operations():
    assert units.macs(15_470_264_320) == "15.5 GMACs"
    assert units.macs(27) == "27 MACs"
    assert units.flops(15_470_264_320) == "30.9 GFLOPs"


def test_mebibytes():
    # torchvision states 97.781 MB for its ResNet-50's file, 32-bit floats with some wrapping.
    assert units.mebibytes(4 * 25_557_032) == "97.5 MiB"
    assert units.mebibytes(2**20) == "1.0 MiB"
    assert units.mebibytes(2**31) == "2,048.0 MiB"


@pytest.mark.parametrize("format_", [units.count, units.macs, units.mebibytes, units.short_count])
@pytest.mark.parametrize("value", ["12", None, [1], True])
def test_what_is_no_number_is_named(format_, value):
    with pytest.raises(TypeError, match="give a number") as caught:
        format_(value)
    assert repr(value) in str(caught.value)
