"""Submissions that were spoiled at random: each costs its own row at most."""

import pytest

from assignments.grader.records import STATES
from tests.assignments.grader import fuzz, toy
from tests.assignments.grader.school import grade, table

COUNT = 25


@pytest.fixture(scope="module")
def fuzzed(once, small_masters, warm_process):
    def fill(base):
        fuzz.write(base / "in", small_masters, COUNT, 15)
        honest = base / "in" / "Honest_41999_assignsubmission_file_" / "work.ipynb"
        toy.save(toy.solved(small_masters), honest)
        grade(base / "in", base / "out", small_masters, warm_process, assignment="small",
              cell_seconds=3, total_seconds=60)  # fmt: skip

    return table(once("fuzz", fill) / "out" / "grades.csv")


def test_each_has_its_row_and_nobody_elses(fuzzed):
    ids = {str(fuzz.FIRST_ID + number) for number in range(COUNT)}

    assert set(fuzzed) == ids | {"41999"}
    assert {row["status"] for row in fuzzed.values()} <= set(STATES)
    assert all(row["reason"] for row in fuzzed.values() if row["status"] == "failed")


def test_they_change_nothing_of_an_honest_row(fuzzed):
    assert fuzzed["41999"]["status"] == "graded"
    assert {question: float(fuzzed["41999"][question]) for question in ("scale", "answer")} == {
        "scale": toy.MAX_POINTS["scale"], "answer": toy.MAX_POINTS["answer"]}  # fmt: skip


def test_some_can_be_graded_and_some_not(fuzzed):
    assert {row["status"] for row in fuzzed.values()} >= {"graded", "failed"}
