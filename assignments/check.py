"""Check masters before they are handed out: ``python -m assignments.check --masters ../mine``.

``make check-assignment MASTERS=../mine ASSIGNMENT=name SEED=2027`` runs it. Of each master it says
whether it keeps the rules, whether seeds draw other numbers, whether anything leaks to students,
and, by the grader itself, whether its own solution gets all points and the untouched release none.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from assignments import MASTERS, SEED, generate, leaks, rules
from assignments.generate import MasterError
from assignments.grader import notebooks, report, run, warm
from assignments.grader.files import write_whole
from assignments.grader.records import Options, Row, Tell

SEEDS = 3
"""How many seeds are tried: the one that is given, and those after it."""

# The ids of two who hand in: who has the solutions, and who has done nothing.
SOLVED, UNTOUCHED = "solution001", "release002"


@dataclasses.dataclass(frozen=True)
class Finding:
    """The answer to one question about a master.

    Attributes
    ----------
    words
        What was asked, and what was found.
    problems
        What is wrong; none if all is well.
    """

    words: str
    problems: tuple[str, ...] = ()


def check(
    name: str, seed: int, masters: Path, work: Path, warm_process: warm.WarmProcess | None = None
) -> Iterator[Finding]:
    """Yield what is found about a master, one question after the other.

    Parameters
    ----------
    name, masters
        Which master.
    seed
        The seed that it is to be handed out with; the next ones are tried, too.
    work
        An empty folder.
    warm_process
        As `run.grade` takes it.
    """
    try:
        master = generate.read(name, masters)
    except (MasterError, UnicodeDecodeError) as error:
        yield Finding("It can't be read.", (str(error),))
        return
    broken = tuple(rules.problems(master))
    yield Finding("It keeps the rules for masters." if not broken else "It breaks rules.", broken)
    seeds = range(seed, seed + SEEDS)
    try:
        drawn = {each: generate.autograder_notebook(name, each, masters) for each in seeds}
        for each in seeds:
            generate.student_notebook(name, each, masters)
    except MasterError as error:
        yield Finding("It can't be handed out.", (str(error),))
        return
    yield _variants(name, masters, drawn)
    yield _leaks(name, masters, master, seeds, work)
    # Alone in a folder: a neighbor that is broken is no fault of this one.
    alone = work / "masters"
    write_whole(alone / f"{name}.md", (Path(masters) / f"{name}.md").read_bytes())
    for each in seeds:
        yield from _grading(name, each, alone, drawn[each], work / str(each), warm_process)


def _variants(name: str, masters: Path, drawn: dict[int, NotebookNode]) -> Finding:
    """Say whether seeds draw different numbers, and the same again."""
    numbers = {
        seed: next(cell.source for cell in notebook.cells if cell.get("id") == "numbers")
        for seed, notebook in drawn.items()
    }
    found = [
        f"the seeds {one} and {other} draw the same numbers; let the cell that draws choose from "
        "more, with rng"
        for one, other in combinations(numbers, 2)
        if numbers[one] == numbers[other]
    ]
    found += [
        f"the seed {seed} draws other numbers each time; draw with rng alone"
        for seed, notebook in drawn.items()
        if generate.autograder_notebook(name, seed, masters) != notebook
    ]
    listed = ", ".join(map(str, drawn))
    words = f"The seeds {listed} draw different numbers, each always the same."
    return Finding(words if not found else "Its numbers do not follow the seed.", tuple(found))


def _leaks(
    name: str, masters: Path, master: NotebookNode, seeds: range, work: Path
) -> Finding:  # fmt: skip
    """Say whether what is handed out holds anything that only instructors may read."""
    out = work / "handed-out"
    for seed in seeds:
        generate.write_release(name, seed, masters, out / str(seed))
    if Path(masters).resolve() == MASTERS:
        write_whole(out / "page.md", generate.page(name))
    wanted = leaks.secrets(master)
    found = tuple(leaks.found_in(out, wanted))
    files = sum(path.is_file() for path in out.rglob("*"))
    words = f"Nothing leaks: of {len(wanted)} secret lines, none is in {files} released files."
    return Finding(words if not found else "Students would get what they must not.", found)


def _grading(
    name: str, seed: int, masters: Path, whole: NotebookNode, work: Path,
    warm_process: warm.WarmProcess | None,
) -> Iterator[Finding]:  # fmt: skip
    """Say what the grader gives the solution and the untouched release."""
    solved = notebooks.without_hidden_tests(whole)
    sent = {SOLVED: solved, UNTOUCHED: generate.student_notebook(name, seed, masters)}
    for student, notebook in sent.items():
        write_whole(work / "in" / f"{student}.ipynb", nbformat.writes(notebook))
    out = work / "out"
    options = Options(folder=work / "in", out=out, seed=seed, masters=masters, assignment=name)
    try:
        run.grade(options, lambda _: None, warm_process)
    except (ValueError, RuntimeError) as error:
        yield Finding(f"Seed {seed}: it can't be graded.", (str(error),))
        return
    rows = {student: Row.read(out / "rows" / f"{student}.json") for student in sent}
    most = {
        cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points)
        for cell in whole.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    yield _solution(seed, rows[SOLVED], most, out)
    yield _release(seed, rows[UNTOUCHED], most)


def _solution(seed: int, row: Row, most: dict[str, float], out: Path) -> Finding:
    if row.status == "failed":
        return Finding(f"Seed {seed}: its own solution fails.", (row.reason, *row.notes))
    by_hand = [name for name, points in row.points.items() if points is None]
    most_tested = sum(points for name, points in most.items() if name not in by_hand)
    got = f"{report.number(row.total)} of {report.number(most_tested)} points"
    found = [
        f"{name}: {report.number(points)} of {report.number(most[name])} points; {words}"
        for name, points in row.points.items()
        if points is not None and points < most[name]
        for words in [_words(out, name)]
    ]
    if not found:
        rest = report.number(sum(most[name] for name in by_hand))
        more = f", and {rest} more by hand" if by_hand else ""
        return Finding(f"Seed {seed}: its own solution gets {got}{more}.")
    return Finding(f"Seed {seed}: its own solution gets only {got}.", (*found, *row.notes))


def _words(out: Path, name: str) -> str:
    """Return what a test said of the solution: to whoever wrote it, of hidden tests, too."""
    graded = nbformat.read(out / "graded" / f"{SOLVED}.ipynb", 4)
    for cell in graded.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            for output in cell.get("outputs", []):
                lines = output.get("traceback") or [output.get("data", {}).get("text/plain", "")]
                return " ".join(" ".join(lines).split())[:300]
            if cell.cell_type == "markdown":
                return "there is no solution in words"
    return "no test said why"


def _release(seed: int, row: Row, most: dict[str, float]) -> Finding:
    if row.status == "failed":
        return Finding(f"Seed {seed}: the untouched release fails.", (row.reason, *row.notes))
    found = tuple(
        f"{name}: {report.number(points)} of {report.number(most[name])} points for nothing; make "
        "its test fail where nothing was written"
        for name, points in row.points.items()
        if points
    )
    if not found:
        return Finding(f"Seed {seed}: the untouched release gets no point.")
    return Finding(f"Seed {seed}: the untouched release gets points.", found)


def check_all(listed: list[str], seed: int, masters: Path, tell: Tell) -> int:
    """Check masters and tell of each what is found; return how many have a problem."""
    bad = 0
    with warm.started() as warm_process:
        for name in listed:
            tell(f"{name}")
            good = True
            with tempfile.TemporaryDirectory(prefix="check-") as work:
                for finding in check(name, seed, masters, Path(work), warm_process):
                    good = good and not finding.problems
                    tell(f"  {'!!' if finding.problems else 'ok'}  {finding.words}")
                    for problem in finding.problems:
                        tell(f"      - {problem}")
            bad += not good
    return bad


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 if all is well, 1 if a master has a problem, 2 if none is found."""
    parser = argparse.ArgumentParser(
        prog="python -m assignments.check", description="Check masters before handing them out."
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"default: {SEED}, the book's")
    parser.add_argument("--masters", type=Path, default=MASTERS, help="a folder of masters")
    parser.add_argument("--assignment", help="its name; without it, all of the folder")
    given = parser.parse_args(arguments)
    try:
        there = generate.names(given.masters)
        if given.assignment and given.assignment not in there:
            raise ValueError(
                f"there is no assignment {given.assignment!r} in {given.masters}; there are {there}"
            )
        listed = [given.assignment] if given.assignment else there
        bad = check_all(listed, given.seed, given.masters, _tell)
    except (OSError, ValueError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if bad:
        _tell(f"{bad} of {len(listed)} need work before a class gets them.")
        return 1
    _tell("All is well: hand it out." if len(listed) == 1 else "All is well: hand them out.")
    return 0


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
