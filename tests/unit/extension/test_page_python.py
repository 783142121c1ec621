"""Python in the page, as far as it needs no browser: the session, the bare Python, the files."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from docutils import nodes

from book._ext.deeper import practice
from book._ext.deeper.python import cells, files

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / "book" / "_ext" / "deeper" / "python"
sys.path.append(str(PYTHON))  # in a page they are modules of no package

import names  # noqa: E402
import session  # noqa: E402


def outputs(source, before=()):
    return session.run([("Above", text) for text in before], source)["outputs"]


def text(source, before=()):
    (output,) = outputs(source, before)
    return output["text"]


# ---- What a cell shows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", [("text", "2")]),
        ("x = 2", []),
        ("None", []),
        ("2 + 2;", []),
        ("print('a', 1)\n'b'", [("text", "a 1\n"), ("text", "'b'")]),
        ("import sys\nprint('a', file=sys.stderr)", [("text", "a\n")]),
        ("list(range(40))", [("text", "[" + ",\n ".join(map(str, range(40))) + "]")]),
        ("class T:\n    def _repr_html_(self): return '<b>t</b>'\nT()", [("html", "<b>t</b>")]),
    ],
)
def test_outputs_are_those_of_a_notebook(source, expected):
    assert [(one["kind"], one["text"]) for one in outputs(source)] == expected


def test_an_output_is_a_screenful_and_says_how_much_is_not_shown():
    shown = text("print('x' * 10_000_000)")
    assert len(shown) < 9000
    assert "9,992,001 characters more" in shown  # with the end of its line
    many = text("for k in range(10_000): print(k)")
    assert len(many.splitlines()) == session.MOST_LINES + 1
    assert "items in all" in text("list(range(10**6))")


# ---- What is said of an error -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1\na / 0", "This cell, line 2:\n    a / 0\nZeroDivisionError: division by zero"),
        ("1 +", "This cell, line 1:\n    1 +\nSyntaxError: invalid syntax"),
        (
            "def f():\n    return b\nf()",
            "line 2:\n    return b\nNameError: name 'b' is not defined",
        ),
        ("import absent", "No module named 'absent'. A page has Python's standard library"),
        ("import convcost.absent", "that part of convcost needs PyTorch"),
        ("raise SystemExit", "SystemExit: the code has asked Python to end."),
        ("input('?')", "nobody can type here"),
        ("raise NotImplementedError", "nothing is written here yet"),
        ("raise MemoryError", "more memory than Python has in a page"),
        (
            "class E(Exception):\n    def __str__(self): 1 / 0\nraise E",
            "E: <exception str() failed>",
        ),
    ],
)
def test_an_error_shows_the_readers_own_lines(source, expected):
    (error,) = outputs(source)
    assert error["kind"] == "error"
    assert expected in error["text"]
    assert "session.py" not in error["text"]


def test_a_long_chain_of_calls_is_cut():
    said = text("def f(n):\n    return f(n + 1)\nf(0)")
    assert len(said.splitlines()) < 20
    assert said.splitlines()[-1].startswith("RecursionError")


def test_an_error_above_names_the_cell_above():
    assert text("a + 1", ["a = 1 / 0"]).startswith("Above, line 1:\n    a = 1 / 0\n")


# ---- Which cells above are needed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "source", "expected"),
    [
        (["a = 1", "b = 2"], "b", [1]),
        (["a = 1", "b = a"], "b", [0, 1]),
        (["a = 1", "def f():\n    return a"], "f()", [0, 1]),
        (["import math", "a = 1"], "math.pi", [0]),
        (["t = []", "t.append(1)", "u = 1"], "t", [0, 1]),
        (["t = {}", "t['a'] = 1"], "t", [0, 1]),
        (["a = 1", "a += 1"], "a", [0, 1]),
        (["a = 1", "def f(a):\n    return a"], "f(2)", [1]),
        (["a = (", "b = 1"], "a, b", [1]),
        (["a = 1"], "a = (", []),
    ],
)
def test_needed_cells_are_those_that_give_or_change_a_name(above, source, expected):
    assert names.needed(above, source) == expected


def test_a_name_that_only_a_function_uses_counts():
    assert names.unknown(["def f(x):\n    return nn.Linear(x)"]) == {"nn"}
    assert names.unknown(["from torch import nn", "def f(x):\n    return nn.Linear(x)"]) == set()
    assert names.unknown(["[k for k in range(3)], print, __name__"]) == set()


def test_each_run_begins_with_nothing():
    session.run([], "left = 1")
    assert "NameError" in text("left")


# ---- Tests of an answer -------------------------------------------------------------------------


def test_a_test_says_what_it_has_to_say():
    tests = [("one", "assert a == 2, 'You forgot a factor.'"), ("two", "assert a == 1"),
             ("three", "assert a < 0"), ("four", "b"), ("five", "a()")]  # fmt: skip
    answer = session.run([], "a = 1", tests)
    assert [(one["passed"], one["text"]) for one in answer["tests"]] == [
        (False, "You forgot a factor."),
        (True, ""),
        (False, "This does not hold:\nassert a < 0"),
        (False, "Your code gives no b."),
        (False, "The test, line 1:\n    a()\nTypeError: 'int' object is not callable"),
    ]


def test_an_answer_that_fails_is_not_tested():
    answer = session.run([], "a = 1 / 0", [("one", "assert True")])
    assert (answer["ok"], answer["tests"]) == (False, [])


def test_drawn_numbers_stand_in_the_namespace():
    source = "def draw(random):\n    return {'k': random.choice([3, 5])}"
    numbers = json.loads(session.answer(json.dumps({"draw": source, "seed": 7})))
    assert numbers == json.loads(session.answer(json.dumps({"draw": source, "seed": 7})))
    request = {"before": [], "source": "k", "tests": [], "numbers": numbers}
    assert json.loads(session.answer(json.dumps(request)))["outputs"][0]["text"] in ("3", "5")


def test_what_code_does_to_python_and_convcost_ends_with_its_run():
    def shown(source):
        asked = {"before": [], "source": source, "tests": [], "numbers": {}}
        return [one["text"] for one in json.loads(session.answer(json.dumps(asked)))["outputs"]]

    shown("from convcost import arithmetic")
    assert shown("import builtins\ndel builtins.len\nbuiltins.abs = str") == []
    assert shown("from convcost import arithmetic\narithmetic.conv_params = print") == []
    call = "from convcost.arithmetic import conv_params\nlen([abs(-1)]), conv_params(1, 1, 3)"
    assert shown(call) == ["(1, 10)"]


EXERCISES = sorted((ROOT / "book" / "practice").glob("*.py"))


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_an_exercise_runs_in_the_page_as_its_own_tests_have_it(path):
    """Its solution passes and each named confusion is told apart, also with numbers drawn anew."""
    exercise = practice.load(path)
    before = [("The code above", exercise.before)] if exercise.before else []
    drawn = [exercise.numbers()]
    if exercise.draw:
        drawn.append(session.drawn(exercise.draw, 2026))
    tests = [("tests", exercise.tests)]
    for numbers in drawn:
        (right,) = session.run(before, exercise.solution, tests, numbers)["tests"]
        assert right["passed"], right["text"]
    for wrong in exercise.wrong:
        (told,) = session.run(before, wrong.code, tests, drawn[0])["tests"]
        assert not told["passed"]
        assert wrong.says in told["text"], wrong.name


# ---- The bare Python ----------------------------------------------------------------------------


def bare(pages=(), assignments=()):
    run = subprocess.run(
        [sys.executable, "-I", "-S", PYTHON / "bare.py", ROOT / "src"],
        input=json.dumps({"pages": list(pages), "assignments": list(assignments)}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(run.stdout)


def cell(source, *shown):
    return {"source": source, "outputs": [{"kind": "text", "text": one} for one in shown]}


def test_a_cell_runs_if_it_needs_no_package_and_shows_what_the_page_shows():
    page = [
        cell("from convcost.arithmetic import conv_params\nn = conv_params(3, 4, 3)"),
        cell("from torch import nn\nlayer = nn.Linear(1, 2)"),
        cell("n", "112"),
        cell("n", "113"),  # the page has counted on with what torch changed
        cell("layer"),
        cell("def count(x):\n    return nn.Linear(x)"),
        cell("%pip install x"),
        cell("import pandas"),
        cell("import convcost\nconvcost.measure"),
        cell("n + 1", "113"),
    ]
    (verdicts,) = bare([page])["pages"]
    assert [place for place, free in enumerate(verdicts) if free] == [0, 2, 9]


def test_what_is_imported_in_the_page_needs_no_package():
    modules = bare()["modules"]
    for wanted in ("__init__", "arithmetic/__init__", "units", "conventions/__init__"):
        assert f"convcost/{wanted}.py" in modules
    assert "convcost/cost.py" not in modules


def test_a_question_is_torch_free_by_what_it_imports_and_what_it_is_given():
    def part(role, source):
        return {"role": role, "source": source}

    given = [
        part("locked", "a = 1"),
        part("solution", "raise NotImplementedError()"),
        part("test", "assert type(b) is int and a"),
        part("locked", "from torch import nn\ndef helper(x): return x"),
        part("solution", "def f():\n    raise NotImplementedError()"),
        part("test", "assert helper(f())"),
        part("test", "from convcost import measure\nassert f()"),
        part("solution", "import torch\nraise NotImplementedError()"),
    ]
    (verdicts,) = bare(assignments=[given])["assignments"]
    assert verdicts == [True, True, True, False, True, False, False, False]


def test_a_page_carries_what_is_hidden_only_for_a_cell_that_needs_it():
    sources = ["import math", "question = 'long'", "math.pi", "later = 1"]
    found = [
        ({"index": place, "source": source, "hidden": source != "math.pi"}, True)
        for place, source in enumerate(sources)
    ]
    found.append(({"index": 4, "source": "import torch", "hidden": False}, False))
    boxes = {2: nodes.container(), 4: nodes.container()}
    assert cells.marked_chapter(found, boxes) == {"cells": ["import math", None]}
    assert [box["classes"] for box in boxes.values()] == [["python-cell"], ["python-elsewhere"]]


# ---- The files ----------------------------------------------------------------------------------


def test_the_same_sources_make_the_same_package():
    modules = ["convcost/units.py"]
    assert files.package(ROOT / "src", modules) == files.package(ROOT / "src", modules)


@pytest.mark.parametrize("name", files.SCRIPTS)
def test_a_page_that_is_never_asked_carries_little(name):
    """At most 6 KB, compressed: the script and its style."""
    script = files.page_script(files.SCRIPTS[name])
    style = (PYTHON / "python.css").read_bytes()
    assert "\n//" not in script
    assert "import(" not in script
    assert len(gzip.compress(script.encode())) + len(gzip.compress(style)) <= 6 * 1024
