"""A page of feedback reads well for everyone, on a phone, in the dark and on paper.

It is a page of its own, without the book's style and scripts: what a student finds in the mail.
"""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from assignments import generate
from assignments.grader import report
from tests.browser.axe import AXE, WCAG
from tests.browser.test_clean import PALE_ON_PAPER

NAME = "vgg-parameters"
LONG = "NameError: name 'first_conv' is not defined; " * 6


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with all there is: points of each kind, errors, a table, a comment."""
    notebook = generate.autograder_notebook(NAME)
    points: dict[str, float | None] = {}
    most = {}
    for cell in notebook.cells:
        duty = cell.metadata.get("nbgrader", {})
        if not duty.get("grade"):
            continue
        most[duty["grade_id"]] = float(duty["points"])
        points[duty["grade_id"]] = (0.0, 0.5, float(duty["points"]))[len(points) % 3]
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("error", ename="", evalue="", traceback=[LONG])]
        else:
            points[duty["grade_id"]] = None
            cell.source = "Deeper is **cheaper**.\n\n| net | MACs |\n| --- | --: |\n| VGG | 15 |"
    comments = {name: "Say *how much*." for name, value in points.items() if value is None}
    page = report.feedback_html(notebook, points, most, NAME, comments)
    path: Path = tmp_path_factory.mktemp("feedback") / "page.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


def opened(browser: Browser, feedback: str, width: int, **settings: Any) -> Page:
    # The page's own policy would keep axe out.
    page = browser.new_page(viewport={"width": width, "height": 800}, bypass_csp=True, **settings)
    page.goto(feedback)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, feedback: str, width: int, scheme: Any
) -> None:
    page = opened(browser, feedback, width, color_scheme=scheme)
    page.add_script_tag(path=AXE)

    violations = page.evaluate(
        """async (tags) => (await axe.run({ runOnly: tags })).violations.flatMap(
            (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)}`))""",
        WCAG,
    )
    assert violations == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(
        "[...document.querySelectorAll('pre')].every((e) => e.scrollWidth <= e.clientWidth)"
    )
    page.close()


def test_each_question_leads_to_its_test_and_back_by_keyboard(
    browser: Browser, feedback: str
) -> None:
    page = opened(browser, feedback, 390)
    names = page.locator("nav a[href^='#']:not([href^='#comment'])").evaluate_all(
        "(links) => links.map((link) => link.hash)"
    )

    assert len(names) == len(set(names)) >= 10
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == names[0]
    page.keyboard.press("Enter")
    top = page.evaluate(
        "(name) => document.querySelector(name).getBoundingClientRect().top", names[0]
    )
    assert 0 <= top < 10
    page.locator(f"{names[0]} .back").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("scrollY") == 0
    page.close()


def test_on_paper_all_is_dark_on_white(browser: Browser, feedback: str) -> None:
    page = opened(browser, feedback, 1280, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(PALE_ON_PAPER) == []
    page.close()
