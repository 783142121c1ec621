"""Figures of the chapter on ResNet."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.page.charts import curves, labeled_bars, paired_bars
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import Measure, Model, measured_once
from convcost.page.gallery.shared_controls import quantity_switch
from convcost.page.gallery.stages import HALVINGS, HEAD, QUANTITIES, by_halvings, stage_label
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where

__all__ = ["gradient_through_blocks", "paths_back", "shortcuts"]


def shortcuts(measure: Measure, networks: Mapping[tuple[int, str], Model]) -> LiveFigure:
    """What the three kinds of shortcut add to a residual network, stage by stage.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    networks : mapping
        Depth and shortcut ("A", "B", "C") -> the ResNet with that shortcut.

    Returns
    -------
    LiveFigure
    """
    image = 224
    depths = sorted({depth for depth, _ in networks})
    measured = measured_once(measure)

    @functools.cache
    def stages(depth: int, option: str, count: str) -> dict[int | str, int]:
        return by_halvings(measured(networks[depth, option], image).layers, image, count)

    def rows(depth: int, option: str, count: str) -> list[dict[str, Any]]:
        axis_end = max(max(stages(depth, other, count).values()) for other in ("A", "B", "C"))
        bare, chosen = stages(depth, "A", count), stages(depth, option, count)
        return [
            {
                "group": stage_label(group, image),
                "series": series,
                "value": value,
                "label": label,
                "axis_end": axis_end,
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
        sentence = (
            f"ResNet-{depth} with option {option} has {units.count(chosen)} {QUANTITIES[count]}. "
        )
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
                value=34 if 34 in depths else depths[0],
                description="Network",
            ),
            "option": widgets.ToggleButtons(
                options=["A", "B", "C"], value="B", description="Shortcut option"
            ),
            "count": quantity_switch("params"),
        },
        caption=(
            "Cost of a residual network by the size of each layer's output map (upper bar), and "
            "how much of it is in the shortcuts (lower bar). Notice how little option B adds "
            "to ResNet-34, and how much option C adds to ResNet-50."
        ),
        columns={"group": "Map", "series": "Part", "value": "Count"},
    )  # fmt: skip


def gradient_through_blocks() -> LiveFigure:
    """What is left of a gradient after a number of blocks, with and without shortcuts.

    Returns
    -------
    LiveFigure
    """
    blocks, low, high = 16, 1e-17, 1e5
    series = {"without shortcuts": COLORS["plain"], "with shortcuts": COLORS["ResNet"]}

    def factors(slope: float) -> dict[str, float]:
        # Sliders move in tenths: 1 + slope is a tenth too, which binary fractions only come near.
        return dict(zip(series, (round(slope, 1), round(1 + slope, 1)), strict=True))

    def rows(slope: float) -> list[dict[str, Any]]:
        return [
            {
                "step": step,
                "series": name,
                "value": abs(factor**step),
                "gradient": powers_of_ten(factor**step),
            }
            for name, factor in factors(slope).items()
            for step in range(blocks + 1)
        ]

    def finding(slope: float) -> str:
        plain, residual = factors(slope).values()
        return (
            f"Each block multiplies the gradient by {plain:.1f} without its shortcut, and by "
            f"{residual:.1f} with it. Of a gradient of 1, {powers_of_ten(plain**blocks)} is left "
            f"after {blocks} blocks without shortcuts, and {powers_of_ten(residual**blocks)} with "
            "them."
        ).replace("-", "−")

    return LiveFigure(
        curves(
            series=series,
            along="Blocks passed on the way back",
            log=(low, high),
            zero_at_low_end=True,
        ),
        name="fig-gradient-through-blocks",
        rows=rows,
        finding=finding,
        controls={
            "slope": widgets.FloatSlider(
                value=0.1, min=-1.0, max=1.0, step=0.1,
                readout_format=".1f",
                description="Slope of F in each block"
            )
        },
        caption=(
            f"Size of the gradient on its way back through {blocks} blocks of one number each, "
            "all with the same slope, on a logarithmic axis, with 0 below all powers of ten. "
            "Notice what a shortcut does to a small slope, and find the slopes at which the "
            "gradient vanishes or explodes even with shortcuts."
        ),
        columns={"series": "Network", "step": "Blocks passed", "gradient": "Gradient"},
    )  # fmt: skip


def paths_back() -> LiveFigure:
    """How many paths lead back through a stack of blocks, and what they carry, by their length.

    Returns
    -------
    LiveFigure
    """
    most, short = 16, 3

    def paths(blocks: Any, slope: Any) -> list[tuple[Any, Any]]:
        """Return how many paths go through 0, 1, … blocks, and the gradient that they carry."""
        found = [(1, 1.0)]
        for through in range(1, most + 1):
            # The next binomial coefficient; it is 0 beyond the number of blocks.
            choices = where(through <= blocks, blocks - through + 1, 0)
            number = found[-1][0] * choices // through
            found.append((number, found[-1][1] * slope * choices / through))
        return found

    def rows(blocks: Any, slope: Any, count: Any) -> list[dict[str, Any]]:
        found = paths(blocks, slope)
        total = sum(carried for _, carried in found)
        all_paths = sum(number for number, _ in found)
        shares = [(number / all_paths, carried / total) for number, carried in found]
        highest = [0, 0]
        for pair in shares:
            highest = [where(a > b, a, b) for a, b in zip(pair, highest, strict=True)]
        return [
            {
                "name": f"through {through}",
                "value": choose(count, pair),
                "paths": number,
                "gradient": carried,
                "label": choose(
                    count,
                    [formatted(number, ","), text(formatted(100 * pair[1], ".1f"), "%")],
                ),
                "axis_end": choose(count, highest),
            }
            for through, ((number, carried), pair) in enumerate(zip(found, shares, strict=True))
        ]

    def finding(blocks: Any, slope: Any, **_: Any) -> Any:
        found = paths(blocks, slope)
        of_paths, of_gradient = (
            sum(pair[what] for pair in found[: short + 1]) / sum(pair[what] for pair in found)
            for what in range(2)
        )
        return text(
            formatted(sum(number for number, _ in found), ","), " paths lead back through ",
            blocks, where(blocks == 1, " block.", " blocks."), " Those through ", short,
            " blocks or fewer are ", formatted(100 * of_paths, ".1f"), "% of them, and carry ",
            formatted(100 * of_gradient, ".1f"), "% of the gradient.",
        )  # fmt: skip

    return LiveFigure(
        labeled_bars(rows=most + 1, color=COLORS["ResNet"], label_px=70, name_px=85),
        name="fig-paths-back",
        rows=rows,
        finding=finding,
        controls={
            "blocks": widgets.IntSlider(value=16, min=1, max=most, description="Blocks"),
            "slope": widgets.FloatSlider(
                value=0.1, min=0.1, max=1.0, step=0.1, readout_format=".1f",
                description="Slope of each block without its shortcut",
            ),
            "count": widgets.ToggleButtons(
                options=[("paths", 0), ("share of the gradient", 1)], value=0, description="Count"
            ),
        },
        caption=(
            "Paths back through a stack of residual blocks, by how many blocks they go through "
            "rather than around; each block on the way multiplies by the same slope. Notice that "
            "most paths go through about half of the blocks, and which of them carry the gradient."
        ),
        columns={
            "name": "Blocks on the path", "paths": "Paths", "gradient": "Gradient of all of them",
        },
        traced=True,
    )  # fmt: skip


def powers_of_ten(value: float) -> str:
    """Write a number of any size in two significant digits: 0.81, 110, 1.0 · 10⁻¹⁶.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    digits, _, exponent = f"{value:.1e}".partition("e")
    power = int(exponent)
    if value == 0 or -3 <= power < 3:
        return f"{float(f'{value:.2g}'):g}".replace("-", "−")
    superscript = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}10{superscript}".replace("-", "−")
