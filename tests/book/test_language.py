"""Habits that the book's language has lost: none of them comes back.

``lost_habits.csv`` lists each as a regular expression, with what to write instead and, where the
words are right for once, the pages on which they may stand. Read are prose, headings, what quick
questions say, exercises, and what figures and the docket say: never code.
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


def said(name):
    """Return the sentences of a page, a module of figures, or an exercise."""
    if name in PRACTICE:
        cells = jupytext.read(BOOK / "practice" / name).cells
        words = [cell.source for cell in cells if cell.cell_type == "markdown"]
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        found = [prose.sentence(line) for text in words for line in text.splitlines()]
        return [*found, *prose.read_module(code).sentences]
    if name.endswith(".py"):
        folder = BOOK if name.startswith("claims/") else BOOK.parent / "src" / "convcost"
        return prose.read_module((folder / name).read_text()).sentences
    return prose.read((BOOK / f"{name}.md").read_text()).sentences


@pytest.mark.parametrize("name", [*pages(), *modules(), *PRACTICE])
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
    ],
)
def test_habits_are_told_from_good_english(sentence, lost):
    assert any(re.search(habit["pattern"], sentence) for habit in HABITS) == lost
