"""Reconcile our parameter counts with those of Keras's table of applications, to the unit.

``python -m experiments.keras_reconciliation`` writes book/data/keras_reconciliation.csv: for each
row of the table, what `convcost.measure` finds, and every difference under its name. Each is
worked out from the network's own modules; what they leave open stands under "other".
"""

from collections.abc import Callable

import torch
from torch import nn

from convcost import build, measure
from convcost.architectures import default_input_size
from convcost.architectures.catalogue import KerasModel, entries, keras_models
from experiments.tables import DATA, write_table

PATH = DATA / "keras_reconciliation.csv"
COLUMNS = (
    "model", "name", "params", "batch_norm_statistics", "convolution_biases", "missing_gamma",
    "normalization", "other", "keras_total",
)  # fmt: skip


def convolution_biases(name: str) -> int:
    """Count the biases that Keras gives to convolutions of a ResNet; batch norm undoes them.

    Those of 2015 have one in every convolution; those of 2016 where no batch norm follows at once.
    """
    network = _on_meta(name)
    if name.startswith("keras/"):
        return _params(_on_meta(name, conv_bias=True)) - _params(network)
    return sum(
        module.out_channels
        for module in network.modules()
        if isinstance(module, nn.Conv2d) and module.bias is None
    )


def missing_gamma(name: str) -> int:
    """Count, as less than nothing, the scales that Keras leaves out of an Inception's batch norms.

    A ReLU and another convolution follow, which can scale as well.
    """
    return -sum(
        module.num_features
        for module in _on_meta(name).modules()
        if isinstance(module, nn.BatchNorm2d)
    )


def normalization(name: str) -> int:
    """Count what Keras's layer that normalizes an EfficientNet's input keeps.

    A mean and a variance for each channel, and the number of images they were taken from.
    """
    first = next(module for module in _on_meta(name).modules() if isinstance(module, nn.Conv2d))
    return 2 * first.in_channels + 1


# What Keras's form of a family has, or lacks, against ours.
OF_FAMILY: dict[str, tuple[str, Callable[[str], int]]] = {
    "ResNet": ("convolution_biases", convolution_biases),
    "Inception": ("missing_gamma", missing_gamma),
    "EfficientNet": ("normalization", normalization),
}


def reconcile(row: KerasModel) -> dict[str, object]:
    """Return the named differences between our count of one network and Keras's."""
    cost = measure(row.name, default_input_size(row.name))
    found = dict.fromkeys(COLUMNS[2:], 0)
    found["params"] = cost.params
    # Keras counts all that a layer keeps: running means and variances too.
    found["batch_norm_statistics"] = cost.buffers
    family = next(entry.family for entry in entries() if entry.name == row.name)
    if family in OF_FAMILY:
        column, difference = OF_FAMILY[family]
        found[column] = difference(row.name)
    found["other"] = row.count_params - sum(found.values())
    found["keras_total"] = row.count_params
    return {"model": row.model, "name": row.name, **found}


def main() -> None:
    """Write the table."""
    rows = []
    for model in keras_models():
        rows.append(reconcile(model))
        print(*rows[-1].values(), flush=True)
    write_table(PATH, COLUMNS, rows)


def _on_meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return build(name, **options)


def _params(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


if __name__ == "__main__":
    main()
