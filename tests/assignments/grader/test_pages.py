"""Feedback stays what it is, whatever an answer holds: nothing acts, nothing leads elsewhere."""

import html
import re
from html.parser import HTMLParser

import nbformat.v4 as nb
import pytest
from nbconvert.filters import markdown2html

from assignments.grader.pages import TAGS, cleaned
from assignments.grader.report import feedback_html

ATTACKS = {
    "refresh": '<meta http-equiv="refresh" content="0;url=https://elsewhere.example/">',
    "overlay": '<div style="position:fixed;inset:0;background:white"><h4>12 / 12</h4></div>',
    "overlay by a class": '<div class="navbar-fixed-top modal-backdrop in">12 / 12</div>',
    "form": '<form action="https://elsewhere.example/"><input type="password" name="p"></form>',
    "script": "<script>document.title = 'taken'</script>",
    "event": '<img src="https://elsewhere.example/a.png" onerror="document.title = 1">',
    "without a scheme": '<img src="//elsewhere.example/a.png">',
    "drawing": '<svg onload="document.title = 1"><script>1</script></svg>',
    "link": '<a href="https://elsewhere.example/">the solution</a>',
    "link of Markdown": "[the solution](https://elsewhere.example/)",
    "script as a link": "[here](javascript:document.title=1)",
    "picture of Markdown": "![ ](https://elsewhere.example/a.png)",
    "frame": '<iframe srcdoc="<script>1</script>"></iframe>',
    "base": '<base href="https://elsewhere.example/">',
    "style": "<style>.score{display:none} @import url(https://elsewhere.example/a.css);</style>",
    "half a tag": '<img src="https://elsewhere.example/a.png',
    "anchor of the page": '<a name="top"></a><p id="toc">12 / 12</p>',
    "closing the page": "</div></div></div></div></body></html><h1>(Score: 12 / 12)</h1>",
}


class Seen(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def page_of(text, *, where="answer"):
    marks = {"grade": True, "solution": True, "locked": False, "task": False, "points": 2,
             "grade_id": "why-deeper", "schema_version": 3}  # fmt: skip
    cells = [
        nb.new_markdown_cell(text if where == "answer" else "So.", metadata={"nbgrader": marks})
    ]
    if where == "output":
        data = {"text/html": text, "image/svg+xml": text, "text/markdown": text}
        outputs = [nb.new_output("display_data", {kind: found}) for kind, found in data.items()]
        cells.append(nb.new_code_cell("show()", outputs=outputs))
    if where == "raw":
        cells.append(nb.new_raw_cell(text))
    comments = {"why-deeper": text} if where == "comment" else {}
    return feedback_html(
        nb.new_notebook(cells=cells), {"why-deeper": 1.0}, {"why-deeper": 2.0}, "hw", comments
    )


@pytest.mark.parametrize("where", ["answer", "comment", "output", "raw"])
def test_nothing_acts_and_nothing_leads_elsewhere(where):
    """All attacks at once, and the page is the one that a harmless answer makes."""
    harmless, page = Seen(page_of("So.")), page_of("\n\n".join(ATTACKS.values()), where=where)
    seen = Seen(page)

    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"form", "input", "script", "iframe", "svg", "base", "object", "embed"}
    policies = [attrs for tag, attrs in seen.tags if tag == "meta"]
    assert policies == [attrs for tag, attrs in harmless.tags if tag == "meta"]
    styles = [tag for tag, _ in seen.tags if tag in ("style", "link")]
    assert styles == [tag for tag, _ in harmless.tags if tag in ("style", "link")]
    for tag, attrs in seen.tags:
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        for name in ("src", "href", "action", "srcdoc"):
            assert attrs.get(name, "#").startswith(("#", "data:image/")), (tag, attrs)
    assert "navbar-fixed-top modal-backdrop in" not in {
        attrs.get("class") for _, attrs in seen.tags
    }
    assert page.count('id="toc"') == 1
    assert page.count('id="top"') == 1
    assert 'name="top"' not in page


@pytest.mark.parametrize("name", ATTACKS)
def test_of_an_attack_only_text_is_left(name):
    for tag, attrs in Seen(cleaned(markdown2html(ATTACKS[name]))).tags:
        assert tag in TAGS
        assert attrs.keys() <= {"alt", "title"}


def test_what_an_honest_answer_needs_stays():
    page = page_of(
        "Deeper is **cheaper**: `a < b`, $9C^2 < 25C^2$.\n\n| net | MACs |\n| --- | --: |\n"
        "| VGG | 15 |\n\n![map](data:image/png;base64,iVBORw0KGgo=)\n\n1. one\n2. two\n\n"
        "```python\nx = 1\n```"
    )

    for kept in (
        "<strong>cheaper</strong>", "<code>a &lt; b</code>", "$9C^2 &lt; 25C^2$", "<td>VGG",
        'src="data:image/png;base64,iVBORw0KGgo="', "<ol>", "<pre>",
    ):  # fmt: skip
        assert kept in page, kept


def questions_page(points):
    """Return a page of a question with words and chapters, one without, and one in words."""
    site = "https://book.example"
    chapters = [
        {"title": "Counting & more", "address": f"{site}/counting.html", "exercise": "2"},
        {"title": "VGG", "address": f"{site}/vgg.html", "exercise": ""},
    ]
    duty = {"grade": True, "solution": False, "locked": True, "task": False, "schema_version": 3}
    about = {"heading": "1. By hand", "expected": "`macs`: all *multiply-adds*.",
             "chapters": chapters}  # fmt: skip
    cells = [
        nb.new_code_cell("assert macs == 7", metadata={
            "nbgrader": duty | {"grade_id": "macs", "points": 2}, "about": about}),
        nb.new_code_cell("assert True", metadata={
            "nbgrader": duty | {"grade_id": "plain", "points": 1}}),
        nb.new_markdown_cell("So.", metadata={
            "nbgrader": duty | {"grade_id": "why", "points": 3, "solution": True}}),
    ]  # fmt: skip
    most = {"macs": 2.0, "plain": 1.0, "why": 3.0}
    return feedback_html(nb.new_notebook(cells=cells), points, most, "hw", {"why": "Good."})


def text_of(page):
    text = re.sub(r"<style.*?</style>|<[^>]+>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", text))


def test_each_question_has_its_points_what_was_expected_and_where_it_is_taught():
    page = questions_page({"macs": 1.3333, "plain": 1.0, "why": None})
    said = text_of(page[: page.index("</nav>")])

    assert "1. By hand macs: 1.33 of 2 macs: all multiply-adds. " in said
    assert "Explained in Counting & more, exercise 2; VGG. plain: 1 of 1 why" in said
    assert "why, in words: not marked yet, of 3, with a comment" in said
    assert "2.33 of 6 points Not all is marked yet: why. Until then, this counts as 0" in said
    links = [attrs["href"] for tag, attrs in Seen(page[: page.index("</nav>")]).tags if tag == "a"]
    assert links == ["#macs", "https://book.example/counting.html", "https://book.example/vgg.html",
                     "#plain", "#why", "#comment-why"]  # fmt: skip
    places = {attrs["id"] for _, attrs in Seen(page).tags if "id" in attrs}
    assert {"macs", "plain", "why", "comment-why", "top"} <= places


def test_each_test_says_what_was_expected_beside_what_it_found():
    main = questions_page({"macs": 0.0, "plain": 1.0, "why": 3.0}).partition("<main>")[2]

    said = text_of(main)
    assert "Test macs 0 of 2 Back to your points macs: all multiply-adds. Explained in" in said
    assert "Your answer why 3 of 3 Back to your points So. Comment: Good." in said


@pytest.mark.parametrize(
    ("points", "states"),
    [({"macs": 2.0, "plain": 0.0, "why": 1.5}, ["all", "none", "some"]),
     ({"macs": 0.5, "plain": 1.0, "why": None}, ["some", "all", "waits"])],
)  # fmt: skip
def test_how_far_a_question_is_answered_is_seen_at_a_glance(points, states):
    tags = Seen(questions_page(points)).tags

    assert [attrs["class"] for tag, attrs in tags if tag == "li"] == states


def test_no_notice_of_marking_where_all_is_marked():
    page = questions_page({"macs": 2.0, "plain": 1.0, "why": 3.0})

    assert "6 of 6 points" in page
    assert "Not all is marked" not in page


def test_a_page_keeps_its_policy_and_fits_a_phone():
    page = questions_page({"macs": 2.0, "plain": 1.0, "why": 3.0})

    for part in ("form-action 'none'", "base-uri 'none'", '<html lang="en">', "width=device-width"):
        assert part in page
    assert len(page) < 40_000  # each student has one; a class has a thousand
