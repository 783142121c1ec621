"""Habits that the book's language has lost: none of them comes back.

``lost_habits.csv`` lists each as a regular expression, with what to write instead and, where the
words are right for once, the pages on which they may stand. Read are prose, headings, what quick
questions and pictures say, exercises, assignments, what figures and the docket say, and the
messages of the package, the site's extensions, the tools, the generator and the grader: never code.
"""

import csv
import re
from pathlib import Path

import jupytext
import pytest

from tests.book import prose
from tests.book.test_numbers import BOOK, modules, pages

LIST = Path(__file__).with_name("lost_habits.csv").read_text("utf-8")
HABITS = list(csv.DictReader(LIST.splitlines()))
PRACTICE = sorted(path.name for path in BOOK.glob("practice/*.py"))
ROOT = BOOK.parent
#: What else is written for readers, students and instructors: texts, and modules with messages.
TEXTS = [
    "README.md",
    "CONTRIBUTING.md",
    "assignments/grader/README.md",
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("assignments/masters/*.md")),
]
#: Tables with a column of sentences.
TABLES = {"book/data/course.csv": "goal", "src/convcost/_measure/refusals.csv": "advice"}
MESSAGES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("assignments", "book/_ext", "experiments", "src/convcost", "tools")
    for path in (ROOT / folder).rglob("*.py")
    if path.parent.name != "gallery"
)


def in_cells(source):
    """Return what a master's cells tell a student: what is expected, and docstrings."""
    found = re.findall(r'^:expected: "(.*)"$|"""(.*?)"""', source, re.M)
    return [prose.sentence(expected or docstring) for expected, docstring in found]


def in_code(source):
    """Return what a page's cells say by themselves, such as the captions of its drawings."""
    for kind, text in prose.blocks(source):
        if kind == "code-cell":
            lines = (line for line in text.splitlines() if not re.match(r":|---|tags: ", line))
            yield from prose.read_module("\n".join(lines)).sentences


def said(name):
    """Return the sentences of a page, a text, a table, an exercise, or a module that speaks."""
    if name in TEXTS:
        source = (ROOT / name).read_text()
        return [*prose.read(source).sentences, *in_cells(source)]
    if name in TABLES:
        rows = csv.DictReader((ROOT / name).read_text().splitlines())
        return [prose.sentence(row[TABLES[name]]) for row in rows]
    if name in MESSAGES:
        return prose.read_module((ROOT / name).read_text()).sentences
    if name in PRACTICE:
        cells = jupytext.read(BOOK / "practice" / name).cells
        words = [cell.source for cell in cells if cell.cell_type == "markdown"]
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        found = [prose.sentence(line) for text in words for line in text.splitlines()]
        return [*found, *prose.read_module(code).sentences]
    if name.endswith(".py"):
        folder = BOOK if name.startswith("claims/") else BOOK.parent / "src" / "convcost"
        return prose.read_module((folder / name).read_text()).sentences
    source = (BOOK / f"{name}.md").read_text()
    return [*prose.read(source).sentences, *in_code(source)]


@pytest.mark.parametrize("name", [*pages(), *modules(), *PRACTICE, *TEXTS, *TABLES, *MESSAGES])
def test_no_lost_habit_comes_back(name):
    found = [
        (match[0], f"write: {habit['instead']}", sentence.text)
        for sentence in said(name)
        for habit in HABITS
        if name not in habit["excepted"].split()
        for match in re.finditer(habit["pattern"], sentence.text)
    ]

    assert found == []


def test_each_exception_is_needed():
    for habit in HABITS:
        for name in habit["excepted"].split():
            assert any(re.search(habit["pattern"], one.text) for one in said(name)), habit


@pytest.mark.parametrize(
    ("sentence", "lost"),
    [
        ("It can be a dear one.", True),
        ("Who compares the paper's number finds another.", True),
        ("Who compares them?", False),
        ("Anyone who compares the two finds another.", False),
        ("All channels but for those of the image.", True),
        ("How high is the map?", True),
        ("So many there are.", False),
        ("That is how many there are.", False),
        ("a family is no network", True),
        ("there is no network of this name", False),
        ("How many parameters has the block with option A?", True),
        ("How many parameters does the block have with option A?", False),
        ("And from which batch size on do the maps outweigh the weights?", True),
        ("Point out one error, with an own number.", True),
        ("Nothing is graded, for it is in doubt.", True),
        ("Operations are MACs, for one image.", False),
        ("A browser runs no Python from a folder.", True),
        ("The same training, run again in small.", True),
        ("A small network, run again.", False),
    ],
)
def test_habits_are_told_from_good_english(sentence, lost):
    assert any(re.search(habit["pattern"], sentence) for habit in HABITS) == lost
