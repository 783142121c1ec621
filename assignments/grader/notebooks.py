"""Read what students send, and put back what they were given: locked cells, tests, order."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterable
from typing import Any

import nbformat
from nbformat import NotebookNode

MAX_FILE_BYTES = 20 * 2**20
MAX_CELLS = 2_000


class UnreadableError(ValueError):
    """A file is no notebook that can be graded; it says why, for the instructor."""


def read(name: str, data: bytes) -> NotebookNode:
    """Return the notebook in a file, as nbformat 4 whatever it was.

    Parameters
    ----------
    name
        The file's name, for its ending.
    data
        What is in the file.

    Raises
    ------
    UnreadableError
        If it cannot be read.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(f"the file is too large: {len(data) / 2**20:.0f} MiB, "
                              f"at most {MAX_FILE_BYTES / 2**20:.0f}")  # fmt: skip
    if not data.strip():
        raise UnreadableError("the file is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"the file is not text in UTF-8: {error.reason}") from error
    try:
        if name.lower().endswith(".md"):
            import jupytext

            notebook = jupytext.reads(text, fmt="md:myst")
        else:
            notebook = _from_json(text)
        return _cleaned(notebook)
    except UnreadableError:
        raise
    except RecursionError as error:
        raise UnreadableError("the file is nested too deep") from error
    # Readers of foreign files fail in as many ways as there are broken files.
    except Exception as error:
        raise UnreadableError(
            f"the file can't be read as a notebook: {type(error).__name__}: {error}"[:300]
        ) from error


def _from_json(text: str) -> NotebookNode:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        hint = "it looks like a web page, " if text.lstrip().startswith("<") else ""
        raise UnreadableError(f"the file is not a notebook: {hint}not JSON ({error})") from error
    if not isinstance(data, dict) or not isinstance(data.get("nbformat"), int):
        raise UnreadableError("the file is JSON, but not a notebook")
    major = data["nbformat"]
    if major < 4:
        return nbformat.convert(nbformat.reader.reads(text), 4)
    if major > 4:
        raise UnreadableError(f"the notebook's format {major} is newer than this grader's")
    return nbformat.from_dict(data)


def _cleaned(notebook: NotebookNode) -> NotebookNode:
    """Return a valid notebook of the source and metadata that matter in the given one."""
    found = notebook.get("cells")
    if not isinstance(found, list) or len(found) > MAX_CELLS:
        raise UnreadableError("the notebook has no list of cells, or too long a one")
    cells = []
    for cell in found:
        source = cell.get("source", "") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise UnreadableError("a cell of the notebook has no text")
        kind = cell.get("cell_type")
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        made = make(_writable(source))
        grade_id = _grade_id(cell)
        if grade_id is not None:
            made.metadata["grade_id"] = grade_id
        cells.append(made)
    clean = nbformat.v4.new_notebook(cells=cells)
    hint = notebook.get("metadata", {})
    hint = hint.get("convcost_assignment") if isinstance(hint, dict) else None
    if isinstance(hint, dict):
        clean.metadata["convcost_assignment"] = {
            key: _writable(hint[key]) if isinstance(hint[key], str) else hint[key]
            for key in ("name", "seed")
            if isinstance(hint.get(key), (str, int)) and len(str(hint[key])) < 100
        }
    return clean


def _grade_id(cell: dict[str, Any]) -> str | None:
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return _writable(grade_id) if isinstance(grade_id, str) and len(grade_id) < 200 else None


def _writable(text: str) -> str:
    """Turn lone surrogates, which no file in UTF-8 can hold, into question marks."""
    return text.encode("utf-8", "replace").decode()


# -- which assignment ------------------------------------------------------------------------------


def grade_ids(notebook: NotebookNode) -> set[str]:
    """Return the grade_ids of a clean notebook, or of one with nbgrader's metadata."""
    found = {cell.metadata.get("grade_id") or _grade_id(cell) for cell in notebook.cells}
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
    handed_out = {_grade_id(cell): cell.source for cell in released}
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
        grade_id = _grade_id(released[number])
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
                    answer.metadata["grade_id"] = _grade_id(cell)
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
