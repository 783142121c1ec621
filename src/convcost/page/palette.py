"""The book's colors: every color that a reader sees has its value here, and nowhere else.

Style sheets, charts, drawings, the printed book, the preview and the favicon name a color by its
role.  Where there is a style sheet, a role is a CSS variable that begins with ``--cc-`` (a figure
may stand in a notebook, among the variables of others), so that a change of theme needs no
drawing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["COLORS", "PALETTE", "Color", "in_light", "style_sheet"]


@dataclass(frozen=True, slots=True)
class Color:
    """The color of one role.

    Attributes
    ----------
    light, dark : str
        In each theme, as ``#rrggbb``.
    word : str
        What captions call it, if they do.
    """

    light: str
    dark: str
    word: str = ""


PALETTE = {
    # What is read, and what it stands on
    "paper": Color("#fffefb", "#14181e"),
    "surface": Color("#f6f3ec", "#1c2129"),  # code, questions
    "ink": Color("#23211d", "#e6e2da"),
    "muted": Color("#625d54", "#b0aa9f"),
    "link": Color("#1d5c83", "#7fc0e6"),
    "link-hover": Color("#123f5c", "#b3dcf3"),
    "mark": Color("#fbeec2", "#4a3f14"),  # behind what a search found
    # Hairlines, the edges of what can be used, the keyboard's focus, what lies behind a menu
    "rule": Color("#ded9cf", "#3a3f47"),
    "line": Color("#8a8478", "#8d8a84"),
    "focus": Color("#7a3e9d", "#c79be0"),
    "shadow": Color("#000000", "#000000"),
    # Boxes, answers, verdicts
    "note": Color("#1d6a96", "#62b0dd"),
    "tip": Color("#2e7d4f", "#6cc291"),
    "warn": Color("#9a5b00", "#e0ab52"),
    "bad": Color("#a8322a", "#f0897f"),
    # Data: the two families, what belongs to neither, what stands out, and the quiet of each
    "VGG": Color("#b4471d", "#ee8a5c", "orange"),
    "ResNet": Color("#1d6a96", "#62b0dd", "blue"),
    "plain": Color("#6f6a60", "#a8a296", "gray"),
    "accent": Color("#43208a", "#9490f8"),
    "VGG-soft": Color("#e0b39f", "#7a4a35"),
    "faint": Color("#efece6", "#22272e"),
}
"""Role -> its color.

:meta hide-value:
"""

COLORS = {role: f"var(--cc-{role.lower()}, {color.light})" for role, color in PALETTE.items()}
"""Role -> CSS color for charts and drawings; without the style sheet it is the light theme's.

:meta hide-value:
"""


def style_sheet() -> str:
    """Return the CSS rule that defines a variable for each role.

    ``light-dark()`` chooses by the ``color-scheme`` of the element that is colored.
    """
    lines = (
        f"  --cc-{role.lower()}: light-dark({color.light}, {color.dark});"
        for role, color in PALETTE.items()
    )
    return "\n".join([":root {", *lines, "}", ""])


def in_light(text: str) -> str:
    """Return CSS or SVG with the light theme's colors in place of the variables.

    Raises
    ------
    ValueError
        If a variable names no role of the palette.
    """
    values = {role.lower(): color.light for role, color in PALETTE.items()}

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ValueError(
                f"{match[0]} names no color of the palette; its roles are {', '.join(values)}"
            )
        return values[match[1]]

    return re.sub(r"var\(--cc-([\w-]+)(?:,[^()]*)?\)", value, text)
