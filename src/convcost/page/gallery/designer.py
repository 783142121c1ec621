"""The figure of the page on designing: any VGG-like or residual network, and all that it costs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from convcost.arithmetic import largest
from convcost.arithmetic.design import Design, design
from convcost.arithmetic.networks import spec_of
from convcost.arithmetic.roofline import Machine
from convcost.page.charts import network_board
from convcost.page.charts.look import COLORS
from convcost.page.gallery import _designer_setting as setting
from convcost.page.gallery import _designer_words as words
from convcost.page.gallery._designer_setting import COSTS, REFERENCES, TOTALS
from convcost.page.gallery._machines import Machines, machines_of
from convcost.page.gallery.cast import Measure, Model
from convcost.page.live.bench import Bench, Snapshot
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, text, where

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["designer"]

COLOR_OF = {"vgg": "VGG", "plain": "plain", "basic": "ResNet", "bottleneck": "ResNet"}
"""Family of the setting -> its color."""

ENDS = {
    "params": (1e4, 2e9),
    "macs": (1e6, 1e12),
    "activations": (1e4, 1e9),
    "receptive_field": (3.0, 3000.0),
    "inference_bytes": (2.0**18, 2.0**36),
    "training_bytes": (2.0**20, 2.0**42),
    "seconds": (1e-5, 1e4),
}
"""Fact of a whole network -> ends of its scale."""

#: The head has no map; it is drawn this tall, in pixels of a map.
HEAD_HEIGHT = 24


def designer(
    measure: Measure,
    fitted: Machine,
    devices: pd.DataFrame,
    mine: Mapping[str, Model] | None = None,
) -> LiveFigure:
    """Design a network by sliders, and see what it costs.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`, for what stands in `mine`.
    fitted : Machine
        By `experiments.roofline_fit`.
    devices : pandas.DataFrame
        As `convcost.page.gallery._machines.machines_of` takes it.
    mine : mapping, optional
        What you call a network of your own -> the network: it is marked beside VGG-16 and
        ResNet-50, as it is for one image of 224 x 224.

    Returns
    -------
    LiveFigure
    """
    own = []
    for model in (mine or {}).values():
        cost = measure(model, (1, 3, 224, 224))
        own.append([getattr(cost, name) for name in COSTS])
    machines = machines_of(fitted, devices)
    controls = setting.controls(machines)
    references = [design(spec_of(name)) for name in REFERENCES.values()]
    marks = {"VGG-16": COLORS["VGG"], "ResNet-50": COLORS["ResNet"]}
    marks |= dict.fromkeys(mine or {}, COLORS["ink"])

    def rows(pinned: Snapshot, **values: Any) -> list[dict[str, Any]]:
        network = setting.designed(**values)
        stages = _stage_rows(network, pinned, values)
        standing = [_totals(network, machines, values) for network in references]
        totals = _total_rows(setting.facts_of(network, machines, values), pinned, [*standing, *own])
        keys = dict.fromkeys([*stages[0], *totals[0]])
        return [{key: row.get(key) for key in keys} for row in (*stages, *totals)]

    return LiveFigure(
        network_board(
            stages=len(setting.BLOCKS) + 2,
            costs=COSTS,
            totals={title: ENDS[key] for title, key in TOTALS.items()},
            marks=marks,
            colors={name: COLORS[name] for name in ("VGG", "ResNet", "plain")},
        ),
        name="fig-designer",
        rows=rows,
        finding=functools.partial(words.finding, machines),
        controls=controls,
        caption=(
            "A network of your design, from the image (outlined) to the classes. Each slice is a "
            "block, wider with more channels, taller with a larger map; a line above it is its "
            "shortcut. Below are the costs of each stage, each cost on its own scale, and the "
            "whole network beside VGG-16 and ResNet-50 as in their papers, for 224 × 224. Notice "
            "which costs a change of yours moves, and which it leaves alone."
        ),
        columns={
            "name": "Part", "map": "Map", "channels": "Channels", "slices": "Blocks or layers",
            "params": "Parameters", "macs": "Multiply-adds", "activations": "Activations",
            "field": "Receptive field", "params_pinned": "Pinned: parameters",
            "macs_pinned": "Pinned: multiply-adds", "activations_pinned": "Pinned: activations",
            "value": "In all", "pinned": "Pinned: in all",
        },
        traced=True,
        bench=Bench(
            groups=setting.GROUPS,
            presets={label: setting.preset(name) for label, name in setting.PRESETS.items()},
            facts=functools.partial(setting.facts, machines),
            change=functools.partial(words.change, controls),
            goals=words.goals(machines),
            code=words.code,
            code_title="Show me in PyTorch",
            unused=setting.unused,
        ),
    )  # fmt: skip


def _stage_rows(
    network: Design, pinned: Snapshot, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    family = values["family"]
    shown = [stage.present * stage.fits for stage in network.stages]
    most = {cost: _most(network, shown, pinned, cost) for cost in COSTS}
    residual = (family == "basic") | (family == "bottleneck")
    rows = []
    for number, stage in enumerate(network.stages):
        there = shown[number] > 0
        slices = {"stem": 1, "head": where(values["head"] == "fc", 3, 1)}.get(
            stage.name, stage.blocks
        )
        has_map = stage is not network.stages[-1]
        side = text(stage.height, " × ", stage.width)
        square = where(stage.height == stage.width, text(stage.height, "²"), side)
        fails = (stage.present > 0) & (stage.fits == 0)
        absent = where(fails, "", "–")
        row = {
            "kind": "stage",
            "place": number,
            "name": stage.name,
            "short_name": stage.name.removeprefix("stage "),
            "family": choose(family, COLOR_OF),
            "tall": where(there, stage.height, 0) if has_map else HEAD_HEIGHT,
            "image": values["image_height"],
            "channels": where(there, stage.channels, None),
            "shortcuts": residual if stage.name not in ("stem", "head") else False,
            "slices": where(there, slices, 0),
            "map": where(there, side, absent) if has_map else "",
            "short_map": where(there, square, absent) if has_map else "",
            "written": where(there, text(stage.channels, " ch" if has_map else " out"), ""),
            "counted": where(there, text("× ", slices), ""),
            "trouble": where(fails, "no map", ""),
            "field": where(there, stage.receptive_field, None) if has_map else None,
        }
        for cost in COSTS:
            value = getattr(stage, cost)
            row |= {
                cost: where(there, value, None),
                f"{cost}_label": where(there, words.short(value), ""),
                f"{cost}_most": most[cost],
                f"{cost}_pinned": where(pinned["is_pinned"], pinned[f"{cost}{number}"], None),
            }
        rows.append(row)
    return rows


def _most(network: Design, shown: list[Any], pinned: Snapshot, cost: str) -> Any:
    """Return where the bars of a cost end: the costliest stage, of what is pinned too."""
    values: list[Any] = [1]
    for number, stage in enumerate(network.stages):
        values.append(where(shown[number] > 0, getattr(stage, cost), 0))
        values.append(where(pinned["is_pinned"], pinned[f"{cost}{number}"], 0))
    return largest(values)


def _total_rows(facts: Snapshot, pinned: Snapshot, marks: list[list[Any]]) -> list[dict[str, Any]]:
    rows = []
    for number, (title, key) in enumerate(TOTALS.items()):
        value = facts[key]
        rows.append(
            {
                "kind": "total",
                "place": number,
                "name": title,
                "value": where(facts["fits"], value, None),
                "label": where(facts["fits"], words.WORDS[key](value), "–"),
                "pinned": where(pinned["is_pinned"], pinned[key], None),
                **{
                    f"mark_{k}": mark[number] if number < len(mark) else None
                    for k, mark in enumerate(marks)
                },
            }
        )
    return rows


def _totals(network: Design, machines: Machines, values: Mapping[str, Any]) -> list[Any]:
    """Return each total of a network, trained and run as the controls say."""
    found = setting.measured(network, machines, **values)
    return [found[key] for key in TOTALS.values()]
