"""What goes out to platforms stands behind the grader: it reads what a run leaves."""

import ast

import pytest

from assignments import ROOT

PLATFORMS = ROOT / "assignments" / "platforms"
# Of the grader: how it writes files and rows, names pages, and reads names and spreadsheets.
ROOMS = {"files", "intake", "marks", "planning", "records", "report"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", sorted(PLATFORMS.glob("*.py")), ids=lambda path: path.stem)
def test_a_platform_knows_of_the_grader_what_a_run_leaves(path):
    ours = [name.split(".") for name in imported(path) if name.startswith("assignments.")]

    assert {parts[1] for parts in ours} <= {"grader", "platforms"}
    assert {parts[2] for parts in ours if parts[1] == "grader"} <= ROOMS
    assert len(path.read_text().splitlines()) <= 400


def test_neither_platform_knows_the_other():
    for one, other in (("moodle", "canvas"), ("canvas", "moodle")):
        assert not any(other in name for name in imported(PLATFORMS / f"{one}.py"))
