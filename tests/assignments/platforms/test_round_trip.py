"""From a platform's archive of submissions to its list with marks, with marks by hand between."""

import csv
import json
import re
import shlex
import subprocess
import zipfile

import pytest

from assignments import ROOT
from assignments import grade as command_module
from assignments.grader import marks
from assignments.platforms import entering
from tests.assignments.grader import toy
from tests.assignments.grader.school import command, grade, table
from tests.assignments.platforms.lists import (
    CANVAS_IDS,
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

# Marks for the words of the first two; the third wrote none, the fourth's file is broken.
BY_HAND = {0: "3,5", 1: "2"}


def archive_of(path, masters, names):
    """Write an archive as a platform packs it: of four people, under the given names."""
    solved = toy.solved(masters, why="Because 7 × 8 is 56.")
    with zipfile.ZipFile(path, "w") as archive:
        for name in names[:2]:
            archive.writestr(name, json.dumps(solved))
        archive.writestr(names[2], json.dumps(toy.release(masters)))
        archive.writestr(names[3], b"not a notebook")
    return path


def marked_in_germany(out, ids):
    """Type points into manual.csv, as a spreadsheet there saves it."""
    lines = table(out / "manual.csv")
    by_id = {line["id"].removeprefix("'"): line for line in lines.values()}
    assert set(by_id) == set(ids)
    for each, points in ids.items():
        by_id[each]["points"] = points
    with (out / "manual.csv").open("w", encoding="cp1252", newline="", errors="replace") as file:
        writer = csv.DictWriter(file, marks.COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerows(lines.values())


def test_moodle_from_its_archive_to_its_worksheet(small_masters, tmp_path, isolation, capsys):
    numbers = list(NAMES)
    names = [f"{NAMES[each].replace('_', ' ')}_{each}_assignsubmission_file/small {at}.ipynb"
             for at, each in enumerate(numbers)]  # fmt: skip
    folder = archive_of(tmp_path / "CS231-small-17.zip", small_masters, names)
    (tmp_path / "list.csv").write_bytes(as_csv(worksheet(GERMAN, "10.00"), bom=True))
    line = [*command(folder, tmp_path / "out", small_masters)[3:], "--moodle",
            str(tmp_path / "list.csv")]  # fmt: skip

    assert command_module.main(line) == 0
    assert "2 wait for marks by hand: Zoë Müller (40001); Zoë Müller (40002)." in (
        capsys.readouterr().out
    )
    before = (tmp_path / "out" / "moodle-grades.csv").read_bytes()
    # Who wrote nothing is graded already.
    assert moodle_imports(before, GERMAN) == {"40003": 0}
    marked_in_germany(tmp_path / "out", {numbers[at]: typed for at, typed in BY_HAND.items()})
    assert command_module.main(line) == 0

    told = capsys.readouterr().out
    assert "3 marks entered, scaled from 7 points to Moodle's 10" in told
    assert "1 failed: 李 小龍_jr (40004)." in told
    assert "2 sent nothing: Anna Ångström (40005); Ben Weiß (40006)." in told
    found = moodle_imports((tmp_path / "out" / "moodle-grades.csv").read_bytes(), GERMAN)
    assert found == pytest.approx(
        {"40001": 10 * 6.5 / 7, "40002": 10 * 5 / 7, "40003": 0}, abs=0.0001
    )
    with zipfile.ZipFile(tmp_path / "out" / "moodle-feedback.zip") as archive:
        pages = {moodle_takes(name, NAMES)[0]: archive.read(name).decode()
                 for name in archive.namelist()}  # fmt: skip
    assert {each: "6.5 of 7 points" in page for each, page in pages.items()} == {
        "40001": True, "40002": False, "40003": False,
    }  # fmt: skip


def test_canvas_from_its_archive_to_its_gradebook(small_masters, tmp_path, warm_process, isolation):
    numbers = list(CANVAS_IDS)
    names = [f"doe{'_LATE' * (at == 1)}_{each}_{8000 + at}_small-{at}.ipynb"
             for at, each in enumerate(numbers)]  # fmt: skip
    folder = archive_of(tmp_path / "submissions.zip", small_masters, names)
    out = tmp_path / "out"
    for _ in range(2):
        grade(folder, out, small_masters, warm_process)
        if not (out / "manual-before").exists():
            marked_in_germany(out, {numbers[at]: typed for at, typed in BY_HAND.items()})
    (tmp_path / "list.csv").write_bytes(as_csv(gradebook(possible="7.00"), ";"))

    entering.enter(entering.read("canvas", tmp_path / "list.csv", "7001"), out, print)

    found = canvas_imports((out / "canvas-grades.csv").read_bytes())[0]["7001"]
    assert {each: mark for each, mark in found.items() if mark} == dict(
        zip(numbers, ["6.5", "5", "0"], strict=False)
    )
    attachments = {each: str(8000 + at) for at, each in enumerate(numbers)}
    with zipfile.ZipFile(out / "canvas-feedback.zip") as archive:
        taken = [canvas_takes(name, attachments) for name in archive.namelist()]
    assert sorted(taken) == numbers[:3]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--moodle", "list.csv", "--canvas", "list.csv"], "one list at a time"),
        (["--moodle", "list.csv", "--share", "1/2"], "merge all shares first"),
        (["--canvas", "none.csv"], "none.csv does not exist; export the list from the platform"),
        (["--canvas", "list.csv"], "there is no column ID and no Section"),
    ],
)
def test_a_wrong_list_is_refused_before_anything_is_graded(
    options, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("Student,Mark\nAnn,1\n")
    (tmp_path / "in").mkdir()

    assert command_module.main(["in", *options]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "in-grades").exists()


def test_make_hands_on_what_it_is_given():
    given = ["MOODLE=a list.csv", "CANVAS=b.csv", "COLUMN=A toy (7)", "COURSE=course"]
    done = subprocess.run(
        ["make", "--dry-run", "grade", "SUBMISSIONS=in", *given],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    [line] = re.findall(r"-m assignments\.grade ((?:.*\\\n)*.*)", done.stdout)

    options = command_module.parse(shlex.split(line.replace("\\\n", " ")))

    assert (str(options.moodle), str(options.canvas)) == ("a list.csv", "b.csv")
    assert (options.column, str(options.course)) == ("A toy (7)", "course")
