"""Put back what students were given around their answers: locked cells, tests, order."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping

import nbformat
from nbformat import NotebookNode

from assignments.grader import answers, notebooks
from assignments.grader.inside import reading
from assignments.grader.inside.reading import UnreadableError


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
    wanted = {grade_id for grade_id, cell in known.items() if _is_answer(cell)}
    notes = []
    if not notebooks.grade_ids(submitted) & known.keys():
        submitted = _marked_by_place(submitted, released, set(known))
        if not notebooks.grade_ids(submitted) & wanted:
            raise UnreadableError("the labels of the cells (nbgrader's metadata) are gone, and the "
                                  "cells around the answers were changed: ask for the file as it "
                                  "was handed out, with the answers in it")  # fmt: skip
        notes.append("the labels of the cells were gone: answers are taken by their position")
    locked = {cell.source.strip() for grade_id, cell in known.items() if grade_id not in wanted}
    handed_out = {reading.grade_id_of(cell): cell.source for cell in released}
    found = answers.gather(submitted.cells, _asked(known, wanted, released, handed_out, locked))
    groups: dict[str | None, list[NotebookNode]] = {None: []}
    sources: dict[str, str] = {}
    here: str | None = None
    repeated = set()
    for place, cell in enumerate(submitted.cells):
        grade_id = cell.metadata.get("grade_id")
        if grade_id in known and grade_id not in sources:
            here = grade_id
            sources[here] = cell.source
            groups[here] = []
        elif grade_id in known and grade_id not in wanted:
            repeated.add(grade_id)
        elif place in found.moved:
            continue
        elif place in found.homeless:
            groups[here].append(nbformat.v4.new_markdown_cell(cell.source))
        elif cell.cell_type == "code" and cell.source.strip() not in locked:
            # The student's own cell, or a copy of an answer: it runs where it stands.
            if grade_id in known:
                repeated.add(grade_id)
            groups[here].append(nbformat.v4.new_code_cell(cell.source))
    elsewhere = {**found.written, **found.code}
    cells = list(groups[None])
    changed, missing, replaced, gone = [], [], [], []
    for cell in copy.deepcopy(given.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in wanted:
            if grade_id not in sources:
                (replaced if grade_id in elsewhere else missing).append(grade_id)
            if grade_id in sources or grade_id in elsewhere:
                cell.source = elsewhere.get(grade_id) or sources[grade_id]
            elif cell.cell_type == "markdown":
                cell.source = ""
        elif grade_id is not None and grade_id not in sources:
            gone.append(grade_id)
        cells.append(cell)
        cells += groups.get(grade_id, []) if grade_id is not None else []
    for grade_id, text in sources.items():
        if grade_id not in wanted:
            # As it was handed out, or as another tool clears hidden tests.
            whole = known[grade_id].source
            texts = (
                whole,
                notebooks.without_hidden(whole),
                handed_out.get(grade_id, whole),
            )
            if text.split() not in [each.split() for each in texts]:
                changed.append(grade_id)
    if wanted and len(missing) == len(wanted):
        raise UnreadableError("none of the cells for answers is there: they were deleted, or "
                              "their labels (nbgrader's metadata) are gone")  # fmt: skip
    beside = [name for name in found.beside if name not in replaced]
    above = (name or "the top" for name in found.homeless.values())
    for words, names in (
        ("no cell for the answer", missing),
        ("no cell for the answer, which is taken from what is in its place", replaced),
        ("put together from several cells", beside),
        ("a text that belongs to no answer, left where it was, below", dict.fromkeys(above)),
        ("deleted, and restored", gone),
        ("edited, and restored", changed),
        ("there more than once", sorted(repeated)),
    ):
        if names:
            notes.append(f"{words}: {', '.join(names)}")
    restored = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(given.metadata))
    return restored, notes


def _asked(
    known: Mapping[str, NotebookNode], wanted: set[str], released: list[NotebookNode],
    handed_out: Mapping[str | None, str], locked: set[str],
) -> answers.Asked:  # fmt: skip
    """Return what `answers` has to know of the assignment."""
    is_written = {name: known[name].cell_type == "markdown" for name in wanted}
    return answers.Asked(
        order=list(known),
        written={
            name: [known[name].source, handed_out.get(name, "")]
            for name in known if is_written.get(name)
        },
        code={name for name in wanted if not is_written[name]},
        released=[cell.source for cell in released if reading.grade_id_of(cell) is None],
        locked=locked,
    )  # fmt: skip


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
