"""Figures of the chapter on VGG."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets
import pandas as pd

from convcost import units
from convcost.page.charts import labeled_dots, layer_shapes
from convcost.page.charts.look import COLORS
from convcost.page.drawing import Part, outline
from convcost.page.gallery.cast import VGG, Measure, Network
from convcost.page.gallery.shared_controls import quantity_switch
from convcost.page.gallery.stages import QUANTITIES
from convcost.page.live.figure import LiveFigure

__all__ = ["vgg_errors", "vgg_shapes"]

CONFIGURATIONS = {
    "A": Network("A (11 layers)", "paper/vgg-a", VGG),
    "A-LRN": Network("A-LRN (11 layers)", "paper/vgg-a-lrn", VGG),
    "B": Network("B (13 layers)", "paper/vgg-b", VGG),
    "C": Network("C (16 layers, three of them 1 × 1)", "paper/vgg-c", VGG),
    "D": Network("D (16 layers): VGG-16", "paper/vgg-d", VGG),
    "E": Network("E (19 layers): VGG-19", "paper/vgg-e", VGG),
}
"""Column of the paper's table 1 -> its network."""


#: Pixels between two layers, and between two stages.
NEAR, FAR = 2, 10

#: A linear layer is drawn so many pixels wide.
VECTOR = 8


def vgg_shapes(measure: Measure) -> LiveFigure:
    """The six columns of VGG's Table 1 as stacks of maps, and what each layer costs.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    image = 224
    costs = {
        letter: measure(network.model, (1, 3, image, image)).layers
        for letter, network in CONFIGURATIONS.items()
    }

    @functools.cache
    def layers(letter: str) -> list[Part]:
        return [part for part in outline(costs[letter]).parts if part.kind != "pool"]

    @functools.cache
    def counted(letter: str, count: str) -> dict[str, int]:
        return {row.name: getattr(row, count) for row in costs[letter]}

    @functools.cache
    def places(letter: str) -> list[dict[str, Any]]:
        before, gaps, side = 0, 0, image
        found: list[dict[str, Any]] = []
        for part in layers(letter):
            wide = part.channels if part.side else 0
            starts = part.side != side or not found
            gaps += 0 if not found else FAR if starts else NEAR
            found.append(
                {
                    "before": before,
                    "wide": wide,
                    "gaps": gaps,
                    "tall": part.side / image if part.side else 0.6 * part.channels / 4096,
                    "state": "vector" if not part.side else "faint map" if part.kernel == 1
                    else "map",
                    "title": f"{part.side}" if starts and part.side else "",
                }
            )  # fmt: skip
            before, side = before + wide, part.side
            gaps += 0 if part.side else VECTOR
        return found

    longest = places("E")
    extent = {
        "channels": sum(place["wide"] for place in longest),
        "all_gaps": longest[-1]["gaps"] + VECTOR,
    }

    def rows(network: str, count: str) -> list[dict[str, Any]]:
        most = max(max(counted(other, count).values()) for other in CONFIGURATIONS)
        costs = counted(network, count)
        costliest = max(costs, key=lambda name: costs[name])
        return [
            place
            | extent
            | {
                "name": _layer_name(part, number),
                "kernel": f"{part.kernel} × {part.kernel}" if part.kernel else "–",
                "value": costs[part.name],
                "share": costs[part.name] / most,
                "label": units.count(costs[part.name]) if part.name == costliest else "",
            }
            for number, (part, place) in enumerate(
                zip(layers(network), places(network), strict=True), start=1
            )
        ]

    def finding(network: str, count: str) -> str:
        total = sum(counted(network, count).values())
        convolutions = [part for part in layers(network) if part.side]
        inside = sum(counted(network, count)[part.name] for part in convolutions)
        ones = sum(part.kernel == 1 for part in convolutions)
        kernels = f", {ones} of them 1 × 1," if ones else ""
        return (
            f"Configuration {network}: {len(convolutions)} convolutions{kernels} and "
            f"{len(layers(network)) - len(convolutions)} linear layers with {units.count(total)} "
            f"{QUANTITIES[count]}, {inside / total:.1%} of them in the convolutions."
        )

    return LiveFigure(
        layer_shapes(color=COLORS["VGG"]),
        name="fig-vgg-shapes",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(
                options=[(column.label, letter) for letter, column in CONFIGURATIONS.items()],
                value="D", description="Configuration",
            ),
            "count": quantity_switch("macs"),
        },
        caption=(
            "Standing: each convolution's output map, as tall as the map (its height and width are "
            "above each stage) and as wide as it has channels; 1 × 1 convolutions are faint, "
            "linear layers are outlined and not to scale. Hanging: what each layer costs, all on "
            "one scale; the costliest shows its number. Notice which layers hang lower by "
            "parameters than by multiply-adds."
        ),
        columns={"name": "Layer", "kernel": "Kernel", "value": "Count"},
    )  # fmt: skip


_VARIED = "train=256-512 test=256,384,512"

#: How the networks of a column of errors were trained and tested, as published.csv names it.
SETTINGS = {
    "trained at 256, tested at 256": ("table 3", "train=256 test=256"),
    "trained at 256, tested at three sizes": ("table 4", "train=256 test=224,256,288"),
    "trained at 384, tested at 384": ("table 3", "train=384 test=384"),
    "trained at 384, tested at three sizes": ("table 4", "train=384 test=352,384,416"),
    "trained at 256 to 512, tested at 384": ("table 3", "train=256-512 test=384"),
    "trained at 256 to 512, tested at three sizes": ("table 4", _VARIED),
    "the same, many crops of each image": ("table 5", f"{_VARIED} multi-crop"),
    "the same, crops and whole images": ("table 5", f"{_VARIED} multi-crop and dense"),
}


def vgg_errors(published: pd.DataFrame, measure: Measure) -> LiveFigure:
    """What each configuration got wrong, in the paper's tables 3 to 5, beside its cost.

    Parameters
    ----------
    published : pandas.DataFrame
        Rows of published.csv with VGG's errors: ``place``, ``printed_name``, ``options``,
        ``quantity`` and ``printed``.
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    table = {
        ((row.place, row.options), row.quantity, row.printed_name): float(row.printed)
        for row in published.itertuples()
    }
    macs = {
        letter: measure(network.model, (1, 3, 224, 224)).macs
        for letter, network in CONFIGURATIONS.items()
    }
    ends = {"top1_error": (24, 30), "top5_error": (7, 11)}
    words = {"top1_error": "top-1", "top5_error": "top-5"}

    def rows(setting: str, error: str) -> list[dict[str, Any]]:
        low, high = ends[error]
        found = {letter: table.get((SETTINGS[setting], error, letter)) for letter in macs}
        return [
            {
                "name": f"{letter}, {units.macs(macs[letter])}",
                "value": value,
                "label": "not in the table" if value is None else f"{value:.1f}%",
                "low": low,
                "high": high,
            }
            for letter, value in found.items()
        ]

    def finding(setting: str, error: str) -> str:
        d, e = (table[SETTINGS[setting], error, letter] for letter in "DE")
        c = table.get((SETTINGS[setting], error, "C"))  # table 5 leaves it out
        gain = round(d - e, 1)
        word = (
            f"{gain:.1f} points better than"
            if gain > 0
            else f"{-gain:.1f} points worse than"
            if gain < 0
            else "no better than"
        )
        sentence = (
            f"{setting.capitalize()}: E (19 layers) has a {words[error]} error of {e:.1f}%, {word} "
            f"D (16 layers) with {d:.1f}%."
        )
        return sentence if c is None else f"{sentence} C, as deep as D, has {c:.1f}%."

    return LiveFigure(
        labeled_dots(rows=len(macs), color=COLORS["VGG"]),
        name="fig-vgg-errors",
        rows=rows,
        finding=finding,
        controls={
            "setting": widgets.Dropdown(
                options=list(SETTINGS), description="Image's shorter side (pixels)"
            ),
            "error": widgets.ToggleButtons(
                options=[("Top-1", "top1_error"), ("Top-5", "top5_error")], value="top1_error",
                description="Error",
            ),
        },
        caption=(
            "Error of a single network on the validation images, as the paper's tables 3, 4 and 5 "
            "print it, beside its multiply-adds for one image of 224 × 224; the axis does not "
            "begin at zero. Notice how close D and E are, and which is ahead in which setting."
        ),
        columns={"name": "Configuration", "value": "Error (%)"},
    )  # fmt: skip


def _layer_name(part: Part, number: int) -> str:
    if not part.side:
        return f"{number}: linear, {part.channels:,}"
    return f"{number}: {part.channels} at {part.side} × {part.side}"
