"""Whole networks drawn from the rows that they are measured by: one bar for each layer.

A layer with weights becomes a bar as long as it has channels, layers on maps of one size stand in
one band, and the bands of several networks stand beside each other.  Nothing is drawn by hand, so
a drawing can't disagree with the counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from typing import Any

from convcost import units
from convcost.page.palette import COLORS
from convcost.page.shown import Shown, marked_up, still_figure

__all__ = ["WIDTH", "Outline", "Part", "Shortcut", "framed", "networks", "outline"]

POOLS = ("max_pool", "avg_pool", "adaptive_avg_pool")
COSTS = ("params", "macs", "activations")

#: How the networks of this book call what stands on a shortcut.
ON_SHORTCUT = ("downsample", "shortcut", "projection")

HEAD = 0
"""Band of the layers that output no map."""

FAMILIES = ("VGG", "ResNet", "plain")
"""Families of networks, whose bars have the palette's color of that name."""

INK, LINES, RULES = COLORS["ink"], COLORS["line"], COLORS["rule"]

WIDTH = 360
"""Width of a drawing, in its own units: so a phone shows its text at nearly full size."""
MARGIN, TOP, ROW, BAND_GAP, LINE = 40, 52, 9, 12, 19

#: Width in a column beside its bars, for arcs and numbers.
BESIDE = 62


@dataclass(frozen=True, slots=True)
class Part:
    """One bar: a layer with weights, or a pooling.

    Attributes
    ----------
    name : str
        Dotted name of its module.
    kind : str
        "conv", "linear" or "pool".
    kernel : int
        Height of a convolution's or pooling's window; 0 where there is none, or one that adapts.
    channels : int
        Of its output; features, for a linear layer.
    side : int
        Height of the map that a convolution outputs or a pooling takes in; `HEAD` for none.
    params, macs, activations : int
        With those of the batch norm after it.
    """

    name: str
    kind: str
    kernel: int
    channels: int
    side: int
    params: int
    macs: int
    activations: int


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What leads around some of the parts.

    Attributes
    ----------
    first, last : int
        Positions of the parts that it leads around.
    changes : bool
        Whether it must change the map's channels or its height.
    params, macs, activations : int
        Of what stands on it; 0 for a copy.
    """

    first: int
    last: int
    changes: bool
    params: int
    macs: int
    activations: int


@dataclass(frozen=True, slots=True)
class Outline:
    """A network as it is drawn: parts from the image to the classes, and shortcuts around them."""

    parts: tuple[Part, ...]
    shortcuts: tuple[Shortcut, ...]

    def bands(self) -> dict[int, list[Part]]:
        """Return the parts by the height of their map, in the order of the network."""
        found: dict[int, list[Part]] = {}
        for part in self.parts:
            found.setdefault(part.side, []).append(part)
        return found

    def costs(self, count: str) -> list[int]:
        """Return each part's params, macs or activations; a shortcut's go to its last part."""
        found = [getattr(part, count) for part in self.parts]
        for shortcut in self.shortcuts:
            found[shortcut.last] += getattr(shortcut, count)
        return found

    def totals(self, count: str) -> dict[int, int]:
        """Return each band's params, macs or activations, those of shortcuts where they join."""
        found = dict.fromkeys(self.bands(), 0)
        for part, cost in zip(self.parts, self.costs(count), strict=True):
            found[part.side] += cost
        return found


def outline(rows: Iterable[Any]) -> Outline:
    """Find the parts and shortcuts of a network.

    Parameters
    ----------
    rows : iterable
        `ModelCost.layers`, or the tuples of its frame: one row for each executed operation.

    Returns
    -------
    Outline
        Its parameters and multiply-adds add up to those of the rows.

    Raises
    ------
    ValueError
        If no row has a weight.
    """
    parts: list[Part] = []
    shortcuts: list[Shortcut] = []
    begins: dict[str, int] = {}  # name of a block -> its first part
    entered: dict[str, tuple[int, ...]] = {}  # name of a block -> shape of its input
    on_shortcut = dict.fromkeys(COSTS, 0)
    for row in rows:
        path = row.name.split(".")
        for depth in range(1, len(path)):
            block = ".".join(path[:depth])
            begins.setdefault(block, len(parts))
            entered.setdefault(block, row.input_shape)
        if any(step in ON_SHORTCUT for step in path):
            for cost in COSTS:
                on_shortcut[cost] += getattr(row, cost)
        elif row.kind == "add" and begins.get(row.name, len(parts)) < len(parts):
            shortcuts.append(
                Shortcut(
                    first=begins[row.name],
                    last=len(parts) - 1,
                    changes=entered[row.name] != row.output_shape,
                    **on_shortcut,
                )
            )
            on_shortcut = dict.fromkeys(on_shortcut, 0)
        elif (part := _part(row)) is not None:
            parts.append(part)
        elif parts and any(getattr(row, cost) for cost in COSTS):
            more = {cost: getattr(parts[-1], cost) + getattr(row, cost) for cost in COSTS}
            parts[-1] = replace(parts[-1], **more)
    if not any(part.params for part in parts):
        raise ValueError("none of the rows has a weight; give the layers of a measured network")
    return Outline(tuple(parts), tuple(shortcuts))


def _part(row: Any) -> Part | None:
    """Return the part that a row is drawn as, or None for what is not drawn."""
    kernel = row.kernel[0] if row.kernel else 0
    if row.kind in ("conv", "linear"):
        is_map = len(row.output_shape) == 4
        side, channels = (row.output_shape[2] if is_map else HEAD), row.output_shape[1]
        kind = row.kind
    elif row.kind in POOLS and row.input_shape != row.output_shape:
        side, channels, kind = row.input_shape[2], row.output_shape[1], "pool"
    else:
        return None
    costs = {cost: getattr(row, cost) for cost in COSTS}
    return Part(row.name, kind, kernel, channels, side, **costs)


def networks(
    rows: Mapping[str, Iterable[Any]],
    *,
    name: str,
    caption: str,
    families: Sequence[str] = (),
    count: str = "macs",
) -> Shown:
    """Draw networks beside each other, from the image (top) to the classes (bottom).

    Parameters
    ----------
    rows : mapping of str to iterable
        What a reader calls each of one to three networks -> its `ModelCost.layers`.
    name : str
        The drawing's ``id`` on its page.
    caption : str
        What to notice; what stands in backticks is code.
    families : sequence of str
        For each network "VGG", "ResNet" or "plain", whose color it gets; without it all are plain.
    count : {"macs", "params"}
        What is written beside each band and under each name.

    Returns
    -------
    Shown
        To be the last value of a cell. Its text alternative lists the layers of each band.

    Raises
    ------
    ValueError
        If there are not one to three networks, no family for each, or there is no such count.

    Notes
    -----
    Convolutions are bars as long as they have channels, on one scale; 1 x 1 ones are thin.
    Linear layers are outlined, and not to scale; poolings are lines. Arcs are shortcuts, dashed
    where channels or height change. After figure 3 of He et al. 2015, arXiv 1512.03385.
    """
    if not 1 <= len(rows) <= 3:
        raise ValueError(f"{len(rows)} networks were given; side by side there is room for 1 to 3")
    if count not in ("macs", "params"):
        raise ValueError(f"count is {count!r}; it must be 'macs' or 'params'")
    families = families or ["plain"] * len(rows)
    if len(families) != len(rows) or not set(families) <= set(FAMILIES):
        raise ValueError(
            f"families is {families!r}; for {len(rows)} networks it must be as many of "
            f"{', '.join(map(repr, FAMILIES))}"
        )
    outlines = {label: outline(some) for label, some in rows.items()}
    sides = sorted({part.side for found in outlines.values() for part in found.parts})
    sides = [*(side for side in reversed(sides) if side != HEAD), HEAD]
    widest = max(p.channels for o in outlines.values() for p in o.parts if p.kind != "linear")
    column = (WIDTH - MARGIN) / len(outlines)
    scale = (column - BESIDE) / widest

    tops: dict[int, float] = {}
    y = float(TOP)
    for side in sides:
        tops[side] = y
        most = max(len(found.bands().get(side, [])) for found in outlines.values())
        y += max(LINE, most * ROW) + BAND_GAP
    bands = [f'<path d="M0 {tops[side] - BAND_GAP / 2:g} H{WIDTH}" />' for side in sides]
    labels = [
        f'<text x="0" y="{tops[side] + 12:g}">{f"{side}²" if side else "head"}</text>'
        for side in sides
    ]
    drawn = [
        _column(
            label,
            found,
            tops,
            color=COLORS[family],
            left=MARGIN + number * column,
            space=column - BESIDE,
            scale=scale,
            count=count,
        )
        for number, (family, (label, found)) in enumerate(
            zip(families, outlines.items(), strict=True)
        )
    ]
    ruler = _ruler(MARGIN + 12, y + 2, widest, scale)
    spoken = ". ".join(_spoken(label, found, count) for label, found in outlines.items()) + "."
    marks = "".join([f'<g stroke="{RULES}" fill="none">', *bands, "</g>", *labels, *drawn, ruler])
    return framed(marks, y + 26, spoken=spoken, name=name, caption=caption)


def framed(marks: str, height: float, *, spoken: str, name: str, caption: str) -> Shown:
    """Return what is drawn as a figure with a caption, and as the picture of a notebook.

    Parameters
    ----------
    marks : str
        Elements of an SVG that is `WIDTH` wide; text is in the page's ink.
    height : float
        Of that SVG, in its units.
    spoken : str
        Its text alternative.
    name, caption : str
        As for :func:`networks`.

    Returns
    -------
    Shown
    """
    svg = (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(spoken)}">'
        f'<g font-size="13" font-family="system-ui, sans-serif" fill="{INK}">{marks}</g></svg>'
    )
    figure = (
        f'<figure class="drawing" id="{escape(name)}">{svg}'
        f"<figcaption>{marked_up(caption)}</figcaption></figure>"
    )
    return Shown(figure, spoken, still_figure(svg, spoken, marked_up(caption)))


def _column(
    label: str,
    found: Outline,
    tops: dict[int, float],
    *,
    color: str,
    left: float,
    space: float,
    scale: float,
    count: str,
) -> str:
    """Draw one network: its name and total, its bars, shortcuts, and each band's total."""
    x = left + 12
    totals = found.totals(count)
    whole = sum(totals.values())
    written = units.macs(whole) if count == "macs" else f"{units.count(whole)} params"
    marks = [
        f'<text x="{left:g}" y="14" font-weight="600">{escape(label)}</text>',
        f'<text x="{left:g}" y="32">{written}</text>',
    ]
    ys: dict[int, float] = {}
    number = 0
    for side, band in found.bands().items():
        y = tops[side]
        for part in band:
            ys[number] = y
            width = _width(part, scale, space)
            marks.append(_bar(part, x, y, width, color))
            number += 1
            y += ROW
        end = x + max(_width(part, scale, space) for part in band)
        total = units.short_count(totals[side])
        marks.append(f'<text x="{end + 5:g}" y="{tops[side] + 12:g}">{total}</text>')
    for shortcut in found.shortcuts:
        top, bottom = ys[shortcut.first] + 1, ys[shortcut.last] + ROW - 3
        dash = ' stroke-dasharray="2 2"' if shortcut.changes else ""
        marks.append(
            f'<path d="M{x - 2:g} {top:g} C{x - 11:g} {top:g} {x - 11:g} {bottom:g} '
            f'{x - 2:g} {bottom:g}" fill="none" stroke="{INK}"{dash} />'
        )
    return "".join(marks)


def _width(part: Part, scale: float, space: float) -> float:
    """Return the length of a bar; a linear layer has too many features to be on the scale."""
    return 0.9 * space if part.kind == "linear" else part.channels * scale


def _bar(part: Part, x: float, y: float, width: float, color: str) -> str:
    """Draw one part."""
    if part.kind == "linear":
        look = f'height="{ROW - 3}" fill="none" stroke="{color}" stroke-width="1.5"'
    elif part.kind == "pool":
        y, look = y + 2, f'height="2" fill="{LINES}"'
    elif part.kernel == 1:
        y, look = y + 2, f'height="3" fill="{color}"'
    else:
        look = f'height="{ROW - 2}" fill="{color}"'
    return f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" {look} />'


def _ruler(x: float, y: float, channels: int, scale: float) -> str:
    """Draw the scale of the bars."""
    end = x + channels * scale
    return (
        f'<path d="M{x:g} {y - 4:g} v8 M{x:g} {y:g} H{end:g} M{end:g} {y - 4:g} v8" '
        f'stroke="{LINES}" fill="none" />'
        f'<text x="{x:g}" y="{y + 19:g}">{channels:,} channels</text>'
    )


def _spoken(label: str, found: Outline, count: str) -> str:
    """Say what is drawn: each band's layers in runs of equal ones."""
    unit = {"macs": "multiply-adds", "params": "parameters"}[count]
    totals = found.totals(count)
    said = []
    for side, band in found.bands().items():
        runs = [
            (key, len(list(run)))
            for key, run in groupby(band, lambda part: (part.kind, part.kernel, part.channels))
            if key[0] != "pool"
        ]
        layers = ", ".join(
            f"{times} linear of {channels:,}" if kind == "linear"
            else f"{times} of {kernel} by {kernel} with {channels:,} channels"
            for (kind, kernel, channels), times in runs
        )  # fmt: skip
        where = f"on maps of {side} by {side}" if side else "in the head"
        said.append(f"{where} {layers}, {units.short_count(totals[side])} {unit}")
    arcs = len(found.shortcuts)
    around = f", and {arcs} shortcuts around blocks of layers" if arcs else ""
    return f"{label}, layers from the image on: {'; '.join(said)}{around}"
