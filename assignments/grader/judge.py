"""Grade one submission: nbgrader's preprocessors around a run in two processes.

nbgrader checks and overwrites the cells, reads points off the outputs of test cells, and keeps
them in a gradebook of this submission's own. Only its Execute is replaced: a student's cells run
in the student's process, test cells here.
"""

from __future__ import annotations

import dataclasses
import logging
import pickle
import re
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    CheckCellMetadata,
    DeduplicateIds,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_solution

from assignments.grader import notebooks, preparing, report, restoring
from assignments.grader.files import write_whole
from assignments.grader.inside.reading import UnreadableError
from assignments.grader.preparing import MasterError
from assignments.grader.records import Job, Row
from assignments.grader.student import GivenUpError, Student
from assignments.grader.testcells import TestCells

# What a judge may hold: networks that students describe are built here, and run.
JUDGE_BYTES = 3 * 2**30
# Importing these takes seconds, so it is done before a cell's time counts.
SLOW_PACKAGES = ("numpy", "pandas", "torch", "torchvision", "convcost")


class ExecuteApart(NbGraderPreprocessor):
    """Run a notebook: the student's cells in the student's process, test cells in this one."""

    def __init__(self, student: Student, **settings: Any) -> None:
        super().__init__(**settings)
        self.student = student

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Run the code cells in their order."""
        tests = TestCells(self.student, JUDGE_BYTES)
        count = 0
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            count += 1
            cell.execution_count = count
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell {count}")
            if is_grade(cell) and not is_solution(cell):
                points = float(cell.metadata.nbgrader.points)
                outputs, for_student = tests.test(grade_id, cell.source, points)
                cell.metadata["for_student"] = for_student
            else:
                source = notebooks.without_hidden(cell.source)
                if cell.metadata.get("nbgrader", {}).get("locked"):
                    tests.define(grade_id, cell.source)
                outputs = self.student.run(source, grade_id).outputs
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return nb, resources


# -- one submission --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Judged:
    """A notebook that was run: with its outputs, its points by question, and what was written."""

    notebook: NotebookNode
    points: dict[str, float | None]
    answers: dict[str, str]


def grade(job: Job, folder: Path) -> Row:
    """Return the row of one submission, and write its graded notebook.

    Parameters
    ----------
    job
        What to grade.
    folder
        A folder of this submission's own.
    """
    failed = Row(job.key, job.id, job.path, job.assignment, "failed", notes=job.notes)
    given = nbformat.read(job.prepared / "given.ipynb", 4)
    released = nbformat.read(job.prepared / "released.ipynb", 4)
    try:
        assert job.file is not None
        submitted = nbformat.read(job.file, 4)  # clean: see `selecting`
        restored, notes = restoring.restore(submitted, given, released.cells)
    except UnreadableError as error:
        return dataclasses.replace(failed, reason=str(error))
    seed = submitted.metadata.get("convcost_assignment", {}).get("seed")
    right = given.metadata.get("convcost_assignment", {}).get("seed")
    if seed is not None and seed != right:
        notes.append(f"made for the seed {seed}, graded for {right}")
    student = Student(job.jail, slow_imports(restored), job.cell_seconds, job.total_seconds)
    try:
        student.start()  # it imports what it needs while the notebook is prepared
        judged = judge(restored, job.assignment, job.prepared, folder, student)
    except (GivenUpError, MasterError) as error:
        notes += student.notes
        return dataclasses.replace(failed, reason=str(error), notes=(*job.notes, *notes))
    finally:
        student.stop()
    write_whole(job.graded_file, nbformat.writes(judged.notebook))
    waits = any(value is None for value in judged.points.values())
    return dataclasses.replace(
        failed,
        status="needs-marking" if waits else "graded",
        notes=(*job.notes, *notes, *student.notes),
        points=judged.points,
        answers=judged.answers,
    )


def judge(
    restored: NotebookNode, name: str, prepared: Path, folder: Path, student: Student
) -> Judged:
    """Run a restored notebook, and return what it got.

    Parameters
    ----------
    restored
        The notebook as it was given, with the student's answers in it.
    name
        The assignment's.
    prepared
        The folder that `preparing` wrote.
    folder
        A folder for this submission's gradebook.
    student
        The process that runs the student's cells.
    """
    shutil.copy(prepared / "gradebook.db", folder / "gradebook.db")
    resources = preparing.nbgrader_resources(name, folder)
    for step in (
        DeduplicateIds(), OverwriteKernelspec(), OverwriteCells(), CheckCellMetadata(),
        ExecuteApart(student), LimitOutput(max_lines=300, max_traceback=60),
        SaveAutoGrades(), CheckCellMetadata(),
    ):  # fmt: skip
        restored, resources = step.preprocess(restored, resources)
    with Gradebook(preparing.db_url(folder)) as gradebook:
        grades = gradebook.find_submission_notebook(name, name, preparing.STUDENT).grades
        found = {
            grade.name: None if grade.needs_manual_grade else grade.auto_score for grade in grades
        }
    points, answers = {}, {}
    for cell in filter(is_grade, restored.cells):
        grade_id = cell.metadata.nbgrader.grade_id
        points[grade_id] = found[grade_id]
        if is_solution(cell):
            answers[grade_id] = cell.source
            if not cell.source.strip():
                points[grade_id] = 0.0  # nothing was written
    return Judged(restored, points, answers)


def slow_imports(restored: NotebookNode) -> tuple[str, ...]:
    """Return of `SLOW_PACKAGES` those that are named in a cell which the student's process runs."""
    text = "\n".join(
        cell.source for cell in restored.cells
        if cell.cell_type == "code" and not (is_grade(cell) and not is_solution(cell))
    )  # fmt: skip
    return tuple(name for name in SLOW_PACKAGES if re.search(rf"\b{name}\b", text))


def main(folder: Path) -> None:
    """Grade the submission that a folder describes, and write its row."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (JUDGE_BYTES, hard))
    # Written by the run itself.
    job: Job = pickle.loads((folder / "job.pickle").read_bytes())
    row = grade(job, folder)
    if row.status == "failed":
        report.write_failed(job.feedback_file, job.assignment, row.reason)
    else:
        graded = nbformat.read(job.graded_file, 4)
        page = report.feedback_html(graded, row.points, job.max_points, job.assignment)
        write_whole(job.feedback_file, page)
    # Last, as it says that all is done.
    row.write(job.row_file)


def warm() -> None:
    """Do once, before any fork, what would be slow in each: compile queries and templates."""
    logging.getLogger("nbgrader").setLevel(logging.ERROR)
    source = [nbformat.v4.new_code_cell("assert x == 1", metadata={"nbgrader": {
        "grade": True, "grade_id": "x", "locked": True, "points": 1, "schema_version": 3,
        "solution": False, "task": False, "cell_type": "code"}})]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=source)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        preparing.write(folder, "warm", notebook, notebook)
        resources = preparing.nbgrader_resources("warm", folder)
        checked = nbformat.read(folder / "given.ipynb", 4)
        for step in (OverwriteCells(), SaveAutoGrades()):
            step.preprocess(checked, resources)
    report.feedback_html(checked, {"x": 1.0}, {"x": 1.0}, "warm")
