"""The paths of a picture, written short: what repeats is written alike, and packs well.

Vega writes absolute coordinates. Relative ones say of each rounded square in a grid the same but
for where it begins: a picture with many marks packs to half of its size.
"""

from __future__ import annotations

import re

__all__ = ["short"]

COMMAND = re.compile(r"([MLHVCAZhvlmcaz])((?:[^A-Za-z]|e-?\d)*)")
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
#: Command -> how many numbers it takes at a time.
TAKES = {"M": 2, "L": 2, "C": 6, "A": 7, "H": 1, "V": 1, "Z": 0}


def short(path: str) -> str:
    """Return an SVG path that draws the same to a hundredth of a pixel, in relative coordinates.

    Parameters
    ----------
    path : str
        The value of an attribute ``d``, of commands M, L, H, V, C, A and Z, absolute or relative.

    Returns
    -------
    str
        It begins with an absolute M; later parts begin with a relative m.
    """
    here, start, written = (0, 0), (0, 0), []
    for command, text in COMMAND.findall(path):
        kind = command.upper()
        numbers = [float(number) for number in NUMBER.findall(text)]
        takes = TAKES[kind]
        for first in range(0, len(numbers) or 1, takes or 1):
            group = numbers[first : first + takes]
            absolute = command.isupper()
            if kind == "A":
                radii, flags, ends = group[:2], group[2:5], group[5:]
                before = [_text(round(100 * radius)) for radius in radii]
                before += [str(int(flag)) for flag in flags]
            else:
                before, ends = [], group
            axes = {"H": (0,), "V": (1,)}.get(kind, (0, 1))
            # In hundredths, and against the rounded place: errors do not add up.
            places = [
                round(100 * value) + (0 if absolute else here[axes[k % len(axes)]])
                for k, value in enumerate(ends)
            ]
            offsets = [place - here[axes[k % len(axes)]] for k, place in enumerate(places)]
            if kind == "Z":
                here = start
            else:
                moved = dict(zip(axes, places[-len(axes) :], strict=True))
                here = (moved.get(0, here[0]), moved.get(1, here[1]))
            # More pairs after an M are lines.
            letter = "l" if kind == "M" and first else kind.lower()
            if letter == "m":
                start = here
            written.append(letter + _joined([*before, *map(_text, offsets)]))
    return re.sub("^m", "M", "".join(written))


def _text(hundredths: int) -> str:
    """Write a number of hundredths as SVG allows it: 50 as .5, -1200 as -12."""
    text = f"{abs(hundredths) / 100:.2f}".rstrip("0").rstrip(".").removeprefix("0") or "0"
    return f"-{text}" if hundredths < 0 else text


def _joined(numbers: list[str]) -> str:
    """Join numbers with a space only where they would run together."""
    text = ""
    for number in numbers:
        text += number if not text or number.startswith("-") else f" {number}"
    return text
