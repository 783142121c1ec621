"""Stills of amounts: bars, columns, a histogram."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from convcost.page.drawing import WIDTH, framed
from convcost.page.palette import COLORS
from convcost.page.shown import Shown
from convcost.page.stills._letters import DIGIT, SMALL

__all__ = ["Amount", "amounts", "columns", "histogram"]

INK = COLORS["ink"]

#: Bars of a histogram for each power of ten.
BINS = 6

#: Height of the highest column.
COLUMN = 84


@dataclass(frozen=True, slots=True)
class Amount:
    """One bar of a drawing of amounts.

    Attributes
    ----------
    label : str
        Written before the bar.
    value : float or None
        Its length in any unit; None for what is to be found out.
    written : str
        After the bar; empty for what is to be found out.
    role : str
        Of its color in the palette.
    """

    label: str
    value: float | None
    written: str = ""
    role: str = "plain"


def amounts(groups: Mapping[str, Sequence[Amount]], *, name: str, caption: str) -> Shown:
    """Draw bars from zero, with a dashed one for each amount that is to be found out.

    Parameters
    ----------
    groups : mapping of str to sequence of Amount
        Title, or nothing -> its bars, which have a scale of their own.
    name, caption : str
        As for :func:`convcost.page.drawing.networks`.

    Returns
    -------
    Shown
    """
    labels = [amount.label for group in groups.values() for amount in group]
    left = max(map(len, labels)) * DIGIT + 8
    beyond = max(len(amount.written) for group in groups.values() for amount in group) * DIGIT + 10
    room = WIDTH - left - beyond
    marks, said = [], []
    y = 0.0
    for title, group in groups.items():
        if title:
            marks.append(f'<text x="0" y="{y + 13:g}" font-weight="600">{escape(title)}</text>')
            y += 20
        most = max(amount.value for amount in group if amount.value is not None)
        for amount in group:
            color = COLORS[amount.role]
            marks.append(f'<text x="0" y="{y + 14:g}" font-size="12">{escape(amount.label)}</text>')
            if amount.value is None:  # open at its end: nobody knows yet where that is
                length, written = room, "?"
                marks.append(
                    f'<path d="M{left + room:.1f} {y + 4:g} H{left:.1f} v12 H{left + room:.1f}" '
                    f'fill="none" stroke="{color}" stroke-width="1.5" stroke-dasharray="4 3" />'
                )
            else:
                length, written = room * amount.value / most, amount.written
                marks.append(
                    f'<rect x="{left:.1f}" y="{y + 3:g}" width="{max(length, 1):.1f}" '
                    f'height="14" fill="{color}" />'
                )
            marks.append(
                f'<text x="{left + length + 6:.1f}" y="{y + 14:g}" font-size="12">'
                f"{escape(written)}</text>"
            )
            said.append(f"{amount.label}: {amount.written or 'to be found out'}")
            y += 23
        y += 8
    spoken = "; ".join(said) + "."
    return framed("".join(marks), y - 4, spoken=spoken, name=name, caption=caption)


def columns(
    series: Mapping[str, Sequence[float]], *, name: str, caption: str, roles: Sequence[str]
) -> Shown:
    """Draw numbers as columns that stand side by side, a series below the other, on one scale.

    Parameters
    ----------
    series : mapping of str to sequence of float
        What is written above each series -> its numbers, from left to right; as many in each.
    name, caption : str
        As for :func:`convcost.page.drawing.networks`.
    roles : sequence of str
        For each series the role of its color in the palette.

    Returns
    -------
    Shown
    """
    most = max(max(numbers) for numbers in series.values())
    wide = WIDTH / max(map(len, series.values()))
    marks, said = [], []
    top = 0.0
    for (label, numbers), role in zip(series.items(), roles, strict=True):
        tall = COLUMN * max(numbers) / most
        ground = top + 20 + tall
        marks.append(f'<text x="0" y="{top + 12:g}" font-weight="600">{escape(label)}</text>')
        marks += [
            f'<rect x="{number * wide:.1f}" y="{ground - COLUMN * value / most:.1f}" '
            f'width="{wide - 2:.1f}" height="{COLUMN * value / most:.1f}" fill="{COLORS[role]}" />'
            for number, value in enumerate(numbers)
        ]
        said.append(f"{label}: {', '.join(f'{value:,g}' for value in numbers)}.")
        top = ground + 10
    return framed("".join(marks), top, spoken=" ".join(said), name=name, caption=caption)


def histogram(
    values: Sequence[float],
    named: Mapping[str, tuple[float, str]],
    *,
    ticks: Mapping[float, str],
    title: str,
    name: str,
    caption: str,
) -> Shown:
    """Draw how many values lie where on a logarithmic axis, and two of them by name.

    Parameters
    ----------
    values : sequence of float
        Each at least the first of the ticks and at most the last.
    named : mapping of str to (value, role)
        Two names as written, of the smaller value and the larger -> the value, and the role of its
        color in the palette.
    ticks : mapping of float to str
        Powers of ten where the axis has numbers, from its left end to its right end -> the numbers.
    title : str
        Of the axis.
    name, caption : str
        As for :func:`convcost.page.drawing.networks`.

    Returns
    -------
    Shown

    Raises
    ------
    ValueError
        If a value lies beyond the ticks.
    """
    low, high = math.log10(min(ticks)), math.log10(max(ticks))
    if not all(min(ticks) <= value <= max(ticks) for value in values):
        raise ValueError(
            f"values go from {min(values):g} to {max(values):g}, the ticks from {min(ticks):g} to "
            f"{max(ticks):g}; give ticks that hold all values"
        )
    counted = Counter(math.floor((math.log10(value) - low) * BINS) for value in values)

    def x(exponent: float) -> float:
        return 12 + (WIDTH - 28) * (exponent - low) / (high - low)

    ground, unit = 100, 70 / max(counted.values())
    marks = [
        f'<rect x="{x(low + place / BINS):.1f}" y="{ground - unit * n:.1f}" '
        f'width="{x(low + 1 / BINS) - x(low) - 1:.1f}" height="{unit * n:.1f}" '
        f'fill="{COLORS["plain"]}" />'
        for place, n in sorted(counted.items())
    ]
    for number, (label, (value, role)) in enumerate(named.items()):
        at, anchor = x(math.log10(value)), ("end", "start")[number]
        marks.append(
            f'<path d="M{at:.1f} {ground:g} V18" stroke="{COLORS[role]}" stroke-width="3" />'
            f'<text x="{at:.1f}" y="12" font-weight="600" text-anchor="{anchor}">'
            f"{escape(label)}</text>"
        )
    marks.append(f'<path d="M{x(low):.1f} {ground:g} H{x(high):.1f}" stroke="{INK}" />')
    marks += [
        f'<text x="{x(math.log10(tick)):.1f}" y="{ground + 16:g}" text-anchor="middle" {SMALL}>'
        f"{text}</text>"
        for tick, text in ticks.items()
    ]
    marks.append(f'<text x="0" y="{ground + 34:g}" {SMALL}>{escape(title)}</text>')
    spoken = f"{title}; among them {' and '.join(named)}."
    return framed("".join(marks), ground + 40, spoken=spoken, name=name, caption=caption)
