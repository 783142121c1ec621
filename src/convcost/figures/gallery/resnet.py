"""Figures of the chapter on ResNet."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import conv_macs, conv_params
from convcost.charts import COLORS, labeled_bars, paired_bars
from convcost.figures.gallery.networks import cost_switch
from convcost.figures.gallery.stages import COSTS, HALVINGS, HEAD, Costs, by_halvings, stage_label
from convcost.figures.live import LiveFigure
from convcost.figures.tracing import formatted, text

__all__ = ["bottleneck", "shortcuts"]


def shortcuts(costs: Costs, networks: dict[tuple[int, str], Any]) -> LiveFigure:
    """What the three kinds of shortcut add to a residual network, stage by stage.

    Parameters
    ----------
    costs : callable
        A network and image size in pixels -> frame of layer costs.
    networks : dict
        Depth and shortcut ("A", "B", "C") -> what ``costs`` takes.

    Returns
    -------
    LiveFigure
    """
    image = 224
    depths = sorted({depth for depth, _ in networks})
    frame = functools.cache(lambda depth, option: costs(networks[depth, option], image))

    @functools.cache
    def stages(depth: int, option: str, count: str) -> dict[int | str, int]:
        return by_halvings(frame(depth, option), image, count)

    def rows(depth: int, option: str, count: str) -> list[dict[str, Any]]:
        reach = max(max(stages(depth, other, count).values()) for other in ("A", "B", "C"))
        bare, chosen = stages(depth, "A", count), stages(depth, option, count)
        return [
            {
                "group": stage_label(group, image),
                "series": series,
                "value": value,
                "label": label,
                "reach": reach,
            }
            for group in [*HALVINGS[1:], HEAD]
            for series, value, label in (
                ("network", chosen.get(group, 0), units.count(chosen.get(group, 0))),
                (
                    "shortcuts",
                    chosen.get(group, 0) - bare.get(group, 0),
                    f"{units.count(chosen.get(group, 0) - bare.get(group, 0))} in shortcuts",
                ),
            )
        ]

    def finding(depth: int, option: str, count: str) -> str:
        bare = sum(stages(depth, "A", count).values())
        chosen = sum(stages(depth, option, count).values())
        sentence = f"ResNet-{depth} with option {option} has {units.count(chosen)} {COSTS[count]}. "
        if chosen == bare:
            return sentence + "Its shortcuts only copy and add: they have none."
        return sentence + (
            f"Its shortcuts have {units.count(chosen - bare)} of them, "
            f"{(chosen - bare) / chosen:.1%}."
        )

    return LiveFigure(
        paired_bars(
            groups=len(HALVINGS),
            series={"network": COLORS["ResNet"], "shortcuts": COLORS["accent"]},
        ),
        name="fig-shortcuts",
        rows=rows,
        finding=finding,
        controls={
            "depth": widgets.Dropdown(
                options=[(f"ResNet-{depth}", depth) for depth in depths],
                value=depths[len(depths) // 2],
                description="Network",
            ),
            "option": widgets.ToggleButtons(
                options=["A", "B", "C"], value="B", description="Shortcut option"
            ),
            "count": cost_switch("params"),
        },
        caption=(
            "Cost of a residual network by the size of the map that a layer puts out (upper bar), "
            "and how much of it is in the shortcuts (lower bar). Notice how little option B adds "
            "to ResNet-34, and what option C adds to ResNet-50."
        ),
        columns={"group": "Map", "series": "Part", "value": "Count"},
    )  # fmt: skip


def bottleneck() -> LiveFigure:
    """A basic block against a bottleneck block that carries more channels.

    Returns
    -------
    LiveFigure
    """
    map_size = 56
    names = ("basic block", "bottleneck block")

    def both(narrow: Any, expansion: Any) -> tuple[Any, Any]:
        wide = narrow * expansion
        basic = 2 * conv_params(narrow, narrow, 3, bias=False)
        neck = (
            conv_params(wide, narrow, 1, bias=False)
            + conv_params(narrow, narrow, 3, bias=False)
            + conv_params(narrow, wide, 1, bias=False)
        )
        return basic, neck

    def rows(narrow: Any, expansion: Any) -> list[dict[str, Any]]:
        carried = (narrow, narrow * expansion)
        return [
            {
                "name": name,
                "value": params,
                "macs": params * conv_macs(1, 1, 1, map_size, map_size),
                "carried": channels,
                "label": formatted(params, ","),
                "reach": both(narrow, 8)[1],
                "family": family,
            }
            for name, params, channels, family in zip(
                names, both(narrow, expansion), carried, ("plain", "ResNet"), strict=True
            )
        ]

    def finding(narrow: Any, expansion: Any) -> Any:
        basic, neck = both(narrow, expansion)
        return text(
            "The basic block carries ", narrow, " channels with ", formatted(basic, ","),
            " weights in two layers; the bottleneck carries ", narrow * expansion, " with ",
            formatted(neck, ","), " in three: ", formatted(neck / basic, ".2f"), " times as many.",
        )  # fmt: skip

    return LiveFigure(
        labeled_bars(rows=2, domain=["plain", "ResNet"], room=100),
        name="fig-bottleneck",
        rows=rows,
        finding=finding,
        controls={
            "narrow": widgets.IntSlider(
                value=64, min=16, max=256, step=16, description="Channels of the 3 × 3 layers"
            ),
            "expansion": widgets.IntSlider(
                value=4, min=1, max=8, description="Expansion: channels carried, as a multiple"
            ),
        },
        caption=(
            "Weights of a basic block (two 3 × 3 convolutions) and of a bottleneck block (1 × 1 "
            "down, 3 × 3, 1 × 1 up). Notice the expansion at which the two cost about the same, "
            "and how many channels the bottleneck then carries."
        ),
        columns={
            "name": "Block", "carried": "Channels carried", "value": "Weights",
            "macs": f"Multiply-adds on a {map_size} × {map_size} map",
        },
        traced=True,
    )  # fmt: skip
