"""GoogLeNet's modules cost what the paper's table prints, and what torchvision's cost."""

import csv
from pathlib import Path

import pytest
import torch

from convcost import build
from convcost.page.gallery.googlenet import MODULES, NAIVE, REDUCED
from tests.unit.page.gallery.figures import rows_at

PUBLISHED = Path(__file__).parents[4] / "book" / "data" / "published.csv"
with PUBLISHED.open(encoding="utf-8", newline="") as lines:
    #: What table 1 of Szegedy et al. 2014 prints of a module: K of params, M of ops.
    PRINTED = {
        (row["printed_name"].removeprefix("inception "), row["quantity"]): float(row["printed"])
        for row in csv.DictReader(lines)
        if row["paper"] == "GoogLeNet"
    }


def total(module, reductions, count):
    rows = rows_at("inception_module", module=module, reductions=reductions, count=count)
    return sum(row["value"] for row in rows.values())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_takes_the_operations_that_the_table_prints(module):
    """Within a million, but for 5a, where the table has 54 M: so "ops" are multiply-adds."""
    apart = total(module, REDUCED, "macs") / 1e6 - PRINTED[module, "macs"]
    assert abs(apart) < 1 or (module == "5a" and round(apart) == -3)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_weights_of_torchvisions_but_for_its_kernel(module):
    """Torchvision has 3 x 3 where the paper has 5 x 5."""
    with torch.device("meta"):
        theirs = getattr(build("googlenet"), f"inception{module}")
    weights = sum(m.weight.numel() for m in theirs.modules() if isinstance(m, torch.nn.Conv2d))
    smaller = (25 - 9) * MODULES[module].reduce_five * MODULES[module].five
    assert total(module, REDUCED, "params") == weights + smaller


def test_the_printed_params_add_up_to_the_number_that_is_quoted():
    """6.8 million: but what the rows describe has 7.0, and 4c alone is off by a tenth."""
    assert sum(v for (_, quantity), v in PRINTED.items() if quantity == "params") == 6797.7
    assert PRINTED["4c", "params"] * 1024 < 0.94 * total("4c", REDUCED, "params")


def test_without_reductions_a_module_costs_more():
    # Pencil and paper, module 3a: 192 channels to 64, 128 (3 x 3) and 32 (5 x 5).
    assert total("3a", NAIVE, "params") == 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32
    for module in MODULES:
        assert total(module, NAIVE, "macs") > total(module, REDUCED, "macs")


def test_googlenet_begins_as_resnet_does():
    with torch.device("meta"):
        theirs, ours = build("googlenet"), build("resnet34")
    for one, other in ((theirs.conv1.conv, ours.conv1), (theirs.maxpool1, ours.maxpool)):
        assert (one.kernel_size, one.stride) == (other.kernel_size, other.stride)
    assert theirs.conv1.conv.out_channels == ours.conv1.out_channels == 64
