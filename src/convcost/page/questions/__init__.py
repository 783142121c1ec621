"""Quick questions: a choice or a number, answered at once, with a word for each confusion.

A question is plain HTML and a script of a few hundred bytes that compares (`question.js`): in a
notebook it comes with the question, on the site once a page. Without it each option of a choice
folds its reply out, and so does the answer to a number. Nothing is counted and nothing is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files

from convcost.page.shown import NOTEBOOK_ONLY, Shown, marked_up

__all__ = ["choice", "number"]

SCRIPT = files("convcost.page.questions").joinpath("question.js").read_text("utf-8")


def choice(question: str, options: Mapping[str, str], *, answer: str, name: str) -> Shown:
    """Ask the reader to choose one of a few options.

    Parameters
    ----------
    question : str
        What is asked; what stands in backticks is code, here and below.
    options : mapping of str to str
        Option -> what the reader who chose it is told: for the right one why it is right, for
        each other one what may have been confused.
    answer : str
        The right option.
    name : str
        The question's own name on its page, in lower case with hyphens.

    Returns
    -------
    Shown
        To be the last value of a cell.

    Raises
    ------
    ValueError
        If the answer is none of the options, there is but one option, a reply is missing, or the
        name can't serve.
    """
    if answer not in options:
        raise ValueError(f"the answer {answer!r} is none of the options {list(options)}")
    if len(options) < 2 or not all(options.values()):
        raise ValueError(f"question {name!r}: give two options or more, and a reply to each")
    label = _identifier(name)
    texts = [f"<span>{marked_up(option)}</span>" for option in options]
    choices = "".join(
        f'<li><label><input type="radio" name="{label}" value="{k}" hidden> {text}</label></li>'
        for k, text in enumerate(texts)
    )
    position = list(options).index(answer)
    wrong = "".join(
        f'<li data-choice="{k}"><span>{marked_up(option)}?</span> '
        f'<span class="question-word">{marked_up(reply)}</span></li>'
        for k, (option, reply) in enumerate(options.items())
        if option != answer
    )
    still = "".join(
        f"<li><details><summary>{text}</summary><p><strong>"
        f"{'Right.' if option == answer else 'Not quite.'}</strong> {marked_up(reply)}</p>"
        "</details></li>"
        for text, (option, reply) in zip(texts, options.items(), strict=True)
    )
    return _form(
        label, question, f'<ol type="a">{choices}</ol>',
        f'<p>Choose one to see the reply to it.</p><ol type="a">{still}</ol>',
        f'data-choice="{position}"',
        f"<strong>{marked_up(answer)}</strong>. "
        f'<span class="question-word">{marked_up(options[answer])}</span>', wrong,
    )  # fmt: skip


def number(
    question: str,
    answer: float,
    why: str,
    *,
    name: str,
    confusions: Mapping[float, str],
    tolerance: float = 0.0,
    unit: str = "",
) -> Shown:
    """Ask the reader for a number.

    Parameters
    ----------
    question : str
        What is asked.
    answer : float
        The right number; compute it.
    why : str
        How it comes about.
    name : str
        The question's own name on its page, in lower case with hyphens.
    confusions : mapping of float to str
        A wrong number -> what the reader who gives it has confused.
    tolerance : float
        How far off an answer may be, as a share of it: 0.01 for one percent.
    unit : str
        What follows the reader's number.

    Returns
    -------
    Shown
        To be the last value of a cell.

    Raises
    ------
    ValueError
        If two of the numbers can't be told apart, the tolerance is no share, a reply is missing,
        or the name can't serve.
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"a tolerance is a share from 0 to 1, such as 0.01, not {tolerance}")
    if not why or not all(confusions.values()):
        raise ValueError(f"question {name!r}: give a reply to the answer and to each confusion")
    ranges = [_range(value, tolerance) for value in (answer, *confusions)]
    for (low, high), (next_low, _) in zip(sorted(ranges), sorted(ranges)[1:], strict=False):
        if next_low <= high:
            raise ValueError(
                f"question {name!r}: {low:g} to {high:g} and what begins at {next_low:g} can't be "
                "told apart; give a smaller tolerance"
            )
    label = _identifier(name)
    field = (
        f'<p class="question-number" hidden><label>Your answer <input type="text" name="{label}" '
        f'inputmode="decimal" autocomplete="off" size="12"></label> {escape(unit)}</p>'
    )
    right = f"<strong>{answer:,}{' ' + escape(unit) if unit else ''}</strong>"
    wrong = "".join(
        f'<li data-from="{low!r}" data-to="{high!r}"><span>{value:,}?</span> '
        f'<span class="question-word">{marked_up(reply)}</span></li>'
        for (value, reply), (low, high) in zip(confusions.items(), ranges[1:], strict=True)
    )
    low, high = ranges[0]
    word = f'{right}. <span class="question-word">{marked_up(why)}</span>'
    still = (
        "<p>Run this cell to type your answer and have it checked; or fold the answer out.</p>"
        f"<details><summary>Answer</summary><p>{word}</p>{_listed(wrong)}</details>"
    )
    return _form(
        label, question, field, still, f'data-from="{low!r}" data-to="{high!r}"', word, wrong
    )


def _range(value: float, tolerance: float) -> tuple[float, float]:
    """Return the least and the greatest number that pass for a value."""
    margin = abs(value) * tolerance
    return value - margin, value + margin


def _identifier(name: str) -> str:
    """Return the id of a question in the page."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"a question's name has lower-case letters and hyphens only, not {name!r}")
    return f"question-{name}"


def _listed(items: str) -> str:
    """Return items as a list, if there are any."""
    return f"<ul>{items}</ul>" if items else ""


def _form(
    label: str, question: str, controls: str, still: str, key: str, right: str, wrong: str
) -> Shown:
    """Put a question together: what is asked, what is filled in, the answer folded away.

    `still` stands for controls and answer where no script would answer them.
    """
    legend = f"<legend><strong>Quick question.</strong> {marked_up(question)}</legend>"
    answer = f"<details><summary>Answer</summary><p {key}>{right}</p>{_listed(wrong)}</details>"
    html = (
        f'<form class="question" id="{label}" method="dialog"><fieldset>{legend}{controls}'
        '<button type="submit" hidden>Check</button></fieldset>'
        f'<p class="question-reply" role="status"></p>{answer}</form>'
        f'<script class="{NOTEBOOK_ONLY}">{{\n{SCRIPT}}}</script>'
    )
    text = f"Quick question. {question}"
    asked = f"<fieldset>{legend}{still}</fieldset>"
    return Shown(html, text, {"text/html": asked, "text/plain": text})
