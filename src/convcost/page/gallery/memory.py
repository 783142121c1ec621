"""Figures of the chapter on memory: a step of training, and a total that is not one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from convcost import units
from convcost.memory import FLOATS, OPTIMIZER_VALUES
from convcost.page.charts import labeled_bars, stacked_columns
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import PLAIN, VGG
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["running_total", "training_memory"]

PARTS = {
    "always": "weights and optimizer state",
    "gradients": "gradients of weights",
    "maps": "maps",
    "passing": "gradients of maps, temporaries",
}
# In the legend, which has to fit a telephone.
SHORT = {
    "always": "weights, state", "gradients": "gradients", "maps": "maps", "passing": "passing by",
}  # fmt: skip
PASSES = ("forward", "backward")
STEPS = ("a later one", "the first one", "gradients added up")
NUMBERS = ("weights", "gradients", "maps", "maps_each", "passing", "passing_each")


def training_memory(table: pd.DataFrame) -> LiveFigure:
    """What a step of training holds, from its start to its end, and where its peak is.

    Parameters
    ----------
    table : pandas.DataFrame
        As `experiments.training_steps` writes it.

    Returns
    -------
    LiveFigure
    """
    networks = [*dict.fromkeys(table["network"])]
    scenarios = [*product(networks, FLOATS, (0, 1), (0, 1))]
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for line in table.fillna({"layer": ""}).to_dict("records"):
        keys = ("network", "floats", "checkpoints", "adds", "phase", "place")
        found.setdefault(tuple(line[key] for key in keys), []).append(line)
    places = 1 + max(place for *_, phase, place in found if phase == "forward")

    def candidates(scenario: Any, phase: str, place: int) -> list[dict[str, Any]]:
        """Return the moments of a place, one of which is its highest."""
        lists = [found[*which, phase, place] for which in scenarios]
        return [
            {
                key: choose(scenario, [lines[min(n, len(lines) - 1)][key] for lines in lists])
                for key in (*NUMBERS, "layer")
            }
            for n in range(max(map(len, lists)))
        ]

    def columns(
        network: Any,
        batch: Any,
        step: Any,
        optimizer: Any,
        foreach: Any,
        floats: Any,
        checkpoints: Any,
    ) -> list[dict[str, Any]]:
        scenario = (
            choose(network, {name: 4 * len(FLOATS) * n for n, name in enumerate(networks)})
            + choose(floats, {name: 4 * n for n, name in enumerate(FLOATS)})
            + where(checkpoints, 2, 0)
            + choose(step, dict(zip(STEPS, (0, 0, 1), strict=True)))
        )
        stepping = [candidates(scenario, "optimizer", place)[0] for place in (0, 1)]
        state = stepping[0]["gradients"] * choose(optimizer, OPTIMIZER_VALUES)
        # The first step of an optimizer makes its state.
        before = state * choose(step, dict(zip(STEPS, (1, 0, 1), strict=True)))
        added = stepping[0]["gradients"] * choose(step, dict(zip(STEPS, (0, 0, 1), strict=True)))

        def column(name: str, phase: str, line: dict[str, Any], state: Any) -> dict[str, Any]:
            parts = {
                "always": line["weights"] + state,
                "gradients": line["gradients"],
                "maps": line["maps"] + batch * line["maps_each"],
                "passing": line["passing"] + batch * line["passing_each"],
            }
            held = parts["always"] + parts["gradients"] + parts["maps"] + parts["passing"]
            return {"name": name, "phase": phase, "layer": line["layer"], **parts, "held": held}

        def highest(columns: list[dict[str, Any]]) -> dict[str, Any]:
            best = columns[0]
            for other in columns[1:]:
                higher = other["held"] > best["held"]
                best = {key: where(higher, other[key], best[key]) for key in best}
            return best

        stepped = stepping[0]
        adam = choose(optimizer, {name: n == 2 for name, n in OPTIMIZER_VALUES.items()})
        room = where(adam, where(foreach, stepping[1]["passing"], stepped["passing"]), 0)
        return [
            column("start", "", {**stepped, "gradients": added, "passing": 0}, before),
            *(
                highest(
                    [
                        column(f"{phase}, {place + 1} of {places}", phase, line, before)
                        for line in candidates(scenario, phase, place)
                    ]
                )
                for phase in PASSES
                for place in range(places)
            ),
            column("optimizer", "optimizer", {**stepped, "passing": room}, state),
            column("end", "", {**stepped, "gradients": 0, "passing": 0}, state),
        ]

    def peak_of(columns: list[dict[str, Any]]) -> tuple[dict[str, Any], Any]:
        peak, at = columns[0], 0
        for place, other in enumerate(columns):
            higher = other["held"] > peak["held"]
            peak = {key: where(higher, other[key], peak[key]) for key in peak}
            at = where(higher, place, at)
        return peak, at

    def mebibytes(size: Any) -> Any:
        return text(formatted(size / 2**20, ",.1f"), " MiB")

    def rows(**values: Any) -> list[dict[str, Any]]:
        shown = columns(**values)
        peak, at = peak_of(shown)
        return [
            {
                "name": column["name"],
                "layer": column["layer"],
                **{part: column[part] for part in PARTS},
                "held": column["held"],
                "place": place,
                "highest": at == place,
                "label": mebibytes(peak["held"]),
            }
            for place, column in enumerate(shown)
        ]

    def finding(**values: Any) -> Any:
        shown = columns(**values)
        peak, _ = peak_of(shown)
        in_pass = text("in the ", peak["phase"], " pass of ", peak["layer"])
        return text(
            values["network"], " with a batch of ", values["batch"], " holds at most ",
            mebibytes(peak["held"]), ", ",
            where(peak["phase"] == "optimizer", "in the step of the optimizer", in_pass), ": ",
            mebibytes(peak["always"]), " are weights and optimizer state, ",
            mebibytes(peak["gradients"]), " gradients of weights, ",
            mebibytes(peak["maps"]), " maps, and ",
            mebibytes(peak["passing"]), " pass by. Between steps it holds ",
            mebibytes(shown[-1]["held"]), ".",
        )  # fmt: skip

    middle = places // 2
    return LiveFigure(
        stacked_columns(
            parts=SHORT,
            colors=[COLORS[role] for role in ("plain", "VGG", "ResNet", "accent")],
            marks={0: "", middle: "forward", places + middle: "backward", 2 * places + 1: "step"},
            unit=2**20,
        ),
        name="fig-training-memory",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(options=networks, description="Network"),
            "batch": widgets.SelectionSlider(
                options=[2**n for n in range(9)], value=32, description="Images in a batch"
            ),
            "step": widgets.Dropdown(options=STEPS, description="Step"),
            "optimizer": widgets.Dropdown(
                options=list(OPTIMIZER_VALUES), value="Adam", description="Optimizer"
            ),
            "foreach": widgets.Checkbox(
                value=True, description="Update all weights at once (foreach)"
            ),
            "floats": widgets.ToggleButtons(options=list(FLOATS), description="Floats"),
            "checkpoints": widgets.Checkbox(
                value=False, description="Keep the input of each stage only (checkpoints)"
            ),
        },
        caption=(
            "What a training step holds from its start (left) to its end, in MiB, on images of "
            f"224 × 224; each pass is cut into {places} pieces, each shown at its highest moment. "
            "The gradients are those of weights; what passes by is gradients of maps, and what the "
            "optimizer makes and drops. Notice where the peak lies, and what moves it."
        ),
        columns={
            "name": "Moment", "layer": "Layer",
            **{part: f"{words[0].upper()}{words[1:]} (bytes)" for part, words in PARTS.items()},
            "held": "In all (bytes)",
        },
        traced=True,
    )  # fmt: skip


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
        if added < len(table):
            return (
                f"{added} of {len(table)} rows add up to {units.count(total)} values, "
                f"{total / real:.0%} of what all rows hold, and {total / printed:.0%} of "
                f"the {printed / 1e6:.0f} M printed below them."
            )
        return (
            f"All {added} rows add up to {units.count(total)} values; the {printed / 1e6:.0f} M "
            f"printed below them are {printed / real:.1f} times as many."
        )

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
            f"up. Notice that six of the {len(table)} rows hold most of what all of them hold, and "
            "how far the whole table falls short of the total printed below it."
        ),
        columns={"name": "Row", "value": "Values"},
        plays="added",
    )
