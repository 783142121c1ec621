"""Each chapter answers what it asks: its question in one sentence, and each prediction.

The chapters are read in their sources; what they say is held by the tests of their figures.
"""

import re

import pytest
from bs4 import BeautifulSoup

from tests.book.test_chapters import SKELETON, source, toc_files, written


def box(name, directive):
    """Return what a box lists: number -> the line."""
    found = re.search(rf"^:::\{{{directive}\}}\n(.*?)^:::$", source(name), re.S | re.M)
    return {int(n): line for n, line in re.findall(r"^(\d+)\. (.*)", found[1], re.M)}


def asking():
    """All that asks for predictions: the chapters proper, the designer, and the skeleton."""
    return [name for name in [*toc_files(), SKELETON] if "\n:::{predict}\n" in source(name)]


@pytest.mark.parametrize("name", written())
def test_the_question_is_answered_in_one_sentence(name):
    opening, _, rest = source(name).partition(":::{predict}")
    assert "?" in opening
    (answer,) = re.findall(r"^\*\*The answer\.\*\* (.+)$", rest, re.M)
    assert re.fullmatch(r"[^.?!]+\.", answer), "more than one sentence"


@pytest.mark.parametrize("name", asking())
def test_every_prediction_is_answered(name):
    asked, answered = box(name, "predict"), box(name, "predictions")
    assert list(asked) == list(answered) == [*range(1, len(asked) + 1)]
    assert asked


# A page that is one figure shows everything there.
IN_THE_FIGURE = {"designer": {1, 2}}


@pytest.mark.parametrize("name", asking())
def test_every_answer_says_where_the_page_shows_it(name):
    for number, answer in box(name, "predictions").items():
        if number not in IN_THE_FIGURE.get(name, ()):
            assert re.search(r"\]\(#[\w-]+\)", answer), answer


@pytest.mark.parametrize("name", [name for name in asking() if name != SKELETON])
def test_a_prediction_can_be_made_and_its_answer_is_there(name, site):
    page = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")
    asked = page.select(".predict fieldset")
    answers = page.select(".predictions > ol > li")
    assert len(asked) == len(answers) == len(box(name, "predict"))
    for question in asked:
        assert question.legend.get_text(strip=True)
        options = [option.get_text(strip=True) for option in question.select("label")]
        assert question.select("input[type=radio], input[type=text], textarea")
        assert len(set(options)) == len(options)
    ids = {element["id"] for element in page.select("main [id]")}
    for link in page.select(".predictions li a[href^='#']"):
        assert link["href"][1:] in ids
        assert link.get_text(strip=True)
