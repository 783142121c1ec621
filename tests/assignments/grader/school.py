"""A class of four of the toy's students, and how its tests grade it and read the results."""

import csv
import sys
import time
from pathlib import Path

import jupytext
import psutil

from assignments.grader import marks, report, run
from assignments.grader.records import Options
from tests.assignments.grader import toy

ROOT = Path(__file__).parents[3]
# Nobody else's process sleeps for so long.
NAP_SECONDS = "27182.818"

# What students send, by id, and what it deserves, question by question; None waits for marks.
HALF = "def net(width):\n    from torch import nn\n    return nn.Conv2d(3, 8, 3, bias=False)"
POINTS = {
    "s1001": {"scale": 2, "weights": 3, "operations": 2, "answer": 1, "why": None},
    "s1002": {"scale": 0, "weights": 0, "operations": 0, "answer": 0, "why": 0},
    "s1003": {"scale": 2, "weights": 1, "operations": 0, "answer": 0, "why": None},
    "s1004": {"scale": 2, "weights": 3, "operations": 2, "answer": 1, "why": 0},
}


def write_class(folder, masters):
    why = 'Because 7 * 8 is **56**;\nas "everybody" knows.\n\n=SUM(A1)'
    toy.save(toy.solved(masters, why=why), folder / "s1001.ipynb")
    toy.save(toy.release(masters), folder / "s1002.ipynb")
    half = toy.solved(masters, net_code=HALF, answer_code="answer = 57", why="= I do not know.")
    toy.save(half, folder / "Doe" / "s1003 (1).ipynb")
    text = jupytext.writes(toy.solved(masters), fmt="md:myst")
    (folder / "toy-s1004.md").write_text(text)


def grade(folder, out, masters, warm_process, **settings):
    """Grade, and return the counts and what was told."""
    said = []
    settings.setdefault("go_on", True)  # what is odd here is meant to be; see test_looking
    options = Options(folder=folder, out=out, seed=toy.SEED, masters=masters, **settings)
    return run.grade(options, said.append, warm_process), said


def table(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def points_of(row):
    """Return the points of a row, by question; None waits for marks."""
    return {
        question: float(row[question]) if row[question] else None
        for question in toy.MAX_POINTS
        if question in row
    }


def deserved(student, row):
    """Return what a student deserves of the questions that a row has."""
    return {question: points for question, points in POINTS[student].items() if question in row}


def fill_in(out, points):
    """Type points into manual.csv, by id, as a marker would."""
    lines = list(table(out / "manual.csv").values())
    for line in lines:
        line["points"] = points.get(line["id"], line["points"])
    (out / "manual.csv").write_text(report.csv_text(marks.COLUMNS, lines))


def command(folder, out, masters, *options):
    return [sys.executable, "-m", "assignments.grade", str(folder), "--out", str(out),
            "--seed", str(toy.SEED), "--masters", str(masters), "--go-on", *options]  # fmt: skip


def naps(seconds=NAP_SECONDS):
    """Return the processes that only a submission can have started: they sleep so long."""
    found = []
    for process in psutil.process_iter():
        try:
            found += [process] if seconds in process.cmdline() else []
        except psutil.Error:
            continue
    return found


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)
