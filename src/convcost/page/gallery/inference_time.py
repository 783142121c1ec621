"""Figures of the chapter on time: what was measured, what predicts it, and layers under a roof.

Over 400 lines: the chapter's four figures, each with all that it says.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from convcost.arithmetic import largest
from convcost.arithmetic.roofline import (
    Machine,
    bytes_moved,
    group_of,
    network_seconds,
    work_of,
    works_of,
)
from convcost.page.charts import interval_dots, labeled_bars, roofline
from convcost.page.charts.look import COLORS
from convcost.page.gallery._machines import HERE, by_data_sheet, chosen, machines_of
from convcost.page.gallery.cast import Measure, measured_once
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where

if TYPE_CHECKING:
    import pandas as pd

    from convcost.cost import LayerCost

__all__ = ["inference_times", "layer_roofline", "predicted_times", "what_predicts"]

IMAGE = 224

#: Columns of the table of networks, and what a reader calls them.
COUNTS = {
    "macs": "multiply-adds",
    "params": "parameters",
    "activations": "activations",
    "operations": "operations executed",
    "bytes": "bytes moved",
    "left_out_ms": "roofline",
}
#: Groups of layers, in the order of the legend.
GROUPS = {
    "dense products": COLORS["ResNet"],
    "grouped products": COLORS["accent"],
    "pooling": COLORS["plain"],
    "passes": COLORS["VGG"],
}
#: Networks whose layers are drawn.
LAYERED = {"VGG-16": "vgg16", "ResNet-50": "resnet50", "MobileNet V2": "mobilenet_v2",
           "DenseNet-121": "densenet121"}  # fmt: skip
#: Networks whose times are predicted while the reader moves the sliders.
PREDICTED = {"VGG-16": "vgg16", "ResNet-18": "resnet18", "ResNet-50": "resnet50",
             "MobileNet V2": "mobilenet_v2"}  # fmt: skip
SLIDERS = "the machine set here"


def inference_times(
    networks: pd.DataFrame,
    quoted: pd.DataFrame,
    yours: pd.DataFrame | None = None,
    *,
    name: str = "fig-inference-times",
) -> LiveFigure:
    """Times as ratios to VGG-16's, beside what is counted, predicted or quoted.

    Parameters
    ----------
    networks : pandas.DataFrame
        As `experiments.roofline_fit` writes it.
    quoted : pandas.DataFrame
        Columns network, cpu_ms_per_step, gpu_ms_per_step: times that somebody else published.
    yours : pandas.DataFrame, optional
        What `convcost.Timings.to_frame` gives for some of the networks, VGG-16 among them, named
        as in the figure or as `convcost.build` takes them.
    name : str
        The figure's ``id`` on the page.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If VGG-16 is not among yours.
    """
    names = [*dict.fromkeys(networks["network"])]
    ours = {(row["network"], row["batch"]): row for row in networks.to_dict("records")}
    theirs = {row["network"]: row for row in quoted.to_dict("records")}
    labels = dict(zip(networks["known"], networks["network"], strict=True))
    own = {
        (labels.get(row["network"], row["network"]), row["batch"]): row
        for row in ([] if yours is None else yours.to_dict("records"))
    }
    if own and not any(network == "VGG-16" for network, _ in own):
        raise ValueError(
            "Got no time for VGG-16, but every time is shown as a ratio to it: time VGG-16 as well."
        )
    columns = {"cpu_ms_per_step": "Keras' table, CPU", "gpu_ms_per_step": "Keras' table, GPU"}
    beside_of = {label: column for column, label in (COUNTS | columns).items()}
    batches = sorted({batch for _, batch in ours})
    series = {"measured": COLORS["accent"], "beside it": COLORS["VGG"]}
    if own:
        series["your machine"] = COLORS["ResNet"]

    def ratio(network: str, batch: int, beside: str) -> float | None:
        column = beside_of[beside]
        if column in columns:
            here = theirs.get(network)
            return here and here[column] / theirs["VGG-16"][column]
        number: float = ours[network, batch][column] / ours["VGG-16", batch][column]
        return number

    def rows(batch: int, beside: str) -> list[dict[str, Any]]:
        found = []
        for network in names:
            line = ours[network, batch]
            spread = (line[key] for key in ("ratio", "ratio_low", "ratio_high"))
            found.append(_dot(network, "measured", *spread))
            other = ratio(network, batch, beside)
            found.append(_dot(network, "beside it", other, other, other))
            here, vgg = own.get((network, batch)), own.get(("VGG-16", batch))
            if here and vgg:
                spread = (
                    here[key] / vgg["median_ms"] for key in ("median_ms", "low_ms", "high_ms")
                )
                found.append(_dot(network, "your machine", *spread))
        return found

    def finding(batch: int, beside: str) -> str:
        said = {
            network: other
            for network in names
            if network != "VGG-16" and (other := ratio(network, batch, beside)) is not None
        }
        took = {network: ours[network, batch]["ratio"] for network in said}
        off = {network: max(said[network] / took[network], took[network] / said[network])
               for network in said}  # fmt: skip
        worst = max(off, key=lambda network: off[network])
        return (
            f"With {_images(batch)}, {worst} takes {_two(took[worst])} of VGG-16's time; by "
            f"{beside} it would take {_two(said[worst])}. No other network is as far off; half of "
            f"the {len(off)} are off by a factor of {statistics.median(off.values()):.2f} or less."
        )

    return LiveFigure(
        interval_dots(rows=len(names), series=series, ends=(0.005, 3), log=True,
                      title="ratio to VGG-16"),
        name=name,
        rows=rows,
        finding=finding,
        controls={
            "batch": widgets.ToggleButtons(options=batches, description="Images in a batch"),
            "beside": widgets.Dropdown(options=list(beside_of), description="Beside the time"),
        },
        caption=(
            "The time of a forward pass as a ratio to VGG-16's in the same round, with a line over "
            "the middle half of its rounds, and beside it another ratio to VGG-16. Where the two "
            "marks lie together, the other number predicts the time. Notice for which networks "
            "the multiply-adds promise far too much, and how the roofline does on them."
        ),
        columns={
            "name": "Network", "series": "What", "value": "Ratio", "low": "Lower quartile",
            "high": "Upper quartile",
        },
    )  # fmt: skip


def what_predicts(correlations: pd.DataFrame) -> LiveFigure:
    """Rank correlations of the measured time with what is counted, with their intervals.

    Parameters
    ----------
    correlations : pandas.DataFrame
        As `experiments.roofline_fit` writes it.

    Returns
    -------
    LiveFigure
    """
    found = {(row["batch"], row["quantity"]): row for row in correlations.to_dict("records")}
    batches = sorted({batch for batch, _ in found})
    count = int(correlations["networks"].iloc[0])

    def rows(batch: int) -> list[dict[str, Any]]:
        return [
            _dot(
                label, "rank correlation", *(found[batch, key][c] for c in ("value", "low", "high"))
            )
            for key, label in COUNTS.items()
        ]

    def finding(batch: int) -> str:
        best = max(rows(batch), key=lambda row: row["value"])
        least = min(rows(batch), key=lambda row: row["value"])
        return (
            f"With {_images(batch)}, ranking the {count} networks by {best['name']} comes closest "
            f"to ranking them by time ({best['value']:.2f}, from {best['low']:.2f} to "
            f"{best['high']:.2f}); ranking by {least['name']} is furthest from it "
            f"({least['value']:.2f}, from {least['low']:.2f} to {least['high']:.2f})."
        )

    return LiveFigure(
        interval_dots(rows=len(COUNTS), series={"rank correlation": COLORS["ResNet"]},
                      ends=(-1, 1), log=False, title="rank correlation with time", name_px=140),
        name="fig-what-predicts",
        rows=rows,
        finding=finding,
        controls={
            "batch": widgets.ToggleButtons(options=batches, description="Images in a batch")
        },
        caption=(
            "How alike two rankings of the networks are, by their time and by what is counted or "
            "predicted: 1 is the same order, 0 no likeness, −1 the reverse. The lines hold "
            "nineteen in twenty of the values that you get by drawing networks anew from these. "
            "Notice how wide they are."
        ),
        columns={"name": "Quantity", "value": "Correlation", "low": "From", "high": "To"},
    )  # fmt: skip


def layer_roofline(measure: Measure, layers: pd.DataFrame, machine: Machine) -> LiveFigure:
    """The layers of a network as they were timed, under the roof of the machine that timed them.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    layers : pandas.DataFrame
        As `experiments.inference_time` writes it, at one batch.
    machine : Machine
        Fitted by `experiments.roofline_fit`.

    Returns
    -------
    LiveFigure
    """
    measured = measured_once(measure)
    (batch,) = set(layers["batch"])
    found: dict[str, dict[str, float]] = {}
    for line in layers.to_dict("records"):
        found.setdefault(line["network"], {})[line["layer"]] = line["milliseconds"]

    def rows(network: str) -> list[dict[str, Any]]:
        timed = found[network]
        parts: dict[str, list[LayerCost]] = {}
        for row in measured(LAYERED[network], IMAGE).layers:
            parts.setdefault(row.name, []).append(row)
        lines = []
        for name, own in parts.items():
            works = works_of(own)
            moved = sum(bytes_moved(work, batch) for work in works)
            done = batch * sum(map(_operations, own))
            if timed.get(name, 0) <= 0 or not moved:  # a view: nothing is computed or moved
                continue
            values = {
                "intensity": done / moved,
                "speed": done / timed[name] / 1e6,
                "milliseconds": timed[name],
                "predicted": 1000 * network_seconds(works, machine, batch),
                "roof": 2 * machine.macs_per_second / 1e9,
                "slope": machine.bytes_per_second / 1e9,
            }
            lines.append({
                "name": name or "the network itself",
                "group": group_of(works),
                # More digits would make the page heavy, and show nothing.
                **{key: float(f"{value:.4g}") for key, value in values.items()},
            })  # fmt: skip
        return lines

    def finding(network: str) -> str:
        lines = rows(network)
        whole = sum(line["milliseconds"] for line in lines)
        predicted = sum(line["predicted"] for line in lines)
        # A layer's error counts by the time that it takes.
        off = sum(abs(line["predicted"] - line["milliseconds"]) for line in lines) / whole
        dense = sum(line["milliseconds"] for line in lines if line["group"] == "dense products")
        return (
            f"The {len(lines)} modules of {network} take {whole:,.1f} ms with {_images(batch)}, "
            f"{dense / whole:.0%} of that in dense products. The roofline predicts "
            f"{predicted:,.1f} ms in all; module by module it is wrong by {off:.0%} of the time."
        )

    return LiveFigure(
        roofline(groups=GROUPS, along=(0.05, 500), up=(0.05, 200)),
        name="fig-layer-roofline",
        rows=rows,
        finding=finding,
        controls={"network": widgets.Dropdown(options=list(LAYERED), description="Network")},
        caption=(
            f"Each dot is a module as it was timed with {batch} images, larger if it takes more "
            "time; operations are FLOPs here, or one for each value in a step without products. "
            "The line is the roof: bandwidth on the left, arithmetic on the right. Notice how far "
            "below it the grouped convolutions and the poolings lie."
        ),
        columns={
            "name": "Module", "group": "Group", "intensity": "Operations per byte",
            "speed": "10⁹ operations a second", "milliseconds": "Measured (ms)",
            "predicted": "Predicted (ms)",
        },
    )  # fmt: skip


def predicted_times(measure: Measure, machine: Machine, devices: pd.DataFrame) -> LiveFigure:
    """What a roofline makes of four networks, on a machine of the reader's choice.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    machine : Machine
        Fitted by `experiments.roofline_fit`.
    devices : pandas.DataFrame
        Columns device, gflops (10⁹ 32-bit FLOPs a second), gbytes (10⁹ bytes a second).

    Returns
    -------
    LiveFigure
    """
    measured = measured_once(measure)
    works = {
        label: works_of(measured(known, IMAGE).layers) for label, known in PREDICTED.items()
    }  # fmt: skip
    menu = [HERE, SLIDERS, *devices["device"]]

    def on(device: Any, peak: Any, bandwidth: Any, launch: Any) -> Machine:
        machines = machines_of(machine, devices, launch / 1e6)
        return chosen(device, machines | {SLIDERS: by_data_sheet(peak, bandwidth, launch / 1e6)})

    def seconds(batch: Any, **machine_values: Any) -> dict[str, Any]:
        by = on(**machine_values)
        return {label: network_seconds(own, by, batch) for label, own in works.items()}

    def rows(batch: Any, **machine_values: Any) -> list[dict[str, Any]]:
        found = seconds(batch, **machine_values)
        longest = largest(found.values())
        return [
            {
                "name": label,
                "value": 1000 * each,
                "ratio": each / found["VGG-16"],
                "label": text(
                    formatted(1000 * each, ",.2f"), " ms, ",
                    formatted(each / found["VGG-16"], ".2f"), " of VGG-16",
                ),
                "axis_end": 1000 * longest,
            }
            for label, each in found.items()
        ]  # fmt: skip

    def finding(batch: Any, device: Any, peak: Any, bandwidth: Any, launch: Any) -> Any:
        values = {"device": device, "peak": peak, "bandwidth": bandwidth, "launch": launch}
        found, by = seconds(batch, **values), on(**values)
        launches = {label: len(own) * by.launch_seconds for label, own in works.items()}
        return text(
            "On ", device, ", with ", batch, where(batch == 1, " image", " images"),
            ", ResNet-50 would take ", formatted(found["ResNet-50"] / found["VGG-16"], ".2f"),
            " of VGG-16's time. Starting its operations alone takes ResNet-50 ",
            formatted(launches["ResNet-50"] / found["ResNet-50"], ".0%"),
            " of its time, VGG-16 ", formatted(launches["VGG-16"] / found["VGG-16"], ".0%"),
            ". The ridge lies at ",
            formatted(2 * by.macs_per_second / by.bytes_per_second, ".1f"), " FLOPs per byte.",
        )  # fmt: skip

    return LiveFigure(
        labeled_bars(rows=len(works), label_px=210, color=COLORS["ResNet"], name_px=100),
        name="fig-predicted-times",
        rows=rows,
        finding=finding,
        controls={
            "device": widgets.Dropdown(options=menu, value=SLIDERS, description="Machine"),
            "batch": widgets.SelectionSlider(
                options=[2**n for n in range(9)], value=1, description="Images in a batch"
            ),
            "peak": widgets.SelectionSlider(
                options=[2**n for n in range(4, 18)], value=64,
                description="Peak rate (10⁹ FLOPs a second)",
            ),
            "bandwidth": widgets.SelectionSlider(
                options=[2**n for n in range(2, 13)], value=16,
                description="Bandwidth (10⁹ bytes a second)",
            ),
            "launch": widgets.SelectionSlider(
                options=[0, 1, 2, 5, 10, 20, 50, 100], value=5,
                description="Overhead of a launch (µs)",
            ),
        },
        caption=(
            "The time of a forward pass by the roofline, in 32-bit floats: on the processor "
            "measured here, one as you set it, or with the peak and the bandwidth of a data sheet, "
            "which no program reaches (no sheet gives the launch, so there yours counts). "
            "Notice what one image costs ResNet-50 on a fast card, and how the launch changes that."
        ),
        columns={"name": "Network", "value": "Predicted (ms)", "ratio": "Ratio to VGG-16"},
        traced=True,
    )  # fmt: skip


def _dot(
    name: str, series: str, value: float | None, low: float | None, high: float | None
) -> dict[str, Any]:
    return {"name": name, "series": series, "value": value, "low": low, "high": high}


def _operations(row: LayerCost) -> int:
    """Operations on one image: FLOPs of products, a pooling's values, else one for each value."""
    work = work_of(row)
    products = 2 * (work.dense_macs + work.grouped_macs)
    values = 1
    for size in row.output_shape:
        values *= size
    return products or work.compares or (2 * values if row.kind == "batch_norm" else values)


def _images(batch: int) -> str:
    return f"{batch} image{'s' * (batch != 1)}"


def _two(number: float) -> str:
    return f"{number:.3f}" if number < 0.1 else f"{number:.2f}"
