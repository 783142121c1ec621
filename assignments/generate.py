"""Masters -> what students get, and what the grader takes.

``make assignments SEED=2027`` writes, below ``_build/assignments/2027``, the folders that nbgrader
knows: ``source/<name>/<name>.ipynb`` with solutions and all tests, for the grader, and
``release/<name>/<name>.ipynb`` (and ``.md``) for students. With the book's own masters and seed it
also writes the book's pages, ``book/assignments/<name>.md``, lists them in ``_toc.yml``, and plans
them for the guide, in ``book/data/course_assignments.csv``.

A master is MyST Markdown with nbgrader's cell metadata, in short:

- ``:tags: [draw]`` marks the one cell that draws the numbers (see `assignments.variants`);
- ``:nbgrader: {grade_id: area, solution: true}`` is a cell for the student's code, where
  ``### BEGIN SOLUTION`` and ``### END SOLUTION`` fence what they don't get;
- ``:nbgrader: {grade_id: area-points, points: 2}`` is a test, where ``### BEGIN HIDDEN TESTS`` and
  ``### END HIDDEN TESTS`` fence what they don't get; ``:expected: "…"`` below it says in words what
  was expected, for feedback;
- ``+++ {"nbgrader": {"grade_id": "why", "points": 4, "solution": true}}`` before Markdown is a
  written question, where ``### BEGIN RUBRIC`` and ``### END RUBRIC`` fence how it is marked.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import csv
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from assignments import MASTERS, ROOT, SEED, questions, variants
from assignments.grader.files import write_whole

PAGES = ROOT / "book" / "assignments"

PAGE_ONLY = "page-only"
"""The tag of a cell that stands on the page and not in the notebook that the site offers."""

HOW_TO_START = """\
Work on it in a notebook: open it from the menu at the top of this page, or \
<a href="../notebooks/assignments/{name}.ipynb" download>download it</a>.
"""

_RUBRIC = re.compile(r"^### BEGIN RUBRIC\n(.*?)^### END RUBRIC\n?", re.S | re.M)
# In Markdown, what leads to another file.
LINK = re.compile(r"\]\(([^)\s:]+)\)")
_SPACES = re.compile(r"\n{3,}")


class MasterError(ValueError):
    """A master is not as it should be; it names the cell."""


def names(masters: Path = MASTERS) -> list[str]:
    """Return the names of the assignments of a folder of masters, in alphabetical order.

    Raises
    ------
    FileNotFoundError
        If there is no master in the folder.
    """
    found = sorted(path.stem for path in Path(masters).glob("*.md") if path.stem != "README")
    if not found:
        raise FileNotFoundError(f"{masters} holds no master (.md); name the folder that does")
    return found


def autograder_notebook(
    name: str, seed: int = SEED, masters: Path = MASTERS
) -> nbformat.NotebookNode:
    """Return what nbgrader calls the source: solutions, visible and hidden tests, rubrics.

    Parameters
    ----------
    name : str
        The assignment: the stem of the master's file.
    seed : int
        What its numbers are drawn from.
    masters : path
        The folder that holds the master.

    Returns
    -------
    NotebookNode
        A notebook with nbgrader's cell metadata (schema 3); ``metadata.convcost_assignment`` holds
        the name and the seed; a written question's cell has its rubric in ``metadata.rubric``, and
        every graded cell what it is about in ``metadata.about`` (`assignments.questions`).

    Raises
    ------
    FileNotFoundError
        If there is no such master.
    MasterError
        If its cells are not as they should be: no cell that draws, or more than one, no or two
        equal grade ids.
    """
    notebook = read(name, masters)
    values = _draw(notebook, name, seed)
    for number, cell in enumerate(notebook.cells, 1):
        with _naming(name, cell, number):
            if cell.cell_type == "markdown":
                cell.source = variants.fill(cell.source, values)
            variants.fill(cell.metadata.get("expected", ""), values)  # names the cell if it can't
            if "nbgrader" in cell.metadata:
                _complete(cell)
    questions.describe(notebook, name, lambda text: variants.fill(text, values))
    notebook.metadata["convcost_assignment"] = {"name": name, "seed": seed}
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    _name_cells(notebook, name)
    return notebook


def read(name: str, masters: Path = MASTERS) -> nbformat.NotebookNode:
    """Return a master as it was written.

    Raises
    ------
    FileNotFoundError
        If there is no such master.
    MasterError
        If it can't be read.
    """
    path = Path(masters) / f"{name}.md"
    if not path.exists():
        raise FileNotFoundError(f"no assignment {name!r} in {masters}; there are {names(masters)}")
    try:
        return jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    # The readers of YAML, JSON and Markdown behind it have an error each.
    except Exception as error:
        raise MasterError(f"{path} can't be read: {error}") from error


def called(cell: nbformat.NotebookNode, number: int) -> str:
    """Return how to call a cell of a master, so that whoever wrote it finds it.

    Parameters
    ----------
    cell : NotebookNode
        The cell.
    number : int
        Which cell of the master it is, from 1.
    """
    marks = cell.metadata.get("nbgrader")
    if isinstance(marks, dict) and "grade_id" in marks:
        return f"the cell {marks['grade_id']}"
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "empty")
    return f"cell {number} ({first[:50]!r})"


@contextlib.contextmanager
def _naming(name: str, cell: nbformat.NotebookNode, number: int) -> Iterator[None]:
    """Say of an error in which cell of the master it is."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        what = error.args[0] if isinstance(error, KeyError) else error
        raise MasterError(f"{name}: {called(cell, number)}: {what}") from error


def student_notebook(name: str, seed: int = SEED, masters: Path = MASTERS) -> nbformat.NotebookNode:
    """Return what students get: no solutions, no hidden tests, no rubrics.

    nbgrader's own preprocessors clear the cells, so that what it releases is the same.
    """
    # Only what hands out assignments needs nbgrader.
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, LockCells

    notebook = copy.deepcopy(autograder_notebook(name, seed, masters))
    for number, cell in enumerate(notebook.cells, 1):
        alone = nbformat.v4.new_notebook(cells=[cell], metadata=notebook.metadata)
        with _naming(name, cell, number):
            for preprocessor in (LockCells(), ClearSolutions(), ClearHiddenTests()):
                alone, _ = preprocessor.preprocess(alone, {})
        [notebook.cells[number - 1]] = alone.cells
    for cell in notebook.cells:
        cell.metadata.pop("rubric", None)
        cell.metadata.pop("about", None)
        cell.source = _SPACES.sub("\n\n", cell.source).strip("\n")
    return notebook


def student_markdown(name: str, seed: int = SEED, masters: Path = MASTERS) -> str:
    """Return the student's notebook as MyST Markdown, to work on where that opens as a notebook."""
    return _markdown(student_notebook(name, seed, masters))


def page(name: str) -> str:
    """Return the book's page of an assignment: the student's view of the book's own seed.

    It says beside the rest where the notebook is, in a cell that the notebook itself leaves out.
    """
    notebook = student_notebook(name)
    cell = nbformat.v4.new_markdown_cell(HOW_TO_START.format(name=name))
    cell.metadata["tags"] = [PAGE_ONLY]
    notebook.cells.insert(1, cell)
    return _markdown(notebook)


def _markdown(notebook: nbformat.NotebookNode) -> str:
    notebook.metadata["jupytext"] = {
        "notebook_metadata_filter": "convcost_assignment,myst,"
        "-jupytext.text_representation.jupytext_version",
        "text_representation": {"extension": ".md", "format_name": "myst"},
    }
    return str(jupytext.writes(notebook, fmt="md:myst"))


def _draw(notebook: nbformat.NotebookNode, name: str, seed: int) -> dict[str, Any]:
    """Put the values in place of the cell that draws them, and return them."""
    drawing = [cell for cell in notebook.cells if "draw" in cell.metadata.get("tags", [])]
    if len(drawing) != 1:
        raise MasterError(f"{name} has {len(drawing)} cells with the tag draw; give it one")
    try:
        values = variants.draw(drawing[0].source, name, seed)
    except ValueError as error:
        raise MasterError(str(error)) from error
    drawing[0].source = variants.values_cell(values)
    drawing[0].metadata = nbformat.from_dict({"nbgrader": {"grade_id": "numbers"}})
    return values


def _complete(cell: nbformat.NotebookNode) -> None:
    """Give a cell all of nbgrader's metadata, and take a rubric out of its text."""
    short = cell.metadata["nbgrader"]
    if not isinstance(short, dict) or not isinstance(short.get("grade_id"), str):
        raise ValueError("its nbgrader metadata have no grade_id; give one, as in {grade_id: area}")
    solution = short.get("solution", False)
    written = cell.cell_type == "markdown"
    cell.metadata["nbgrader"] = nbformat.from_dict(
        {
            "schema_version": 3,
            "grade": "points" in short,
            "locked": not solution,
            "solution": solution,
            "task": False,
            **short,
        }
    )
    if written and solution:
        rubric = _RUBRIC.search(cell.source)
        if not rubric:
            raise ValueError(
                f"the written question {short['grade_id']} has no rubric between the lines "
                "### BEGIN RUBRIC and ### END RUBRIC"
            )
        cell.metadata["rubric"] = rubric[1].strip()
        cell.source = _RUBRIC.sub("", cell.source).strip()


def _name_cells(notebook: nbformat.NotebookNode, name: str) -> None:
    """Give each cell an id that is the same whenever the notebook is made."""
    for place, cell in enumerate(notebook.cells):
        cell["id"] = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{place}")
    ids = [cell["id"] for cell in notebook.cells]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise MasterError(f"{name} has two cells with the grade_id {', '.join(twice)}")
    nbformat.validate(notebook)


def list_pages(contents: str, listed: list[str]) -> str:
    """Return the book's table of contents with a line for each assignment, new ones last."""
    lines = contents.splitlines(keepends=True)
    for name in listed:
        line = f"      - file: assignments/{name}\n"
        if line not in lines:
            last = max(at for at, other in enumerate(lines) if "- file: assignments/" in other)
            lines.insert(last + 1, line)
    return "".join(lines)


def plan(contents: str, goals: list[dict[str, str]]) -> str:
    """Return when each assignment is due and how long it takes, as the guide's table has it.

    Parameters
    ----------
    contents : str
        The book's table of contents: assignments are planned in its order.
    goals : list of dict
        Rows of ``course.csv``: an assignment is due in the last week of its goals.

    Raises
    ------
    ValueError
        If an assignment has no goal, or its text does not say how long it takes.
    """
    lines = ["assignment,week,minutes_from,minutes_to"]
    for name in re.findall(r"- file: assignments/([\w-]+)", contents):
        weeks = [int(row["week"]) for row in goals if row["assignment"] == name]
        takes = re.search(r"takes (\d+) to (\d+) minutes", student_markdown(name))
        if not weeks or not takes:
            raise ValueError(
                f"{name} needs a row in book/data/course.csv for each of its goals, and in its "
                "text how long it takes, as in: takes 60 to 90 minutes"
            )
        lines.append(f"{name},{max(weeks)},{takes[1]},{takes[2]}")
    return "\n".join(lines) + "\n"


def write_into_the_book() -> None:
    """Write the pages of the book's own assignments, and list them where the book lists pages."""
    for name in names():
        write_whole(PAGES / f"{name}.md", page(name))
    contents = list_pages((ROOT / "_toc.yml").read_text(encoding="utf-8"), names())
    write_whole(ROOT / "_toc.yml", contents)
    data = ROOT / "book" / "data"
    with (data / "course.csv").open(encoding="utf-8", newline="") as rows:
        write_whole(data / "course_assignments.csv", plan(contents, list(csv.DictReader(rows))))


def handed_out(name: str, seed: int = SEED, masters: Path = MASTERS) -> nbformat.NotebookNode:
    """Return the student's notebook as it goes to a class, away from the book.

    Its first cell installs what Colab lacks, and its links lead to the published book.
    """
    # What grades needs neither the book's extension nor Sphinx.
    from book._ext.deeper import addresses, install

    site = addresses.read(ROOT / "_config.yml")
    notebook = student_notebook(name, seed, masters)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(functools.partial(_published, site.site), cell.source)
    first = nbformat.v4.new_code_cell(install.install_cell(site, ROOT).rstrip(), id="install")
    first.metadata["jupyter"] = {"source_hidden": True}
    notebook.cells.insert(0, first)
    return notebook


def is_page(target: str) -> bool:
    """Say whether a link of an assignment leads to a page of the book."""
    path = target.partition("#")[0]
    return path.endswith(".md") and (PAGES / path).is_file()


def _published(site: str, link: re.Match[str]) -> str:
    """Return a link to a page of the book as one to the site; any other as it is."""
    if not is_page(link[1]):
        return link[0]
    path, _, anchor = link[1].partition("#")
    page = (PAGES / path).resolve().relative_to(ROOT / "book").with_suffix(".html").as_posix()
    return f"]({site}{page}{f'#{anchor}' if anchor else ''})"


def write_release(name: str, seed: int, masters: Path, folder: Path) -> None:
    """Write into a folder all that students get of an assignment: a notebook, and Markdown."""
    notebook = handed_out(name, seed, masters)
    write_whole(folder / name / f"{name}.ipynb", nbformat.writes(notebook) + "\n")
    write_whole(folder / name / f"{name}.md", _markdown(notebook))


def main(arguments: list[str] | None = None) -> int:
    """Write all views of all assignments; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m assignments.generate", description="Draw assignments from a seed."
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"default: {SEED}, the book's")
    parser.add_argument("--masters", type=Path, default=MASTERS, help="a folder of masters")
    parser.add_argument("--out", type=Path, help="default: _build/assignments/<seed>")
    given = parser.parse_args(arguments)
    out = given.out or ROOT / "_build" / "assignments" / str(given.seed)
    try:
        for name in names(given.masters):
            source = autograder_notebook(name, given.seed, given.masters)
            write_whole(out / "source" / name / f"{name}.ipynb", nbformat.writes(source) + "\n")
            write_release(name, given.seed, given.masters, out / "release")
        if given.seed == SEED and given.masters.resolve() == MASTERS:
            write_into_the_book()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    print(f"Written to {out}: {', '.join(names(given.masters))}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
