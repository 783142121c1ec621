"""Exercises of the chapters: the model solution passes, a wrong answer is told what is wrong.

They are run as a page's own Python runs them: in one namespace, without torch.
"""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from book._ext.deeper import practice

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
NAMES = sorted(path.stem for path in practice.folder(BOOK).glob("*.py"))
# What a page's Python has not: see the note on Pyodide.
ABSENT = ("torch", "torchvision", "torchinfo", "numpy", "pandas", "altair", "timm", "ipywidgets")
SEEDS = [None, *range(7)]
TITLES = {
    chapter["file"]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    if part["caption"] in {"Counting", "Networks"}
    for chapter in part["chapters"]
}


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
        assert re.search(r"in the place of the dots|hands nothing back yet", said), said
