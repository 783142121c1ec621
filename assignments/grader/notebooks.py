"""Read what students send, tell of which assignment it is, and take hidden tests out."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from assignments.grader.inside import reading


def read(name: str, data: bytes) -> NotebookNode:
    """Return the notebook in a file, here and now: what students send is read by a `Reader`.

    Raises
    ------
    UnreadableError
        If it cannot be read.
    """
    return made_of(reading.read(name, data))


def made_of(plain: Mapping[str, Any]) -> NotebookNode:
    """Return a valid notebook of what a reader found; the same of the same."""
    cells = []
    for number, found in enumerate(plain["cells"]):
        make = nbformat.v4.new_code_cell if found["code"] else nbformat.v4.new_markdown_cell
        cell = make(_writable(found["source"]), id=f"cell-{number}")
        if found["grade_id"] is not None:
            cell.metadata["grade_id"] = _writable(found["grade_id"])
        cells.append(cell)
    clean = nbformat.v4.new_notebook(cells=cells)
    if hint := plain["hint"]:
        clean.metadata["convcost_assignment"] = {
            key: _writable(value) if isinstance(value, str) else value
            for key, value in hint.items()
        }
    return clean


def _writable(text: str) -> str:
    """Turn lone surrogates, which no file in UTF-8 can hold, into question marks."""
    return text.encode("utf-8", "replace").decode()


# -- which assignment ------------------------------------------------------------------------------


def grade_ids(notebook: NotebookNode) -> set[str]:
    """Return the grade_ids of a clean notebook, or of one with nbgrader's metadata."""
    found = {cell.metadata.get("grade_id") or reading.grade_id_of(cell) for cell in notebook.cells}
    return {grade_id for grade_id in found if grade_id}


def recognize(notebook: NotebookNode, known: dict[str, NotebookNode]) -> str | None:
    """Return which of the known assignments a notebook is of, by its cells, then by its hint."""
    ids = grade_ids(notebook)
    shared = {name: len(ids & grade_ids(other)) for name, other in known.items()}
    best = max(shared, key=lambda name: shared[name], default=None)
    if best is not None and shared[best]:
        return best
    hint = notebook.metadata.get("convcost_assignment", {}).get("name")
    if hint in known:
        return str(hint)
    # No cell is marked: compare the texts of cells with those that were handed out.
    texts = {cell.source.strip() for cell in notebook.cells}
    shared = {
        name: sum(len(cell.source) > 40 and cell.source.strip() in texts for cell in other.cells)
        for name, other in known.items()
    }
    best = max(shared, key=lambda name: shared[name], default=None)
    return best if best is not None and shared[best] else None


# -- hidden tests ----------------------------------------------------------------------------------

_HIDDEN = re.compile(
    r"^[ \t]*### BEGIN HIDDEN TESTS.*?^[ \t]*### END HIDDEN TESTS[^\n]*\n?",
    re.DOTALL | re.MULTILINE,
)


def without_hidden(source: str) -> str:
    """Return the text of a cell without its hidden tests."""
    return _HIDDEN.sub("", source)


def hidden_lines(source: str) -> set[int]:
    """Return the numbers, from 1, of the lines between a cell's marks of hidden tests."""
    found = set()
    for match in _HIDDEN.finditer(source):
        first = source.count("\n", 0, match.start()) + 1
        found |= set(range(first, first + match[0].count("\n") + 1))
    return found


def without_hidden_tests(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook without its hidden tests."""
    cleared = copy.deepcopy(notebook)
    for cell in cleared.cells:
        cell.source = without_hidden(cell.source).rstrip("\n")
    return cleared
