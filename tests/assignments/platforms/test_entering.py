"""Marks get into a platform's list as the platform reads it, and nothing else there changes."""

import csv
import io
import zipfile

import pytest

from assignments.grader.records import Row
from assignments.platforms import entering
from assignments.platforms.roster import RosterError
from tests.assignments.platforms.left import graded
from tests.assignments.platforms.lists import (
    CANVAS_IDS,
    COLUMN,
    ENGLISH,
    GERMAN,
    NAMES,
    as_csv,
    canvas_imports,
    canvas_takes,
    gradebook,
    moodle_imports,
    moodle_takes,
    worksheet,
)

# What was sent, by the platform's number: points for code and for words; None waits, "" failed.
SENT = {"40001": (16, 1.5), "40002": (0, 0), "40003": (9, None), "40004": (11.3333, 4), "40006": ""}


def moodle_path(number):
    return f"{NAMES[number].replace('_', ' ')}_{number}_assignsubmission_file_/toy.ipynb"


def canvas_path(number):
    late = "_LATE" if number == "501001" else ""
    return f"doe{late}_{number}_70{number[-1]}_toy-1.ipynb"


def entered(platform, rows, out, tmp_path, separator=",", bom=False, column=None):
    """Enter marks; return the bytes to import, what was told, and the lines by id."""
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv(rows, separator, bom))
    said = []
    lines = entering.enter(entering.read(platform, path, column), out, said.append)
    data = (out / f"{platform}-grades.csv").read_bytes()
    return data, "\n".join(said), {line.id: line for line in lines}


@pytest.fixture
def of_moodle(tmp_path):
    return graded(tmp_path, SENT, moodle_path)


@pytest.fixture
def of_canvas(tmp_path):
    sent = {f"50100{number[-1]}": points for number, points in SENT.items()}
    return graded(tmp_path, sent, canvas_path)


# -- Moodle ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize(
    ("language", "separator"), [(ENGLISH, ","), (GERMAN, ","), (GERMAN, ";")],
    ids=["English", "German", "German with semicolons"],
)  # fmt: skip
def test_moodle_reads_the_marks_that_were_given(language, separator, bom, of_moodle, tmp_path):
    rows = worksheet(language, "20.00", marks={"40003": "3.00", "40005": "7.50"})
    data, said, _ = entered("moodle", rows, of_moodle, tmp_path, separator, bom)

    # Of 40003 and 40005 Moodle finds the marks that it has already; of 40006, who failed, none.
    assert moodle_imports(data, language, separator) == {
        "40001": 17.5, "40002": 0, "40003": 3, "40004": 15.3333, "40005": 7.5,
    }  # fmt: skip
    assert "3 marks entered, of 20 points." in said
    sign = language["decimal"]
    assert f"17{sign}5{separator}" in data.decode().replace('"', "")


def test_all_else_in_a_worksheet_stays_as_it_was(of_moodle, tmp_path):
    rows = worksheet(GERMAN, "20.00", marks={"40001": "3.00"})
    data, _, _ = entered("moodle", rows, of_moodle, tmp_path, bom=True)

    written = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    changed = {(row, at) for row, cells in enumerate(written) for at, cell in enumerate(cells)
               if cell != rows[row][at]}  # fmt: skip
    assert changed == {(1, 4), (2, 4), (4, 4)}
    assert data == as_csv(written, ",", bom=True)


def test_a_total_is_scaled_to_what_the_platform_gives_and_says_so(of_moodle, tmp_path):
    data, said, _ = entered("moodle", worksheet(ENGLISH, "100.00"), of_moodle, tmp_path)

    assert moodle_imports(data, ENGLISH) == {"40001": 87.5, "40002": 0, "40004": 76.6665}
    assert "scaled from 20 points to Moodle's 100" in said


def test_what_became_of_each_is_told_and_written(of_moodle, tmp_path):
    marks = {"40001": "16.00", "40002": "0.00", "40004": "15.33", "40006": "-"}
    rows = worksheet(ENGLISH, "20.00", marks=marks)
    extra = Row("k", "s77", "s77.ipynb", "toy", "graded", points={"code": 3.0, "why": 1.0})
    (tmp_path / "more").mkdir()
    out = graded(tmp_path / "more", SENT, moodle_path, [extra])
    _, said, lines = entered("moodle", rows, out, tmp_path)

    assert {number: line.what for number, line in lines.items()} == {
        "40001": "entered", "40002": "same", "40003": "waiting", "40004": "same",
        "40005": "missing", "40006": "failed", "s77": "not in the list",
    }  # fmt: skip
    assert "1 change a mark that was there: Zoë Müller (40001)." in said
    assert "1 wait for marks by hand: O'Brien, Séan (40003)." in said
    assert "1 sent nothing: Anna Ångström (40005)." in said
    assert "1 sent something, but are not in the list: s77." in said
    with (out / "moodle-people.csv").open(encoding="utf-8-sig", newline="") as file:
        ledger = list(csv.DictReader(file))
    assert [row["id"] for row in ledger] == [*NAMES, "s77"]
    assert (ledger[0]["before"], ledger[0]["after"]) == ("16.00", "17.5")
    assert (out / "moodle-people.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # for Excel


def test_moodle_takes_each_page_for_its_student(of_moodle, tmp_path):
    entered("moodle", worksheet(ENGLISH), of_moodle, tmp_path)

    with zipfile.ZipFile(of_moodle / "moodle-feedback.zip") as archive:
        found = {}
        for name in archive.namelist():
            number, file = moodle_takes(name, NAMES)
            assert file == "toy-feedback.html"
            found[number] = archive.read(name).decode()
        assert "李 小龍 jr_40004_assignsubmission_file_/toy-feedback.html" in archive.namelist()
    # Whose mark waits, or who failed, gets no page yet.
    assert found == {
        each: f"<p>For {each}: only for you.</p>" for each in ("40001", "40002", "40004")
    }


def test_the_same_results_make_the_same_files(of_moodle, tmp_path):
    names = [f"moodle-{name}" for name in ("grades.csv", "feedback.zip", "people.csv")]
    made = []
    for _ in range(2):
        entered("moodle", worksheet(ENGLISH), of_moodle, tmp_path)
        made.append([(of_moodle / name).read_bytes() for name in names])

    assert made[0] == made[1]
    assert not list(of_moodle.glob(".*.part"))


def test_files_named_by_a_schools_own_number_find_their_people(tmp_path):
    rows = worksheet(ENGLISH, "20.00")
    rows[0][2] = "ID number"
    for row in rows[1:]:
        row[2] = f"M{row[0][-5:]}"
    # In the second folder's name stands another's number, as an id of one's own choice may have it.
    paths = {"m40001": "m40001.ipynb", "m40002": "Zoë_40006_assignsubmission_file_/m40002.ipynb",
             "m40004": "m40004.ipynb"}  # fmt: skip
    (tmp_path / "out").mkdir()
    out = graded(tmp_path / "out", dict.fromkeys(paths, (16, 1)), paths.get)
    data, _, _ = entered("moodle", rows, out, tmp_path)

    assert moodle_imports(data, ENGLISH) == {"40001": 17, "40002": 17, "40004": 17}
    with zipfile.ZipFile(out / "moodle-feedback.zip") as archive:
        assert archive.namelist() == [
            "Zoë Müller_40001_assignsubmission_file_/toy-feedback.html",
            "Zoë Müller_40002_assignsubmission_file_/toy-feedback.html",
            "李 小龍 jr_40004_assignsubmission_file_/toy-feedback.html",
        ]


def test_anonymous_marking_has_no_names(tmp_path):
    rows = [[*row[:1], *row[3:]] for row in worksheet(ENGLISH, "20.00")]
    (tmp_path / "out").mkdir()
    path = "Participant_40001_assignsubmission_file_/toy.ipynb"
    out = graded(tmp_path / "out", {"40001": (16, 1)}, lambda _: path)
    data, said, _ = entered("moodle", rows, out, tmp_path)

    assert moodle_imports(data, ENGLISH) == {"40001": 17}
    assert "Participant 40005 (40005)" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [row[1:] for row in rows], "'Participant 40001', and holds 'Zoë Müller'"),
        (lambda rows: [[*row[:5], *row[6:]] for row in rows], "no column has marks, with their"),
        (lambda rows: rows[:1], "identifiers"),
        (lambda rows: gradebook(), "that is a gradebook of Canvas; give it as CANVAS="),
    ],
)  # fmt: skip
def test_a_file_that_is_no_worksheet_is_described(change, words, tmp_path):
    (tmp_path / "list.csv").write_bytes(as_csv(change(worksheet(ENGLISH))))

    with pytest.raises(RosterError, match=words) as raised:
        entering.read("moodle", tmp_path / "list.csv")
    assert "and the columns '" in str(raised.value)


def test_a_column_can_be_named_where_a_worksheet_has_no_maximum(of_moodle, tmp_path):
    rows = [[*row[:5], *row[6:]] for row in worksheet(ENGLISH)]
    data, said, _ = entered("moodle", rows, of_moodle, tmp_path, column="Grade")

    assert moodle_imports(data, ENGLISH)["40001"] == 17.5
    assert "as they are, because the file does not say how many it gives" in said
    with pytest.raises(RosterError, match="there is no column 'Mark'"):
        entered("moodle", rows, of_moodle, tmp_path, column="Mark")


# -- Canvas ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ","), (",", ",")])
def test_canvas_reads_the_marks_that_were_given(separator, decimal, bom, of_canvas, tmp_path):
    rows = gradebook({"501003": "3.00", "501005": "7.50"}, decimal)
    before, possible = canvas_imports(as_csv(rows, separator, bom))
    data, said, _ = entered("canvas", rows, of_canvas, tmp_path, separator, bom, column="7001")

    marks, points = canvas_imports(data)
    assert points == possible == {"7000": "10.00", "7001": "100.00"}
    assert marks["7000"] == before["7000"]
    assert {number: mark for number, mark in marks["7001"].items() if mark} == {
        "501001": "87.5", "501002": "0", "501003": "3.00", "501004": "76.6665", "501005": "7.50",
    }  # fmt: skip
    assert f"Canvas, {COLUMN}: 3 marks entered, scaled from 20 points to Canvas's 100" in said
    assert "Student, Test" not in said


def test_all_else_in_a_gradebook_stays_as_it_was(of_canvas, tmp_path):
    rows = gradebook()
    data, _, _ = entered("canvas", rows, of_canvas, tmp_path, column="7001")

    written = list(csv.reader(io.StringIO(data.decode(), newline="")))
    changed = {(cells[1], at) for row, cells in enumerate(written) for at, cell in enumerate(cells)
               if cell != rows[row][at]}  # fmt: skip
    assert changed == {(number, 7) for number in ("501001", "501002", "501004")}


@pytest.mark.parametrize("word", ["EX", "N/A"])
def test_who_is_excused_stays_excused(word, of_canvas, tmp_path):
    data, said, lines = entered(
        "canvas", gradebook({"501001": word}), of_canvas, tmp_path, column="7001"
    )

    assert canvas_imports(data)[0]["7001"]["501001"] == word
    assert (lines["501001"].what, lines["501001"].note) == ("kept", f"{word} in the list")
    assert "1 keep the word that is there: Müller, Zoë (501001)." in said


def test_canvas_takes_each_page_for_its_student(of_canvas, tmp_path):
    entered("canvas", gradebook(), of_canvas, tmp_path, column="7001")

    with zipfile.ZipFile(of_canvas / "canvas-feedback.zip") as archive:
        attachments = {number: f"70{number[-1]}" for number in CANVAS_IDS}
        found = {canvas_takes(name, attachments): archive.read(name).decode()
                 for name in archive.namelist()}  # fmt: skip
        assert "doe_LATE_501001_701_toy-feedback.html" in archive.namelist()
    assert found == {each: f"<p>For {each}: only for you.</p>"
                     for each in ("501001", "501002", "501004")}  # fmt: skip


def test_what_came_late_is_noted(of_canvas, tmp_path):
    _, _, lines = entered("canvas", gradebook(), of_canvas, tmp_path, column="7001")

    assert [number for number, line in lines.items() if line.note == "late"] == ["501001"]


def test_files_named_by_a_login_have_marks_and_no_place_in_the_archive(tmp_path):
    (tmp_path / "out").mkdir()
    paths = {"s1002": "s1002.ipynb", "s1003": "doe_501004_704_s1003.ipynb"}
    out = graded(tmp_path / "out", dict.fromkeys(paths, (16, 1)), paths.get)
    data, said, _ = entered("canvas", gradebook(possible="20.00"), out, tmp_path, column=COLUMN)

    marks = canvas_imports(data)[0]["7001"]
    assert {number: mark for number, mark in marks.items() if mark} == {
        "501002": "17", "501003": "17",
    }  # fmt: skip
    assert "their files did not come from Canvas's own: 2. Send these" in said
    with zipfile.ZipFile(out / "canvas-feedback.zip") as archive:
        assert archive.namelist() == []


def test_an_id_of_two_people_and_two_files_of_one_are_in_doubt(tmp_path):
    rows = gradebook(possible="20.00")
    rows[3][3] = rows[4][3] = "s9999"
    paths = {"s9999": "s9999.ipynb", "501003": canvas_path("501003"), "s1003": "s1003.ipynb",
             "501004": canvas_path("501004")}  # fmt: skip
    (tmp_path / "out").mkdir()
    out = graded(tmp_path / "out", dict.fromkeys(paths, (16, 1)), paths.get)
    data, said, lines = entered("canvas", rows, out, tmp_path, column="7001")

    marks = canvas_imports(data)[0]["7001"]
    assert {number: mark for number, mark in marks.items() if mark} == {"501004": "17"}
    assert lines["s9999"].note == "2 people have this id"
    assert "two submissions: doe_501003_703_toy-1.ipynb, s1003.ipynb" in lines["501003"].note
    assert "2 in doubt" in said


def test_the_platforms_number_in_a_name_is_of_nobody_else(tmp_path):
    """A student's own login that looks like another's number does not get at their mark."""
    rows = gradebook(possible="20.00")
    rows[4][3] = "501001"
    (tmp_path / "out").mkdir()
    out = graded(tmp_path / "out", {"501001": (16, 1)}, canvas_path)
    data, _, lines = entered("canvas", rows, out, tmp_path, column="7001")

    assert canvas_imports(data)[0]["7001"]["501001"] == "17"
    assert lines["501002"].what == "missing"


def test_the_only_assignment_needs_no_name(of_canvas, tmp_path):
    """A grading period's total, "Current Score (2026)", looks like one and is none."""
    rows = [[*row[:6], *row[7:]] for row in gradebook(posting=False)]
    data, said, _ = entered("canvas", rows, of_canvas, tmp_path)

    assert f"Canvas, {COLUMN}: 3 marks entered" in said
    assert canvas_imports(data)[0]["7001"]["501001"] == "87.5"


@pytest.mark.parametrize("column", ["7001", COLUMN, "A toy, to try the grader on"])
def test_a_column_is_known_by_number_title_or_both(column, of_canvas, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv(gradebook()))

    assert entering.read("canvas", path, column).mark_column == 7


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        (lambda rows: rows, None, r"which column .*COLUMN=12345.*Another one \(7000\); A toy"),
        (lambda rows: rows, "7002", "0 columns of assignments are '7002'"),
        (lambda rows: [[*row[:4], *row[5:]] for row in rows], None, "there is no column Section"),
        (lambda rows: [row[:6] for row in rows], None, "There are: none"),
        (lambda rows: rows[:3], "7001", "no row is a student's"),
        (lambda rows: worksheet(ENGLISH), None, "there is no column .*and no Section"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_gradebook_is_described(change, column, words, tmp_path):
    (tmp_path / "list.csv").write_bytes(as_csv(change(gradebook())))

    with pytest.raises(RosterError, match=words) as raised:
        entering.read("canvas", tmp_path / "list.csv", column)
    assert "and the columns '" in str(raised.value)


def test_where_all_waits_there_is_nothing_to_import(tmp_path):
    (tmp_path / "out").mkdir()
    out = graded(tmp_path / "out", {"40001": (16, None)}, moodle_path)
    data, said, _ = entered("moodle", worksheet(GERMAN), out, tmp_path)

    assert data == as_csv(worksheet(GERMAN))
    assert "There is nothing to import yet: moodle-grades.csv is as it was" in said


def test_the_list_of_another_class_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    out = graded(tmp_path / "out", {"90001": (16, 1)}, lambda number: f"{number}.ipynb")

    with pytest.raises(ValueError, match=r"none of the 1 .* here like 90001; is it the list of"):
        entered("canvas", gradebook(), out, tmp_path, column="7001")
    assert not list(out.glob("canvas-*"))
