"""Lines of code that readers see fit 72 characters: as wide as a page shows them uncut."""

import re

import pytest

from book._ext.deeper import practice
from tests.book.test_chapters import BOOK, SKELETON, source, toc_files

WIDTH = 72
FENCE = re.compile(r"^(`{3,})\{code-cell\}.*?\n(.*?)^\1$", re.S | re.M)
UNSEEN = ("remove-cell", "remove-input")
EXERCISES = sorted(path.stem for path in practice.folder(BOOK).glob("*.py"))


def too_long(lines: list[str]) -> list[str]:
    return [line for line in lines if len(line) > WIDTH]


@pytest.mark.parametrize("name", [*toc_files(), SKELETON])
def test_code_of_a_page_fits(name: str) -> None:
    """What is folded away is seen when it is opened; what prepares a page is not."""
    cells = [cell for _, cell in FENCE.findall(source(name)) if not any(t in cell for t in UNSEEN)]
    code = [line for cell in cells for line in cell.splitlines() if not line.startswith(":")]
    assert too_long(code) == []


@pytest.mark.parametrize("name", EXERCISES)
def test_code_of_an_exercise_fits(name: str) -> None:
    exercise = practice.load(practice.folder(BOOK) / f"{name}.py")
    shown = (exercise.before, exercise.stub, exercise.solution)
    assert too_long([line for part in shown for line in part.splitlines()]) == []


def test_cells_are_found() -> None:
    assert sum(len(FENCE.findall(source(name))) for name in toc_files()) > 200
