"""The chapter on degradation: its cells, the tables of its experiment, and a slice run again.

Nothing here is about time. A direction is what the stored seeds leave no doubt of: their interval
excludes zero. Where they leave doubt, the chapter must not speak of a direction.
"""

import csv
import math
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from convcost import build
from experiments.degradation import settings
from experiments.tables import DATA
from tests.book.test_chapters import source

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "networks/degradation"
# Student's t for a two-sided interval of 95 %, by degrees of freedom (any table of statistics).
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306}


def cell(*words):
    """Return the code of the only shown cell with these words in it."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", source(CHAPTER), re.S)
    (found,) = [one for one in cells if all(word in one for word in words)]
    return "".join(line for line in found.splitlines(keepends=True) if not line.startswith(":"))


# -- the deeper network can ------------------------------------------------------------------------


@pytest.mark.parametrize(("few", "many"), [(20, 32), (20, 56), (44, 110)])
def test_the_deeper_plain_network_computes_what_the_shallower_one_does(few, many):
    scope = {"torch": torch, "nn": nn}
    exec(cell("def pass_on"), scope)
    exec(cell("def deepened"), scope)
    torch.manual_seed(0)
    shallow, deep = (build(f"cifar/plain-{depth}").eval() for depth in (few, many))
    for module in shallow.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    images = torch.randn(4, 3, 32, 32)
    before = shallow(images)
    scope["deepened"](shallow, deep)

    assert before.std() > 1e-3
    torch.testing.assert_close(deep(images), before, atol=1e-4, rtol=1e-3)


# -- what the tables hold --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return pd.read_csv(DATA / "degradation_runs.csv")


@pytest.fixture(scope="module")
def curves():
    return pd.read_csv(DATA / "degradation_curves.csv")


def test_each_stored_run_is_one_that_the_settings_ask_for():
    with (DATA / "degradation_runs.csv").open(newline="") as lines:
        stored = list(csv.DictReader(lines))
    asked = {
        tuple(str(value) for value in {**run.values(), "batch_norm": ["no", "yes"][run.batch_norm]}
              .values())
        for data in {row["data"] for row in stored}
        for run in settings.runs(data)
    }  # fmt: skip
    names = list(settings.Run.__dataclass_fields__)
    found = [tuple(row[name] for name in names) for row in stored]

    assert len(found) == len(set(found)) >= 36
    assert set(found) <= asked


def test_each_curve_ends_where_its_run_ended(runs, curves):
    key = ["data", "study", "change", "kind", "depth", "seed"]
    last = curves.sort_values("epoch").groupby(key).last()
    ended = runs.set_index(key)

    assert len(last) == len(ended)
    for error in ("train_error", "test_error"):
        assert (last[error] - ended[error].loc[last.index]).abs().max() < 0.01
    assert (last["epoch"] == ended["last_epoch"].loc[last.index]).all()


def test_of_each_depth_both_kinds_cost_the_same(runs):
    depth = runs.query("study == 'depth' and data == 'digits'")
    assert set(depth["depth"]) >= {8, 14, 20, 32, 44, 56}
    assert all(len(set(params)) == 1 for _, params in depth.groupby("depth")["params"])


def interval(first, second):
    """Return the 95 % interval of the difference of two means (Welch)."""
    variances = [statistics.variance(values) / len(values) for values in (first, second)]
    middle = statistics.mean(first) - statistics.mean(second)
    if sum(variances) == 0:
        return middle, middle
    freedom = sum(variances) ** 2 / sum(
        v**2 / (len(values) - 1) for v, values in zip(variances, (first, second), strict=True)
    )
    half = T_95[max(1, min(8, math.floor(freedom)))] * sum(variances) ** 0.5
    return middle - half, middle + half


def test_the_interval_is_welchs():
    # Hand arithmetic: means 5 and 1, variances 1 and 1 of 3 each: 4 ± 2.776 · √(2/3).
    low, high = interval([4, 5, 6], [0, 1, 2])
    assert (low, high) == pytest.approx((4 - 2.2666, 4 + 2.2666), abs=1e-3)


@pytest.mark.parametrize("error", ["train_error", "test_error"])
@pytest.mark.parametrize("other", [("plain", 20), ("residual", 56)])
def test_plain_56_is_the_worse_one_and_the_seeds_leave_no_doubt(runs, error, other):
    """What the chapter says; with two seeds the interval is of no use, and each must say it."""
    depth = runs.query("study == 'depth' and data == 'digits'")
    worse, better = (
        list(depth[(depth["kind"] == kind) & (depth["depth"] == layers)][error])
        for kind, layers in (("plain", 56), other)
    )
    if min(len(worse), len(better)) >= 3:
        low, _ = interval(worse, better)
        assert low > 0
    else:
        assert min(worse) > max(better)


# -- a slice, run again ----------------------------------------------------------------------------


def quick(folder):
    command = [sys.executable, "-m", "experiments.degradation", "--quick", "--folder", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_slice_run_again_after_a_kill_finds_the_stored_directions(tmp_path, curves):
    first = quick(tmp_path)
    while not list(tmp_path.glob("*.json")):
        assert first.poll() is None, first.stdout.read()
        time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    done = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert list(tmp_path.glob("*.csv")) == []  # no table of half of the runs

    again = quick(tmp_path)
    said, _ = again.communicate()
    assert again.returncode == 0, said
    assert f"{len(done)} of 3 runs are done" in said
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert [path for path in tmp_path.iterdir() if path.suffix == ".part"] == []

    found = pd.read_csv(tmp_path / "degradation_runs.csv")
    stored = curves.query("study == 'lesson' and data == 'digits'")
    stored = stored[stored["epoch"] == stored["epoch"].max()]
    networks = list(stored.groupby(["kind", "depth"]).groups)
    directions = 0
    for error in ("train_error", "test_error"):
        for one in networks:
            for other in networks[: networks.index(one)]:
                low, high = interval(*(
                    list(stored[(stored["kind"] == kind) & (stored["depth"] == depth)][error])
                    for kind, depth in (one, other)
                ))  # fmt: skip
                if low <= 0 <= high:
                    continue
                directions += 1
                now = [
                    float(found[(found["kind"] == kind) & (found["depth"] == depth)][error].iloc[0])
                    for kind, depth in (one, other)
                ]
                assert (now[0] - now[1]) * low > 0, (one, other, error)
    assert directions >= 1


def test_the_cell_for_the_reader_trains_what_the_table_holds():
    """Network by network: the same settings as the runs of the lesson."""
    code = cell("from convcost.page.training import digits, train")
    names = re.search(r"for name in (.*):", code)[1].replace('"', "").split(", ")
    lesson = [run for run in settings.runs("digits") if run.study == "lesson" and run.seed == 1]

    assert names == [run.label for run in lesson]
    (epochs,) = {run.epochs for run in lesson}
    assert f"epochs={epochs}, seed=1" in code
    assert "torch.manual_seed(1)" in code
    defaults = {(run.learning_rate, run.warm_up, run.batch) for run in lesson}
    assert defaults == {(0.1, 0, 64)}  # what `train` takes if nothing else is said
