"""``python -m convcost``: a table for readers, exact numbers for machines, clear mistakes."""

import csv
import io
import json
import subprocess
import sys

import pytest
import torch

from convcost import measure, units
from convcost.__main__ import main
from tests.unit.stand_ins import Calls


def table(capsys):
    """Split what was printed into rows of cells."""
    printed = capsys.readouterr().out.splitlines()
    return [[cell for cell in line.split("  ") if cell] for line in printed]


def test_the_command_prints_a_comparison():
    command = [sys.executable, "-m", "convcost", "resnet50", "vgg16", "--input", "224"]

    run = subprocess.run(command, capture_output=True, text=True, check=True)

    lines = run.stdout.splitlines()
    assert run.stderr == ""
    assert [line.split()[0] for line in lines] == ["network", "resnet50", "vgg16"]
    # He et al. 2015 and Simonyan & Zisserman 2014: 25.6 and 138 million parameters.
    assert "25.6 M" in lines[1]
    assert "138.4 M" in lines[2]
    assert len({len(line) for line in lines}) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_whoever_reads_may_stop_early():
    command = [sys.executable, "-m", "convcost", "vgg11", "--json"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.close()
        assert run.stderr.read() == b""


def test_the_table_shows_what_measure_finds(capsys):
    assert main(["resnet18", "--input", "64", "--convention", "thop"]) == 0

    cost = measure("resnet18", (1, 3, 64, 64))
    heading, row = table(capsys)
    assert [cell.strip() for cell in heading][-1] == "thop (MACs)"
    assert [cell.strip() for cell in row] == [
        "resnet18",
        "1x3x64x64",
        *map(units.count, (cost.params, cost.macs, cost.activations)),
        units.count(cost.operations("thop")),
    ]


def test_each_network_has_its_own_size_unless_one_is_given(capsys):
    assert main(["inception_v3", "cifar/resnet-20", "vgg11", "--json"]) == 0

    sizes = [record["input_size"] for record in json.loads(capsys.readouterr().out)]
    assert sizes == [[1, 3, 299, 299], [1, 3, 32, 32], [1, 3, 224, 224]]


@pytest.mark.parametrize("form", ["--csv", "--json"])
def test_machines_get_exact_numbers(capsys, form):
    options = ["--convention", "fvcore", "--convention", "flops"]
    assert main(["resnet18", "vgg11", "--input", "64", *options, form]) == 0

    printed = capsys.readouterr().out
    read = json.loads(printed) if form == "--json" else list(csv.DictReader(io.StringIO(printed)))
    for name, record in zip(("resnet18", "vgg11"), read, strict=True):
        cost = measure(name, (1, 3, 64, 64))
        assert record["name"] == name
        assert record["input_size"] == ("1x3x64x64" if form == "--csv" else [1, 3, 64, 64])
        assert record["uncounted"] == ""
        words = ("name", "input_size", "uncounted")
        numbers = {key: int(record[key]) for key in record if key not in words}
        assert numbers == {
            "params": cost.params,
            "buffers": cost.buffers,
            "macs": cost.macs,
            "activations": cost.activations,
            "fvcore": cost.operations("fvcore"),
            "flops": 2 * cost.macs,
        }


def test_an_unknown_network_is_named_with_the_nearest_and_the_rest_goes_on(capsys):
    assert main(["resnet5O", "vgg11", "--input", "64"]) == 1

    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "no network 'resnet5O'" in err
    assert "did you mean 'resnet50'?" in err
    assert out.splitlines()[1].startswith("vgg11 ")


def test_a_size_that_a_network_cannot_take_gets_one_sentence_and_the_rest_goes_on(capsys):
    assert main(["inception_v3", "vit_b_16", "vgg11", "--input", "64", "--csv"]) == 1

    out, err = capsys.readouterr()
    inception, vit = err.splitlines()
    assert "input is too small for the network's strides" in inception
    assert "vit_b_16 can't be measured at input_size=(1, 3, 64, 64)" in vit
    assert "Traceback" not in err
    assert [record["name"] for record in csv.DictReader(io.StringIO(out))] == ["vgg11"]


def test_an_unknown_convention_is_left_out_and_the_rest_goes_on(capsys):
    assert main(["vgg11", "--input", "64", "--convention", "tohp", "--json"]) == 1

    out, err = capsys.readouterr()
    assert "no convention 'tohp'" in err
    assert "did you mean 'thop'?" in err
    assert "thop" not in json.loads(out)[0]


def test_a_network_whose_package_is_missing_is_left_out(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)

    assert main(["timm/legacy_xception", "vgg11", "--input", "96"]) == 1

    out, err = capsys.readouterr()
    assert "pip install timm" in err
    assert "vgg11" in out


def test_nothing_to_show_prints_no_table(capsys):
    assert main(["nothing"]) == 1

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("size", ["0", "-3", "big"])
def test_a_size_that_is_no_size_is_refused(capsys, size):
    with pytest.raises(SystemExit) as stopped:
        main(["vgg11", f"--input={size}"])

    assert stopped.value.code == 2
    assert f"got '{size}'; give a number of pixels" in capsys.readouterr().err


def test_the_help_names_the_conventions(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])

    assert stopped.value.code == 0
    assert "ptflops_aten" in capsys.readouterr().out


def test_what_is_not_counted_is_said_in_every_form(capsys, monkeypatch):
    def measured(*_):
        return measure(Calls(lambda _, x: torch.fft.rfft2(x)), (1, 3, 8, 8))

    monkeypatch.setattr("convcost.__main__.measure", measured)
    lacks = "1 × aten._fft_r2c in the model itself"

    assert main(["vgg11"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Calls: not counted: {lacks}"
    assert main(["vgg11", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["uncounted"] == lacks
    assert main(["vgg11", "--csv"]) == 0
    (record,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert record["uncounted"] == lacks
