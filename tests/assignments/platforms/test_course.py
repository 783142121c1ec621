"""Through nbgrader's own exchange and back: release, fetch, submit, collect, grade, feedback."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from assignments import generate
from assignments.platforms import course as courses
from tests.assignments.grader import toy
from tests.assignments.grader.school import grade, table
from tests.assignments.platforms.left import graded

FOLDERS = r"^(?P<id>[^/]+)/"


@pytest.fixture
def hub(tmp_path):
    """Return a function that runs nbgrader in a folder, where an exchange and a course are."""
    for name in ("exchange", "course", "student", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "exchange").chmod(0o777)
    home = tmp_path / "home"
    settings = (
        "c = get_config()\n"
        f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n"
        f"c.Exchange.cache = {str(home / 'cache')!r}\n"
        "c.CourseDirectory.course_id = 'demo'\n"
    )
    for place in ("course", "student"):
        (tmp_path / place / "nbgrader_config.py").write_text(settings)
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(home)}

    def nbgrader(place, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments], cwd=tmp_path / place, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]

    return nbgrader


def test_a_student_fetches_the_page_that_the_grader_wrote(
    hub, small_masters, tmp_path, warm_process, isolation
):
    course, student = tmp_path / "course", tmp_path / "student"
    source = course / "source" / "small" / "small.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(generate.autograder_notebook("small", toy.SEED, small_masters), source)
    hub("course", "generate_assignment", "small", "--create", "--force")
    hub("course", "release_assignment", "small")
    hub("student", "fetch_assignment", "small")
    handed_in = toy.solved(small_masters)
    for cell in handed_in.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "why":
            cell.source = ""  # nothing to mark
    toy.save(handed_in, student / "small" / "small.ipynb")
    hub("student", "submit", "small")
    hub("course", "collect", "small")

    out, said = tmp_path / "out", []
    grade(course / "submitted", out, small_masters, warm_process, id_pattern=FOLDERS, go_on=False)
    courses.release(course, out, said.append)
    hub("course", "release_feedback", "small")
    hub("student", "fetch_feedback", "small")

    name = pwd.getpwuid(os.geteuid()).pw_name
    row = table(out / "grades.csv")[name]
    assert (row["status"], row["total"], row["notes"]) == ("graded", "3", "")
    [fetched] = (student / "small" / "feedback").glob("*/small.html")
    assert fetched.read_bytes() == (out / "feedback" / f"{name}.html").read_bytes()
    assert "3 of 7 points" in fetched.read_text()
    assert "Feedback on 1 of 1 collected" in said[0]


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    sent = {"ann": (16, 4), "ben": (16, None), "cy": (1, 1)}
    return graded(tmp_path / "out", sent, lambda student: f"{student}/toy/answers.ipynb")


def test_whose_words_wait_for_marks_gets_no_page_yet(out, tmp_path):
    """Nor does who is graded and did not hand in through the exchange."""
    for student in ("ann", "ben"):
        (tmp_path / "submitted" / student / "toy").mkdir(parents=True)
        (tmp_path / "submitted" / student / "toy" / "timestamp.txt").write_text(student)
    said = []

    courses.release(tmp_path, out, said.append)

    assert "Feedback on 1 of 2 collected" in said[0]
    files = {path.relative_to(tmp_path / "feedback").as_posix(): path.read_text()
             for path in (tmp_path / "feedback").rglob("*.*")}  # fmt: skip
    assert files == {
        "ann/toy/answers.html": (out / "feedback" / "ann.html").read_text(),
        "ann/toy/timestamp.txt": "ann",
    }


def test_a_folder_without_what_was_collected_is_named(out, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no submitted/<student>/toy; .* collect toy"):
        courses.release(tmp_path, out, print)
