"""The tables of the chapter on time: counted again, fitted again; and a small run that goes on.

No time is asserted: what the text says of times is held against the stored rounds.
"""

import csv
import json
import subprocess
import sys

import pytest
import torch
from torch import nn

from convcost import measure
from convcost._measure import timing
from convcost.arithmetic.roofline import Machine, bytes_moved, network_seconds, works_of
from experiments import inference_time, roofline_fit
from experiments.inference_time import NETWORKS, QUICK, Clock, folded, seconds_by_module
from experiments.tables import DATA


def table(name):
    with (DATA / f"inference_{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def stored():
    return {(row["network"], int(row["batch"])): row for row in table("networks")}


@pytest.fixture(scope="module")
def machines():
    return {row["left_out"]: Machine(*(float(row[key]) for key in Machine._fields))
            for row in table("fit")}  # fmt: skip


def test_fourteen_networks_were_timed_at_three_batches_in_rounds(stored):
    assert stored.keys() == {(name, batch) for name in NETWORKS for batch in (1, 8, 32)}
    rounds = {
        (row["network"], row["batch"], row["round"]) for row in table("times") if row["kept"] == "1"
    }
    for (network, batch), row in stored.items():
        assert len([key for key in rounds if key[:2] == (network, str(batch))]) == int(
            row["rounds"]
        )
        assert float(row["low_ms"]) <= float(row["median_ms"]) <= float(row["high_ms"])
    about = json.loads((DATA / "inference_machine.json").read_text())
    assert about["threads"] == 1
    assert about.keys() == {"machine", "threads", "image", "torch", "date"}


@pytest.mark.parametrize("name", ["ResNet-18", "MobileNet V2"])
def test_counts_and_predictions_are_those_of_the_networks(name, stored, machines):
    cost = measure(NETWORKS[name])
    works = works_of(cost.layers)
    for batch in (1, 32):
        row = stored[name, batch]
        assert int(row["macs"]) == batch * cost.macs
        assert int(row["activations"]) == batch * cost.activations
        assert (int(row["params"]), int(row["operations"])) == (cost.params, len(works))
        assert int(row["bytes"]) == sum(bytes_moved(work, batch) for work in works)
        for column, machine in (("fitted_ms", machines[""]), ("left_out_ms", machines[name])):
            again = 1000 * network_seconds(works, machine, batch)
            assert float(row[column]) == pytest.approx(again, rel=1e-4)


def test_the_times_are_those_of_the_rounds(stored):
    again = roofline_fit.measured_times(DATA)
    for key, row in stored.items():
        for column in ("median_ms", "ratio", "ratio_low", "ratio_high"):
            assert float(row[column]) == pytest.approx(again[key][column], rel=1e-4)


def ratio_of(stored, one, two, batch, ends=("ratio", "ratio")):
    return float(stored[one, batch][ends[0]]) / float(stored[two, batch][ends[1]])


@pytest.mark.parametrize("batch", [1, 8, 32])
def test_fewer_operations_yet_slower_and_the_spread_leaves_no_doubt(stored, batch):
    slow, fast = "EfficientNet-B4", "ResNet-18"
    assert int(stored[slow, batch]["macs"]) < int(stored[fast, batch]["macs"])
    assert ratio_of(stored, slow, fast, batch, ("ratio_low", "ratio_high")) > 1
    # MobileNet V2 takes a larger part of VGG-16's time than of its multiply-adds.
    macs = int(stored["MobileNet V2", batch]["macs"]) / int(stored["VGG-16", batch]["macs"])
    assert float(stored["MobileNet V2", batch]["ratio_low"]) > 2 * macs


def test_the_roofline_predicts_the_ratio_of_two_networks_within_30_percent(stored):
    errors = {"left_out_ms": [], "macs": []}
    for column, found in errors.items():
        for batch in (1, 8, 32):
            quotient = {
                name: float(stored[name, batch][column]) / float(stored[name, batch]["median_ms"])
                for name in NETWORKS
            }
            found += [
                abs(quotient[a] / quotient[b] - 1) for a in NETWORKS for b in NETWORKS if a != b
            ]
    middle = {column: sorted(found)[len(found) // 2] for column, found in errors.items()}
    assert middle["left_out_ms"] < 0.3
    assert middle["left_out_ms"] < middle["macs"] / 2


def test_a_fit_finds_the_machine_that_made_the_times():
    truth = Machine(30e9, 6e9, 15e9, 5e8, 2e-5)
    names = ("ResNet-18", "MobileNet V2")
    loads = roofline_fit.Loads(names, 64)
    times, groups = {}, {}
    for name in names:
        for batch in (1, 8):
            found = loads.seconds(name, batch, truth)
            times[name, batch] = sum(found.values())
            groups |= {(name, batch, group): seconds for group, seconds in found.items()}
    works = works_of(measure(NETWORKS["ResNet-18"], (1, 3, 64, 64)).layers)
    assert times["ResNet-18", 8] == pytest.approx(network_seconds(works, truth, 8))
    for got, wanted in zip(roofline_fit.fitted(loads, times, groups), truth, strict=True):
        assert got == pytest.approx(wanted, rel=0.1)


def test_rank_correlations_are_spearmans():
    rows = [{"batch": 1, "median_ms": ms, **dict.fromkeys(roofline_fit.QUANTITIES, count)}
            for ms, count in ((1, 10), (2, 40), (3, 20), (4, 90), (5, 30))]  # fmt: skip
    # By hand: 1 - 6 * (0 + 4 + 1 + 1 + 4) / (5 * 24) for ranks 1 4 2 5 3 beside 1 2 3 4 5.
    for line in roofline_fit.correlations(rows, draws=20):
        assert float(line["value"]) == pytest.approx(1 - 6 * 10 / 120)
    with_ties = roofline_fit.ranks(torch.tensor([3.0, 1.0, 3.0]).numpy())
    assert with_ties.tolist() == [1.5, 0, 1.5]


def test_a_small_run_stops_goes_on_and_writes_what_is_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(timing, "LEAST_SECONDS", 1e-9)
    plan = QUICK._replace(
        networks={"MobileNet V3": "mobilenet_v3_small"}, image=32, rounds={1: 2, 2: 1}, out=tmp_path
    )
    monkeypatch.setattr(inference_time, "timed_once", stopping := Stopping(after=4))
    with pytest.raises(KeyboardInterrupt):
        inference_time.time_all(plan, Clock(None))
    before = (tmp_path / "inference_times.csv").read_text()
    assert len(before.splitlines()) == 3  # the heading, and two whole rounds
    stopping.after = 100
    assert inference_time.time_all(plan, Clock(None))
    rows = roofline_fit.read(tmp_path / "inference_times.csv")
    assert [(row["batch"], row["round"]) for row in rows] == [("1", "0"), ("2", "0"), ("1", "1")]
    assert all(float(row["milliseconds"]) > 0 for row in rows)
    assert (tmp_path / "inference_times.csv").read_text().startswith(before)
    assert inference_time.time_layers(plan, Clock(None))
    groups = roofline_fit.read(tmp_path / "inference_groups.csv")
    assert {row["group"] for row in groups} == {
        "dense products", "grouped products", "pooling", "passes",
    }  # fmt: skip


class Stopping:
    """Times, until somebody interrupts it."""

    def __init__(self, after):
        self.after, self.times = after, 0

    def __call__(self, model, batch, **options):
        self.times += 1
        if self.times > self.after:
            raise KeyboardInterrupt
        return timing.timed_once(model, batch, **options)


def test_seconds_go_to_the_module_that_runs_the_operator():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten()).eval()
    found = seconds_by_module(net, torch.randn(1, 3, 8, 8))
    assert {"0", "1"} <= found.keys() <= {"0", "1", "2"}
    assert all(seconds > 0 for seconds in found.values())


def test_folding_leaves_the_result_and_removes_each_batch_norm():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4))
    net(torch.randn(8, 3, 9, 9))  # gives it statistics
    other = folded(net)
    image = torch.randn(2, 3, 9, 9)
    assert torch.allclose(net.eval()(image), other(image), atol=1e-5)
    # The second stands behind a ReLU, and stays.
    assert sum(isinstance(m, nn.BatchNorm2d) for m in net.modules()) == 2
    kinds = [row.kind for row in measure(other, (1, 3, 9, 9)).layers]
    assert kinds.count("batch_norm") == 1


def test_the_process_takes_more_than_its_tensors():
    for row in table("memory"):
        assert int(row["peak_bytes"]) > int(row["predicted_bytes"])


def test_the_quick_command_stops_when_its_time_is_over_and_goes_on(tmp_path):
    """As `make experiments QUICK=1` calls it; each step in a process that keeps memory or not."""

    def run(*more):
        command = [sys.executable, "-m", "experiments.inference_time", "--quick"]
        return subprocess.run(
            [*command, "--out", str(tmp_path), *more], capture_output=True, text=True, check=False
        )

    stopped = run("--minutes", "0.001")
    assert stopped.returncode == inference_time.UNFINISHED
    assert "run it again, and it goes on" in stopped.stdout
    ended = run()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "  done" in ended.stdout
    about = json.loads((tmp_path / "inference_machine.json").read_text())
    assert (about["threads"], about["image"]) == (1, QUICK.image)
    tables = {name: roofline_fit.read(tmp_path / f"inference_{name}.csv")
              for name in ("times", "groups", "variants", "memory")}  # fmt: skip
    rounds = sum(QUICK.rounds.values())
    assert len(tables["times"]) == rounds * len(QUICK.networks)
    assert {row["kept"] for row in tables["times"]} == {"1"}
    assert {row["network"] for row in tables["groups"]} == QUICK.networks.keys()
    assert [int(row["peak_bytes"]) > int(row["predicted_bytes"]) for row in tables["memory"]] == [
        True
    ] * len(QUICK.trained)
