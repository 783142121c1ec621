"""Predictions on the built pages: made, kept, put beside the answers, cleared; and on paper."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.axe import AXE, WCAG

RESNET = "networks/resnet.html"
SIDE = "networks/side-by-side.html"
# As a browser that lets nobody store anything.
BLOCKED = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("no", "SecurityError"); } });"""


def asked(page: Page, number: int) -> Locator:
    return page.locator(".predict fieldset").nth(number - 1)


def answered(page: Page, number: int) -> Locator:
    return page.locator(".predictions > ol > li").nth(number - 1)


def predict(page: Page) -> None:
    """Answer all of ResNet's questions by keyboard alone."""
    asked(page, 1).get_by_role("radio", name="One in ten").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Its input, I guess")
    asked(page, 3).get_by_role("radio").first.focus()  # past the terms in its question
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")


def expect_predictions(page: Page) -> None:
    for number, said in enumerate(
        ("One in ten", "Its input, I guess", "The one of 18 layers"), start=1
    ):
        expect(answered(page, number)).to_contain_text(f"You predicted {said}")
    expect(answered(page, 1)).to_contain_text(re.compile("The page’s answer None with the paper"))


# ---- Made, kept and cleared ---------------------------------------------------------------------


def test_predictions_stand_beside_the_answers_and_are_kept(page: Page, base_url: str) -> None:
    page.goto(base_url + RESNET)
    expect(answered(page, 1)).not_to_contain_text("You predicted")
    expect(answered(page, 1)).to_contain_text("How many parameters do the shortcuts add?")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    predict(page)
    expect_predictions(page)
    assert [url for url in sent if "?" in url and "?v=" not in url] == []
    page.goto(base_url + SIDE)
    expect(answered(page, 1)).not_to_contain_text("You predicted")
    page.goto(base_url + RESNET)
    expect(asked(page, 1).get_by_role("radio", name="One in ten")).to_be_checked()
    expect(asked(page, 2).get_by_role("textbox")).to_have_value("Its input, I guess")
    expect_predictions(page)


def test_each_answer_leads_to_where_the_page_shows_it(page: Page, base_url: str) -> None:
    page.goto(base_url + RESNET)
    answered(page, 1).get_by_role("link", name="When the shapes differ").click()
    expect(page.get_by_role("heading", name="When the shapes differ")).to_be_in_viewport()


def test_what_is_filled_in_is_said_with_its_words(page: Page, base_url: str) -> None:
    page.goto(base_url + SIDE)
    first, second = asked(page, 1).get_by_role("textbox").all()
    expect(second).to_have_accessible_name("percent of its parameters")
    second.fill("12")
    expect(answered(page, 1)).to_contain_text("You predicted 12 percent of its parameters")
    first.fill("50")
    expect(answered(page, 1)).to_contain_text(
        "50 percent of its multiply-adds, 12 percent of its parameters"
    )
    page.reload()
    expect(asked(page, 1).get_by_role("textbox").nth(1)).to_have_value("12")


def test_predictions_are_cleared(page: Page, base_url: str) -> None:
    page.goto(base_url + RESNET)
    clear = page.get_by_role("button", name="Clear my predictions")
    expect(clear).not_to_be_visible()
    predict(page)
    clear.press("Enter")
    expect(page.locator(".predictions").get_by_role("status")).to_have_text(
        "Your predictions on this page are cleared."
    )
    expect(answered(page, 1)).not_to_contain_text("You predicted")
    assert page.evaluate("localStorage.predictions") == "{}"
    page.reload()
    assert page.locator(".predict input:checked").count() == 0
    expect(asked(page, 2).get_by_role("textbox")).to_have_value("")


def test_a_question_that_changed_does_not_get_another_ones_prediction(
    page: Page, base_url: str
) -> None:
    page.goto(base_url + RESNET)
    predict(page)
    kept = page.evaluate("localStorage.predictions")
    page.evaluate("(text) => { localStorage.predictions = text; }", kept.replace("ResNet-34", "It"))
    page.reload()
    expect(answered(page, 1)).not_to_contain_text("You predicted")
    expect(answered(page, 2)).to_contain_text("Its input, I guess")


def test_where_nothing_can_be_kept_the_page_says_so(page: Page, base_url: str) -> None:
    page.add_init_script(BLOCKED)
    page.goto(base_url + RESNET)
    note = page.locator(".predict-note")
    expect(note).to_contain_text("This browser keeps nothing here")
    expect(note).not_to_contain_text("stays in this browser")
    predict(page)
    expect_predictions(page)


def test_what_was_kept_and_is_broken_is_written_anew(page: Page, base_url: str) -> None:
    page.goto(base_url + RESNET)
    page.evaluate("localStorage.predictions = '{broken'")
    page.reload()
    predict(page)
    page.reload()
    expect_predictions(page)


def test_predictions_work_from_a_folder(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / RESNET).as_uri())
    predict(page)
    expect_predictions(page)
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_predictions_are_made(
    page: Page, base_url: str, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(base_url + RESNET)
    predict(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate(
        """async (tags) => (await axe.run({ include: [".predict", ".predictions"] },
            { runOnly: tags })).violations""",
        WCAG,
    )
    assert violations == []


# ---- Without scripts, and on paper --------------------------------------------------------------


def test_questions_and_answers_are_there_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / RESNET).as_uri())
    box = page.locator(".predict")
    assert box.locator("input, textarea").locator("visible=true").count() == 0
    expect(box.get_by_text("One in a hundred")).to_be_visible()
    expect(box).not_to_contain_text("…")
    expect(page.get_by_text("What you predict stays")).not_to_be_visible()
    expect(answered(page, 1)).to_contain_text("None with the paper")
    expect(page.get_by_role("button", name="Clear my predictions")).not_to_be_visible()
    context.close()


@pytest.mark.parametrize("path", [RESNET, SIDE])
def test_on_paper_there_are_lines_to_write_on(page: Page, base_url: str, path: str) -> None:
    page.emulate_media(media="print")
    page.goto(base_url + path)
    assert page.locator(".predict :is(input, textarea)").locator("visible=true").count() == 0
    lines = page.locator(".predict-line")
    assert lines.count() > 0
    for line in lines.all():
        assert line.bounding_box()["width"] > 80
        assert line.evaluate("(line) => getComputedStyle(line).borderBottomWidth") == "1px"


# ---- A class's sheet ----------------------------------------------------------------------------


def test_the_guide_leads_to_a_sheet_of_questions_without_answers(page: Page, base_url: str) -> None:
    page.goto(base_url + "instructors/guide.html")
    sheets = page.get_by_role("main").locator("a[href$='?sheet']")
    assert sheets.count() == 20
    sheets.filter(has_text="ResNet: one addition").click()
    page.wait_for_selector("html.sheet")
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_contain_text("ResNet: one addition")
    expect(main).to_contain_text("How many parameters do the shortcuts add?")
    assert main.get_by_text("Quick question.").count() >= 2
    assert main.locator("input, textarea, details, figure, .predictions, nav").count() == 0
    assert "None with the paper" not in page.locator("body").inner_text()
    assert main.locator(".sheet-box").count() > 6
    assert main.locator(".sheet-lines").count() == 1
    # It is one or two pages of paper, not a chapter.
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate("async (tags) => (await axe.run({runOnly: tags})).violations", WCAG) == []
