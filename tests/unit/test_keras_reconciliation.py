"""Our counts against Keras's table of applications, to the unit."""

import csv

import pytest

from convcost.architectures.catalogue import keras_models
from experiments import keras_reconciliation
from experiments.tables import write_table

with keras_reconciliation.PATH.open(newline="") as lines:
    WRITTEN = {row["model"]: row for row in csv.DictReader(lines)}

DIFFERENCES = keras_reconciliation.COLUMNS[3:-1]


def test_it_has_the_rows_and_columns_of_the_table():
    assert list(WRITTEN) == [row.model for row in keras_models()]
    assert len(WRITTEN) == 24
    for row in WRITTEN.values():
        assert tuple(row) == keras_reconciliation.COLUMNS


@pytest.mark.parametrize("model", keras_models(), ids=lambda model: model.model)
def test_named_differences_sum_to_keras_s_count_and_round_to_its_table(model):
    row = WRITTEN[model.model]
    total = int(row["params"]) + sum(int(row[column]) for column in DIFFERENCES)
    assert total == int(row["keras_total"]) == model.count_params
    assert round(total / 1e6, 1) == model.parameters_millions
    assert row["other"] == "0"


# The statistics of batch norm are the parameters that Keras's summaries call "not trainable", but
# for the seven of the EfficientNets.
@pytest.mark.parametrize(
    ("model", "column", "difference"),
    [
        ("Xception", "batch_norm_statistics", 54_528),
        ("VGG16", "batch_norm_statistics", 0),
        ("ResNet50", "batch_norm_statistics", 53_120),
        ("MobileNetV2", "batch_norm_statistics", 34_112),
        ("DenseNet121", "batch_norm_statistics", 83_648),
        ("NASNetMobile", "batch_norm_statistics", 36_738),
        ("NASNetLarge", "batch_norm_statistics", 196_668),
        ("EfficientNetB0", "batch_norm_statistics", 42_023 - 7),
        ("ResNet50", "convolution_biases", 26_560),
        ("ResNet101", "convolution_biases", 52_672),
        ("ResNet152", "convolution_biases", 75_712),
        ("ResNet50V2", "convolution_biases", 19_008),
        ("ResNet101V2", "convolution_biases", 36_416),
        ("ResNet152V2", "convolution_biases", 51_776),
        ("InceptionV3", "missing_gamma", -17_216),
        ("InceptionResNetV2", "missing_gamma", -30_272),
        *((f"EfficientNetB{n}", "normalization", 7) for n in range(6)),
    ],
)
def test_a_difference_is_what_keras_s_summary_says(model, column, difference):
    assert int(WRITTEN[model][column]) == difference


def test_no_model_has_a_difference_that_is_not_its_own():
    for column, models in {
        "convolution_biases": {m for m in WRITTEN if m.startswith("ResNet")},
        "missing_gamma": {"InceptionV3", "InceptionResNetV2"},
        "normalization": {m for m in WRITTEN if m.startswith("EfficientNet")},
    }.items():
        assert {model for model, row in WRITTEN.items() if int(row[column])} == models


@pytest.mark.parametrize("model", ["ResNet50V2", "InceptionV3", "MobileNet", "EfficientNetB0"])
def test_the_file_is_what_the_experiment_writes(model):
    row = next(row for row in keras_models() if row.model == model)
    counted = keras_reconciliation.reconcile(row)
    assert {column: str(value) for column, value in counted.items()} == WRITTEN[model]


def test_a_broken_run_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, ["a"], [{"a": 1}])

    def broken():
        yield {"a": 2}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(path, ["a"], broken())
    assert path.read_text() == "a\n1\n"
    assert list(tmp_path.iterdir()) == [path]
