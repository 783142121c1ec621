"""Grade a folder, from what was sent to what people read; and merge what several machines graded.

Everything that lasts is a file written whole: a row, a graded notebook and a feedback page for each
submission. A run that is killed leaves those that were done; the next does the rest.
"""

from __future__ import annotations

from pathlib import Path

from assignments.grader import intake, jail, looking, planning, reader, results, running, selecting
from assignments.grader.assignment import Assignment, load
from assignments.grader.records import Counts, Job, Options, RunRecord, Submission, Tell
from assignments.grader.warm import WarmProcess


def grade(options: Options, tell: Tell, warm_process: WarmProcess | None = None) -> Counts:
    """Grade a folder of submissions, as far as it changed, and write all results.

    All files are collected, and of each student's the one to grade is selected. What is in doubt
    stops the run before anything is graded, unless it is told to go on. What is to be done
    is planned: a job for each submission, of which those are left out whose results are there
    already. The others are run, side by side. Last, marks given by hand are read, and grades,
    summary and feedback are written for all.

    Parameters
    ----------
    options
        What to grade and how.
    tell
        What to do with a line of progress.
    warm_process
        One to fork judges from; without it the run starts its own.

    Raises
    ------
    ValueError, OSError
        If the folder, the masters or the options are not as they should be, or the results are
        another assignment's; it says what to do.
    RuntimeError
        If another run is writing to the folder of results, or the grader itself can't run here.
    """
    with running.alone(options.out) as work:
        assignments = load(options.masters, options.seed)
        isolation = jail.available(options.bubblewrap)
        files = intake.collect(options.folder, work / "files", isolation)
        with reader.started(isolation) as reads:
            assignment, submissions = selecting.select(
                files, assignments, options, reads, work / "files"
            )
        _refuse_another(assignment, options.out)
        looking.look(submissions, options, tell)
        jobs = planning.plan(submissions, assignment, options, work, isolation)
        changed = [job for job in jobs if not planning.is_done(job)]
        running.run(changed, assignment, options.workers, work, tell, warm_process)
        _record(assignment, submissions, changed, options).write(options.out)
        results.finish(options.out, tell)
    return Counts(graded=len(changed), unchanged=len(jobs) - len(changed))


def _refuse_another(assignment: Assignment, out: Path) -> None:
    """Keep the results of one assignment from those of another, which would take their place."""
    if (out / "run.json").exists():
        before = RunRecord.read(out).assignment
        if before != assignment.name:
            raise ValueError(f"{out} holds the results of the assignment {before}, with its marks; "
                             f"grade {assignment.name} into another folder (OUT=…)")  # fmt: skip


def _record(
    assignment: Assignment, submissions: list[Submission], changed: list[Job], options: Options
) -> RunRecord:
    """Return what `run.json` says; how the last that ran were shut in holds for all."""
    ran = [job for job in changed if not job.trouble]
    missing: tuple[str, ...] = ()
    if ran:
        missing = tuple(ran[0].jail.isolation.missing())
    elif (options.out / "run.json").exists():
        missing = RunRecord.read(options.out).missing_isolation
    return RunRecord(
        assignment=assignment.name,
        seed=options.seed,
        given=assignment.fingerprint,
        max_points=assignment.max_points,
        rubrics=assignment.rubrics,
        ids=tuple(each.id for each in submissions),
        missing_isolation=missing,
    )


def merge(folders: list[Path], out: Path, tell: Tell) -> None:
    """Merge the results of shares of a folder into another folder; see `results.merge`."""
    with running.alone(out):
        results.merge(folders, out, tell)
