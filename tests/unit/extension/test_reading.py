"""What tells a reader where they are, of small documents."""

import pytest
from docutils.core import publish_doctree

from book._ext.deeper.reading import minutes, opening_question


def document(text):
    return publish_doctree(f"Title\n=====\n\n{text}\n\nSecond\n------\n\nMore.")


def test_a_page_takes_its_words_its_code_and_its_figures():
    code = "::\n\n" + "  a = 1\n" * 50
    words = "word " * 357  # and the words of the two headings and of "More."
    figure = '<figure class="live-figure" id="fig-a">'
    assert minutes(document(words), "") == 2
    assert minutes(document(f"{words}\n\n{code}"), "") == 4
    assert minutes(document(f"{words}\n\n{code}"), figure * 3) == 7
    drawn = ".. raw:: html\n\n  <svg>" + "<path/> " * 999
    assert minutes(document(f"{words}\n\n{drawn}"), "") == 2


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Two papers. How can *more* layers cost less? They do.", "How can more layers cost less?"),
        ("They do.\n\nDo they?", ""),
        (".. note:: Why?\n\nSo it is. Is it?", "Is it?"),
    ],
)
def test_the_question_is_the_opening_paragraphs_first(text, question):
    assert opening_question(document(text)) == question
