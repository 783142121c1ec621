"""What authors write as predictions becomes questions that can be answered; a slip is named."""

import io

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

QUESTIONS = """
Take a *small* network.

1. Which layer costs most?
   - The first
   - The last
2. How many times as many?
   - … times the weights
   - about … times the work
3. Why?
"""


def build(folder, text):
    """Return the page as HTML, and what Sphinx complains of."""
    (folder / "index.md").write_text(f"# Title\n\n{text}", encoding="utf-8")
    said = io.StringIO()
    app = Sphinx(
        *(str(folder), None, str(folder / "html"), str(folder / "trees"), "html"),
        confoverrides={
            "extensions": ["myst_parser", "book._ext.deeper.predictions"],
            "myst_enable_extensions": ["colon_fence"],
            "myst_heading_anchors": 1,
            "html_theme": "basic",
        },
        status=None,
        warning=said,
    )
    app.build()
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    return BeautifulSoup(page, "html.parser"), said.getvalue()


def test_a_question_is_answered_as_what_stands_below_it_says(tmp_path):
    page, complaints = build(tmp_path, f":::{{predict}}{QUESTIONS}:::")
    assert "index.md" not in complaints
    box = page.select_one(".predict")
    assert box["data-page"] == "index"
    assert box.select_one("p em").text == "small"
    chosen, filled, written = box.select("fieldset")
    assert chosen.legend.text.strip() == "Which layer costs most?"
    assert [label.text.strip() for label in chosen.select("label")] == ["The first", "The last"]
    radios = chosen.select("input[type=radio]")
    assert {radio["name"] for radio in radios} == {"predict-1"}
    assert len({radio["value"] for radio in radios}) == 2
    blanks = [str(label) for label in filled.select("label")]
    assert [blank.count("<input") for blank in blanks] == [1, 1]
    assert blanks[1].index("about") < blanks[1].index("<input") < blanks[1].index("the work")
    assert len(written.select("textarea")) == 1
    assert "…" not in box.text


def test_answers_are_a_list_of_their_own(tmp_path):
    page, complaints = build(tmp_path, ":::{predictions}\n1. The last.\n2. See [](#title).\n:::")
    assert "index.md" not in complaints
    assert [item.text.strip() for item in page.select(".predictions > ol > li")] == [
        "The last.",
        "See Title.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (":::{predict}\nWhich?\n:::", "expected a numbered list of questions at the end"),
        (":::{predict}\n1. Which?\n   - One alone\n:::", "expected two options or more"),
        (":::{predict}\n1. Which?\n   - … times\n   - None\n:::", "that each have a … to fill in"),
        (
            ":::{predict}\n1. Which?\n\n   And why?\n:::",
            "question 1 has ['paragraph', 'paragraph']; expected a paragraph, and a list",
        ),
        (":::{predictions}\nThe last.\n:::", "expected a numbered list of answers"),
    ],
)
def test_a_slip_is_named_with_its_line(tmp_path, text, said):
    _, complaints = build(tmp_path, text)
    assert said in complaints
    assert "index.md:3" in complaints
