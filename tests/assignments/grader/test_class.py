"""A class is graded: points, progress, feedback, the summary."""

import json

import pytest

from assignments.grader import report
from assignments.grader.records import Row
from tests.assignments.grader import toy
from tests.assignments.grader.school import POINTS, points_of, table


@pytest.mark.parametrize("student", POINTS)
def test_each_gets_what_it_deserves(student, graded):
    row = table(graded / "out" / "grades.csv")[student]

    assert points_of(row) == POINTS[student]
    waits = None in POINTS[student].values()
    assert row["status"] == ("needs-marking" if waits else "graded")
    assert float(row["total"]) == sum(value or 0 for value in POINTS[student].values())
    assert float(row["max"]) == sum(toy.MAX_POINTS.values())


def test_progress_is_told(graded):
    said = "\n".join(json.loads((graded / "said.json").read_text()))

    for student in POINTS:
        assert f"{student}: " in said
    assert "[4/4]" in said


def test_results_are_for_the_instructor_alone(graded):
    assert (graded / "out").stat().st_mode & 0o777 == 0o700


def test_feedback_shows_points_and_no_hidden_test(graded):
    page = (graded / "out" / "feedback" / "s1003.html").read_text()

    assert "3 of 12 points" in page
    assert "A hidden test failed." in page
    for secret in ("SECRET WORDS", "THE RUBRIC", "THE SOLUTION", "HIDDEN", "answer == 56"):
        assert secret not in page


def test_the_summary_tells_how_a_class_did(graded):
    page = (graded / "out" / "summary.html").read_text()

    assert "2 graded, 2 needs-marking, 0 failed, of 4 submissions" in page
    assert "Histogram of totals: 1 from 0 to 1.2, 1 from 2.4 to 3.6, 2 from 7.2 to 8.4" in page
    order = [page.index(f"<td>{question}</td>") for question in
             ("why", "operations", "answer", "weights", "scale")]  # fmt: skip
    assert order == sorted(order)
    assert "<script" not in page


def test_the_median_of_an_even_class_lies_between_its_middle_two():
    rows = [
        Row(key="", id="s1001", file="a.ipynb", assignment="toy", status="graded",
            points={"q": float(points)})
        for points in (0, 2, 3, 4)
    ]  # fmt: skip
    page = report.summary_html("A class", rows, {"q": 4.0}, [])
    assert "Mean 2.2, median 2.5, of 4 points" in page


def test_a_row_is_read_as_it_was_written(tmp_path):
    row = Row("key", "s1", "s1.ipynb", "toy", "needs-marking", "", ("a", "b"),
              {"q": 1.0, "why": None}, {"why": "×"})  # fmt: skip
    row.write(tmp_path / "row.json")

    assert Row.read(tmp_path / "row.json") == row
    (tmp_path / "row.json").write_text('{"status": "graded"}')
    with pytest.raises(ValueError, match="holds no row of the grader"):
        Row.read(tmp_path / "row.json")
