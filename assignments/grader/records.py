"""What the rooms of the grader hand on to each other, and how some of it is kept in files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from assignments.grader.files import write_whole
from assignments.grader.jail import Jail, Limits

Tell = Callable[[str], None]
"""What to do with a line of progress."""

STATES = ("graded", "needs-marking", "failed")


@dataclasses.dataclass(frozen=True)
class Options:
    """What to grade and how; the command's options say what each means."""

    folder: Path
    out: Path
    seed: int
    masters: Path
    assignment: str | None = None
    workers: int = 2
    id_pattern: str | None = None
    share: tuple[int, int] = (1, 1)
    cell_seconds: float = 30.0
    total_seconds: float = 300.0
    bubblewrap: bool = True
    go_on: bool = False
    limits: Limits = dataclasses.field(default_factory=Limits)


@dataclasses.dataclass(frozen=True)
class Found:
    """A file that was sent: its path for people, where its bytes are, what is wrong with it.

    Attributes
    ----------
    seed
        That it says to be made for, where it was read and says so.
    """

    path: str
    file: Path | None
    changed: float
    trouble: str = ""
    seed: str = ""


@dataclasses.dataclass(frozen=True)
class Submission:
    """What one student sent: the file to grade, or why there is none.

    Attributes
    ----------
    paths
        Of all files that bear the id.
    by_platform
        Whether a learning platform gave the id, or the instructor said how ids look.
    late
        Whether the platform says that it came late.
    """

    id: str
    found: Found
    trouble: str
    notes: tuple[str, ...]
    paths: tuple[str, ...] = ()
    by_platform: bool = False
    late: bool = False


@dataclasses.dataclass(frozen=True)
class Job:
    """One submission to grade: all that its judge needs to know, and where its results go.

    Attributes
    ----------
    id, path
        Whose it is, and the file's path for people.
    file
        Where its bytes are; None if it can't be read.
    trouble
        Why it can't be graded, or nothing.
    notes
        What the instructor is to know of it already.
    key
        A hash of all that its grade depends on.
    assignment, max_points
        The assignment's name, and what each of its questions can get.
    prepared
        The folder with what judges need of the assignment.
    row_file, graded_file, feedback_file
        Its results.
    jail
        How its process is shut in.
    cell_seconds, total_seconds
        How long a cell and all cells may take.
    """

    id: str
    path: str
    file: Path | None
    trouble: str
    notes: tuple[str, ...]
    key: str
    assignment: str
    max_points: Mapping[str, float]
    prepared: Path
    row_file: Path
    graded_file: Path
    feedback_file: Path
    jail: Jail
    cell_seconds: float
    total_seconds: float


@dataclasses.dataclass(frozen=True)
class Row:
    """The result of one submission.

    Attributes
    ----------
    key
        Of the job whose result it is; empty if the next run is to try again.
    id, file, assignment
        Whose it is, the file's path for people, and of which assignment.
    status, reason
        One of `STATES`, and why it failed.
    notes
        What the instructor is to know.
    points
        By question, in the notebook's order; None waits for marks. Empty if it failed.
    answers
        What was written, by question that is marked by hand.
    """

    key: str
    id: str
    file: str
    assignment: str
    status: str
    reason: str = ""
    notes: tuple[str, ...] = ()
    points: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def total(self) -> float:
        """The sum of the points; what waits for marks counts 0."""
        return sum(value or 0.0 for value in self.points.values())

    def write(self, path: Path) -> None:
        """Write it to a file, whole or not at all."""
        write_whole(path, json.dumps(dataclasses.asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> Row:
        """Read it from a file.

        Raises
        ------
        ValueError
            If the file does not hold one.
        """
        found = json.loads(path.read_text(encoding="utf-8"))
        try:
            return cls(**(found | {"notes": tuple(found["notes"])}))
        except (TypeError, KeyError) as error:
            raise ValueError(f"{path} holds no row of the grader: {error}; remove it") from error


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What a folder of results is of; it is kept there in `run.json`.

    Attributes
    ----------
    assignment, seed
        Which assignment.
    given
        A hash of all that the assignment is.
    max_points, rubrics
        What each question can get, and how written questions are marked.
    ids
        Of all submissions.
    missing_isolation
        What submissions were not kept from on this machine.
    """

    assignment: str
    seed: int
    given: str
    max_points: Mapping[str, float]
    rubrics: Mapping[str, str]
    ids: tuple[str, ...]
    missing_isolation: tuple[str, ...] = ()

    def write(self, out: Path) -> None:
        """Write it into a folder of results."""
        write_whole(out / "run.json", json.dumps(dataclasses.asdict(self), indent=1))

    @classmethod
    def read(cls, out: Path) -> RunRecord:
        """Read it from a folder of results.

        Raises
        ------
        FileNotFoundError, ValueError
            If the folder holds none.
        """
        path = out / "run.json"
        if not path.exists():
            raise FileNotFoundError(f"{out} holds no results of a run (run.json); grade into it")
        found = json.loads(path.read_text(encoding="utf-8"))
        try:
            lists = {name: tuple(found[name]) for name in ("ids", "missing_isolation")}
            return cls(**(found | lists))
        except (TypeError, KeyError) as error:
            raise ValueError(f"{path} is not this grader's: {error}; grade again") from error


@dataclasses.dataclass(frozen=True)
class Counts:
    """How many submissions a run graded, and how many had not changed since they were graded."""

    graded: int
    unchanged: int
