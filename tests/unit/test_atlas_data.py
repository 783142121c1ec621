"""The atlas's table is what `measure` finds, and agrees with what others have published."""

import csv
from collections import defaultdict

import pytest

from convcost import names
from convcost.architectures import catalogue, default_input_size
from convcost.architectures._torchvision import import_torchvision
from experiments import atlas

models = import_torchvision().models

with atlas.PATH.open(newline="") as lines:
    ROWS = list(csv.DictReader(lines))

BY_NAME = defaultdict(dict)
for _row in ROWS:
    BY_NAME[_row["name"]][int(_row["input_size"])] = _row

ENTRIES = {entry.name: entry for entry in catalogue.entries()}


def test_it_has_every_network_at_every_size():
    assert list(BY_NAME) == names()
    for name, rows in BY_NAME.items():
        assert sorted(rows) == sorted({*atlas.SIZES, default_input_size(name)[2]})
    assert tuple(ROWS[0]) == atlas.COLUMNS
    assert len(ROWS) == sum(map(len, BY_NAME.values()))
    assert atlas.PATH.stat().st_size < 400_000


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("paper/vgg-a-lrn", (32, 288)),
        ("cifar/resnet-20", (448,)),
        ("keras/nasnet-mobile", (96, 320)),
        ("inception_v3", (64, 299)),
        ("vit_b_32", (192, 224)),
        ("swin_t", (160,)),
        ("regnet_x_400mf", (384,)),
        ("timm/mobilenetv1_100", (128,)),
    ],
)
def test_a_sample_is_measured_again(name, sizes):
    accuracy = catalogue.default_accuracy(name)
    for row in atlas.rows_of(ENTRIES[name], accuracy, sizes):
        as_text = {key: "" if value is None else str(value) for key, value in row.items()}
        written = BY_NAME[name][row["input_size"]]
        if row["reason"]:  # with fewer sizes to judge by it may be worded otherwise
            assert written["reason"]
            assert written["macs"] == written["activations"] == ""
            del as_text["reason"]
        assert as_text == {key: value for key, value in written.items() if key in as_text}


@pytest.mark.parametrize("name", names(source="torchvision"))
def test_costs_and_accuracy_are_those_that_torchvision_publishes(name):
    """Its multiply-adds are rounded to millions, and belong to the size of the weights."""
    row = BY_NAME[name][default_input_size(name)[2]]
    weights = {w.name: w for w in models.get_model_weights(name)}
    of_size = next(
        w for w in weights.values() if w.transforms.keywords["crop_size"] == int(row["input_size"])
    )
    assert int(row["macs"]) / 1e9 == pytest.approx(of_size.meta["_ops"], abs=0.000501)
    if row["weights"]:
        metrics = weights[row["weights"]].meta["_metrics"]["ImageNet-1K"]
        assert (float(row["top1_percent"]), float(row["top5_percent"])) == (
            metrics["acc@1"],
            metrics["acc@5"],
        )
        assert row["weights"] == "IMAGENET1K_V1"
        described = weights[row["weights"]].meta["_docs"]
        assert (row["recipe"] == "new") == ("new training recipe" in described)
        assert (row["recipe"] == "ported") == ("ported" in described)


def test_each_accuracy_says_how_it_was_trained():
    rows = [row for row in ROWS if row["top1_percent"]]
    assert {row["recipe"] for row in rows} == {
        *("simple", "the paper's", "DeiT's", "new", "ported", "Keras"),
    }
    assert all(not row["recipe"] for row in ROWS if not row["top1_percent"])
    # First weights by the recipe of 2021, of a network of 2016.
    assert BY_NAME["resnext101_64x4d"][224]["recipe"] == "new"
    assert BY_NAME["resnext101_32x8d"][224]["recipe"] == "simple"


def test_keras_s_weights_stand_in_only_where_torchvision_has_none():
    of_keras = {name for name, rows in BY_NAME.items() if rows[224]["weights"] == "Keras"}
    assert of_keras == {
        *(f"paper/vgg-{letter}" for letter in "de"),
        *(f"paper/resnet-{depth}" for depth in (50, 101, 152)),
        *names(source="keras"),
        *names(source="timm"),
    }


def test_networks_that_take_one_size_say_so():
    one_size = {name for name, rows in BY_NAME.items() if "only" in rows[256]["reason"]}
    # torchvision's ViTs check their input; MaxViT fixes its windows when it is built.
    assert one_size == {*names(family="ViT"), "maxvit_t"}
    for name in one_size:
        for size, row in BY_NAME[name].items():
            assert (row["reason"] == "") == (row["macs"] != "") == (size == 224)


def test_a_larger_image_costs_more_and_has_the_same_parameters():
    for rows in BY_NAME.values():
        taken = [rows[size] for size in sorted(rows) if rows[size]["macs"]]
        for cost in ("macs", "activations"):
            costs = [int(row[cost]) for row in taken]
            assert costs == sorted(set(costs))
        assert len({row["params"] for row in rows.values()}) == 1


def test_without_timm_the_rest_goes_on(monkeypatch, tmp_path, capsys):
    few = [ENTRIES[name] for name in ("cifar/plain-20", "timm/mobilenetv1_100", "squeezenet1_1")]

    def measure(name, input_size):
        if name.startswith("timm/"):
            raise ModuleNotFoundError(f"{name} comes from the package timm", name="timm")
        return real(name, input_size)

    real = atlas.measure
    monkeypatch.setattr(atlas, "measure", measure)
    monkeypatch.setattr(atlas, "entries", lambda: few)
    monkeypatch.setattr(atlas, "SIZES", (64,))
    monkeypatch.setattr(atlas, "PATH", tmp_path / "atlas.csv")
    atlas.main()
    written = (tmp_path / "atlas.csv").read_text()
    assert "Left out: timm/mobilenetv1_100 comes from the package timm" in capsys.readouterr().out
    assert "squeezenet1_1" in written
    assert "timm" not in written


def test_a_refusal_that_can_not_be_explained_stops_the_experiment(monkeypatch):
    def measure(name, input_size):
        if input_size[2] == 96:
            raise ValueError("an odd refusal")
        return real(name, input_size)

    real = atlas.measure
    monkeypatch.setattr(atlas, "measure", measure)
    with pytest.raises(ValueError, match=r"squeezenet1_1 refuses 96 pixels.*an odd refusal"):
        atlas.rows_of(ENTRIES["squeezenet1_1"], None, (64, 96, 128))
