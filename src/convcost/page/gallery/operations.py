"""Figures of the chapter on counting operations."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import conv_macs, conv_output_size, conv_params
from convcost.page.charts import labeled_bars, product_bars
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import RESNET, TORCHVISION, VGG, Measure, Network, measured_once
from convcost.page.gallery.shared_controls import IMAGES, channel_slider, image_slider
from convcost.page.gallery.stages import HALVINGS, HEAD, by_halvings, share_rows
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text

__all__ = ["convolution_operations", "network_totals", "work_shares"]


def convolution_operations() -> LiveFigure:
    """Multiply-adds of one convolution as a product: values of the output, times work for each.

    Returns
    -------
    LiveFigure
    """
    colors = {
        "values put out": COLORS["ResNet"],
        "MACs for each": COLORS["accent"],
        "MACs in all": COLORS["VGG"],
    }

    def parts(image: Any, kernel: Any, stride: Any, channels: Any) -> tuple[Any, Any, Any, Any]:
        # Padding keeps the map's size at stride 1, for odd kernels.
        out = conv_output_size(image, kernel, stride, padding=(kernel - 1) // 2)
        return (
            out,
            channels * out * out,
            conv_macs(channels, 1, kernel, 1, 1),
            conv_macs(channels, channels, kernel, out, out),
        )

    def rows(image: Any, kernel: Any, stride: Any, channels: Any) -> list[dict[str, Any]]:
        _, values, each, macs = parts(image, kernel, stride, channels)
        spans = ((1, values), (values, macs), (1, macs))
        return [
            {
                "name": name,
                "start": start,
                "end": end,
                "value": number,
                "label": formatted(number, ","),
            }
            for name, (start, end), number in zip(colors, spans, (values, each, macs), strict=True)
        ]

    def finding(image: Any, kernel: Any, stride: Any, channels: Any) -> Any:
        out, values, each, macs = parts(image, kernel, stride, channels)
        weights = conv_params(channels, channels, kernel, bias=False)
        return text(
            "The layer puts out ", channels, " maps of ", out, " × ", out, ", so ",
            formatted(values, ","), " values, each worth ", formatted(each, ","),
            " multiply-adds: ", formatted(macs, ","), " MACs, or ", formatted(2 * macs, ","),
            " FLOPs. Each of the ", formatted(weights, ","), " weights is used ",
            formatted(out * out, ","), " times.",
        )  # fmt: skip

    return LiveFigure(
        product_bars(colors=colors, axis_end=10**12),
        name="fig-convolution-operations",
        rows=rows,
        finding=finding,
        controls={
            "image": widgets.IntSlider(
                value=56, min=8, max=224, step=8, description="Input height and width"
            ),
            "kernel": widgets.IntSlider(
                value=3, min=1, max=7, step=2, description="Kernel height and width"
            ),
            "stride": widgets.IntSlider(value=1, min=1, max=4, description="Stride"),
            "channels": channel_slider(64, "Channels in and out"),
        },
        caption=(
            "Multiply-adds of one convolution, padded to keep its map's size at stride 1, as a "
            "product on a logarithmic scale: the two factors laid end to end are as long as the "
            "product. Notice which of the two each number of the layer moves."
        ),
        columns={"name": "Quantity", "value": "Number"},
        traced=True,
    )


def network_totals(measure: Measure) -> LiveFigure:
    """Multiply-adds of VGG and ResNet networks at any image size, as MACs or as FLOPs.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    measured = measured_once(measure)

    def macs(label: str, image: int) -> int:
        return measured(TORCHVISION[label].model, image).macs

    def rows(image: int, unit: int) -> list[dict[str, Any]]:
        ranked = sorted(TORCHVISION, key=lambda label: macs(label, image), reverse=True)
        return [
            {
                "name": label,
                "value": unit * macs(label, image),
                "label": units.count(unit * macs(label, image)),
                "axis_end": unit * max(macs(other, IMAGES[-1]) for other in TORCHVISION),
                "family": TORCHVISION[label].family.name,
            }
            for label in ranked
        ]

    def finding(image: int, unit: int) -> str:
        name = "FLOPs" if unit == 2 else "MACs"
        deepest, vgg = macs("ResNet-152", image), macs("VGG-16", image)
        return (
            f"For an image of {image} × {image} pixels, VGG-16 needs {units.count(unit * vgg)} "
            f"{name} and ResNet-152 {units.count(unit * deepest)}: {deepest / vgg:.0%} of that, "
            f"with {152 / 16:.1f} times as many layers."
        )

    return LiveFigure(
        labeled_bars(rows=len(TORCHVISION), domain=[VGG.name, RESNET.name]),
        name="fig-network-totals",
        rows=rows,
        finding=finding,
        controls={
            "unit": widgets.ToggleButtons(
                options=[("MACs", 1), ("FLOPs (2 × MACs)", 2)], value=1, description="Count in"
            ),
            "image": image_slider(),
        },
        caption=(
            "Operations for one image, the most expensive network on top. Notice that doubling the "
            "image's side makes every bar about four times as long, and that the order hardly "
            "changes."
        ),
        columns={"name": "Network", "value": "Operations"},
    )


def work_shares(measure: Measure, networks: Sequence[Network]) -> LiveFigure:
    """Where a network does its multiply-adds: by the size of the map, and the head.

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
    def stages(network: str, image: int) -> dict[int | str, int]:
        return by_halvings(measured(choices[network].model, image).layers, image, "macs")

    def rows(network: str, image: int) -> list[dict[str, Any]]:
        # One scale for all networks and sizes, so that what grows is seen to grow.
        axis_end = max(max(stages(other, IMAGES[-1]).values()) for other in choices)
        return share_rows(choices[network], stages(network, image), image, axis_end)

    def finding(network: str, image: int) -> str:
        found = stages(network, image)
        total = sum(found.values())
        large = sum(found.get(group, 0) for group in HALVINGS[:3])
        return (
            f"{network} does {units.count(total)} multiply-adds for an image of {image} × {image}: "
            f"{large / total:.0%} of them on maps of {image // 4} × {image // 4} and larger, "
            f"{found[HEAD] / total:.1%} in the head."
        )

    return LiveFigure(
        labeled_bars(
            rows=len(HALVINGS) + 1, domain=[VGG.name, RESNET.name], label_px=120, name_px=70
        ),
        name="fig-work-shares",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(options=list(choices), description="Network"),
            "image": image_slider(),
        },
        caption=(
            "Multiply-adds by the size of the map that a layer puts out; all networks and sizes "
            "share one scale. Notice that VGG does most of its work on large maps and ResNet on "
            "small ones, and that the head's bar stays as it is while the image grows."
        ),
        columns={"name": "Map", "value": "Multiply-adds", "share": "Share"},
    )
