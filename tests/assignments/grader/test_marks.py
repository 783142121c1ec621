"""Marks by hand go out as manual.csv, and are read back from what a spreadsheet makes of it."""

import csv

import pytest

from assignments.grader import marks
from assignments.grader.records import Counts
from tests.assignments.grader.school import fill_in, grade, table


def test_manual_csv_has_what_a_marker_needs(graded):
    lines = table(graded / "out" / "manual.csv")

    assert set(lines) == {"s1001", "s1003"}
    assert 'as "everybody" knows.' in lines["s1001"]["answer"]
    assert lines["s1001"]["rubric"] == "4 points for THE RUBRIC."
    assert lines["s1001"]["max"] == "4"
    # A spreadsheet must not take an answer for a formula.
    assert lines["s1003"]["answer"] == "'= I do not know."


def test_marks_by_hand_are_read_back(again, toy_masters, warm_process):
    fill_in(again / "out", {"s1001": "3.5", "s1003": "0"})

    counts, _ = grade(again / "in", again / "out", toy_masters, warm_process)

    assert counts == Counts(graded=0, unchanged=4)
    rows = table(again / "out" / "grades.csv")
    assert [rows[s]["status"] for s in ("s1001", "s1003")] == ["graded", "graded"]
    assert [rows[s]["total"] for s in ("s1001", "s1003")] == ["11.5", "3"]
    assert "Score: 11.5 / 12.0" in (again / "out" / "feedback" / "s1001.html").read_text()
    # And once more, with nothing new.
    grade(again / "in", again / "out", toy_masters, warm_process)
    assert table(again / "out" / "grades.csv") == rows


def test_a_spreadsheets_semicolons_and_commas_are_read(again, toy_masters, warm_process):
    lines = list(csv.DictReader((again / "out" / "manual.csv").read_text().splitlines(True)))
    with (again / "out" / "manual.csv").open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, marks.COLUMNS, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(line | {"points": "3,5", "answer": line["answer"].replace("\n", "\r\n")}
                         for line in lines)  # fmt: skip

    grade(again / "in", again / "out", toy_masters, warm_process)

    assert table(again / "out" / "grades.csv")["s1001"]["why"] == "3.5"


@pytest.mark.parametrize("points", ["5", "-1", "nan", "good"])
def test_marks_that_can_not_be_are_said_to_be_so(points, again, toy_masters, warm_process):
    fill_in(again / "out", {"s1001": points})

    grade(again / "in", again / "out", toy_masters, warm_process)

    row = table(again / "out" / "grades.csv")["s1001"]
    assert row["status"] == "needs-marking"
    assert "is not a number from 0 to 4" in row["notes"]


def test_a_manual_csv_with_other_columns_is_not_guessed_at(again, toy_masters, warm_process):
    (again / "out" / "manual.csv").write_text("name,mark\nAnn,4\n")

    with pytest.raises(ValueError, match="save it with the columns it had"):
        grade(again / "in", again / "out", toy_masters, warm_process)
