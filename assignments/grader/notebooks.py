"""Read what students send, and put back what they were given: locked cells, tests, order."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from assignments.grader.inside import reading
from assignments.grader.inside.reading import UnreadableError


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


# -- putting back ----------------------------------------------------------------------------------


def _is_answer(cell: NotebookNode) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("solution") or marks.get("task"))


def restore(
    submitted: NotebookNode, given: NotebookNode, released: Iterable[NotebookNode]
) -> tuple[NotebookNode, list[str]]:
    """Return the notebook to run: the given one, with the student's answers and own cells in it.

    Parameters
    ----------
    submitted
        The student's clean notebook.
    given
        The autograder's, with stubs for solutions, and with all tests.
    released
        The cells that students got, to find answers whose metadata are lost.

    Returns
    -------
    tuple
        The notebook, and notes about what was amiss.

    Raises
    ------
    UnreadableError
        If no answer can be told from other cells.
    """
    released = list(released)
    known = {
        cell.metadata.nbgrader.grade_id: cell for cell in given.cells if "nbgrader" in cell.metadata
    }
    answers = {grade_id for grade_id, cell in known.items() if _is_answer(cell)}
    notes = []
    if not grade_ids(submitted) & known.keys():
        submitted = _marked_by_place(submitted, released, set(known))
        if not grade_ids(submitted) & answers:
            raise UnreadableError("the marks of the cells (nbgrader's metadata) are gone, and the "
                                  "cells around the answers are changed: ask for the file as it "
                                  "was handed out, with the answers in it")  # fmt: skip
        notes.append("the marks of the cells were gone: answers are taken by their place")
    groups: dict[str | None, list[NotebookNode]] = {None: []}
    sources: dict[str, str] = {}
    here: str | None = None
    repeated = set()
    locked = {cell.source.strip() for grade_id, cell in known.items() if grade_id not in answers}
    for cell in submitted.cells:
        grade_id = cell.metadata.get("grade_id")
        if grade_id in known and grade_id not in sources:
            here = grade_id
            sources[here] = cell.source
            groups[here] = []
        elif grade_id in known and grade_id not in answers:
            repeated.add(grade_id)
        elif cell.cell_type == "code" and cell.source.strip() not in locked:
            # The student's own cell, or a copy of an answer: it runs where it stands.
            if grade_id in known:
                repeated.add(grade_id)
            groups[here].append(nbformat.v4.new_code_cell(cell.source))
    cells = list(groups[None])
    changed, missing, gone = [], [], []
    for cell in copy.deepcopy(given.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers and grade_id in sources:
            cell.source = sources[grade_id]
        elif grade_id in answers:
            missing.append(grade_id)
            cell.source = "" if cell.cell_type == "markdown" else cell.source
        elif grade_id is not None and grade_id not in sources:
            gone.append(grade_id)
        cells.append(cell)
        cells += groups.get(grade_id, []) if grade_id is not None else []
    handed_out = {reading.grade_id_of(cell): cell.source for cell in released}
    for grade_id, text in sources.items():
        if grade_id not in answers:
            # As it was handed out, or as another tool clears hidden tests.
            whole = known[grade_id].source
            texts = (whole, without_hidden(whole), handed_out.get(grade_id, whole))
            if text.split() not in [each.split() for each in texts]:
                changed.append(grade_id)
    if answers and len(missing) == len(answers):
        raise UnreadableError("none of the cells for answers is there: they were deleted, or "
                              "their marks (nbgrader's metadata) are gone")  # fmt: skip
    for words, names in (
        ("no cell for the answer", missing),
        ("restored, as deleted", gone),
        ("restored, as edited", changed),
        ("there more than once", sorted(repeated)),
    ):
        if names:
            notes.append(f"{words}: {', '.join(names)}")
    restored = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(given.metadata))
    return restored, notes


def _marked_by_place(
    submitted: NotebookNode, released: list[NotebookNode], known: set[str]
) -> NotebookNode:
    """Return the notebook with grade_ids given back: an answer stands after unchanged cells.

    A cell with the text of one that was handed out is that one. What stands between two such
    neighbors, where one answer was handed out, is its answer; several of a kind count in order.
    """
    marked = copy.deepcopy(submitted)
    texts = [cell.source.strip() for cell in marked.cells]
    anchors: list[tuple[int, int]] = []
    start = 0
    for number, cell in enumerate(released):
        if _is_answer(cell) or not cell.source.strip():
            continue
        if cell.source.strip() in texts[start:]:
            at = texts.index(cell.source.strip(), start)
            anchors.append((number, at))
            start = at + 1
    bounds = [(-1, -1), *anchors, (len(released), len(texts))]
    for number, at in anchors:
        grade_id = reading.grade_id_of(released[number])
        if grade_id in known:
            marked.cells[at].metadata["grade_id"] = grade_id
    for (number, at), (next_number, next_at) in itertools.pairwise(bounds):
        for kind in ("code", "markdown"):
            asked = [
                cell
                for cell in released[number + 1 : next_number]
                if _is_answer(cell) and cell.cell_type == kind
            ]
            there = [cell for cell in marked.cells[at + 1 : next_at] if cell.cell_type == kind]
            if len(asked) == 1 and kind == "code" and there:
                there = there[:1]
            if len(asked) == len(there):
                for cell, answer in zip(asked, there, strict=True):
                    answer.metadata["grade_id"] = reading.grade_id_of(cell)
    return marked


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
