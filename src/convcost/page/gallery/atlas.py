"""All networks of the catalogue in one chart: any cost against any other, or against accuracy."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import pandas as pd

from convcost import units
from convcost.page.charts import labeled_dots, network_scatter
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import TORCHVISION
from convcost.page.gallery.stages import QUANTITIES
from convcost.page.live.figure import LiveFigure

__all__ = ["atlas", "front", "recipes"]

ACCURACY = "top1_percent"
OWN = "each its own"
SIZES = (64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448)
CONTEST = "VGG and ResNet"

#: Networks that the finding compares: as a reader calls them -> as the table does.
COMPARED = {label: str(TORCHVISION[label].model) for label in ("VGG-16", "ResNet-50")}


def front(costs: Sequence[float | None], gains: Sequence[float | None]) -> list[bool]:
    """Say which of many are best: no other is as good in both, and better in one.

    Parameters
    ----------
    costs : sequence of float or None
        The less the better; None takes no part.
    gains : sequence of float or None
        The more the better; None takes no part.

    Returns
    -------
    list of bool
        The Pareto front; of several that agree in both the first.
    """
    taking_part = [
        (cost, -gain, number)
        for number, (cost, gain) in enumerate(zip(costs, gains, strict=True))
        if cost is not None and gain is not None
    ]
    best = math.inf
    on_front = [False] * len(costs)
    for _, loss, number in sorted(taking_part):
        if loss < best:
            best = loss
            on_front[number] = True
    return on_front


def atlas(table: pd.DataFrame) -> LiveFigure:
    """All networks as points: one cost along, another or the accuracy up.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows of ``book/data/atlas.csv``: one for each network and input size.

    Returns
    -------
    LiveFigure
    """
    sizes = {OWN: 0, **{str(size): size for size in SIZES}}
    ups = {
        "Top-1 accuracy": ACCURACY,
        **{QUANTITIES[cost].capitalize(): cost for cost in QUANTITIES},
    }
    families = [CONTEST, *dict.fromkeys(table["family"])]
    networks = functools.cache(lambda size: _at_size(table, size))

    def on_front(along: str, up: str, image: int) -> list[bool]:
        gain = 1 if up == ACCURACY else -1
        fit = [row if row["fits"] else {} for row in networks(image)]
        gains = [None if row.get(up) is None else gain * row[up] for row in fit]
        return front([row.get(along) for row in fit], gains)

    def rows(along: str, up: str, image: int) -> list[dict[str, Any]]:
        marks = on_front(along, up, image)
        return [{**row, "front": mark} for row, mark in zip(networks(image), marks, strict=True)]

    def finding(along: str, up: str, image: int) -> str:
        if along == up:
            return f"Both axes show {QUANTITIES[along]}: choose something else for one of them."
        marks = on_front(along, up, image)
        best = [row for row, mark in zip(networks(image), marks, strict=True) if mark]
        best.sort(key=lambda row: row[along])
        first, last = best[0], best[-1]
        by_name = {row["name"]: row for row in networks(image)}
        compared = "; ".join(
            f"{label} has {_values(by_name[name], along, up)}" for label, name in COMPARED.items()
        )
        ends = [f"{row['name']} ({_values(row, along, up)})" for row in (first, last)]
        if first is last:
            return f"{ends[0]} alone is on the front. {compared}."
        return f"{len(best)} networks are on the front, from {' to '.join(ends)}. {compared}."

    return LiveFigure(
        network_scatter(
            quantities=QUANTITIES,
            accuracy=ACCURACY,
            families=families,
            always_named=list(COMPARED.values()),
        ),
        name="fig-atlas",
        rows=rows,
        finding=finding,
        controls={
            "up": widgets.Dropdown(options=list(ups.items()), description="Up"),
            "along": widgets.Dropdown(
                options=[(QUANTITIES[cost].capitalize(), cost) for cost in QUANTITIES],
                value="macs",
                description="Along",
            ),
            "image": widgets.SelectionSlider(
                options=list(sizes.items()), description="Image height and width (pixels)"
            ),
        },
        chart_controls={
            "family": widgets.Dropdown(options=families, index=0, description="Family to mark"),
            "search": widgets.Combobox(
                options=list(dict.fromkeys(table["name"])),
                placeholder="part of a name",
                description="Network to find",
            ),
            "axes": widgets.ToggleButtons(options=["log", "linear"], description="Axes of costs"),
        },
        caption=(
            "Every network of this book by two of its costs, or by a cost and the accuracy "
            "published for its first weights, whatever their recipe (see the table). VGG networks "
            "are squares and ResNets diamonds, until you mark another family. The line joins the "
            "front: no other network is better both ways. A network that does not take the chosen "
            "size is hollow. Notice how far VGG is from the front, and where the front begins to "
            "cost much for little."
        ),
        columns={
            "name": "Network", "family": "Family", "year": "Year", "params": "Parameters",
            "macs": "Multiply-adds", "activations": "Activations", ACCURACY: "Top-1 (%)",
            "weights": "Weights", "recipe": "Recipe", "note": "Note",
        },
    )  # fmt: skip


#: Networks that torchvision trained by both recipes: as a reader calls them -> by name.
TRAINED_TWICE = {
    "MobileNet V2": "mobilenet_v2",
    "ResNet-50": "resnet50",
    "ResNet-101": "resnet101",
    "ResNet-152": "resnet152",
    "ResNeXt-50 32x4d": "resnext50_32x4d",
    "ResNeXt-101 32x8d": "resnext101_32x8d",
    "Wide ResNet-50-2": "wide_resnet50_2",
    "Wide ResNet-101-2": "wide_resnet101_2",
}


def recipes(published: Mapping[tuple[str, str], float]) -> LiveFigure:
    """The same networks, trained by a simple recipe and by torchvision's of 2021.

    Parameters
    ----------
    published : mapping
        A network and a recipe, as :func:`convcost.architectures.catalogue.accuracies` has them ->
        the top-1 accuracy, in percent.

    Returns
    -------
    LiveFigure
    """
    options = {"simple": "simple", "new (2021)": "new"}
    low, high = 70, 84

    def accuracy(label: str, recipe: str) -> float:
        return published[TRAINED_TWICE[label], options[recipe]]

    def rows(recipe: str) -> list[dict[str, Any]]:
        return [
            {
                "name": label,
                "value": accuracy(label, recipe),
                "label": f"{accuracy(label, recipe):.1f}%",
                "low": low,
                "high": high,
            }
            for label in TRAINED_TWICE
        ]

    def finding(recipe: str) -> str:
        deep, shallow = (accuracy(label, recipe) for label in ("ResNet-152", "ResNet-50"))
        by_recipe = accuracy("ResNet-50", "new (2021)") - accuracy("ResNet-50", "simple")
        return (
            f"By the {recipe} recipe ResNet-50 reaches {shallow:.1f}%, and ResNet-152 "
            f"{deep:.1f}%, {deep - shallow:.1f} points more. A change of recipe alone moves "
            f"ResNet-50 by {by_recipe:.1f} points."
        )

    return LiveFigure(
        labeled_dots(rows=len(TRAINED_TWICE), color=COLORS["ResNet"], label_px=60),
        name="fig-recipes",
        rows=rows,
        finding=finding,
        controls={
            "recipe": widgets.ToggleButtons(
                options=list(options), value="simple", description="Recipe"
            ),
        },
        caption=(
            "Top-1 accuracy of torchvision's weights, for eight networks that were trained twice; "
            "the axis does not begin at zero. Notice that a better recipe moves all of them, some "
            "by more than any two of the ResNets differ, but MobileNet hardly at all."
        ),
        columns={"name": "Network", "value": "Top-1 (%)"},
    )  # fmt: skip


def _at_size(table: pd.DataFrame, size: int) -> list[dict[str, Any]]:
    """Return one row for each network: at a size, or 0 for its own, or why it is not."""
    own = table[table["input_size"] == table["default_input_size"]].set_index("name")
    chosen = own if size == 0 else table[table["input_size"] == size].set_index("name")
    rows = []
    for name, home in own.iterrows():
        here = chosen.loc[name]
        fits = not isinstance(here["reason"], str)
        one_size = not fits and "only" in here["reason"]
        shown = here if fits else home
        counted = fits or one_size
        rows.append(
            {
                "name": name,
                "family": home["family"],
                "year": str(home["year"]),  # not 2,015
                "params": int(shown["params"]),
                "macs": int(shown["macs"]) if counted else None,
                "activations": int(shown["activations"]) if counted else None,
                ACCURACY: None if pd.isna(home[ACCURACY]) else float(home[ACCURACY]),
                "weights": "–" if pd.isna(home["weights"]) else home["weights"],
                "recipe": "–" if pd.isna(home["recipe"]) else home["recipe"],
                "fits": fits,
                "note": "–" if fits else here["reason"],
            }
        )
    return rows


def _values(row: dict[str, Any], along: str, up: str) -> str:
    gained = f"{row[up]:.1f}%" if up == ACCURACY else f"{units.count(row[up])} {QUANTITIES[up]}"
    return f"{gained} for {units.count(row[along])} {QUANTITIES[along]}"
