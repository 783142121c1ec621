"""Each chapter answers what it asks: its question in one sentence, and each prediction.

The chapters are read in their sources; what they say is held by the tests of their figures.
"""

import re

import pytest

from tests.book.test_chapters import source, written


def box(name, title):
    """Return the numbers of what a box lists."""
    found = re.search(
        rf"^:::\{{admonition\}} {title}\n:class: \w+\n(.*?)^:::$", source(name), re.S | re.M
    )
    return [int(number) for number in re.findall(r"^(\d+)\. ", found[1], re.M)]


@pytest.mark.parametrize("name", written())
def test_the_question_is_answered_in_one_sentence(name):
    opening, _, rest = source(name).partition(":::{admonition} Predict before you look")
    assert "?" in opening
    (answer,) = re.findall(r"^\*\*The answer\.\*\* (.+)$", rest, re.M)
    assert re.fullmatch(r"[^.?!]+\.", answer), "more than one sentence"


@pytest.mark.parametrize("name", written())
def test_every_prediction_is_answered(name):
    asked, answered = box(name, "Predict before you look"), box(name, "The predictions")
    assert asked == answered == [*range(1, len(asked) + 1)]
    assert asked
