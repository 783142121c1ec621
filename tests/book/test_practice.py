"""Exercises of the chapters: the model solution passes, a wrong answer is told what is wrong.

They are run as a page's own Python runs them: in one namespace, without torch.
"""

import ast
import dis
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from book._ext.deeper import practice
from tests.book import prose

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
NAMES = sorted(path.stem for path in practice.folder(BOOK).glob("*.py"))
# What a page's Python has not: see the note on Pyodide.
ABSENT = ("torch", "torchvision", "torchinfo", "numpy", "pandas", "altair", "timm", "ipywidgets")
SEEDS = [None, *range(7)]
CHAPTERS = [
    chapter["file"]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    if part["caption"] in {"Counting", "Networks"}
    for chapter in part["chapters"]
]
PLACED = practice.PLACE


@cache
def exercise(name):
    return practice.load(practice.folder(BOOK) / f"{name}.py")


# Reads jobs, each the names that are there and the cells to be run in them, and writes for each
# what an assert of the last cell says; "" if they all hold.
PAGES_PYTHON = """
import json, sys
sys.modules.update(dict.fromkeys({absent}))
said = []
for names, *cells in json.load(sys.stdin):
    feedback = ""
    for number, cell in enumerate(cells, start=1):
        try:
            exec(cell, names)
        except AssertionError as error:
            feedback = str(error) if number == len(cells) else f"no test, but {{cell}}"
        except Exception as error:
            feedback = f"{{type(error).__name__}}: {{error}}"
    said.append(feedback)
json.dump(said, sys.stdout)
"""


def answers(one):
    """Yield what a reader may have written: the solution, each wrong answer, nothing."""
    yield one.solution
    yield from (wrong.code for wrong in one.wrong)
    yield one.stub


@pytest.fixture(scope="module")
def feedback():
    """Exercise, answer and seed -> what the tests say, all from one process as a page has it."""
    keys = [
        (name, answer, seed)
        for name in NAMES
        for answer in dict.fromkeys(answers(exercise(name)))
        for seed in SEEDS
    ]
    jobs = [
        [exercise(name).numbers(seed), exercise(name).before, answer, exercise(name).tests]
        for name, answer, seed in keys
    ]
    python = [sys.executable, "-I", "-c", PAGES_PYTHON.format(absent=ABSENT)]
    child = subprocess.run(
        python, input=json.dumps(jobs), capture_output=True, text=True, check=True, timeout=300
    )
    return dict(zip(keys, json.loads(child.stdout), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_model_solution_passes_with_all_numbers(name, feedback):
    for seed in SEEDS:
        assert feedback[name, exercise(name).solution, seed] == "", seed


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        pytest.param(name, wrong, id=f"{name}: {wrong.name}")
        for name in NAMES
        for wrong in exercise(name).wrong
    ],
)
def test_a_wrong_answer_gets_its_own_feedback(name, wrong, feedback):
    others = [other.says for other in exercise(name).wrong if other.says != wrong.says]
    for seed in SEEDS:
        said = feedback[name, wrong.code, seed]
        assert wrong.says in said, seed
        assert not [says for says in others if says in said]


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_stub_is_told_what_to_do(name, feedback):
    for seed in SEEDS:
        said = feedback[name, exercise(name).stub, seed]
        assert re.search(r"in place of the dots|returns nothing yet", said), said


# ---- In the chapters -----------------------------------------------------------------------------


def parts(chapter):
    """Return a chapter's cells and exercises in order: pairs of the kind and what it holds."""
    source = (BOOK / f"{chapter}.md").read_text()
    found = re.findall(r"^```\{(code-cell|practice)\} *(.*?)\n(.*?)^```$", source, re.M | re.S)
    return [
        (kind, first if kind == "practice" else re.sub(r"^:.*\n", "", code, flags=re.M))
        for kind, first, code in found
    ]


def exercises(chapter):
    return [held for kind, held in parts(chapter) if kind == "practice"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_two_exercises_or_more(chapter):
    assert len(exercises(chapter)) >= 2


def test_each_exercise_stands_in_one_place_and_there_are_thirty():
    standing = [name for chapter in CHAPTERS for name in exercises(chapter)]
    assert sorted(standing) == NAMES
    assert len(NAMES) >= 30
    assert sum(bool(exercise(name).draw) for name in NAMES) > len(NAMES) / 2


def test_nothing_is_asked_twice():
    for kind in ("title", "prompt", "stub", "solution"):
        said = [getattr(exercise(name), kind) for name in NAMES]
        assert len(set(said)) == len(said), kind


def stored(code, imports):
    """Return the global names that code binds, imports those of the same thing left out."""
    names = set()
    for line in dis.get_instructions(compile(code, "cell", "exec")):
        if line.opname in {"STORE_NAME", "STORE_GLOBAL"}:
            names.add(line.argval)
    return names - imports


def loaded(code):
    """Return the global names that code asks for before it has bound them itself."""
    names, bound = set(), set()
    inner = []
    for line in dis.get_instructions(code):
        if line.opname == "LOAD_NAME" and line.argval not in bound:
            names.add(line.argval)
        elif line.opname == "STORE_NAME":
            bound.add(line.argval)
        elif line.opname == "LOAD_GLOBAL":
            names.add(line.argval)
        elif line.opname == "LOAD_CONST" and hasattr(line.argval, "co_code"):
            inner.append(line.argval)
    # What a function asks for may be bound by the time it is called.
    return names | {name for code in inner for name in loaded(code) if name not in bound}


def imported(code):
    """Return the names that code imports, with what they are."""
    return {
        (alias.asname or alias.name, f"{getattr(node, 'module', '')}.{alias.name}")
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_exercise_takes_no_name_that_a_later_cell_of_its_chapter_needs(chapter):
    """In a notebook they share one namespace."""
    held = parts(chapter)
    known = set().union(*(imported(code) for kind, code in held if kind == "code-cell"))
    taken = {}
    for kind, text in held:
        if kind == "practice":
            one = exercise(text)
            for code in (one.before, one.stub, one.tests, one.solution):
                same = {name for name, what in imported(code) if (name, what) in known}
                taken |= dict.fromkeys(stored(code, same), text)
            taken |= dict.fromkeys(one.numbers(), text)
        else:
            code = compile(text, "cell", "exec")
            assert not {name: taken[name] for name in loaded(code) if name in taken}, text
            for name in stored(text, set()):
                taken.pop(name, None)


# ---- What they say -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_new_numbers_are_new_and_can_be_handed_to_a_page(name):
    one = exercise(name)
    drawn = [one.numbers(seed) for seed in range(12)]
    assert json.loads(json.dumps(drawn)) == drawn
    if one.draw:
        assert len({json.dumps(numbers) for numbers in drawn}) >= 4
        # Numbers that change stand in the sentence, not in a formula, where they could not.
        assert not re.search(r"\$[^$]*(?<![\\\w^_])\{\w{2,}\}[^$]*\$", one.prompt)


@pytest.mark.parametrize("name", NAMES)
def test_hints_do_not_hold_the_solution(name):
    one = exercise(name)
    hints = re.sub(r"\s", "", "".join(one.hints))
    lines = [re.sub(r"\s", "", line) for line in one.solution.splitlines()]
    # What a loop runs over may be told; what it does with it is the reader's.
    told = [line for line in lines if not re.match("for|if", line) and len(line) > 12]
    assert [line for line in told if line in hints] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_number_in_words_is_given_or_computed(name):
    """By the rule of chapters, see test_numbers.py."""
    one = exercise(name)
    words = PLACED.sub("…", "\n\n".join([one.prompt, *one.hints]))
    code = "\n".join([one.draw, one.before, one.stub, one.tests, one.solution])
    source = f"{words}\n\n```{{code-cell}} ipython3\n{code}\n```\n"
    assert prose.unfounded(prose.read(source)) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_ten_lines_at_most_and_fits_a_telephone(name):
    one = exercise(name)
    written = [line for line in one.solution.splitlines() if line and not line.startswith("def ")]
    assert len(written) <= 10
    for code in (one.before, one.stub, one.tests, one.solution):
        assert max(map(len, code.splitlines() or [""])) <= 76
