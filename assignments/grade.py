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


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(prog="python -m assignments.grade", description=__doc__)
    # fmt: off
    add = parser.add_argument
    add("folder", type=Path, nargs="+",
        help="submissions: a folder or a .zip; with --merge, folders of results")
    add("--seed", type=int, default=SEED, help="the seed it was handed out with")
    add("--masters", type=Path, default=MASTERS, help="the folder of masters")
    add("--assignment", help="its name; without it, that of most files")
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
    add("--no-namespaces", action="store_true",
        help="do without the kernel's namespaces, where they make trouble")
    # fmt: on
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    wish = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        if wish.merge:
            run.merge(wish.folder, wish.out or Path("grades"), _tell)
            return 0
        if len(wish.folder) != 1:
            raise ValueError(
                f"one folder of submissions is graded at a time; got {len(wish.folder)}"
            )
        [folder] = wish.folder
        number, _, count = wish.share.partition("/")
        if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
            raise ValueError(f"--share is {wish.share!r}; expected K/N, as 1/2")
        out = wish.out or folder.resolve().with_name(f"{folder.resolve().stem}-grades")
        did = run.grade(
            run.Wish(
                folder=folder, out=out, seed=wish.seed, masters=wish.masters,
                assignment=wish.assignment, workers=max(1, wish.workers), id_pattern=wish.id,
                share=(int(number), int(count)), cell_seconds=wish.seconds,
                total_seconds=wish.total_seconds, namespaces=not wish.no_namespaces,
            ),
            _tell,
        )  # fmt: skip
    except (ValueError, OSError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _tell(f"{did['graded']} graded now, {did['kept']} unchanged since they were graded.")
    return 0


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
