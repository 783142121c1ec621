"""Grade one submission: nbgrader's preprocessors around a run in two processes.

nbgrader checks and overwrites the cells, reads points off the outputs of test cells, and keeps
them in a gradebook of this submission's own. Only its Execute is replaced: a student's cells run
in the student's process, test cells here.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import io
import json
import linecache
import logging
import math
import resource
import shutil
import signal
import socket
import symtable
import sys
import tempfile
import types
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
import nbgrader.api
import sqlalchemy.event
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearSolutions,
    ComputeChecksums,
    DeduplicateIds,
    LimitOutput,
    LockCells,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)
from nbgrader.utils import is_grade, is_solution
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SAWarning

from assignments import write_whole
from assignments.grader import notebooks, report
from assignments.grader.student import GivenUpError, Student

# In a gradebook of one submission, there is no need for a name.
STUDENT = "student"
# What a judge may hold: networks that students describe are built here.
JUDGE_BYTES = 8 * 2**30


class MasterError(RuntimeError):
    """A cell of the master, not of the student, is wrong."""


def _gradebook(db_url: str) -> Gradebook:
    """Return a gradebook of nbgrader's, made if there is none."""

    # For the version of a new one nbgrader starts `alembic`, which takes seconds, and is not found
    # where the environment is not on the PATH; the same answer is in its files.
    def version() -> str:
        from alembic.script import ScriptDirectory

        scripts = ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic"))
        return str(scripts.get_current_head())

    with mock.patch("nbgrader.api.get_alembic_version", version):
        return Gradebook(db_url)


@sqlalchemy.event.listens_for(Engine, "connect")
def _do_not_wait_for_the_disk(connection: Any, _: Any) -> None:
    """Let these gradebooks be lost when the power fails: each lives for one submission."""
    connection.execute("PRAGMA synchronous=OFF")


# -- the assignment, once for all submissions ------------------------------------------------------


def prepare(folder: Path, name: str, autograder: NotebookNode, released: NotebookNode) -> None:
    """Write what judges need of an assignment into a folder.

    Solutions are cleared from it, as nbgrader does: no judge needs them.
    """
    given = copy.deepcopy(autograder)
    place = {"notebook": name, "assignment": name, "student": STUDENT,
             "db_url": f"sqlite:///{folder / 'gradebook.db'}"}  # fmt: skip
    resources = {"nbgrader": place, "metadata": {"name": name, "path": str(folder)}}
    folder.mkdir(parents=True, exist_ok=True)
    with _gradebook(place["db_url"]) as gradebook:
        gradebook.update_or_create_assignment(name)
        gradebook.update_or_create_student(STUDENT)
    for preprocessor in (LockCells, ClearSolutions, ComputeChecksums, SaveCells, CheckCellMetadata):
        given, _ = preprocessor().preprocess(given, resources)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, about its order of writing
        with Gradebook(place["db_url"]) as gradebook:
            gradebook.update_or_create_submission(name, STUDENT)
    (folder / "given.ipynb").write_text(nbformat.writes(given))
    (folder / "released.ipynb").write_text(nbformat.writes(released))
    for cell in given.cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            raise MasterError(
                f"{name} has a code cell without nbgrader's metadata: {cell.source[:60]!r}"
            )


# -- test cells ------------------------------------------------------------------------------------


def wanted_names(source: str, filename: str) -> set[str]:
    """Return the names that a cell uses and does not define itself."""
    top = symtable.symtable(source, filename, "exec")
    own = {
        name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()
    }
    used = set()

    def visit(table: symtable.SymbolTable) -> None:
        for name in table.get_symbols():
            here = table is top or name.is_global()
            if here and name.is_referenced():
                used.add(name.get_name())
        for child in table.get_children():
            visit(child)

    visit(top)
    return used - own


class Tests:
    """Locked cells and test cells, run in this process, with the student's names filled in."""

    def __init__(self, student: Student) -> None:
        self.student = student
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}

    def define(self, grade_id: str, source: str) -> None:
        """Run a locked cell, whose names all later test cells see."""
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                exec(compile(source, f"<{grade_id}>", "exec"), self.names)
        except Exception as error:
            raise MasterError(
                f"the locked cell {grade_id} of the master fails: {error!r}"
            ) from error

    def test(self, grade_id: str, source: str, points: float) -> tuple[list[Any], str]:
        """Run a test cell; return its outputs, and what a student may read of them."""
        filename = f"<{grade_id}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        names = dict(self.names)
        printed = io.StringIO()
        self.student.begin_test()
        try:
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                _alarm(self.student.cell_seconds + 10),
            ):
                for name in sorted(wanted_names(source, filename)):
                    if name not in names and not hasattr(builtins, name):
                        with contextlib.suppress(NameError):
                            names[name] = self.student.get(name)
                outputs = self._run(source, filename, names, points)
        except (GivenUpError, MasterError):
            raise
        except (Exception, SystemExit) as error:
            return _failed(error, source, filename)
        return outputs, ""

    def _run(self, source: str, filename: str, names: dict[str, Any], points: float) -> list[Any]:
        tree = ast.parse(source, filename)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, filename, "exec"), names)
        if last is None:
            return []
        value = eval(compile(ast.Expression(last.value), filename, "eval"), names)
        if value is None:
            return []
        if type(value) not in {int, float} or not math.isfinite(value) or not 0 <= value <= points:
            # Otherwise nbgrader would give full points.
            raise ValueError(
                f"the test's last value is {value!r:.80}, not from 0 to {points:g} points"
            )
        data = {"text/plain": repr(value)}
        return [nbformat.v4.new_output("execute_result", data, execution_count=1)]


@contextlib.contextmanager
def _alarm(seconds: float) -> Any:
    def ring(*_: Any) -> None:
        raise TimeoutError("the test took too long")

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _failed(error: BaseException, source: str, filename: str) -> tuple[list[Any], str]:
    number = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    step: types.TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            number = step.tb_lineno
        step = step.tb_next
    lines = source.splitlines()
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    words = f"{type(error).__name__}: {error}".removesuffix(": ")[:2000]
    where = f"Line {number}: {line}\n" if line else ""
    output = nbformat.v4.new_output(
        "error", ename=type(error).__name__, evalue=str(error)[:2000], traceback=[where + words]
    )
    if number in notebooks.hidden_lines(source):
        kind = "" if isinstance(error, AssertionError) else f" ({type(error).__name__})"
        return [output], f"A hidden test failed{kind}."
    return [output], where + words


class ExecuteApart(NbGraderPreprocessor):
    """Run a notebook: the student's cells in the student's process, test cells in this one."""

    def __init__(self, student: Student, **settings: Any) -> None:
        super().__init__(**settings)
        self.student = student

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Run the code cells in their order."""
        tests = Tests(self.student)
        count = 0
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            count += 1
            cell.execution_count = count
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell {count}")
            if is_grade(cell) and not is_solution(cell):
                points = float(cell.metadata.nbgrader.points)
                outputs, shown = tests.test(grade_id, cell.source, points)
                cell.metadata["shown"] = shown
            else:
                source = notebooks.without_hidden(cell.source)
                if cell.metadata.get("nbgrader", {}).get("locked"):
                    tests.define(grade_id, cell.source)
                outputs = self.student.run(source, grade_id).outputs
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return nb, resources


# -- one submission --------------------------------------------------------------------------------


def grade(job: dict[str, Any], folder: Path, starter: socket.socket) -> dict[str, Any]:
    """Return the row of one submission, and write its graded notebook.

    Parameters
    ----------
    job
        What `run` wrote: where the file and the assignment are, and how long it may take.
    folder
        A folder of this submission's own.
    starter
        The socket that starts sandboxes.
    """
    prepared = Path(job["prepared"])
    given = nbformat.read(prepared / "given.ipynb", 4)
    released = nbformat.read(prepared / "released.ipynb", 4)
    row: dict[str, Any] = {
        "status": "failed",
        "reason": "",
        "notes": [],
        "points": {},
        "answers": {},
    }
    try:
        submitted = notebooks.read(job["name"], Path(job["file"]).read_bytes())
        restored, notes = notebooks.restore(submitted, given, released.cells)
    except notebooks.UnreadableError as error:
        return row | {"reason": str(error)}
    seed = submitted.metadata.get("convcost_assignment", {}).get("seed")
    right = given.metadata.get("convcost_assignment", {}).get("seed")
    if seed is not None and seed != right:
        notes.append(f"made for the seed {seed}, graded for {right}")
    shutil.copy(prepared / "gradebook.db", folder / "gradebook.db")
    name = job["assignment"]
    place = {"notebook": name, "assignment": name, "student": STUDENT,
             "db_url": f"sqlite:///{folder / 'gradebook.db'}"}  # fmt: skip
    resources = {"nbgrader": place, "metadata": {"name": name, "path": str(folder)}}
    student = Student(starter, job["cell_seconds"], job["total_seconds"])
    try:
        for step in (
            DeduplicateIds(), OverwriteKernelspec(), OverwriteCells(), CheckCellMetadata(),
            ExecuteApart(student), LimitOutput(max_lines=300, max_traceback=60),
            SaveAutoGrades(), CheckCellMetadata(),
        ):  # fmt: skip
            restored, resources = step.preprocess(restored, resources)
    except (GivenUpError, MasterError) as error:
        return row | {"reason": str(error), "notes": notes + student.notes}
    finally:
        student.stop()
    with Gradebook(place["db_url"]) as gradebook:
        grades = gradebook.find_submission_notebook(name, name, STUDENT).grades
        points = {
            grade.name: None if grade.needs_manual_grade else grade.auto_score for grade in grades
        }
    for cell in restored.cells:
        if is_grade(cell) and is_solution(cell):
            grade_id = cell.metadata.nbgrader.grade_id
            if not cell.source.strip():
                points[grade_id] = 0.0  # nothing was written
            row["answers"][grade_id] = cell.source
    write_whole(Path(job["graded"]), nbformat.writes(restored))
    waits = any(value is None for value in points.values())
    return row | {
        "status": "needs-marking" if waits else "graded",
        "notes": notes + student.notes,
        "points": {cell.metadata.nbgrader.grade_id: points[cell.metadata.nbgrader.grade_id]
                   for cell in given.cells if is_grade(cell)},
    }  # fmt: skip


def main(folder: Path, starter: socket.socket) -> None:
    """Grade the submission that a folder describes, and write its row."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (JUDGE_BYTES, hard))
    job = json.loads((folder / "job.json").read_text())
    row = grade(job, folder, starter)
    if row["status"] != "failed":
        graded = nbformat.read(job["graded"], 4)
        page = report.feedback_html(graded, row["points"], job["most"], job["assignment"])
    else:
        page = report.failed_html(job["assignment"], row["reason"])
    write_whole(Path(job["feedback"]), page)
    # Last, as it says that all is done.
    row["notes"] = job["known"].pop("notes") + row["notes"]
    write_whole(Path(job["row"]), json.dumps(row | job["known"], indent=1))


def warm() -> None:
    """Do once, before any fork, what would be slow in each: compile queries and templates."""
    logging.getLogger("nbgrader").setLevel(logging.ERROR)
    source = [nbformat.v4.new_code_cell("assert x == 1", metadata={"nbgrader": {
        "grade": True, "grade_id": "x", "locked": True, "points": 1, "schema_version": 3,
        "solution": False, "task": False, "cell_type": "code"}})]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=source)
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), "warm", notebook, notebook)
        place = {"notebook": "warm", "assignment": "warm", "student": STUDENT,
                 "db_url": f"sqlite:///{folder}/gradebook.db"}  # fmt: skip
        resources = {"nbgrader": place, "metadata": {"name": "warm", "path": folder}}
        checked = nbformat.read(Path(folder, "given.ipynb"), 4)
        for step in (OverwriteCells(), SaveAutoGrades()):
            step.preprocess(checked, resources)
    report.feedback_html(checked, {"x": 1.0}, {"x": 1.0}, "warm")
