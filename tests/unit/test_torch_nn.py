"""Every class of `torch.nn` and every function of `torch.nn.functional`: counted, free or refused.

`torch_nn.csv` has a row for each. A new version of torch that brings another one fails here.

- counted: `macs` is pencil and paper's.
- free: it works element by element, looks up, normalizes, pools or interpolates.
- said: it multiplies, is not counted, and is said to be.
- refused: it asks for values, or has no forward.
- helper: it is no step of a network.
"""

import csv
import inspect
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from convcost import measure
from tests.unit.stand_ins import Calls

# Torch has words of its own on some of them: deprecated, or with another default one day.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")

NAMES = {"nn": nn, "F": functional, "torch": torch}
ROWS = list(csv.DictReader((Path(__file__).parent / "torch_nn.csv").read_text().splitlines()))


def network(call):
    """Make what a row is about: a class's instance, how it is called, or a function's call."""
    if call.startswith("F."):
        return Calls(lambda _, x: eval(call, NAMES, {"x": x}))
    made, _, called = call.partition(" | ")
    module = eval(made, NAMES)
    if not called:
        return module
    return Calls(lambda model, x: eval(called, NAMES, {"m": model.m, "x": x}), m=module)


def size(row):
    return tuple(map(int, row["input"].split()))


def rows(verdict):
    return [pytest.param(row, id=row["name"]) for row in ROWS if row["verdict"] == verdict]


def test_the_table_has_all_that_torch_has():
    classes = {
        f"nn.{name}"
        for name, one in vars(nn).items()
        if inspect.isclass(one) and issubclass(one, nn.Module)
    }
    functions = {
        f"F.{name}"
        for name, one in vars(functional).items()
        if callable(one) and not inspect.isclass(one) and not name.startswith("_")
    }

    assert [row["name"] for row in ROWS] == sorted(classes) + sorted(functions)


@pytest.mark.parametrize("row", rows("counted"))
def test_counted(row):
    cost = measure(network(row["call"]), size(row))

    assert cost.macs == eval(row["macs"])
    assert cost.uncounted == ()


@pytest.mark.parametrize("row", rows("free"))
def test_free(row):
    cost = measure(network(row["call"]), size(row))

    assert (cost.macs, cost.activations, cost.uncounted) == (0, 0, ())


@pytest.mark.parametrize("row", rows("said"))
def test_said(row):
    cost = measure(network(row["call"]), size(row))

    assert cost.macs == 0
    assert cost.uncounted


@pytest.mark.parametrize("row", rows("refused"))
def test_refused(row):
    with pytest.raises(ValueError, match=r"can't be measured .* stops with .*; "):
        measure(network(row["call"]), size(row))
