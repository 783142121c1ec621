"""What judges need of an assignment, made once for all submissions."""

from __future__ import annotations

import copy
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
    LockCells,
    SaveCells,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SAWarning

from assignments.grader.assignment import Assignment

# In a gradebook of one submission, there is no need for a name.
STUDENT = "student"


class MasterError(RuntimeError):
    """A cell of the master, not of the student, is wrong."""


def _gradebook(db_url: str) -> Gradebook:
    """Return a gradebook of nbgrader's, made if there is none."""

    # nbgrader would start the command `alembic` to learn the version of a new one. That takes
    # seconds, and fails where the environment is not on the PATH; the answer is in its files too.
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


def nbgrader_resources(name: str, folder: Path) -> dict[str, Any]:
    """Return what nbgrader's preprocessors are told: the assignment, and where the gradebook is."""
    place = {"notebook": name, "assignment": name, "student": STUDENT, "db_url": db_url(folder)}
    return {"nbgrader": place, "metadata": {"name": name, "path": str(folder)}}


def db_url(folder: Path) -> str:
    """Return the address of the gradebook in a folder."""
    return f"sqlite:///{folder / 'gradebook.db'}"


def prepare(folder: Path, assignment: Assignment) -> None:
    """Write into a folder what judges need of an assignment.

    Raises
    ------
    MasterError
        If the assignment has a code cell without nbgrader's metadata.
    """
    write(folder, assignment.name, assignment.autograder, assignment.released())


def write(folder: Path, name: str, autograder: NotebookNode, released: NotebookNode) -> None:
    """Write into a folder what judges need: two notebooks, and a gradebook to copy.

    Solutions are cleared, as nbgrader does: no judge needs them.
    """
    given = copy.deepcopy(autograder)
    resources = nbgrader_resources(name, folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _gradebook(db_url(folder)) as gradebook:
        gradebook.update_or_create_assignment(name)
        gradebook.update_or_create_student(STUDENT)
    for preprocessor in (LockCells, ClearSolutions, ComputeChecksums, SaveCells, CheckCellMetadata):
        given, _ = preprocessor().preprocess(given, resources)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, about its order of writing
        with Gradebook(db_url(folder)) as gradebook:
            gradebook.update_or_create_submission(name, STUDENT)
    (folder / "given.ipynb").write_text(nbformat.writes(given))
    (folder / "released.ipynb").write_text(nbformat.writes(released))
    for cell in given.cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            raise MasterError(
                f"{name} has a code cell without nbgrader's metadata: {cell.source[:60]!r}"
            )
