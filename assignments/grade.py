"""Grade a folder of submissions: ``python -m assignments.grade FOLDER --seed 2026``.

``make grade SUBMISSIONS=folder SEED=2026`` runs it; `grader/README.md` says how grading works.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from assignments import MASTERS, SEED
from assignments.grader import intake, run
from assignments.grader.files import readable
from assignments.grader.records import Options
from assignments.platforms import course, entering
from assignments.platforms.roster import Roster


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(prog="python -m assignments.grade", description=__doc__)
    # fmt: off
    add = parser.add_argument
    add("folder", type=Path, nargs="+",
        help="submissions: a folder or a .zip; with --merge, folders of results")
    add("--seed", type=int, default=SEED, help="the seed it was handed out with")
    add("--masters", type=Path, default=MASTERS, help="the folder of masters")
    add("--assignment", help="its name (that of most files)")
    add("--out", type=Path, help="where results go (<folder>-grades)")
    add("--workers", type=int, default=os.cpu_count() or 1,
        help="submissions graded side by side (one for each core)")
    add("--id", default=intake.ID_PATTERN, metavar="REGEXP",
        help="how ids look in paths, with a group named id, as '^(?P<id>[^/]+)/' for folders named "
        "by id; without it: Moodle's number, or letters with three digits or more")
    add("--share", default="1/1", metavar="K/N",
        help="grade share K of N only, for a class on several machines")
    add("--merge", action="store_true", help="merge the results of shares")
    add("--seconds", type=float, default=30, help="for a cell (30)")
    add("--total-seconds", type=float, default=300, help="for a submission (300)")
    add("--go-on", action="store_true",
        help="grade even though something is in doubt: a file without a number, two with the same, "
        "another seed")
    add("--moodle", type=Path, metavar="CSV",
        help="Moodle's grading worksheet: write it again with marks in it, and a zip of feedback")
    add("--canvas", type=Path, metavar="CSV", help="Canvas's gradebook: the same")
    add("--column", metavar="NAME",
        help="the column of that file to write marks into, where it can't be told; for Canvas "
        "an assignment's name or number")
    add("--course", type=Path, metavar="FOLDER",
        help="of an nbgrader course: put feedback where nbgrader release_feedback finds it")
    add("--no-bubblewrap", action="store_true",
        help="do without bubblewrap if it makes trouble; the first lines say what is lost")
    # fmt: on
    return parser.parse_args(arguments)


def options_from(given: argparse.Namespace) -> Options:
    """Return what to grade and how.

    Raises
    ------
    ValueError
        If more than one folder is given, or the share is none.
    """
    if len(given.folder) != 1:
        raise ValueError(f"one folder of submissions is graded at a time; got {len(given.folder)}")
    [folder] = given.folder
    number, _, count = given.share.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise ValueError(f"the share is {given.share!r}; expected K/N, as SHARE=1/2 (--share 1/2)")
    return Options(
        folder=folder,
        out=given.out or folder.resolve().with_name(f"{folder.resolve().stem}-grades"),
        seed=given.seed,
        masters=given.masters,
        assignment=given.assignment,
        workers=max(1, given.workers),
        id_pattern=given.id,
        share=(int(number), int(count)),
        cell_seconds=given.seconds,
        total_seconds=given.total_seconds,
        bubblewrap=not given.no_bubblewrap,
        go_on=given.go_on,
    )


def roster_from(given: argparse.Namespace) -> Roster | None:
    """Return the platform's list that marks go into, if one is given.

    Raises
    ------
    ValueError, OSError
        If two are given, or only a share is graded, or the file is not what was expected.
    """
    files = {name: getattr(given, name) for name in entering.READERS if getattr(given, name)}
    if not files:
        return None
    if len(files) > 1:
        raise ValueError("marks go into one list at a time; got a worksheet of Moodle (MOODLE=…, "
                         "--moodle) and a gradebook of Canvas (CANVAS=…, --canvas): give one "
                         "of them")  # fmt: skip
    if not given.merge and given.share != "1/1":
        raise ValueError(f"share {given.share} is not the whole class: merge all shares first, and "
                         "then give the platform's file (--merge … --moodle …)")  # fmt: skip
    [(platform, path)] = files.items()
    return entering.read(platform, path, given.column)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        roster = roster_from(given)  # before the work, for it may be the wrong file
        if given.merge:
            out = given.out or Path("grades")
            run.merge(given.folder, out, _tell)
        else:
            options = options_from(given)
            out = options.out
            counts = run.grade(options, _tell)
            _tell(f"{counts.graded} graded now, {counts.unchanged} unchanged since they were "
                  "graded.")  # fmt: skip
        if roster:
            entering.enter(roster, out, _tell)
        if given.course:
            course.release(given.course, out, _tell)
    except (ValueError, OSError, RuntimeError) as error:
        sys.stderr.write(readable(f"{error}\n", kept="\n"))
        return 2
    return 0


def _tell(line: str) -> None:
    # What students wrote, in names and in what went wrong, is not to steer the terminal.
    sys.stdout.write(readable(line, kept="\n") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
