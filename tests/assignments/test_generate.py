"""From masters to what is handed out: drawn by seed, cleared by nbgrader's rules, kept current."""

import os
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import jupytext
import pytest
from nbgrader.nbgraderformat import SCHEMA_VERSION, read

from assignments import ROOT, SEED, generate, variants
from assignments.grader.files import write_whole

NAMES = generate.names()
SEEDS = (SEED, 1, 31)

TINY = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A tiny one

```{code-cell} ipython3
:tags: [draw]

import math

width = rng.randrange(10**6)
_area = width**2
```

How large is a square of side {{ width }}, and is {{ _area:, }} right?

```{code-cell} ipython3
:nbgrader: {grade_id: area-code, solution: true}

def area(side):
    ### BEGIN SOLUTION
    return side * side
    ### END SOLUTION
```

```{code-cell} ipython3
:nbgrader: {grade_id: area, points: 2}

assert area(2) == 4
### BEGIN HIDDEN TESTS
assert area(width) == width**2
### END HIDDEN TESTS
```

+++ {"nbgrader": {"grade_id": "why", "points": 1, "solution": true}}

### BEGIN SOLUTION
Both sides count.
### END SOLUTION

### BEGIN RUBRIC
1 point: both sides.
### END RUBRIC
"""


@pytest.fixture
def own(tmp_path):
    """A folder with a master of somebody's own, as `MASTERS=folder` names it."""
    (tmp_path / "tiny.md").write_text(TINY)
    return tmp_path


@cache
def whole(name, seed=SEED):
    return generate.autograder_notebook(name, seed)


@cache
def released(name):
    return generate.student_notebook(name)


def cells(notebook):
    return {cell.id: cell for cell in notebook.cells}


# -- the six ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_page_in_the_book_is_what_the_master_makes(name):
    page = (ROOT / "book" / "assignments" / f"{name}.md").read_text()

    assert page == generate.page(name), "run `make assignments` and commit the pages"


def test_every_page_has_a_master():
    assert sorted(path.stem for path in (ROOT / "book" / "assignments").glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_assignment_has_all_that_one_needs(name):
    notebook = whole(name)
    graded = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    written = [cell for cell in graded if cell.cell_type == "markdown"]
    tests = [cell for cell in graded if cell.cell_type == "code"]

    assert sum(cell.metadata.nbgrader.points for cell in graded) == 20
    assert len(tests) >= 8  # partial credit: no question is all or nothing
    assert all("### BEGIN HIDDEN TESTS" in cell.source for cell in tests)
    assert any("random.Random(" in cell.source or "measure(" in cell.source for cell in tests)
    assert any("convcost" in cell.source for cell in tests)
    assert len(written) == 1
    assert written[0].metadata.rubric.count("1 point") == written[0].metadata.nbgrader.points
    assert "# " in notebook.cells[0].source
    assert "?" in notebook.cells[0].source


@pytest.mark.parametrize("name", NAMES)
def test_the_points_that_a_heading_promises_are_given(name):
    promised = given = 0
    for cell in whole(name).cells:
        heading = cell.source.startswith("## ") or "\n## " in cell.source
        if cell.cell_type == "markdown" and heading and "grade_id" not in cell.metadata:
            assert given == promised, f"before {cell.source[:50]!r}"
            title = next(line for line in cell.source.splitlines() if line.startswith("## "))
            promised = int(title.rsplit("(", 1)[1].split()[0])
            given = 0
        given += cell.metadata.get("nbgrader", {}).get("points", 0)
    assert given == promised


@pytest.mark.parametrize("name", NAMES)
def test_every_code_cell_has_a_part_to_play(name):
    for cell in whole(name).cells:
        if cell.cell_type == "code":
            assert cell.metadata.nbgrader.schema_version == 3


@pytest.mark.parametrize("name", NAMES)
def test_seeds_draw_other_numbers_and_keep_the_rest(name):
    drawn = [cells(whole(name, seed)) for seed in SEEDS]

    assert len({one["numbers"].source for one in drawn}) == len(SEEDS)
    assert drawn[0].keys() == drawn[1].keys() == drawn[2].keys()
    assert generate.autograder_notebook(name, 1) == whole(name, 1)
    for cell in drawn[0].values():
        if cell.cell_type == "code" and cell.id != "numbers":
            assert cell.source == drawn[1][cell.id].source


def answer(name, seed):
    """What the first question that asks for numbers is answered with; of a design, its limits."""
    by_id = cells(whole(name, seed))
    scope = {}
    exec(by_id["numbers"].source, scope)
    if name == "design-under-budget":
        return [scope[limit] for limit in ("max_params", "max_macs", "min_field")]
    drawn = set(scope)
    asked = next(cell for cell in by_id.values() if cell.source.startswith("# Give"))
    exec(asked.source, scope)
    return [scope[key] for key in sorted(set(scope) - drawn) if type(scope[key]) is int]


@pytest.mark.parametrize("name", NAMES)
def test_last_years_answers_do_not_fit(name):
    answers = [answer(name, seed) for seed in SEEDS]

    assert all(answers)
    for one, other in pairwise(answers):
        assert one != other


@pytest.mark.parametrize("name", NAMES)
def test_students_get_no_solution_hidden_test_or_rubric(name):
    assert cells(whole(name)).keys() == cells(released(name)).keys()
    for cell in released(name).cells:
        assert not {"BEGIN", "SOLUTION", "HIDDEN", "RUBRIC"} & set(cell.source.split())
        assert "rubric" not in cell.metadata
        duty = cell.metadata.get("nbgrader", {})
        if duty.get("solution"):
            assert ("NotImplementedError" in cell.source) != (cell.source == "YOUR ANSWER HERE")


@pytest.mark.parametrize("name", NAMES)
def test_markdown_reads_back_as_the_students_notebook(name):
    back = jupytext.reads(generate.student_markdown(name), fmt="md:myst")

    assert back.metadata["convcost_assignment"] == {"name": name, "seed": SEED}
    for here, there in zip(back.cells, released(name).cells, strict=True):
        assert here.source == there.source
        assert here.metadata.get("nbgrader") == there.metadata.get("nbgrader")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_offers_the_notebook_and_the_notebook_is_the_released_one(name, site):
    """What a student downloads from the site, apart from a first cell that installs packages."""
    page = (site / "assignments" / f"{name}.html").read_text()
    offered = read(site / "notebooks" / "assignments" / f"{name}.ipynb", as_version=4)

    assert f'href="../notebooks/assignments/{name}.ipynb"' in page
    assert offered.metadata["convcost_assignment"] == {"name": name, "seed": SEED}
    installs, *cells_of_it = offered.cells
    assert "nbgrader" not in installs.metadata
    for here, there in zip(cells_of_it, released(name).cells, strict=True):
        assert here.metadata.get("nbgrader") == there.metadata.get("nbgrader")
        if there.metadata.get("nbgrader"):
            assert here.source == there.source
    assert all(cell.get("outputs", []) == [] for cell in offered.cells)


def test_the_command_writes_a_course_and_nbgrader_releases_the_same(tmp_path, own):
    """What students get is what `nbgrader generate_assignment` makes of the source."""
    course = tmp_path / "course"
    command = [sys.executable, "-m", "assignments.generate", "--masters", str(own)]
    done = subprocess.run([*command, "--out", str(course)], cwd=ROOT, check=True,
                          capture_output=True, text=True)  # fmt: skip
    written = {path.relative_to(course).as_posix()
               for path in course.rglob("*.*") if path.is_file()}  # fmt: skip
    ours = read(course / "release" / "tiny" / "tiny.ipynb", as_version=4)
    (course / "release").rename(course / "ours")

    # It calls alembic.
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "tiny", "--create"]
    subprocess.run(command, cwd=course, env=environment, check=True, capture_output=True)

    theirs = read(course / "release" / "tiny" / "tiny.ipynb", as_version=4)
    installs = ours.cells.pop(0)
    assert "nbgrader" not in installs.metadata
    assert done.stdout.endswith(": tiny.\n")
    assert written == {
        "source/tiny/tiny.ipynb", "release/tiny/tiny.ipynb", "release/tiny/tiny.md",
    }  # fmt: skip
    for mine, its in zip(ours.cells, theirs.cells, strict=True):
        assert mine.source.split() == its.source.split()
        assert mine.metadata.get("nbgrader", {}).items() <= its.metadata.get("nbgrader", {}).items()
    assert theirs.cells[-1].metadata.nbgrader.schema_version == SCHEMA_VERSION


@pytest.mark.parametrize("name", NAMES)
def test_what_a_class_gets_installs_what_colab_lacks_and_has_no_dead_link(name, site):
    """As the site's own notebook does: cell for cell the same, but for the numbers."""
    offered = read(site / "notebooks" / "assignments" / f"{name}.ipynb", as_version=4)

    handed_out = generate.handed_out(name, SEED)
    other = generate.handed_out(name, 2027)

    assert handed_out.cells[0].source == other.cells[0].source == offered.cells[0].source
    assert "%pip install" in other.cells[0].source
    for here, there in zip(handed_out.cells, offered.cells, strict=True):
        assert here.source.split() == there.source.split()
    for cell in other.cells:
        for target in generate.LINK.findall(cell.source):
            assert target.startswith("#"), target
    links = re.findall(r"\]\(https://[^/)]+/([\w/-]+\.html)", other.cells[1].source)
    assert links
    assert all((site / link).is_file() for link in links)


# -- masters of one's own --------------------------------------------------------------------------


def test_a_folder_of_ones_own_works_alike(own):
    source = cells(generate.autograder_notebook("tiny", 4, own))
    handed_out = cells(generate.student_notebook("tiny", 4, own))
    scope = {}
    exec(source["numbers"].source, scope)

    assert generate.names(own) == ["tiny"]
    assert f"{scope['width'] ** 2:,} right" in source["cell-2"].source
    assert "_area" not in source["numbers"].source
    assert source["why"].metadata["rubric"] == "1 point: both sides."
    assert handed_out["why"].source == "YOUR ANSWER HERE"
    assert handed_out["area"].source == "assert area(2) == 4"
    assert handed_out["numbers"].metadata["editable"] is False
    assert "return side" not in generate.student_markdown("tiny", 4, own)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (":tags: [draw]", ":tags: [drawn]", "0 cells with the tag draw"),
        ("grade_id: area,", "grade_id: area-code,", "two cells .* area-code"),
        ("### BEGIN RUBRIC", "### RUBRIC", "the cell why: .* why has no rubric"),
        ("{{ width }}", "{{ height }}", r"cell 3 \('How large.*height"),
        ("import math", "bad = rng", "draws bad, of type Random"),
        ("import math", "1 / 0", "draws fails for the seed 1: ZeroDivisionError"),
        ("import math", "import", "draws fails for the seed 1: SyntaxError"),
        ("points: 2}", "points: 2", r"tiny.md can't be read: Code cell 4 at line 30"),
        ("{grade_id: area, points: 2}", "area", r"cell 5 .*: its nbgrader metadata have no"),
        ("    ### END SOLUTION", "", "the cell area-code: no end solution statement"),
    ],
)
def test_a_master_that_is_not_as_it_should_be_is_named(own, before, after, message):
    (own / "tiny.md").write_text(TINY.replace(before, after))

    with pytest.raises(generate.MasterError, match=message):
        generate.student_notebook("tiny", 1, own)


def test_a_wrong_name_or_folder_says_what_there_is(own, tmp_path_factory):
    with pytest.raises(FileNotFoundError, match=r"no assignment 'tinny'.*'tiny'"):
        generate.autograder_notebook("tinny", 1, own)
    with pytest.raises(FileNotFoundError, match="holds no master"):
        generate.names(tmp_path_factory.mktemp("empty"))


def test_the_command_says_what_is_wrong(own, tmp_path_factory, capsys):
    out = tmp_path_factory.mktemp("out")
    (own / "tiny.md").write_text(TINY.replace("{{ width }}", "{{ height }}"))

    assert generate.main(["--masters", str(own), "--out", str(out)]) == 2
    assert "asks for {{ height }}" in capsys.readouterr().err
    assert generate.main(["--masters", str(out), "--out", str(out)]) == 2
    assert "holds no master" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_a_solution_outside_of_a_solution_cell_is_refused(own):
    (own / "tiny.md").write_text(TINY.replace("area-code, solution: true", "area-code"))

    with pytest.raises(generate.MasterError, match="the cell area-code: Solution region"):
        generate.student_notebook("tiny", 1, own)


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "new" / "file.md"
    write_whole(path, "one")
    write_whole(path, "two")

    assert [(each.name, each.read_text()) for each in path.parent.iterdir()] == [("file.md", "two")]


def test_values_are_drawn_from_the_seed_and_the_name():
    code = "a = rng.random()"

    assert variants.draw(code, "x", 1) == variants.draw(code, "x", 1)
    assert variants.draw(code, "x", 1) != variants.draw(code, "x", 2)
    assert variants.draw(code, "x", 1) != variants.draw(code, "y", 1)


def test_the_values_cell_holds_what_was_drawn():
    values = {"deep": [(k, k + 1) for k in range(40)], "text": "it's", "number": 3, "_hidden": 1}
    scope = {}
    exec(variants.values_cell(values), scope)

    assert {key: scope[key] for key in ("deep", "text", "number")} == {
        key: values[key] for key in ("deep", "text", "number")
    }
    assert "_hidden" not in scope


def test_a_format_stands_behind_a_colon():
    values = {"n": 12345, "part": 0.25}

    assert variants.fill("{{ n }} {{n:,}} {{ part:.0% }} {x}", values) == "12345 12,345 25% {x}"
