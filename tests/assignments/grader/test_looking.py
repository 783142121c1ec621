"""A look before grading: what is in doubt stops the run, and is not asked twice."""

import ast
import re

import pytest

from assignments.grader import jail, run
from assignments.grader.looking import InDoubtError, look
from assignments.grader.records import Found, Options, Submission
from tests.assignments.grader import toy
from tests.assignments.grader.school import ROOT


def submission(path="s1001.ipynb", student="s1001", trouble="", seed="", **known):
    known.setdefault("paths", (path,))
    return Submission(student, Found(path, None, 0.0, seed=seed), trouble, (), **known)


def told(submissions, tmp_path, **settings):
    said = []
    options = Options(folder=tmp_path, out=tmp_path, seed=2026, masters=tmp_path, **settings)
    look(submissions, options, said.append)
    return said


CLEAN = [submission(seed="2026"), submission("s1002.ipynb", "s1002")]
DOUBTFUL = {
    "no number": (
        submission("ann.ipynb", "ann.ipynb", "no id in the file's name"), "ann.ipynb: no id",
    ),
    "twice": (
        submission("b/cs231.ipynb", "cs231", paths=("a/cs231.ipynb", "b/cs231.ipynb")),
        "a/cs231.ipynb, b/cs231.ipynb: the same number, cs231",
    ),
    "another seed": (submission(seed="7"), "made for the seed 7, but this run is for 2026"),
    "another assignment": (
        submission(trouble="it is a notebook of the assignment two, not of one"), "assignment two",
    ),
}  # fmt: skip


def test_a_clean_class_is_told_in_a_line(tmp_path):
    late = submission("ann_LATE_501_7_a.ipynb", "501", by_platform=True, late=True)
    assert told([*CLEAN, late], tmp_path) == [
        "3 submissions: 1 known by the platform's number, 2 by a number in their names; 1 late."
    ]


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_in_doubt_is_named_and_stops(name, tmp_path):
    doubtful, words = DOUBTFUL[name]
    with pytest.raises(InDoubtError, match="Nothing is graded yet") as stopped:
        told([*CLEAN, doubtful], tmp_path)
    assert words in str(stopped.value)
    assert "GO_ON=1" in str(stopped.value)
    assert "--go-on" in str(stopped.value)
    told([*CLEAN, doubtful], tmp_path, go_on=True)
    told([*CLEAN, doubtful], tmp_path)  # seen once, it is not asked again
    other = submission("new.ipynb", "new.ipynb", "no id in the file's name")
    with pytest.raises(InDoubtError, match=r"new\.ipynb") as stopped:
        told([*CLEAN, doubtful, other], tmp_path)
    assert words not in str(stopped.value)


def test_two_files_of_one_number_of_a_platform_are_no_doubt(tmp_path):
    twice = submission(student="40001", paths=("a", "b"), by_platform=True)
    assert len(told([twice], tmp_path)) == 1


def test_a_long_list_is_cut(tmp_path):
    many = [submission(f"{n}.txt", f"{n}", "no notebook") for n in range(100)]
    with pytest.raises(InDoubtError, match="and 60 more"):
        told(many, tmp_path)


def test_a_forgotten_seed_grades_nothing(toy_masters, tmp_path, warm_process):
    """The release says for which seed it is; without a word of it, 2026 would grade it."""
    folder = tmp_path / "in"
    toy.save(toy.release(toy_masters), folder / "s1001.ipynb")
    options = Options(folder=folder, out=tmp_path / "out", seed=toy.SEED + 1, masters=toy_masters)
    with pytest.raises(InDoubtError, match=f"seed {toy.SEED}, but this run is for {toy.SEED + 1}"):
        run.grade(options, lambda _: None, warm_process)
    assert not (tmp_path / "out" / "grades.csv").exists()


def texts_of(path):
    """Yield the texts in a module's code, each whole, without docstrings."""
    tree = ast.parse(path.read_text())
    parts = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            parts.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts |= set(node.values)
        if isinstance(node, (ast.JoinedStr, ast.Constant)) and node not in parts:
            yield ast.unparse(node)


def test_what_an_error_advises_make_takes_too():
    """Whoever runs `make grade` knows no option of the command behind it."""
    makefile = (ROOT / "Makefile").read_text()
    bubblewraps = {jail.HERE / "jail.py", jail.HERE / "calls.py"}
    advised = [
        text
        for path in sorted({*jail.HERE.glob("*.py")} - bubblewraps)
        for text in texts_of(path)
        if re.search(r"--[a-z]", text)
    ]

    assert len(advised) >= 4
    for text in advised:
        named = re.findall(r"\b([A-Z_]+)=", text)
        assert named, text
        for name in named:
            assert f"$({name})" in makefile, text
