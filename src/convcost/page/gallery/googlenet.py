"""The figure of the chapter on GoogLeNet: what an Inception module costs."""

from __future__ import annotations

from typing import Any, NamedTuple

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import conv_macs, conv_params
from convcost.page.charts import labeled_bars
from convcost.page.gallery.stages import QUANTITIES
from convcost.page.live.figure import LiveFigure

__all__ = ["inception_module"]


class Inception(NamedTuple):
    """One row of GoogLeNet's Table 1: channels of a module's layers, and its map."""

    channels_in: int
    side: int
    one: int
    reduce_three: int
    three: int
    reduce_five: int
    five: int
    pool: int


#: Szegedy et al. 2014, arXiv 1409.4842, table 1.
MODULES = {
    "3a": Inception(192, 28, 64, 96, 128, 16, 32, 32),
    "3b": Inception(256, 28, 128, 128, 192, 32, 96, 64),
    "4a": Inception(480, 14, 192, 96, 208, 16, 48, 64),
    "4b": Inception(512, 14, 160, 112, 224, 24, 64, 64),
    "4c": Inception(512, 14, 128, 128, 256, 24, 64, 64),
    "4d": Inception(512, 14, 112, 144, 288, 32, 64, 64),
    "4e": Inception(528, 14, 256, 160, 320, 32, 128, 128),
    "5a": Inception(832, 7, 256, 160, 320, 32, 128, 128),
    "5b": Inception(832, 7, 384, 192, 384, 48, 128, 128),
}

REDUCED, NAIVE = "1 × 1 first", "none"


def _layers(module: Inception, reductions: str) -> dict[str, list[tuple[int, int, int]]]:
    """Branch -> its convolutions: channels in, channels out, kernel."""
    enter = module.channels_in
    if reductions == REDUCED:
        return {
            "1 × 1": [(enter, module.one, 1)],
            "3 × 3": [(enter, module.reduce_three, 1), (module.reduce_three, module.three, 3)],
            "5 × 5": [(enter, module.reduce_five, 1), (module.reduce_five, module.five, 5)],
            "pooling": [(enter, module.pool, 1)],
        }
    return {
        "1 × 1": [(enter, module.one, 1)],
        "3 × 3": [(enter, module.three, 3)],
        "5 × 5": [(enter, module.five, 5)],
        "pooling": [],
    }


def inception_module() -> LiveFigure:
    """What each branch of an Inception module costs, with its 1 x 1 reductions and without.

    Returns
    -------
    LiveFigure
    """

    def costs(name: str, reductions: str, count: str) -> dict[str, int]:
        side = MODULES[name].side
        return {
            branch: sum(
                conv_params(*layer, bias=False)
                if count == "params"
                else conv_macs(*layer, side, side)
                for layer in layers
            )
            for branch, layers in _layers(MODULES[name], reductions).items()
        }

    def rows(module: str, reductions: str, count: str) -> list[dict[str, Any]]:
        axis_end = max(max(costs(module, kind, count).values()) for kind in (REDUCED, NAIVE))
        return [
            {
                "name": branch,
                "value": value,
                "label": units.count(value),
                "axis_end": axis_end,
            }
            for branch, value in costs(module, reductions, count).items()
        ]

    def finding(module: str, reductions: str, count: str) -> str:
        here, dims = MODULES[module], MODULES[module].side
        reduced, naive = (sum(costs(module, kind, count).values()) for kind in (REDUCED, NAIVE))
        what = "weights" if count == "params" else QUANTITIES[count]
        out = here.one + here.three + here.five
        out += here.pool if reductions == REDUCED else here.channels_in
        this, other = (reduced, naive) if reductions == REDUCED else (naive, reduced)
        compared = "without them it would be" if reductions == REDUCED else "with them it is"
        return (
            f"Inception {module}, on a map of {dims} × {dims}, "
            f"{'with' if reductions == REDUCED else 'without'} its reductions: {here.channels_in} "
            f"channels come in, {out} go out, for {units.count(this)} {what}; {compared} "
            f"{units.count(other)}."
        )

    return LiveFigure(
        labeled_bars(rows=4, label_px=80),
        name="fig-inception-module",
        rows=rows,
        finding=finding,
        controls={
            "module": widgets.Dropdown(
                options=[(f"Inception {name}", name) for name in MODULES], value="3a",
                description="Module",
            ),
            "reductions": widgets.ToggleButtons(
                options=[REDUCED, NAIVE], value=REDUCED, description="Reductions"
            ),
            "count": widgets.ToggleButtons(
                options=[("Weights", "params"), ("Multiply-adds", "macs")], value="params",
                description="Count",
            ),
        },
        caption=(
            "What each branch of an Inception module costs, its own 1 × 1 layer included. Notice "
            "what happens to the 5 × 5 branch without its reduction, and how many channels go out "
            "then."
        ),
        columns={"name": "Branch", "value": "Count"},
    )  # fmt: skip
