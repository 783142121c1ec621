"""Timing: in turns, with spread and a verdict. How long anything takes is not tested."""

import csv
import io
import platform
import subprocess
import sys

import pytest
import torch
from torch import nn

from convcost import Timings, time_networks
from convcost.__main__ import main
from convcost._measure import timing
from convcost._measure.timing import Timed, environment


@pytest.fixture(autouse=True)
def _once(monkeypatch):
    """One pass at a time is enough to see what is done."""
    monkeypatch.setattr(timing, "LEAST_SECONDS", 1e-9)


class Net(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 2, 3)
        self.seen = []

    def forward(self, x):
        self.seen.append((tuple(x.shape), self.training, torch.is_inference_mode_enabled(),
                          torch.get_num_threads()))  # fmt: skip
        return super().forward(x)


def table(*times, network="a", batch=1):
    rows = tuple(Timed(network, batch, n, ms / 1000) for n, ms in enumerate(times, start=1))
    return Timings(rows, 224, "a machine", 1, "2", "2026-01-01", memory_kept=False)


def test_networks_are_timed_in_turns_and_the_first_round_does_not_count():
    told = []
    timings = time_networks(
        {"a": Net(), "b": Net()}, (1, 2), image=8, rounds=2, progress=told.append
    )
    assert [row[:3] for row in timings.rows] == [
        (network, batch, number) for number in (1, 2) for network in "ab" for batch in (1, 2)
    ]
    assert told == [*timings.rows]
    assert all(row.seconds > 0 for row in timings.rows)


def test_a_pass_runs_in_evaluation_and_inference_mode_on_the_threads_given():
    net, before = Net().train(), torch.get_num_threads()
    timings = time_networks({"a": net}, (2,), image=8, rounds=1, threads=before + 1)
    assert set(net.seen) == {((2, 3, 8, 8), False, True, before + 1)}
    assert torch.get_num_threads() == before
    assert (timings.threads, timings.image, timings.torch_version) == (
        before + 1, 8, torch.__version__,
    )  # fmt: skip


def test_medians_and_quartiles():
    line = table(5, 1, 4, 2, 3).to_frame().iloc[0]
    assert line["rounds"] == 5
    # Of 1, 2, 3, 4, 5, both ends counted.
    assert [line[key] for key in ("low_ms", "median_ms", "high_ms")] == [2, 3, 4]
    assert line["spread"] == pytest.approx(2 / 3)
    assert table(7).to_frame().iloc[0]["median_ms"] == 7


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ((10.0, 10.1, 10.2, 10.1, 10.0), "Steady"),
        ((10.0, 15.0, 20.0, 12.0, 18.0), "Too noisy to tell"),
        ((10.0, 10.0), "Too few rounds"),
    ],
)
def test_the_verdict(times, says):
    assert says in table(*times).verdict
    assert says in repr(table(*times))


FAULTS = """
import resource, torch
from torch import nn
from convcost import time_networks
from convcost._measure.timing import keeps_memory

net = nn.Sequential(nn.Conv2d(3, 40, 3), nn.BatchNorm2d(40), nn.ReLU(), nn.MaxPool2d(2)).eval()
images = torch.rand(4, 3, 256, 256)  # maps of 40 MB, which the system's library gives back at once

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    with torch.inference_mode():
        net(images), net(images)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

kept = keeps_memory(), time_networks({"a": net}, image=8, rounds=1).memory_kept
faults(), faults()  # at first all of it has to come from the system
print(*kept, faults() + faults() + faults() + faults())
"""

GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only there memory is given")


@GLIBC
def test_memory_is_kept_in_a_process_that_was_started_so():
    told = {}
    for kept in (True, False):
        ran = subprocess.run(
            [sys.executable, "-c", FAULTS], env=environment(kept=kept), capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        told[kept] = ran.stdout.split()
    assert told[True][:2] == ["True", "True"]
    assert told[False][:2] == ["False", "False"]
    assert int(told[True][2]) < int(told[False][2]) / 10


@GLIBC
def test_the_command_keeps_memory_and_a_name_set_too_late_deceives_nobody(monkeypatch):
    command = [sys.executable, "-m", "convcost", "time", "mobilenet_v3_small"]
    ran = subprocess.run(
        [*command, "--input", "32", "--rounds", "1", "--csv"], env=environment(kept=False),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "memory kept between passes" in ran.stderr
    assert [row["network"] for row in csv.DictReader(io.StringIO(ran.stdout))] == [
        "vgg16", "mobilenet_v3_small",
    ]  # fmt: skip
    for name, value in timing.KEEPING.items():
        monkeypatch.setenv(name, value)
    assert not timing.keeps_memory()


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"rounds": 0}, "rounds=0"),
        ({"batches": (1, 0)}, r"batches\[1\]=0"),
        ({"batches": ()}, "batch"),
    ],
)
def test_what_makes_no_sense_is_refused(options, names):
    with pytest.raises(ValueError, match=names):
        time_networks({"a": Net()}, **options)
    with pytest.raises(ValueError, match="models"):
        time_networks({})


def test_the_processor_has_a_name():
    assert "cores" in timing.processor()


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def built(monkeypatch):
    """The command, with small networks in place of the real ones."""
    from convcost.architectures import build

    def small(name):
        with torch.device("meta"):
            build(name)  # a name that it does not know is an error
        return Net()

    monkeypatch.setattr("convcost.__main__.build", small)


def test_the_command_times_beside_vgg16(built, capsys):
    assert main(["time", "resnet18", "--batch", "1", "2", "--input", "8", "--rounds", "2"]) == 0
    said = capsys.readouterr()
    heading, *rows, last = said.out.splitlines()
    assert heading.split()[:3] == ["network", "batch", "median"]
    assert [row.split()[:2] for row in rows] == [
        ["vgg16", "1"], ["vgg16", "2"], ["resnet18", "1"], ["resnet18", "2"],
    ]  # fmt: skip
    assert [row.split()[-1] for row in rows[:2]] == ["1.000", "1.000"]
    assert "Too few rounds" in last
    assert said.err.splitlines() == ["round 1 of 2", "round 2 of 2"]


def test_its_csv_is_what_the_figure_takes(built, capsys):
    assert main(["time", "resnet18", "--input", "8", "--rounds", "1", "--csv"]) == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert [row["network"] for row in rows] == ["vgg16", "resnet18"]
    assert float(rows[0]["low_ms"]) <= float(rows[0]["median_ms"]) <= float(rows[0]["high_ms"])


def test_a_name_that_is_none_is_said_and_the_rest_is_timed(built, capsys):
    assert main(["time", "resnet18", "resnet19", "--input", "8", "--rounds", "1"]) == 1
    said = capsys.readouterr()
    assert "resnet19" in said.err
    assert "resnet18" in said.out
    assert main(["time", "resnet19"]) == 1
    assert capsys.readouterr().out == ""
