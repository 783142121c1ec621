"""An assignment as the grader knows it: the one door to the rest of the book's assignments.

This module alone imports `assignments.generate`, which draws an assignment from a seed; everything
else of the grader takes what it returns.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from assignments import generate


@dataclasses.dataclass(frozen=True)
class Assignment:
    """An assignment that was drawn from a seed.

    Attributes
    ----------
    name, seed, masters
        Which it is: the master's name, its folder, and what its numbers are drawn from.
    autograder
        What nbgrader calls the source: solutions, visible and hidden tests, rubrics.
    """

    name: str
    seed: int
    masters: Path
    autograder: NotebookNode

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of all that the assignment is."""
        return hashlib.sha256(nbformat.writes(self.autograder).encode()).hexdigest()

    @property
    def max_points(self) -> dict[str, float]:
        """The points that each question can get, in the notebook's order."""
        return {
            cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points)
            for cell in self.autograder.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }

    @property
    def rubrics(self) -> dict[str, str]:
        """How written questions are marked."""
        return {
            cell.metadata.nbgrader.grade_id: cell.metadata["rubric"]
            for cell in self.autograder.cells
            if "rubric" in cell.metadata
        }

    def released(self) -> NotebookNode:
        """Return what students got."""
        return generate.student_notebook(self.name, self.seed, self.masters)


def load(masters: Path, seed: int) -> dict[str, Assignment]:
    """Return the assignments of a folder of masters, by name."""
    return {
        name: Assignment(name, seed, masters, generate.autograder_notebook(name, seed, masters))
        for name in generate.names(masters)
    }
