"""The grader is a package of its own: what it may import, and who knows of whom within it."""

import ast
import graphlib
import re
import sys
from pathlib import Path

import pytest

from assignments.grader import jail

GRADER = jail.HERE
INSIDE = GRADER / "inside"
MODULES = sorted(GRADER.glob("*.py"))
# Packages that the grader stands on; the book's own is reached by its public names alone.
LIBRARIES = {"alembic", "convcost", "jupytext", "nbconvert", "nbformat", "nbgrader", "nh3",
             "psutil", "pygments", "sqlalchemy", "torch"}  # fmt: skip
LIBRARIES_INSIDE = {"IPython", "jupytext", "nbformat", "numpy", "torch", "traitlets"}
NAMES_OF_CONVCOST = {"measure", "__file__"}


def imports(path):
    """Return what a module imports, each as a dotted name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = "." * node.level + (f"{node.module}." if node.module else "")
            found |= {f"{home}{alias.name}" for alias in node.names}
    return found


def outside(names):
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"assignments"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_grader_knows_of_the_book_how_an_assignment_is_drawn(path):
    ours = {name for name in imports(path) if name.startswith("assignments")}
    beyond = {name for name in ours if not name.startswith("assignments.grader")}

    assert beyond == ({"assignments.generate"} if path.stem == "assignment" else set())
    assert outside(imports(path)) <= LIBRARIES


@pytest.mark.parametrize("path", sorted(INSIDE.glob("*.py")), ids=lambda path: path.stem)
def test_what_is_in_the_jail_needs_nothing_from_outside(path):
    relative = {name for name in imports(path) if name.startswith(".")}

    assert outside(imports(path) - relative) <= LIBRARIES_INSIDE
    assert not any(name.startswith("assignments") for name in imports(path))
    assert relative <= {f".{each.stem}" for each in INSIDE.glob("*.py")} | {
        ".plain.NotPlainError", ".plain.StaysThere"}  # fmt: skip


@pytest.mark.parametrize("folder", [GRADER, INSIDE], ids=["grader", "inside"])
def test_imports_run_one_way(folder):
    names = {path.stem for path in folder.glob("*.py")}
    graph = {}
    for path in folder.glob("*.py"):
        parts = {part for name in imports(path) for part in name.split(".")}
        graph[path.stem] = (parts & names) - {path.stem}

    order = list(graphlib.TopologicalSorter(graph).static_order())

    assert len(order) == len(names)


def test_convcost_is_reached_by_its_public_names():
    text = "\n".join(path.read_text() for path in GRADER.rglob("*.py"))

    assert set(re.findall(r"\bconvcost\.(\w+)", text)) <= NAMES_OF_CONVCOST
    assert not re.search(r"from convcost", text)


def test_no_system_call_is_made_by_hand():
    root = GRADER.parents[1]
    here = Path(__file__)
    words = re.compile(
        r"import ctypes|\bprctl\b|pivot_root|mount_setattr|capset|CLONE_NEW|\bunshare\("
    )
    found = [
        path
        for folder in ("assignments", "benchmarks", "experiments", "src", "tests", "tools")
        for path in (root / folder).rglob("*.py")
        if path not in {here, here.with_name("hostile_cases.py")}  # a hostile submission may try
        and words.search(path.read_text())
    ]

    assert found == []


def test_records_and_not_dictionaries_pass_between_the_rooms():
    """``dict[str, Any]`` is left where JSON or nbgrader speaks: in values, outputs, resources."""
    allowed = {"notebooks", "preparing", "student", "testcells"}
    found = {path.stem for path in MODULES if "dict[str, Any]" in path.read_text()}

    assert found <= allowed


@pytest.mark.parametrize("path", sorted(GRADER.rglob("*.py")), ids=lambda path: path.stem)
def test_no_file_is_too_long(path):
    lines = path.read_text().splitlines()

    assert len(lines) <= 400 or "Over 400 lines: " in "\n".join(lines[:12])
