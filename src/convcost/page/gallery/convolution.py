"""Figures of one convolution: its parameters and its operations, as closed forms."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from convcost.arithmetic import (
    conv_macs,
    conv_output_size,
    conv_params,
)
from convcost.page.charts import COLORS, product_bars
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text

__all__ = ["convolution_operations", "convolution_parameters"]


def _channels(value: int, description: str) -> widgets.IntSlider:
    return widgets.IntSlider(value=value, min=16, max=512, step=16, description=description)


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
            formatted(weights, ","), " weights, and ", biases, " biases: ",
            formatted(weights + biases, ","), " parameters.",
        )  # fmt: skip

    return LiveFigure(
        product_bars(colors=colors, reach=2 * 10**7),
        name="fig-convolution-parameters",
        rows=rows,
        finding=finding,
        controls={
            "kernel": widgets.IntSlider(
                value=3, min=1, max=7, step=2, description="Kernel height and width"
            ),
            "in_channels": _channels(64, "Channels in"),
            "out_channels": _channels(128, "Channels out"),
        },
        caption=(
            "Parameters of one convolution as a product, on a logarithmic scale: the factors laid "
            "end to end are as long as their product. Notice that the image's size is not among "
            "the sliders, and how short the biases are beside the weights."
        ),
        columns={"name": "Quantity", "value": "Number"},
        traced=True,
    )


def convolution_operations() -> LiveFigure:
    """Multiply-adds of one convolution as a product: values put out, times work for each.

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
        product_bars(colors=colors, reach=10**12),
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
            "channels": _channels(64, "Channels in and out"),
        },
        caption=(
            "Multiply-adds of one convolution, padded to keep its map's size at stride 1, as a "
            "product on a logarithmic scale: the two factors laid end to end are as long as the "
            "product. Notice which of the two each slider moves."
        ),
        columns={"name": "Quantity", "value": "Number"},
        traced=True,
    )
