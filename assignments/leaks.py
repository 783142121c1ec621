"""Search what students get for what they must not: solutions, hidden tests, rubrics.

A line counts as found wherever it stands, in other quotes and with other spaces; a line that the
master shows to students anyway is no secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from assignments.generate import called

FEWEST_CHARACTERS = 12
"""Shorter lines, such as ``a = 1``, stand anywhere."""

_BLOCK = re.compile(
    r"^[ \t]*### BEGIN (SOLUTION|HIDDEN TESTS|RUBRIC)\n(.*?)^[ \t]*### END \1", re.S | re.M
)
_MARKER = re.compile(r"### ?(BEGIN|END) [A-Z]+")


def squeezed(text: str) -> str:
    """Return a text without spaces and quotes."""
    return re.sub(r"[\s\"'\\\u2018-\u201d]", "", text)


def secrets(master: NotebookNode) -> dict[str, str]:
    """Return the lines of a master that only instructors may read, squeezed: line -> where.

    Parameters
    ----------
    master : NotebookNode
        As `generate.read` gives it.
    """
    shown, hidden = "", []
    for number, cell in enumerate(master.cells, 1):
        where = called(cell, number)
        if "draw" in cell.metadata.get("tags", []):
            # How numbers are drawn; a line that draws nothing says what students read anyway.
            lines = [line for line in cell.source.splitlines() if "rng" in line]
            hidden.append((f"{where}, which draws", lines))
            continue
        shown += squeezed(_BLOCK.sub("", cell.source)) + "\n"
        hidden += [
            (f"{where}, {kind.lower()}", text.splitlines())
            for kind, text in _BLOCK.findall(cell.source)
        ]
    return {
        short: where
        for where, lines in hidden
        for line in lines
        if len(short := squeezed(line)) >= FEWEST_CHARACTERS and short not in shown
    }


def found_in(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Return what of these lines, and which markers, stand in the files below a folder."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        text = "\n".join(_texts(path))
        short = squeezed(text)
        for line, where in wanted.items():
            if line in short:
                found.append(f"{name} holds a line of {where}: {line[:60]}")
        found += [f"{name} holds a marker: {mark[0]}" for mark in _MARKER.finditer(text)]
    return found


def _texts(path: Path) -> Iterator[str]:
    """Yield all texts of a file; of a notebook, of its metadata and outputs, too."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        yield text
        return

    def walk(thing: Any) -> Iterator[str]:
        if isinstance(thing, str):
            yield thing
        elif isinstance(thing, list):
            for each in thing:
                yield from walk(each)
        elif isinstance(thing, dict):
            for key, each in thing.items():
                yield key
                yield from walk(each)

    yield from walk(json.loads(text))
