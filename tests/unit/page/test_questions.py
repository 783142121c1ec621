"""Quick questions as HTML: complete without scripts, no two answers that can't be told apart."""

from html.parser import HTMLParser

import pytest

from convcost.page.questions import choice, number
from convcost.page.shown import NOTEBOOK_ONLY


class Reader(HTMLParser):
    """Collects elements, and the text that is not folded away."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.folded, self.text = [], [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" in self.open:
            return
        if "details" in self.open:
            self.folded += data
        else:
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def asked(**changes):
    given = {
        "question": "How many?", "answer": 110, "why": "100 weights and 10 biases.",
        "name": "how-many", "confusions": {100: "You forgot the bias.", 220: "Those are FLOPs."},
    }  # fmt: skip
    return number(**given | changes)


def chosen(**changes):
    options = {"one": "Too few.", "two": "Just so.", "three": "Too many."}
    given = {"question": "How many?", "options": options, "answer": "two", "name": "how-many"}
    return choice(**given | changes)


@pytest.mark.parametrize("shown", [asked(), chosen()], ids=["number", "choice"])
def test_without_scripts_the_answer_is_folded_and_no_control_is_shown(shown):
    page = Reader(shown.html)
    assert page.open == []
    for control in page.all("input") + page.all("button"):
        inside_hidden = any("hidden" in attributes for attributes in page.all("p"))
        assert "hidden" in control or inside_hidden
    assert "How many?" in page.text
    assert "Too" not in page.text
    assert "bias" not in page.text
    assert ("Just so." in page.folded) or ("100 weights and 10 biases." in page.folded)
    assert ("Too many." in page.folded) or ("You forgot the bias." in page.folded)


def without_controls(shown):
    still = Reader(shown.still["text/html"])
    assert still.open == []
    assert not [tag for tag, _ in still.tags if tag in ("form", "input", "button", "label")]
    assert "How many?" in still.text
    return still


def test_before_a_notebook_is_run_each_option_opens_on_its_reply():
    """JupyterLab takes away the attribute that hides a control, and no script would answer it."""
    still = without_controls(chosen())
    assert still.folded == "oneNot quite. Too few.twoRight. Just so.threeNot quite. Too many."
    assert "Too" not in still.text


def test_before_a_notebook_is_run_a_number_says_how_it_can_be_checked():
    still = without_controls(asked())
    assert "Run this cell to type your answer" in still.text
    assert still.folded == (
        "Answer110. 100 weights and 10 biases.100? You forgot the bias.220? Those are FLOPs."
    )
    assert "bias" not in still.text


@pytest.mark.parametrize("shown", [asked(), chosen()], ids=["number", "choice"])
def test_in_a_notebook_a_question_brings_its_script_which_begins_with_its_form(shown):
    html = shown.html
    assert html.index("</form>") + len("</form>") == html.index(f'<script class="{NOTEBOOK_ONLY}">')
    assert html.count("<script") == html.count("</script>") == 1


@pytest.mark.parametrize("shown", [asked(), chosen()], ids=["number", "choice"])
def test_nothing_is_sent_and_replies_are_announced(shown):
    page = Reader(shown.html)
    (form,) = page.all("form")
    assert form["method"] == "dialog"
    assert "action" not in form
    assert [p for p in page.all("p") if p.get("role") == "status"]
    assert page.all("legend")
    assert shown._repr_mimebundle_()[0]["text/plain"] == "Quick question. How many?"


def test_only_the_answer_is_marked_right():
    (right,) = [p for p in Reader(chosen().html).all("p") if "data-choice" in p]
    assert right["data-choice"] == "1"
    assert [li["data-choice"] for li in Reader(chosen().html).all("li") if "data-choice" in li] == [
        "0",
        "2",
    ]


def test_a_tolerance_is_a_share():
    (right,) = [p for p in Reader(asked(tolerance=0.01).html).all("p") if "data-from" in p]
    assert float(right["data-from"]) == pytest.approx(110 - 1.1)
    assert float(right["data-to"]) == pytest.approx(110 + 1.1)


def test_code_and_signs_stand_as_written():
    shown = chosen(question="Is `a < b` & c?")
    assert "Is <code>a &lt; b</code> &amp; c?" in shown.html


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (asked, {"tolerance": 0.1}, "can't be told apart"),
        (asked, {"confusions": {110: "The same."}}, "can't be told apart"),
        (asked, {"tolerance": 1}, "a share from 0 to 1"),
        (asked, {"confusions": {100: ""}}, "give a reply"),
        (asked, {"why": ""}, "give a reply"),
        (asked, {"name": "How many"}, "lower-case"),
        (chosen, {"answer": "four"}, "none of the options"),
        (chosen, {"options": {"two": "Just so."}}, "two options"),
        (chosen, {"options": {"one": "", "two": "Just so."}}, "a reply to each"),
        (chosen, {"name": "1"}, "lower-case"),
    ],
)
def test_what_can_not_serve_is_refused(make, changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)
