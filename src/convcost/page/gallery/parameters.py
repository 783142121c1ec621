"""Figures of the chapter on counting parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import conv_params
from convcost.page.charts import labeled_bars, product_bars
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import (
    PLAIN,
    RESNET,
    TORCHVISION,
    VGG,
    Measure,
    Network,
    measured_once,
)
from convcost.page.gallery.shared_controls import channel_slider
from convcost.page.gallery.stages import HALVINGS, HEAD, QUANTITIES, by_halvings, share_rows
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text

if TYPE_CHECKING:
    from convcost.cost import LayerCost

__all__ = ["convolution_parameters", "layer_ledger", "parameter_shares"]

KINDS = {"conv": "convolution", "linear": "linear layer"}


def convolution_parameters() -> LiveFigure:
    """Parameters of one convolution with bias, as a product.

    Returns
    -------
    LiveFigure
    """
    colors = {
        "kernel": COLORS["plain"],
        "channels in": COLORS["ResNet"],
        "channels out": COLORS["accent"],
        "weights": COLORS["VGG"],
        "biases": COLORS["VGG"],
    }

    def parts(kernel: Any, in_channels: Any, out_channels: Any) -> tuple[Any, Any]:
        weights = conv_params(in_channels, out_channels, kernel, bias=False)
        return weights, conv_params(in_channels, out_channels, kernel) - weights

    def rows(kernel: Any, in_channels: Any, out_channels: Any) -> list[dict[str, Any]]:
        weights, biases = parts(kernel, in_channels, out_channels)
        window = kernel * kernel
        spans = (
            (1, window, window),
            (window, window * in_channels, in_channels),
            (window * in_channels, weights, out_channels),
            (1, weights, weights),
            (1, biases, biases),
        )
        return [
            {
                "name": name,
                "start": start,
                "end": end,
                "value": number,
                "label": formatted(number, ","),
            }
            for name, (start, end, number) in zip(colors, spans, strict=True)
        ]

    def finding(kernel: Any, in_channels: Any, out_channels: Any) -> Any:
        weights, biases = parts(kernel, in_channels, out_channels)
        return text(
            kernel, " × ", kernel, " × ", in_channels, " × ", out_channels, " = ",
            formatted(weights, ","), " weights and ", biases, " biases, one in ",
            formatted(kernel * kernel * in_channels + 1, ","), " of the ",
            formatted(weights + biases, ","), " parameters.",
        )  # fmt: skip

    return LiveFigure(
        product_bars(colors=colors, axis_end=2 * 10**7),
        name="fig-convolution-parameters",
        rows=rows,
        finding=finding,
        controls={
            "kernel": widgets.IntSlider(
                value=3, min=1, max=7, step=2, description="Kernel height and width"
            ),
            "in_channels": channel_slider(64, "Channels in"),
            "out_channels": channel_slider(128, "Channels out"),
        },
        caption=(
            "Parameters of one convolution as a product, on a logarithmic scale: the factors laid "
            "end to end are as long as their product, and half as long a bar may be a tiny part. "
            "Notice that the image's size is not among the factors, and how few of the parameters "
            "are biases, by the sentence rather than by their bar."
        ),
        columns={"name": "Quantity", "value": "Number"},
        traced=True,
    )


def layer_ledger(measure: Measure, quantity: str) -> LiveFigure:
    """VGG-16, one layer after the other: what it holds or does, and what has come together.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    quantity : str
        What to add up: "params" or "macs".

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If the quantity is another one.
    """
    if quantity not in ("params", "macs"):
        raise ValueError(f"quantity={quantity!r}: layer_ledger adds up 'params' or 'macs'")
    network = TORCHVISION["VGG-16"]
    layers = [row for row in measure(network.model, (1, 3, 224, 224)).layers if row.kind in KINDS]
    values = [getattr(row, quantity) for row in layers]

    def product(row: LayerCost) -> str:
        into, out = row.input_shape[1], row.output_shape[1]
        factors = [*row.kernel, into, out]
        if quantity == "macs":
            factors += row.output_shape[2:]
        written = " × ".join(map(str, factors))
        return f"{written} + {out}" if quantity == "params" else written

    def rows(added: int) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{number}: {row.kind} {row.output_shape[1]}",
                "by_hand": product(row),
                "value": value,
                "label": units.count(value),
                "axis_end": max(values),
                "family": network.family.name if number <= added else PLAIN.name,
            }
            for number, (row, value) in enumerate(zip(layers, values, strict=True), start=1)
        ]

    def finding(added: int) -> str:
        row, value, total = layers[added - 1], values[added - 1], sum(values)
        so_far = sum(values[:added])
        verb = "hold" if quantity == "params" else "do"
        together = (
            f"The first {added} {verb} {units.count(so_far)}, {so_far / total:.1%} of all."
            if added < len(layers)
            else f"With it, the sum is complete: {total:,}."
        )
        return (
            f"Layer {added}, a {KINDS[row.kind]}: {product(row)} = {value:,} "
            f"{QUANTITIES[quantity]}. {together}"
        )

    notice = {
        "params": "Notice how little the convolutions hold, and which layer holds most.",
        "macs": "Notice that the fourteenth layer, with the most parameters, does next to nothing.",
    }
    return LiveFigure(
        labeled_bars(rows=len(layers), domain=[network.family.name, PLAIN.name], label_px=80),
        name=f"fig-ledger-{quantity}",
        rows=rows,
        finding=finding,
        controls={
            "added": widgets.IntSlider(
                value=3, min=1, max=len(layers), description="Layers added up"
            )
        },
        caption=(
            f"{QUANTITIES[quantity].capitalize()} of VGG-16's layers, for an image of 224 × 224; "
            f"the colored ones are added up. {notice[quantity]}"
        ),
        columns={"name": "Layer", "by_hand": "By hand", "value": QUANTITIES[quantity].capitalize()},
        plays="added",
    )


def parameter_shares(measure: Measure, networks: Sequence[Network]) -> LiveFigure:
    """Where a network keeps its parameters: by the size of the map, and the head.

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
    image = 224
    measured = measured_once(measure)
    choices = {network.label: network for network in networks}

    def stages(network: str) -> dict[int | str, int]:
        return by_halvings(measured(choices[network].model, image).layers, image, "params")

    def rows(network: str) -> list[dict[str, Any]]:
        found = stages(network)
        return share_rows(choices[network], found, image, axis_end=max(found.values()))

    def finding(network: str) -> str:
        found = stages(network)
        total = sum(found.values())
        return (
            f"{network} has {units.count(total)} parameters; its head holds "
            f"{units.count(found[HEAD])} of them, {found[HEAD] / total:.1%}."
        )

    return LiveFigure(
        labeled_bars(
            rows=len(HALVINGS) + 1, domain=[VGG.name, RESNET.name], label_px=120, name_px=70
        ),
        name="fig-parameter-shares",
        rows=rows,
        finding=finding,
        controls={"network": widgets.Dropdown(options=list(choices), description="Network")},
        caption=(
            "Parameters by the size of the map that a layer puts out; the bars share one scale "
            "within a network. Notice how the head shrinks when VGG-16 pools its last maps first."
        ),
        columns={"name": "Map", "value": "Parameters", "share": "Share"},
    )
