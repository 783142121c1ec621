"""Stills of shapes: layers, stacks of maps, windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from convcost.page.drawing import WIDTH, Part, framed, outline
from convcost.page.palette import COLORS
from convcost.page.shown import Shown
from convcost.page.stills._letters import DIGIT, SMALL

__all__ = ["Block", "Window", "blocks", "strips", "windows"]

LINES, RULES = COLORS["line"], COLORS["rule"]

#: Gap between two sizes of maps, and between a network and the next, in units of the drawing.
STAGE, BETWEEN = 12, 16

#: Height of a linear layer, which has too many features to be on the scale.
LINEAR = 16


def strips(
    networks: Mapping[str, Iterable[Any]],
    *,
    name: str,
    caption: str,
    families: Sequence[str],
    tall: int = 44,
) -> Shown:
    """Draw networks below each other, from the image (left) to the classes (right), without costs.

    Parameters
    ----------
    networks : mapping of str to iterable
        What is written above each network -> its `ModelCost.layers`.
    name, caption : str
        As for :func:`convcost.page.drawing.networks`.
    families : sequence of str
        For each network the role of its color in the palette, such as "VGG".
    tall : int
        Height of the layer with most channels.

    Returns
    -------
    Shown
        Bars are as tall as layers have channels, one scale for all; linear layers are outlined,
        and not to scale; below are the heights of the maps; arcs are shortcuts. Of more than
        three networks only the last has heights, and each its name beside it.
    """
    outlines = {label: outline(rows) for label, rows in networks.items()}
    kept = {
        label: [part for part in found.parts if part.kind != "pool"]
        for label, found in outlines.items()
    }
    most = max(part.channels for parts in kept.values() for part in parts if part.side)
    wide = min(
        (WIDTH - STAGE * len({part.side for part in parts})) / len(parts) for parts in kept.values()
    )
    beside = len(kept) > 3
    indent = max(map(len, kept)) * (DIGIT + 2) + 8 if beside else 0
    wide -= indent / max(map(len, kept.values()))
    marks: list[str] = []
    top = 0.0
    for (label, parts), family in zip(kept.items(), families, strict=True):
        arcs = outlines[label].shortcuts
        ground = top + tall + 4 + 16 * (not beside) + 10 * bool(arcs)
        name_at = ground if beside else top + 12
        marks.append(f'<text x="0" y="{name_at:g}" font-weight="600">{escape(label)}</text>')
        with_sides = not beside or label == list(kept)[-1]
        lefts: dict[str, float] = {}
        left = written = indent
        side = parts[0].side
        for number, part in enumerate(parts):
            left += STAGE * (part.side != side)
            if with_sides and part.side and (number == 0 or part.side != side):
                text = f"{part.side}²"
                written = max(written, left)
                marks.append(f'<text x="{written:.1f}" y="{ground + 14:g}" {SMALL}>{text}</text>')
                written += (len(text) + 0.6) * DIGIT
            side, lefts[part.name] = part.side, left
            marks.append(_layer(part, left, ground, wide, tall * part.channels / most, family))
            left += wide
        for arc in arcs:
            first, last = (outlines[label].parts[n].name for n in (arc.first, arc.last))
            start, end = lefts[first] + 0.5, lefts[last] + wide - 1
            above = ground - tall - 3
            dash = ' stroke-dasharray="2 2"' if arc.changes else ""
            marks.append(
                f'<path d="M{start:.1f} {above:g} C{start:.1f} {above - 9:g} {end:.1f} '
                f'{above - 9:g} {end:.1f} {above:g}" fill="none" stroke="{LINES}"{dash} />'
            )
        top = ground + (BETWEEN + 8 if with_sides else 4)
    spoken = " ".join(_strip_in_words(label, parts) for label, parts in kept.items())
    return framed("".join(marks), top - 4, spoken=spoken, name=name, caption=caption)


def _layer(part: Part, left: float, ground: float, wide: float, tall: float, family: str) -> str:
    if part.kind == "linear":
        tall = LINEAR
        look = f'fill="none" stroke="{COLORS[family]}" stroke-width="1.2"'
    else:
        look = f'fill="{COLORS[family]}"'
    gap = min(1.5, wide / 4)
    return (
        f'<rect x="{left:.1f}" y="{ground - tall:.1f}" width="{wide - gap:.1f}" '
        f'height="{max(tall, 1):.1f}" {look} />'
    )


def _strip_in_words(label: str, parts: Sequence[Part]) -> str:
    stages = [
        f"{len(list(run))} on maps of {side} by {side}" if side else f"{len(list(run))} linear"
        for side, run in groupby(parts, lambda part: part.side)
    ]
    return f"{label}. Layers with weights from the image on: {', '.join(stages)}."


@dataclass(frozen=True, slots=True)
class Block:
    """A stack of maps, or a filter: so many channels of ``side`` by ``side``.

    Attributes
    ----------
    label : str
        Written below it.
    side, channels : int
    role : str
        Of its color in the palette.
    """

    label: str
    side: int
    channels: int
    role: str = "plain"


def blocks(stacks: Sequence[Block], *, name: str, caption: str) -> Shown:
    """Draw stacks of maps beside each other, seen at a slant, on one scale.

    Parameters
    ----------
    stacks : sequence of Block
    name, caption : str
        As for :func:`convcost.page.drawing.networks`.

    Returns
    -------
    Shown
    """
    face, deep, slant = 84, 120, 0.45
    side = face / max(one.side for one in stacks)
    depth = deep / max(one.channels for one in stacks)
    column = WIDTH / len(stacks)
    ground = max(one.side * side + one.channels * depth * slant for one in stacks) + 2
    marks = []
    for number, one in enumerate(stacks):
        left, near, back = column * number + 2, one.side * side, one.channels * depth
        top, up = ground - near, back * slant
        color = COLORS[one.role]
        marks.append(
            f'<g fill="{color}" stroke="{COLORS["paper"]}" stroke-linejoin="round">'
            f'<path d="M{left:.1f} {top:.1f} l{back:.1f} {-up:.1f} h{near:.1f} l{-back:.1f} '
            f'{up:.1f} z" fill-opacity="0.55" />'
            f'<path d="M{left + near:.1f} {top:.1f} l{back:.1f} {-up:.1f} v{near:.1f} '
            f'l{-back:.1f} {up:.1f} z" fill-opacity="0.75" />'
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{near:.1f}" height="{near:.1f}" /></g>'
            f'<text x="{left:g}" y="{ground + 18:.1f}" font-size="12">{escape(one.label)}</text>'
        )
    spoken = "; ".join(f"{one.label}" for one in stacks) + "."
    return framed("".join(marks), ground + 26, spoken=spoken, name=name, caption=caption)


@dataclass(frozen=True, slots=True)
class Window:
    """A grid of values with a window on it.

    Attributes
    ----------
    label : str
        Written above it.
    side, window : int
        Height and width of the grid, and of the window in its upper left corner.
    role : str
        Of the window's color in the palette.
    """

    label: str
    side: int
    window: int
    role: str = "accent"


def windows(grids: Sequence[Window], *, name: str, caption: str) -> Shown:
    """Draw grids beside each other, with a window on each, all cells of one size.

    Parameters
    ----------
    grids : sequence of Window
    name, caption : str
        As for :func:`convcost.page.drawing.networks`.

    Returns
    -------
    Shown
    """
    column = WIDTH / len(grids)
    cell = min((column - 20) / max(one.side for one in grids), 20)
    marks = []
    for number, one in enumerate(grids):
        left = column * number
        marks.append(f'<text x="{left:g}" y="12" font-weight="600">{escape(one.label)}</text>')
        for row in range(one.side):
            for place in range(one.side):
                inside = row < one.window and place < one.window
                marks.append(
                    f'<rect x="{left + place * cell:.1f}" y="{22 + row * cell:.1f}" '
                    f'width="{cell * 0.92:.1f}" height="{cell * 0.92:.1f}" rx="1" '
                    f'fill="{COLORS[one.role] if inside else RULES}" />'
                )
    height = 26 + cell * max(one.side for one in grids)
    spoken = "; ".join(
        f"{one.label}: a window of {one.window} by {one.window} on {one.side} by {one.side} values"
        for one in grids
    )
    return framed("".join(marks), height, spoken=f"{spoken}.", name=name, caption=caption)
