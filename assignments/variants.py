"""From a seed to the numbers of an assignment, and from these to its text.

A master draws its own numbers: its cell with the tag ``draw`` is a few lines of Python with a
random generator ``rng``. What students get in its place is a locked cell with the values. In the
text, ``{{ name }}`` stands for a value, ``{{ name:, }}`` for the same with a format.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

HEADING = "# Your numbers. Leave them as they are: the grader sets them again.\n"

PLACE = re.compile(r"\{\{ *(\w+) *(?::([^{}]*?))? *\}\}")


def draw(code: str, name: str, seed: int) -> dict[str, Any]:
    """Return what a master's drawing cell makes of a seed.

    Parameters
    ----------
    code : str
        The cell: Python that draws from ``rng``, a `random.Random`. Imported modules, functions
        and names that begin with two underscores are no values.
    name : str
        The assignment; two assignments draw differently from the same seed.
    seed : int
        The seed of the class.

    Returns
    -------
    dict of str to object
        Name -> value. Values are plain literals, but for names that begin with an underscore:
        these are for the text alone, and no student sees them in a cell.

    Raises
    ------
    ValueError
        If the cell fails, or a value could not be written down as a literal.
    """
    scope: dict[str, Any] = {"rng": random.Random(f"{name} {seed}")}
    try:
        exec(compile(code, f"<the drawing cell of {name}>", "exec"), scope)
    except Exception as error:
        raise ValueError(
            f"the cell of {name} that draws fails for the seed {seed}: "
            f"{type(error).__name__}: {error}"
        ) from error
    values = {
        key: value
        for key, value in scope.items()
        if key != "rng"
        and not key.startswith("__")
        and not isinstance(value, ModuleType)
        and not callable(value)
    }
    for key, value in values.items():
        if not key.startswith("_") and not _is_plain(value):
            raise ValueError(
                f"{name} draws {key}, of type {type(value).__name__}; draw numbers, texts, and "
                "lists, tuples and dictionaries of them, and begin the names of intermediate "
                "values with an underscore"
            )
    return values


def _is_plain(value: object) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (SyntaxError, ValueError):
        return False


def values_cell(values: Mapping[str, Any]) -> str:
    """Return the source of the locked cell that holds the values."""
    lines = [f"{name} = {_written(value)}" for name, value in values.items() if name[0] != "_"]
    return HEADING + "\n".join(lines)


def _written(value: object) -> str:
    """Return a value as code: a long list with one element on each line."""
    text = repr(value)
    if len(text) < 60 or not isinstance(value, list):
        return text
    return "[\n" + "".join(f"    {element!r},\n" for element in value) + "]"


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with the values in their places.

    Raises
    ------
    KeyError
        If the text asks for a value that was not drawn.
    """

    def value(place: re.Match[str]) -> str:
        name, form = place.groups()
        if name not in values:
            raise KeyError(f"the text asks for {place[0]}, but only {sorted(values)} are drawn")
        return format(values[name], form or "")

    return PLACE.sub(value, text)
