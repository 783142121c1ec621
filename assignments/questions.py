"""What each question of an assignment is about: its heading, what was expected, where it is taught.

A graded cell gets it as its metadata ``about``, for feedback. The words come from the cell itself,
``:expected: "…"`` in a master; chapters come from `book/data/course.csv`, which says which exercise
prepares for which questions, or else from the links in the assignment's first lines. Students'
notebooks do not carry it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache

import nbformat
import yaml

from assignments import ROOT

BOOK = ROOT / "book"
_POINTS = re.compile(r"\s*\(\d+ points?\)$")
_CHAPTER = re.compile(r"\]\(\.\./([\w/-]+)\.md\)")


def describe(notebook: nbformat.NotebookNode, name: str, fill: Callable[[str], str]) -> None:
    """Say of each graded cell what it is about, in its metadata.

    Parameters
    ----------
    notebook
        An assignment, which is changed.
    name
        Its name.
    fill
        Puts drawn values into a text.
    """
    heading, belongs_to = "", _CHAPTER.findall(notebook.cells[0].source)
    for cell in notebook.cells:
        duty = cell.metadata.get("nbgrader", {})
        expected = fill(cell.metadata.pop("expected", ""))
        if "points" in duty:
            chapters = _taught(name, duty["grade_id"]) or [(each, "") for each in belongs_to]
            about = {
                "heading": heading,
                "expected": expected,
                "chapters": [_chapter(page, exercise) for page, exercise in chapters],
            }
            cell.metadata["about"] = nbformat.from_dict(about)
        elif cell.cell_type == "markdown" and not duty.get("solution"):
            titles = re.findall(r"^## (.+)$", cell.source, re.M)
            heading = _POINTS.sub("", titles[-1]) if titles else heading


def _taught(name: str, question: str) -> list[tuple[str, str]]:
    """Return the chapters, with an exercise, that prepare for a question."""
    with (BOOK / "data" / "course.csv").open(encoding="utf-8", newline="") as rows:
        return [
            (row["chapter"], row["exercise"])
            for row in csv.DictReader(rows)
            if row["assignment"] == name and question in row["questions"].split()
        ]


def _chapter(page: str, exercise: str) -> dict[str, str]:
    return {"title": _title(page), "address": f"{_site()}{page}.html", "exercise": exercise}


@cache
def _title(page: str) -> str:
    """Return the first heading of a page of the book; its name, if there is no such page."""
    path = BOOK / f"{page}.md"
    if not path.exists():
        return page
    text = path.read_text(encoding="utf-8").partition("\n---\n")[2]
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


@cache
def _site() -> str:
    """Return where the book is published, which `_config.yml` alone says."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return str(settings["html"]["baseurl"])
