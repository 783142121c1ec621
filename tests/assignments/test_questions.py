"""What feedback says of each question: complete for all six masters, and nothing that is secret."""

import re

import nbformat.v4 as nb
import pytest
import yaml

from assignments import ROOT, generate, questions

SITE = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
OWN = """\
---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A tiny one

It belongs to [Parameters](../counting/parameters.md) and [a page of mine](../mine/own.md).

```{code-cell} ipython3
:tags: [draw]

width = 3
```

## 1. By hand (2 points)

```{code-cell} ipython3
:nbgrader: {grade_id: area, points: 1}
:expected: "The area of a square of side {{ width }}."

assert area == width**2
```

```{code-cell} ipython3
:nbgrader: {grade_id: side, points: 1}

assert side == width
```
"""


def graded(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


@pytest.mark.parametrize("name", generate.names())
def test_every_question_says_what_was_expected_and_where_it_is_taught(name):
    found = [cell.metadata["about"] for cell in graded(generate.autograder_notebook(name))]

    assert len({about["expected"] for about in found}) == len(found)
    for about in found:
        assert re.match(r"\d\. \S", about["heading"])
        assert "point" not in about["heading"]
        assert about["expected"].endswith(".")
        assert about["chapters"]
        for chapter in about["chapters"]:
            page = chapter["address"].removeprefix(SITE).removesuffix(".html")
            text = (ROOT / "book" / f"{page}.md").read_text()
            assert f"\n# {chapter['title']}\n" in text
            assert f":::{{admonition}} {chapter['exercise']}. " in text


@pytest.mark.parametrize("name", generate.names())
def test_what_is_named_in_the_words_stands_in_the_question(name):
    """Code in the words is a name that the student was asked for, or is told of."""
    released = generate.student_notebook(name)
    told = "\n".join(cell.source for cell in released.cells)

    for cell in graded(generate.autograder_notebook(name)):
        for code in re.findall(r"`([^`]+)`", cell.metadata["about"]["expected"]):
            assert re.search(rf"\b{re.escape(code)}\b", told), code


@pytest.mark.parametrize("name", generate.names())
def test_students_notebooks_do_not_carry_it(name):
    for cell in generate.student_notebook(name).cells:
        assert not {"about", "expected"} & cell.metadata.keys()


def test_a_master_of_ones_own_is_taught_where_its_first_lines_say(tmp_path):
    (tmp_path / "tiny.md").write_text(OWN)

    area, side = (
        cell.metadata["about"] for cell in graded(generate.autograder_notebook("tiny", 1, tmp_path))
    )

    assert area["heading"] == side["heading"] == "1. By hand"
    assert (area["expected"], side["expected"]) == ("The area of a square of side 3.", "")
    assert [(each["title"], each["address"], each["exercise"]) for each in side["chapters"]] == [
        ("Counting parameters", f"{SITE}counting/parameters.html", ""),
        ("mine/own", f"{SITE}mine/own.html", ""),
    ]


def test_a_notebook_that_links_to_nothing_has_no_chapters():
    duty = {"grade_id": "x", "points": 1}
    cells = [nb.new_markdown_cell("# Hello"), nb.new_code_cell("1", metadata={"nbgrader": duty})]
    notebook = nb.new_notebook(cells=cells)

    questions.describe(notebook, "mine", str)

    assert notebook.cells[1].metadata["about"] == {"heading": "", "expected": "", "chapters": []}
