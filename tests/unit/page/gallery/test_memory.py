"""The figures of memory: the steps that torch runs, and a course's table."""

import csv

import pytest

from convcost.memory import training_step
from experiments import training_steps
from tests.unit.page.gallery.figures import figure

POSITION = {
    "network": "VGG-16", "batch": 1, "step": "a later one", "optimizer": "SGD with momentum",
    "foreach": True, "floats": "32-bit", "checkpoints": False,
}  # fmt: skip


def peak_at(**values):
    return max(row["held"] for row in figure("training_memory").rows(**POSITION | values))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"batch": 32},
        {"optimizer": "Adam"},
        {"optimizer": "AdamW", "foreach": False},
        {"network": "ResNet-18", "batch": 64, "floats": "16-bit"},
        {"network": "ResNet-18", "batch": 4, "floats": "mixed", "optimizer": "SGD"},
        {"batch": 2, "step": "the first one"},
        {"network": "ResNet-18", "batch": 64, "step": "the first one", "optimizer": "Adam"},
        {"batch": 32, "step": "gradients added up"},
        {"network": "ResNet-50", "batch": 8, "step": "gradients added up", "floats": "mixed"},
    ],
)
def test_the_peak_is_that_of_a_step_with_that_batch(values):
    at = POSITION | values
    step = training_step(
        training_steps.NETWORKS[at["network"]], (at["batch"], 3, 224, 224),
        optimizer=at["optimizer"], foreach=at["foreach"], floats=at["floats"],
        passes=1 + (at["step"] == "gradients added up"),
    )  # fmt: skip
    number = 1 if at["step"] == "the first one" else 2
    peak = max(moment.held for moment in step.moments if moment.step == number)
    # Adam counts the steps of each parameter, in 4 bytes, which the figure leaves out.
    assert peak_at(**values) == pytest.approx(peak, abs=1000)


def test_the_table_is_what_the_experiment_writes():
    with training_steps.PATH.open() as lines:
        written = list(csv.DictReader(lines))
    again = list(training_steps.rows_of("ResNet-18", "mixed", checkpoints=True, adds=True))
    keys = ("network", "floats", "checkpoints", "adds")
    where = ("ResNet-18", "mixed", "1", "1")
    there = [row for row in written if tuple(row[key] for key in keys) == where]
    assert there == [{key: str(row[key]) for key in training_steps.COLUMNS} for row in again]


def test_checkpoints_and_16_bits_lower_the_peak_of_a_large_batch():
    many = {"network": "ResNet-50", "batch": 256}
    plain = peak_at(**many)
    assert peak_at(**many, checkpoints=True) < plain
    assert 0.49 < peak_at(**many, floats="16-bit") / plain < 0.52
    assert peak_at(**many, floats="16-bit") < peak_at(**many, floats="mixed") < plain


def test_the_finding_names_what_makes_the_peak():
    finding = figure("training_memory").finding
    assert "in the step of the optimizer" in finding(**POSITION | {"optimizer": "Adam"})
    assert "3,802.2 MiB, in the backward pass of features." in finding(**POSITION | {"batch": 32})


def test_the_courses_rows_do_not_add_up_to_its_total():
    # cs231n, "VGGNet in detail": 22 rows, whose rounded sums are 15.2 M.
    rows = figure("running_total").rows(added=22)
    total = sum(row["value"] for row in rows)
    assert len(rows) == 22
    assert f"{total / 1e6:.1f}" == "15.2"
    assert "24" in figure("running_total").finding(added=22)
