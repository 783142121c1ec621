"""The rules for masters, as far as they can be seen without running a cell.

`grader/README.md` states them. Each problem names the cell; all are found at once.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator

from nbformat import NotebookNode

from assignments.generate import LINK, called, is_page
from assignments.grader.testcells import wanted_names
from assignments.variants import PLACE

MARKERS = {"locked": (), "draw": (), "solution": ("SOLUTION",), "test": ("HIDDEN TESTS",),
           "written": ("SOLUTION", "RUBRIC"), "text": ()}  # fmt: skip
"""Which regions a cell of each kind may have."""

KEPT_OF_A_CELL = {"nbgrader", "tags", "jupyter", "expected"}
KEPT_OF_A_MASTER = {"jupytext", "kernelspec", "myst"}

KEYS = {"grade_id", "points", "solution", "grade", "locked", "task", "schema_version"}

_MARKER = re.compile(r"^[ \t]*### (BEGIN|END) (SOLUTION|HIDDEN TESTS|RUBRIC)[ \t]*$")
# What somebody meant as a marker, whose region students would get.
_LIKE_A_MARKER = re.compile(
    r"^[\s#/%*<!-]*(BEGIN|END)[\s_-]*(OF[\s_-]*)?(SOLUTION|HIDDEN|TEST|RUBRIC|MARK)", re.IGNORECASE
)
_LIKE_A_PLACE = re.compile(r"\{\{ [^{}]*\}\}")
_GRADE_ID = re.compile(r"[A-Za-z0-9_-]+")
_GIVEN_A_SEED = re.compile(r"manual_seed|default_rng\(\s*\w|RandomState\(\s*\w|\bseed\(\s*\w")
# Names that draw without a seed of their own.
_DRAWS = re.compile(
    r"\b(random\.(?!Random\b|random\.)\w+|torch\.(rand|randn|randint|randperm|normal)"
    r"|(np|numpy)\.random\.\w+)\("
)


def problems(master: NotebookNode) -> list[str]:
    """Return what in a master breaks the rules, a sentence for each, with the cell.

    Parameters
    ----------
    master : NotebookNode
        As `generate.read` gives it.
    """
    cells = list(enumerate(master.cells, 1))
    kinds = {number: kind_of(cell) for number, cell in cells}
    found = [
        f"{called(cell, number)}: {words}"
        for number, cell in cells
        for words in (*_marks(cell, kinds[number]), *_regions(cell, kinds[number]))
    ]
    found += _of_all(master, list(kinds.values()))
    if not found:  # names are only looked at where cells can be told apart and read
        found += _names(cells, kinds)
    return found


def kind_of(cell: NotebookNode) -> str:
    """Return which kind of cell it is: one of `MARKERS`, or ``unmarked`` code."""
    if "draw" in cell.metadata.get("tags", []):
        return "draw"
    marks = cell.metadata.get("nbgrader")
    if cell.cell_type != "code":
        return "text" if marks is None else "written"
    if not isinstance(marks, dict):
        return "unmarked"
    if marks.get("solution"):
        return "solution"
    return "test" if "points" in marks else "locked"


def _marks(cell: NotebookNode, kind: str) -> Iterator[str]:
    """Yield what is wrong with the metadata of a cell."""
    marks = cell.metadata.get("nbgrader")
    if others := sorted(set(cell.metadata) - KEPT_OF_A_CELL):
        yield f"its metadata hold {', '.join(others)}, which students would get; take it out"
    if kind == "draw" and marks is not None:
        yield "the cell that draws has no nbgrader metadata; the generator gives it some"
    if kind == "unmarked":
        yield ("a cell of code needs nbgrader metadata: {grade_id: name} if it is locked, with "
               "solution: true if students write there, with points if it tests")  # fmt: skip
    if not isinstance(marks, dict) or kind == "draw":
        return
    grade_id, points = marks.get("grade_id"), marks.get("points")
    if not isinstance(grade_id, str) or not _GRADE_ID.fullmatch(grade_id):
        yield (f"the grade_id is {grade_id!r}; it may hold letters, digits, - and _")
    if unknown := sorted(set(marks) - KEYS):
        yield f"nbgrader's metadata hold {', '.join(unknown)}; known are {', '.join(sorted(KEYS))}"
    if points is not None and (type(points) not in {int, float} or not 0 < points < 1e6):
        yield f"its points are {points!r}; expected a number above 0"
    if kind == "solution" and points is not None:
        yield "a cell of code for the student has no points; give them to the test below it"
    if kind == "written" and not (points is not None and marks.get("solution")):
        yield "a written question needs points, and solution: true"
    if kind in {"locked", "test"} and marks.get("locked") is False:
        yield "what students do not write is locked; leave locked out"


def _regions(cell: NotebookNode, kind: str) -> Iterator[str]:
    """Yield what is wrong with the regions of a cell, and with what it is made of."""
    if kind == "unmarked":
        return  # what it is to be has to be said first
    allowed = MARKERS[kind]
    inside: str | None = None
    count = dict.fromkeys(("SOLUTION", "HIDDEN TESTS", "RUBRIC"), 0)
    for line in cell.source.splitlines():
        match = _MARKER.match(line)
        if match is None:
            if _LIKE_A_MARKER.match(line):
                yield (f"{line.strip()!r} looks like a marker, and students would get what follows"
                       "; write ### BEGIN or ### END, and SOLUTION, HIDDEN TESTS or RUBRIC"
                       )  # fmt: skip
            continue
        edge, name = match.groups()
        if name not in allowed:
            yield f"### {edge} {name} has no place in a cell of this kind ({kind})"
        elif edge == "BEGIN" and inside:
            yield f"### BEGIN {name} stands before ### END {inside}"
        elif edge == "END" and inside != name:
            yield f"### END {name} has no ### BEGIN {name} before it"
        inside = name if edge == "BEGIN" else None
        count[name] += edge == "BEGIN"
    for match in LINK.finditer(cell.source) if cell.cell_type != "code" else ():
        if not is_page(match[1]) and not match[1].startswith("#"):
            yield f"the link to {match[1]} leads nowhere: name a page of the book, or an address"
    for match in _LIKE_A_PLACE.finditer(cell.source) if cell.cell_type != "code" else ():
        if not PLACE.fullmatch(match[0]):
            yield f"{match[0]!r} can't be filled in; write {{{{ name }}}} or {{{{ name:, }}}}"
    if inside:
        yield f"### BEGIN {inside} has no ### END {inside}, as a line of its own"
    if kind == "written" and count["RUBRIC"] != 1:
        yield f"a written question has one rubric; this has {count['RUBRIC']}"
    if kind in {"solution", "written"} and not count["SOLUTION"]:
        yield "there is no solution, between ### BEGIN SOLUTION and ### END SOLUTION"
    if cell.cell_type != "code":
        return
    tree = parsed(cell.source)
    if isinstance(tree, SyntaxError):
        if kind != "solution" or not re.search(r"^\s*[%!]", cell.source, re.MULTILINE):
            yield f"line {tree.lineno} is not Python: {tree.msg}"
        return
    if kind == "locked":
        for step in tree.body:
            if isinstance(step, ast.Expr) and not isinstance(step.value, ast.Constant):
                yield (f"line {step.lineno} does something; a locked cell, which runs in two "
                       "processes, only imports and defines")  # fmt: skip
    if kind == "test":
        for match in _DRAWS.finditer(cell.source):
            if not _GIVEN_A_SEED.search(cell.source):
                yield (f"{match[0]}…) draws anew each time; draw from random.Random(7), or give "
                       "torch and numpy a seed")  # fmt: skip
        if re.search(r"\bRandom\(\s*\)", cell.source):
            yield "Random() draws anew each time; give it a number, as in random.Random(7)"


def parsed(source: str) -> ast.Module | SyntaxError:
    """Return a cell's code as a tree, or why it is none."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        return error


def _of_all(master: NotebookNode, kinds: list[str]) -> Iterator[str]:
    """Yield what is wrong with a master as a whole."""
    if (count := kinds.count("draw")) != 1:
        yield f"it has {count} cells with the tag draw; give it one"
    if others := sorted(set(master.metadata) - KEPT_OF_A_MASTER):
        yield f"its first lines hold {', '.join(others)}, which students would get; take it out"
    if not {"test", "written"} & set(kinds):
        yield "no cell has points"
    ids = [
        cell.metadata.nbgrader.get("grade_id")
        for cell in master.cells
        if isinstance(cell.metadata.get("nbgrader"), dict)
    ]
    for twice in sorted({str(one) for one in ids if ids.count(one) > 1}):
        yield f"two cells have the grade_id {twice}"
    if "numbers" in ids:
        yield "the grade_id numbers is that of the drawn values; rename the cell"


def _names(cells: list[tuple[int, NotebookNode]], kinds: dict[int, str]) -> Iterator[str]:
    """Yield what is wrong with whence the names of tests and locked cells come."""
    locked: set[str] = set(dir(builtins))
    written: set[str] = set()
    imported: set[str] = set()
    for number, cell in cells:
        kind, where = kinds[number], called(cell, number)
        if kind in {"text", "written"}:
            continue
        if isinstance(parsed(cell.source), SyntaxError):  # IPython's, in a solution
            written |= set(re.findall(r"^(\w+) *=", cell.source, re.MULTILINE))
            continue
        own, brought = _defined(cell.source)
        if kind == "solution":
            written |= own
            imported |= brought
            if both := sorted(own & (locked - set(dir(builtins)))):
                yield (f"{where}: a locked cell defines {', '.join(both)}, too, and in tests its "
                       "value wins; rename one of them")  # fmt: skip
            continue
        wanted = wanted_names(cell.source, where) - locked if kind != "draw" else set()
        if kind == "locked" and (taken := sorted(wanted & (written | imported))):
            yield f"{where}: a locked cell takes {', '.join(taken)} from the student"
        for name in sorted(wanted - written):
            if name in imported:
                yield (f"{where}: {name} is imported in the student's cell; import it in the test, "
                       "as a module does not pass")  # fmt: skip
            elif kind in {"locked", "test"}:
                yield f"{where}: no cell above it defines {name}"
        if kind == "locked":
            locked |= own | brought
        elif kind == "draw":  # of which only values are left
            locked |= {name for name in own if not name.startswith("_")}


def _defined(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell defines, and those that it imports."""
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    imported = {each.get_name() for each in symbols if each.is_imported()}
    return {each.get_name() for each in symbols if each.is_assigned()} - imported, imported
