"""What must be graded, and what has not changed since it was."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from assignments.grader import jail
from assignments.grader.assignment import Assignment
from assignments.grader.records import Job, Options, Row, Submission


def plan(
    submissions: Iterable[Submission],
    assignment: Assignment,
    options: Options,
    work: Path,
    isolation: jail.Isolation,
) -> list[Job]:
    """Return a job for each submission, in their order.

    Parameters
    ----------
    submissions, assignment, options
        What to grade and how.
    work
        A folder of this run's own, where the assignment is prepared for judges.
    isolation
        What this machine can do to shut a submission in.
    """
    versions = [assignment.fingerprint, fingerprint_of_grader()]
    shut_in = jail.Jail(
        isolation,
        options.limits,
        jail.readable_paths(),
        tuple(path.resolve() for path in (options.masters, options.out, options.folder)),
    )
    return [_job(each, assignment, options, versions, shut_in, work) for each in submissions]


def _job(
    submission: Submission, assignment: Assignment, options: Options, versions: list[str],
    shut_in: jail.Jail, work: Path,
) -> Job:  # fmt: skip
    found, name, out = submission.found, slug(submission.id), options.out.resolve()
    data = b"" if found.file is None or submission.trouble else found.file.read_bytes()
    depends = [*versions, hashlib.sha256(data).hexdigest(), found.path, submission.trouble,
               options.cell_seconds, options.total_seconds, dataclasses.astuple(options.limits),
               assignment.name]  # fmt: skip
    return Job(
        id=submission.id,
        path=found.path,
        file=found.file.resolve() if found.file else None,
        trouble=submission.trouble,
        notes=submission.notes,
        key=hashlib.sha256(json.dumps(depends).encode()).hexdigest(),
        assignment=assignment.name,
        max_points=assignment.max_points,
        prepared=work.resolve() / "assignment",
        row_file=out / "rows" / f"{name}.json",
        graded_file=out / "graded" / f"{name}.ipynb",
        feedback_file=out / "feedback" / f"{name}.html",
        jail=shut_in,
        cell_seconds=options.cell_seconds,
        total_seconds=options.total_seconds,
    )


def is_done(job: Job) -> bool:
    """Return whether the results of a job are all there, and of the same work."""
    try:
        row = Row.read(job.row_file)
    except (FileNotFoundError, ValueError):
        return False
    has_notebook = row.status == "failed" or job.graded_file.exists()
    return row.key == job.key and has_notebook and job.feedback_file.exists()


def slug(student: str) -> str:
    """Return a file name for an id, another for each."""
    safe = re.sub(r"[^A-Za-z0-9-]", "_", student)[:60]
    if safe == student:
        return safe
    return f"{safe}.{hashlib.sha256(student.encode()).hexdigest()[:8]}"


def fingerprint_of_grader() -> str:
    """Return a hash of what grades: this package, convcost, and the versions of what they use."""
    import convcost

    digest = hashlib.sha256()
    home = Path(__file__).parent
    templates = [path for path in (home / "templates").rglob("*") if path.is_file()]
    modules = [*home.rglob("*.py"), *Path(convcost.__file__).parent.rglob("*.py")]
    for path in sorted([*templates, *modules]):
        digest.update(path.read_bytes())
    for name in ("torch", "nbgrader", "nbconvert", "nbformat", "ipython"):
        digest.update(f"{name} {importlib.metadata.version(name)}".encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()
