"""Grading a class: this grader and plain `nbgrader autograde`, one after the other, same files.

Thirty honest submissions of one assignment, with two workers here; nbgrader grades one after
another, in one process, as it does. Its course is set up before its clock starts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from assignments import MASTERS, ROOT, SEED, generate

NAME = "convolution-arithmetic"
CLASS = 30
WORKERS = 2


def _command(tool: str) -> str:
    found = Path(sys.executable).parent / tool
    return str(found) if found.exists() else tool


def write_class(folder: Path, count: int = CLASS) -> list[Path]:
    """Write the submissions: all solved, as a class of diligent students would, no two alike."""
    solved = generate.autograder_notebook(NAME, SEED, MASTERS)
    released = generate.student_notebook(NAME, SEED, MASTERS)
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in solved.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    first = True
    for cell in released.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(grade_id, cell.source)
        if grade_id in answers and first:
            own, first = cell, False
    answer = own.source
    paths = []
    for number in range(count):
        path = folder / f"s{1000 + number}.ipynb"
        own.source = f"{answer}\n# by student {number}"
        nbformat.write(released, path)
        paths.append(path)
    return paths


def time_ours(folder: Path, out: Path) -> float:
    """Return the seconds of a whole run of ours."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "assignments.grade", str(folder), "--out", str(out),
         "--workers", str(WORKERS)],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began


def time_nbgrader(paths: list[Path], course: Path) -> float:
    """Return the seconds of `nbgrader autograde`, of its exporting and of its feedback."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    source = course / "source" / NAME
    source.mkdir(parents=True)
    nbformat.write(generate.autograder_notebook(NAME, SEED, MASTERS), source / f"{NAME}.ipynb")
    settings = f"c = get_config()\nc.CourseDirectory.root = {str(course)!r}\n"
    (course / "nbgrader_config.py").write_text(settings)
    for path in paths:
        place = course / "submitted" / path.stem / NAME
        place.mkdir(parents=True)
        shutil.copy(path, place / f"{NAME}.ipynb")

    def run(*arguments: str) -> None:
        done = subprocess.run([_command("nbgrader"), *arguments], cwd=course, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"nbgrader {arguments[0]} failed:\n{done.stderr[-2000:]}")

    run("generate_assignment", NAME, "--create", "--force")
    began = time.perf_counter()
    run("autograde", NAME, "--create")
    return time.perf_counter() - began


def measure() -> dict[str, float]:
    """Return the seconds of both, and the points that each gave to all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        paths = write_class(folder / "in")
        ours = time_ours(folder / "in", folder / "out")
        theirs = time_nbgrader(paths, folder / "course")
        rows = [json.loads(path.read_text()) for path in (folder / "out" / "rows").iterdir()]
    points = {sum(value or 0 for value in row["points"].values()) for row in rows}
    if len(rows) != CLASS or len(points) != 1:
        raise RuntimeError(f"{len(rows)} rows with {points} points; expected {CLASS} alike")
    return {"ours": ours, "nbgrader autograde": theirs}


def main() -> None:
    """Print both."""
    found = measure()
    print(f"Grading {CLASS} submissions of {NAME}, load {os.getloadavg()[0]:.1f} at the end")
    for name, seconds in found.items():
        print(f"  {name:20} {seconds:6.1f} s   {seconds / CLASS:5.2f} s each")
    print(f"  nbgrader takes {found['nbgrader autograde'] / found['ours']:.1f} times as long")
    if found["ours"] > found["nbgrader autograde"]:
        raise SystemExit("slower than plain nbgrader autograde")


if __name__ == "__main__":
    main()
