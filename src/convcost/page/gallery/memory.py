"""Figures of the chapter on memory: what training stores, and a total that is not one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.memory import OPTIMIZER_VALUES, kept_for_backward
from convcost.page.charts import labeled_bars
from convcost.page.gallery.cast import PLAIN, RESNET, VGG, Measure, Network, measured_once
from convcost.page.live.figure import LiveFigure

__all__ = ["running_total", "training_memory"]

IMAGES = (128, 224, 320, 448)

#: What is kept for the backward pass -> the bar that it is part of.
BARS = {
    "outputs of convolutions, for batch norm": "kept: norm inputs",
    "outputs of ReLUs": "kept: ReLU outputs",
    "outputs of poolings": "kept: pooling",
    "indices of max poolings": "kept: pooling",
}
REST = "kept: the rest"
KEPT = (*dict.fromkeys(BARS.values()), REST)
"""The bars of what is kept for the backward pass."""


def training_memory(measure: Measure, networks: Sequence[Network]) -> LiveFigure:
    """What training stores: weights, gradients, optimizer state, and what the backward pass needs.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    networks : sequence of Network
        What the reader can choose from.

    Returns
    -------
    LiveFigure
    """
    measured = measured_once(measure)
    choices = {network.label: network for network in networks}

    @functools.cache
    def parts(
        network: str, optimizer: str, batch: int, image: int, value_bytes: int
    ) -> dict[str, int]:
        cost = measured(choices[network].model, image)
        weights = cost.params * value_bytes
        kept = kept_for_backward(cost.layers, batch=batch, value_bytes=value_bytes)
        bars = {
            "weights": weights,
            "gradients": weights,
            "optimizer": weights * OPTIMIZER_VALUES[optimizer],
            **dict.fromkeys(KEPT, 0),
        }
        for what, size in kept.items():
            bars[BARS.get(what, REST)] += size
        return bars

    def rows(**values: Any) -> list[dict[str, Any]]:
        bars = parts(**values)
        return [
            {
                "name": name,
                "value": size,
                "label": units.mebibytes(size),
                "axis_end": max(bars.values()),
                "family": RESNET.name if name in KEPT else VGG.name,
            }
            for name, size in bars.items()
        ]

    def finding(**values: Any) -> str:
        bars = parts(**values)
        total = sum(bars.values())
        kept = sum(bars[name] for name in KEPT)
        images = "image" if values["batch"] == 1 else "images"
        return (
            f"{values['network']} with {values['batch']} {images} of {values['image']} × "
            f"{values['image']} pixels stores {units.mebibytes(total)}: "
            f"{units.mebibytes(total - kept)} whatever the batch, and {units.mebibytes(kept)} "
            f"({kept / total:.0%}) for the backward pass."
        )

    return LiveFigure(
        labeled_bars(rows=7, domain=[VGG.name, RESNET.name], label_px=100),
        name="fig-training-memory",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(options=list(choices), description="Network"),
            "optimizer": widgets.Dropdown(
                options=list(OPTIMIZER_VALUES), value="SGD with momentum", description="Optimizer"
            ),
            "batch": widgets.SelectionSlider(
                options=[2**n for n in range(9)], value=32, description="Images in a batch"
            ),
            "image": widgets.SelectionSlider(
                options=list(IMAGES), value=224, description="Image height and width (pixels)"
            ),
            "value_bytes": widgets.ToggleButtons(
                options=[("32-bit", 4), ("16-bit", 2)], value=4, description="Floats"
            ),
        },
        caption=(
            "What training stores between the forward and the backward pass, dropout left out; the "
            "scale is that of the longest bar. Notice which bars follow the batch and the image, "
            "and which the optimizer."
        ),
        columns={"name": "Part", "value": "Bytes"},
    )


def running_total(table: Sequence[tuple[str, int]], printed: int) -> LiveFigure:
    """The rows of a table added up one by one, beside the total that is printed under it.

    Parameters
    ----------
    table : sequence of tuple
        Label and number of values of each row.
    printed : int
        The total as printed.

    Returns
    -------
    LiveFigure
    """
    real = sum(values for _, values in table)

    def rows(added: int) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{number}: {label}",
                "value": values,
                "label": units.count(values),
                "axis_end": max(values for _, values in table),
                "family": VGG.name if number <= added else PLAIN.name,
            }
            for number, (label, values) in enumerate(table, start=1)
        ]

    def finding(added: int) -> str:
        total = sum(values for _, values in table[:added])
        so_far = (
            f"{added} of {len(table)} rows add up to {units.count(total)} values, "
            f"{total / printed:.0%} of the printed {printed / 1e6:.0f} M."
        )
        if added < len(table):
            return so_far
        return f"{so_far} All rows are in: the printed total is {printed / real:.1f} times theirs."

    return LiveFigure(
        labeled_bars(rows=len(table), domain=[VGG.name, PLAIN.name], label_px=80),
        name="fig-running-total",
        rows=rows,
        finding=finding,
        controls={
            "added": widgets.IntSlider(value=6, min=1, max=len(table), description="Rows added up")
        },
        caption=(
            "Values that each row of the table stores for one image; the colored ones are added "
            f"up. Notice that six rows of {len(table)} hold most of the sum, and how far the whole "
            "table gets."
        ),
        columns={"name": "Row", "value": "Values"},
    )
