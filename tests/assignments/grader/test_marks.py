"""Marks by hand go out as manual.csv, and are read back from what a spreadsheet makes of it."""

import csv
import dataclasses
import io
import re

import pytest

from assignments.grader import marks
from assignments.grader.records import Counts, Row
from tests.assignments.grader import toy
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
    assert "11.5 of 12 points" in (again / "out" / "feedback" / "s1001.html").read_text()
    # And once more, with nothing new.
    grade(again / "in", again / "out", toy_masters, warm_process)
    assert table(again / "out" / "grades.csv") == rows


def test_a_spreadsheets_semicolons_and_commas_are_read(again, toy_masters, warm_process):
    lines = list(table(again / "out" / "manual.csv").values())
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


def test_a_comment_reaches_feedback(again, toy_masters, warm_process):
    def feedback():
        return (again / "out" / "feedback" / "s1001.html").read_text()

    fill_in(again / "out", {"s1001": "3"})
    manual = again / "out" / "manual.csv"
    key = table(manual)["s1001"]["key"]
    line = next(line for line in marks.read(manual) if line.key == key)
    others = [line for line in marks.read(manual) if line.key != key]
    said = dataclasses.replace(line, comment="Say *why* <script>alert(1)</script> it holds.")
    manual.write_text(marks.csv_text([said, *others]))
    grade(again / "in", again / "out", toy_masters, warm_process)

    assert "Say <em>why</em>" in feedback()
    assert "<script" not in feedback().lower()
    # And it is taken back.
    manual.write_text(marks.csv_text([dataclasses.replace(said, comment=""), *others]))
    grade(again / "in", again / "out", toy_masters, warm_process)
    assert "Say <em>why</em>" not in feedback()


def test_the_results_of_another_assignment_are_not_written_over(
    again, toy_masters, tmp_path, warm_process
):
    before = {path: path.read_bytes() for path in (again / "out").rglob("*") if path.is_file()}
    toy.save(toy.release(toy_masters, "other"), tmp_path / "others" / "s1001.ipynb")

    with pytest.raises(ValueError, match="holds the results of the assignment toy"):
        grade(tmp_path / "others", again / "out", toy_masters, warm_process)

    assert {path: path.read_bytes() for path in before} == before


# -- what spreadsheets make of it; none of this needs a run ----------------------------------------

WHY = "Since 224 × 224 × 64 ≥ 3 200 000: “more” maps,\nfewer weights; =1+1"
ROWS = [
    Row("key", student, f"{student}.ipynb", "toy", "needs-marking",
        points={"scale": 2.0, "why": None}, answers={"why": WHY})
    for student in ("000123", "123456789012", "123456789999", "2e5", "s1001")
]  # fmt: skip
MAX = {"scale": 2.0, "why": 4.0}


def fresh():
    return marks.apply(ROWS, [], {"why": "4 points for ≥"}, MAX).lines


def applied(folder):
    return marks.apply(ROWS, marks.read_all(folder), {"why": "4 points for ≥"}, MAX)


def typed_cells():
    """Return what a spreadsheet reads of manual.csv, with points typed: 0.5, 1.5, …"""
    rows = list(csv.reader(io.StringIO(marks.csv_text(fresh()).removeprefix("\ufeff"))))
    for number, row in enumerate(rows[1:]):
        row[marks.COLUMNS.index("points")] = f"{number % 4}.5"
    return rows


def saved(cells, delimiter=",", end="\r\n", quoting=csv.QUOTE_MINIMAL):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(cells)
    return file.getvalue()


def as_numbers(cells):
    """Let ids that look like numbers become them, and be shown with six digits, as Excel does."""
    for row in cells[1:]:
        if re.fullmatch(r"[\d.]+(e\d+)?", row[0].removeprefix("'")):
            row[0] = f"{float(row[0].removeprefix(chr(39))):G}"
    return cells


def with_commas(cells):
    for row in cells[1:]:
        row[5] = row[5].replace(".", ",")
    return cells


def garbled(text):
    """Read UTF-8 as Windows' encoding: what a spreadsheet does that isn't told."""
    return text.encode().decode("cp1252", "replace")


SPREADSHEETS = {
    "LibreOffice": lambda cells: saved(cells, end="\n").encode(),
    "LibreOffice, all quoted": lambda cells: saved(cells, end="\n", quoting=csv.QUOTE_ALL).encode(),
    "Numbers": lambda cells: saved(cells).encode(),
    "Excel, CSV UTF-8": lambda cells: b"\xef\xbb\xbf" + saved(as_numbers(cells)).encode(),
    "Excel, CSV, not told of UTF-8": lambda cells: garbled(saved(as_numbers(cells))).encode(
        "cp1252", "replace"
    ),
    "Excel, Germany": lambda cells: (
        b"\xef\xbb\xbf" + saved(as_numbers(with_commas(cells)), ";").encode()
    ),
    "Excel, Unicode text": lambda cells: saved(as_numbers(cells), "\t").encode("utf-16"),
    "with empty rows and cells": lambda cells: saved(
        [[*row, "", ""] for row in cells] + [[""] * 11] * 3
    ).encode(),
}


@pytest.mark.parametrize("spreadsheet", SPREADSHEETS)
def test_no_mark_is_lost_on_the_way_through(spreadsheet, tmp_path):
    (tmp_path / "manual.csv").write_bytes(SPREADSHEETS[spreadsheet](typed_cells()))

    marked = applied(tmp_path)

    assert [row.points["why"] for row in marked.rows] == [0.5, 1.5, 2.5, 3.5, 0.5]
    assert [row.notes for row in marked.rows] == [()] * 5
    assert marked.warnings == []
    # What is written for the next time is as it was before the spreadsheet.
    assert [(line.id, line.answer) for line in marked.lines] == [(row.id, WHY) for row in ROWS]


def test_a_key_is_no_number_for_a_spreadsheet():
    keys = [line.key for line in fresh()]

    assert len(set(keys)) == len(ROWS)
    assert all(re.fullmatch(r"k[0-9a-f]{10}-[0-9a-f]{10}", key) for key in keys)


def test_marks_of_files_without_keys_are_read(tmp_path):
    lines = [dataclasses.replace(line, points="2", key="") for line in fresh()]
    (tmp_path / "manual.csv").write_text(marks.csv_text(lines))

    assert [row.points["why"] for row in applied(tmp_path).rows] == [2.0] * 5


def test_an_earlier_answers_mark_stays_in_sight_until_there_is_a_new_one(tmp_path):
    first = dataclasses.replace(fresh()[0], points="3", comment="Good.")
    other = dataclasses.replace(first, key=marks.key_of("000123", "why", "another answer"))
    marks.write(tmp_path, [other])

    for _ in range(2):  # the second run has nothing new
        marked = applied(tmp_path)
        assert marked.rows[0].points["why"] is None
        assert (marked.lines[0].points, marked.lines[0].earlier) == ("", "3")
        assert marked.lines[0].comment == "Good."
        marks.write(tmp_path, marked.lines)

    marks.write(tmp_path, [dataclasses.replace(marked.lines[0], points="4")])
    assert applied(tmp_path).rows[0].points["why"] == 4
    assert applied(tmp_path).lines[0].earlier == ""


def test_nothing_typed_is_written_over_without_a_copy(tmp_path):
    typed = [dataclasses.replace(line, points="1") for line in fresh()]
    marks.write(tmp_path, typed)
    before = (tmp_path / "manual.csv").read_bytes()

    marks.write(tmp_path, typed)  # nothing new, nothing to keep
    assert not (tmp_path / "manual-before").exists()
    marks.write(tmp_path, fresh())

    kept = list((tmp_path / "manual-before").iterdir())
    assert [path.read_bytes() for path in kept] == [before]


def test_lines_of_nobody_are_kept_and_named(tmp_path):
    stray = marks.Line("s9999", "why", "an answer", points="4")
    marks.write(tmp_path, [stray, *fresh()])

    marked = applied(tmp_path)

    assert "the line of s9999, why belongs to no answer" in marked.warnings[0]
    assert marked.lines[-1] == stray


def test_the_files_of_several_markers_become_one(tmp_path):
    lines = fresh()
    marks.write(tmp_path, lines)
    for name, mine in (("ann", lines[:2]), ("ben", lines[2:])):
        typed = [dataclasses.replace(line, points="2") for line in mine]
        (tmp_path / f"manual-{name}.csv").write_text(marks.csv_text(typed))

    marked = applied(tmp_path)
    marks.write(tmp_path, marked.lines, marked.differ)

    assert [row.points["why"] for row in marked.rows] == [2.0] * 5
    assert [line.points for line in marks.read(tmp_path / "manual.csv")] == ["2"] * 5
    assert {path.name[:10] for path in (tmp_path / "manual-before").iterdir()} == {
        "manual-ann", "manual-ben",
    }  # fmt: skip
    assert not list(tmp_path.glob("manual-*.csv"))


def test_markers_who_differ_are_asked(tmp_path):
    first = fresh()[0]
    marks.write(tmp_path, [dataclasses.replace(first, points="3")])
    ann = tmp_path / "manual-ann.csv"
    ann.write_text(marks.csv_text([dataclasses.replace(first, points="4")]))

    for _ in range(2):
        marked = applied(tmp_path)
        assert marked.rows[0].points["why"] is None
        assert "markers differ, 3 in manual.csv and 4 in manual-ann.csv" in marked.rows[0].notes[0]
        marks.write(tmp_path, marked.lines, marked.differ)
        assert ann.exists()

    ann.write_text(marks.csv_text([dataclasses.replace(first, points="3,0")]))
    assert applied(tmp_path).rows[0].points["why"] == 3
