"""One's own master is checked before a class gets it; whatever is wrong names its cell."""

import re
import subprocess

import pytest

from assignments import ROOT, check, generate, leaks, rules
from tests.assignments.test_generate import TINY

CODE = ":nbgrader: {grade_id: area-code, solution: true}"
TEST = ":nbgrader: {grade_id: area, points: 2}"
LOCKED = (
    "```{code-cell} ipython3\n:nbgrader: {grade_id: tools}\n\n%s\n```\n\n```{code-cell} ipython3\n"
)
QUESTION = '+++ {"nbgrader": {"grade_id": "why", "points": 1, "solution": true}}'


def locked(code):
    """A locked cell before the student's."""
    return ("```{code-cell} ipython3\n" + CODE, LOCKED % code + CODE)


BROKEN = {
    "no metadata": ((TEST, ""), "cell 5 .*: a cell of code needs nbgrader"),
    "odd id": (("grade_id: area,", "grade_id: the area,"), "the cell the area: the grade_id"),
    "no id": (("{grade_id: area, points: 2}", "{points: 2}"), "cell 5 .*the grade_id is None"),
    "same id": (("grade_id: area,", "grade_id: area-code,"), "two cells have .* area-code"),
    "the generator's id": (("grade_id: area,", "grade_id: numbers,"), "that of the drawn values"),
    "misspelt key": (("points: 2}", "point: 2}"), "the cell area: nbgrader's metadata hold point;"),
    "points in words": (("points: 2}", "points: two}"), "the cell area: its points are 'two'"),
    "points below 0": (("points: 2}", "points: -2}"), "the cell area: its points are -2"),
    "points for code": (
        (CODE, CODE.replace("solution", "points: 2, solution")),
        "the cell area-code: a cell of code for the student has no points",
    ),
    "a question without points": (('"points": 1, ', ""), "the cell why: a written question needs"),
    "an unlocked test": ((TEST, TEST.replace("}", ", locked: false}")), "the cell area: what"),
    "metadata for oneself": (
        (TEST, f"{TEST}\n:note: the answer is the square"), "the cell area: its metadata hold note"
    ),
    "first lines for oneself": (("---\nkernel", "---\nnote: a square\nkernel"), "lines hold note"),
    "no cell that draws": ((":tags: [draw]", ":tags: [drawn]"), "0 cells with the tag draw"),
    "no points at all": (
        (TINY[TINY.index("```{code-cell} ipython3\n" + TEST):], ""), "no cell has points"
    ),
    "an open solution": (("    ### END SOLUTION", ""), "cell area-code: ### BEGIN SOLUTION has"),
    "a solution without a beginning": (
        ("    ### BEGIN SOLUTION\n", ""), "the cell area-code: ### END SOLUTION has no ### BEGIN"
    ),
    "open hidden tests": (("### END HIDDEN TESTS", ""), "cell area: ### BEGIN HIDDEN TESTS has"),
    "a misspelt marker": (
        ("### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST"), "cell area: '### BEGIN HIDDEN TEST'"
    ),
    "a marker in small letters": (
        ("### BEGIN SOLUTION\nBoth", "### Begin solution\nBoth"), "cell why: '### Begin solution'"
    ),
    "a marker of another tool": (
        ("### BEGIN RUBRIC", "### BEGIN MARK SCHEME"), "the cell why: '### BEGIN MARK SCHEME'"
    ),
    "a marker with words after it": (
        ("### END HIDDEN TESTS", "### END HIDDEN TESTS of the area"), "looks like a marker"
    ),
    "a solution in a test": (
        ("HIDDEN TESTS", "SOLUTION"), r"the cell area: ### BEGIN SOLUTION has no place .*\(test\)"
    ),
    "a rubric in the text": (
        ("How large", "### BEGIN RUBRIC\nx\n### END RUBRIC\nHow large"), r"cell 3 .*\(text\)"
    ),
    "no rubric": (
        ("### BEGIN RUBRIC\n1 point: both sides.\n### END RUBRIC\n", ""), "the cell why: .*has 0"
    ),
    "no solution in words": (
        ("### BEGIN SOLUTION\nBoth sides count.\n### END SOLUTION\n", ""),
        "the cell why: there is no solution",
    ),
    "a test that is no Python": (
        ("assert area(2) == 4", "assert area(2) = 4"), "the cell area: line 1 is not Python"
    ),
    "a place that is none": (("{{ width }}", "{{ 2 width }}"), "cell 3 .*can't be filled in"),
    "a link to no page": (
        ("How large", "See [there](../counting/nowhere.md). How large"),
        r"cell 3 .*: the link to ../counting/nowhere.md leads nowhere",
    ),
    "a link to a page": (("How large", "See [it](../counting/memory.md#x). How large"), None),
    "a test with names of nobody": (
        ("assert area(2) == 4", "assert volume(2) == 4"), "cell area: no cell above it defines vol"
    ),
    "a test with hidden values": (
        ("area(width) == width**2", "area(width) == _area"), "no cell above it defines _area"
    ),
    "a test with a student's import": (
        ("def area(side):", "import math\n\ndef area(side):"), None
    ),
    "a test that needs a student's import": (
        (("def area(side):", "import math\n\ndef area(side):"),
         ("assert area(2) == 4", "assert area(2) == math.pow(2, 2)")),
        "the cell area: math is imported in the student's cell",
    ),
    "a locked cell that does something": (
        locked("print('hello')"), "the cell tools: line 1 does something"
    ),
    "a locked cell that defines": (locked("def half(x):\n    return x / 2"), None),
    "a locked cell with the student's name": (
        locked("def area(side):\n    return 0"), "the cell area-code: a locked cell defines area"
    ),
    "a test that draws anew": (
        ("assert area(2) == 4", "import random\nassert area(random.random()) >= 0"),
        r"the cell area: random.random\(…\) draws anew",
    ),
    "a test with a generator of no seed": (
        ("assert area(2) == 4", "import random\nrng = random.Random()\nassert area(2) == 4"),
        r"the cell area: Random\(\) draws anew",
    ),
    "a test that draws from a seed": (
        ("assert area(2) == 4", "import random\nassert area(random.Random(3).random()) >= 0"), None
    ),
}  # fmt: skip


def write(folder, *changes):
    text = TINY
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / "tiny.md").write_text(text)
    return folder


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_is_looked_for_and_its_cell_named(name, tmp_path):
    changes, message = BROKEN[name]
    changes = changes if isinstance(changes[0], tuple) else (changes,)

    found = rules.problems(generate.read("tiny", write(tmp_path, *changes)))

    if message is None:
        assert found == []
    else:
        assert [words for words in found if re.search(message, words)], found


@pytest.mark.parametrize("name", generate.names())
def test_the_books_own_masters_keep_the_rules(name):
    assert rules.problems(generate.read(name)) == []


# -- with the grader -------------------------------------------------------------------------------


@pytest.fixture
def checked(tmp_path, monkeypatch, warm_process, isolation):
    """Return a function that checks the tiny master, changed, for one seed."""
    monkeypatch.setattr(check, "SEEDS", 1)

    def run(*changes, seeds=1):
        monkeypatch.setattr(check, "SEEDS", seeds)
        masters = tmp_path / "mine"
        masters.mkdir()
        write(masters, *changes)
        return list(check.check("tiny", 4, masters, tmp_path / "work", warm_process))

    return run


def problems_of(findings):
    return [problem for finding in findings for problem in finding.problems]


def test_a_good_one_passes_and_says_what_was_tried(checked):
    found = checked(seeds=2)

    assert problems_of(found) == []
    assert [finding.words for finding in found] == [
        "It keeps the rules for masters.",
        "The seeds 4, 5 draw different numbers, each always the same.",
        "Nothing leaks: of 5 secret lines, none is in 4 released files.",
        "Seed 4: its own solution gets 2 of 2 points, and 1 more by hand.",
        "Seed 4: the untouched release gets no point.",
        "Seed 5: its own solution gets 2 of 2 points, and 1 more by hand.",
        "Seed 5: the untouched release gets no point.",
    ]


def test_a_solution_that_is_wrong_says_which_hidden_test_it_fails(checked):
    [problem] = problems_of(checked(("return side * side", "return 2 * side")))

    assert problem.startswith("area: 0 of 2 points; Line 3: assert area(width) == width**2")


def test_a_test_that_asks_nothing_is_named(checked):
    changes = ("assert area(2) == 4", "assert True"), ("assert area(width) == width**2", "x = 1")

    [problem] = problems_of(checked(*changes))

    assert problem.startswith("area: 2 of 2 points for nothing")


@pytest.mark.parametrize("last", ["'all'", "3"])
def test_a_last_value_that_is_no_number_of_points_is_named(checked, last):
    found = problems_of(
        checked(
            ("assert area(2) == 4", ""),
            ("assert area(width) == width**2", f"assert area(width)\n{last}"),
        )
    )

    [problem] = found
    assert f"area: 0 of 2 points; ValueError: the test's last value is {last}" in problem


def test_what_a_test_passes_and_cannot_pass_is_said(checked):
    calls = "assert area(2) == 4", "class Own: pass\ntry: area(Own())\nexcept TypeError: pass"

    [problem] = problems_of(checked(calls))

    assert problem.startswith("area: 0 of 2 points; Line 2")
    assert "pickle" in problem


def test_numbers_that_do_not_follow_the_seed_are_named(checked):
    found = problems_of(checked(("rng.randrange(10**6)", "10 + 0 * rng.randrange(10**6)"), seeds=2))

    [problem] = found
    assert problem.startswith("the seeds 4 and 5 draw the same numbers")


def test_numbers_that_come_from_elsewhere_are_named(checked):
    found = problems_of(checked(("rng.randrange(10**6)", "__import__('time').time_ns() % 10**9")))

    assert "the seed 4 draws other numbers each time; draw with rng alone" in found


def test_a_solution_that_a_drawn_text_gives_away_is_found(checked):
    """In other quotes and with other spaces."""
    drawn = "_area = width**2", "_area = width**2\n_words = 'Once more: return  side*side'"

    found = problems_of(checked(drawn, ("How large", "{{ _words }}\nHow large")))

    assert found == [
        f"4/tiny/tiny.{kind} holds a line of the cell area-code, solution: returnside*side"
        for kind in ("ipynb", "md")
    ]


def test_a_leak_in_a_file_is_found_whatever_it_is_in(tmp_path):
    wanted = leaks.secrets(generate.read("tiny", write(tmp_path)))
    out = tmp_path / "out"
    generate.write_release("tiny", 4, tmp_path, out)
    assert leaks.found_in(out, wanted) == []

    (out / "tiny" / "notes.md").write_text("assert  area( width ) == width**2")
    (out / "tiny" / "old.ipynb").write_text(
        '{"cells": [{"outputs": [{"text": ["### BEGIN RUBRIC\\n", "1 point: both sides.\\n"]}]}]}'
    )

    assert leaks.found_in(out, wanted) == [
        "tiny/notes.md holds a line of the cell area, hidden tests: assertarea(width)==width**2",
        "tiny/old.ipynb holds a line of the cell why, rubric: 1point:bothsides.",
        "tiny/old.ipynb holds a marker: ### BEGIN RUBRIC",
    ]


def test_the_command_answers_and_its_status_says_whether_all_is_well(tmp_path):
    write(tmp_path, ("return side * side", "return side"))
    (tmp_path / "worse.md").write_text(TINY.replace("points: 2}", "points: 2"))
    line = [
        "make",
        "--no-print-directory",
        "-o",
        "environment-grade",
        "check-assignment",
        f"MASTERS={tmp_path}",
        "SEED=4",
    ]

    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    lines = done.stdout.splitlines()
    assert lines[0] == "tiny"
    assert "  ok  It keeps the rules for masters." in lines
    assert "  !!  Seed 6: its own solution gets only 0 of 2 points." in lines
    assert "  !!  It can't be read." in lines
    assert any("Code cell 4 at line 30" in each for each in lines)
    assert lines[-1] == "2 of 2 need work before a class gets them."


def test_a_wrong_name_says_what_there_is(tmp_path, capsys):
    write(tmp_path)

    assert check.main(["--masters", str(tmp_path), "--assignment", "tinny"]) == 2
    assert "no assignment 'tinny'" in capsys.readouterr().err
    assert check.main(["--masters", str(tmp_path / "nowhere")]) == 2
    assert "holds no master" in capsys.readouterr().err
