"""The plan in the instructor's guide: what it names is there, and nothing is left out."""

import csv
import re

import pytest
import yaml

from assignments import ROOT, generate

BOOK = ROOT / "book"


def rows(name):
    with (BOOK / "data" / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


COURSE, HANDED_IN = rows("course"), rows("course_assignments")


@pytest.mark.parametrize("row", COURSE, ids=lambda row: f"{row['chapter']}-{row['exercise']}")
def test_what_a_goal_names_is_there(row):
    chapter = (BOOK / f"{row['chapter']}.md").read_text()
    graded = {
        cell.id
        for cell in generate.student_notebook(row["assignment"]).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }

    assert f":::{{admonition}} {row['exercise']}. " in chapter
    assert set(row["questions"].split()) <= graded


@pytest.mark.parametrize("name", generate.names())
def test_every_question_has_a_goal(name):
    notebook = generate.autograder_notebook(name)
    graded = {cell.id for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")}
    asked = {
        question
        for row in COURSE
        if row["assignment"] == name
        for question in row["questions"].split()
    }

    assert asked == graded


def test_every_assignment_has_its_week_and_says_how_long_it_takes():
    assert [row["assignment"] for row in HANDED_IN] != []
    assert {row["assignment"] for row in HANDED_IN} == set(generate.names())
    assert {row["week"] for row in HANDED_IN} == {row["week"] for row in COURSE}
    for row in HANDED_IN:
        page = (BOOK / "assignments" / f"{row['assignment']}.md").read_text()
        assert f"takes {row['minutes_from']} to {row['minutes_to']} minutes" in page
        assert 60 <= int(row["minutes_from"]) < int(row["minutes_to"]) <= 120


def test_the_plan_of_assignments_is_what_the_command_makes_of_goals_and_texts():
    contents = (ROOT / "_toc.yml").read_text()

    assert (BOOK / "data" / "course_assignments.csv").read_text() == generate.plan(contents, COURSE)
    without = [row for row in COURSE if row["assignment"] != "vgg-parameters"]
    with pytest.raises(ValueError, match="vgg-parameters needs a row in book/data"):
        generate.plan(contents, without)


def test_a_new_assignment_is_listed_behind_the_others():
    contents = (ROOT / "_toc.yml").read_text()
    parts = yaml.safe_load(generate.list_pages(contents, ["new"]))["parts"]
    ((*_, last),) = (part["chapters"] for part in parts if part["caption"] == "Assignments")

    assert generate.list_pages(contents, generate.names()) == contents
    assert last == {"file": "assignments/new"}


@pytest.mark.parametrize("row", HANDED_IN, ids=lambda row: row["assignment"])
def test_an_assignment_is_due_when_its_chapters_are_read(row):
    page = (BOOK / "assignments" / f"{row['assignment']}.md").read_text()
    named = re.findall(r"\(\.\./((?:counting|networks)/[\w-]+)\.md\)", page)
    read = {each["chapter"] for each in COURSE if each["week"] <= row["week"]}

    assert named
    assert set(named) <= read


def test_the_chapters_of_the_contents_are_in_the_plan():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    parts = {part["caption"]: part["chapters"] for part in contents["parts"]}
    listed = {page["file"] for name in ("Assignments",) for page in parts[name]}

    assert listed == {f"assignments/{name}" for name in generate.names()}
    assert {row["chapter"] for row in COURSE} <= {
        page["file"] for chapters in parts.values() for page in chapters
    }
