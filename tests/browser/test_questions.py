"""Quick questions and the docket on the built pages: by mouse, by keyboard, without scripts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

CLAIMS = "networks/claims.html"
PARAMETERS = "counting/parameters.html"


def question(page: Page, name: str) -> Locator:
    return page.locator(f"#question-{name}")


def reply(form: Locator) -> Locator:
    return form.get_by_role("status")


# ---- On every page ------------------------------------------------------------------------------


def test_every_question_knows_its_answer_and_each_of_its_confusions(
    page: Page, base_url: str, asking_path: str
) -> None:
    """Whatever stands in the folded answer, given as an answer, gets the word that stands there."""
    page.goto(base_url + asking_path)
    for form in page.locator("form.question").all():
        for key in form.locator("details :is([data-choice], [data-from])").all():
            word = key.locator(".question-word").text_content()
            if chosen := key.get_attribute("data-choice"):
                form.locator(f"input[value='{chosen}']").check()
            else:
                form.get_by_role("textbox").fill(key.get_attribute("data-from"))
            form.get_by_role("button", name="Check").click()
            right = key.evaluate("(element) => element.tagName") == "P"
            verdict = "Right." if right else "Not quite."
            assert reply(form).inner_text() == f"{verdict} {word.strip()}"


def test_chapters_ask_two_questions_each(site: Path, pages: list[str]) -> None:
    for path in pages:
        text = (site / path).read_text(encoding="utf-8")
        if '<figure class="live-figure' in text:
            assert text.count('<form class="question"') >= 2, path


# ---- One question of each kind ------------------------------------------------------------------


# What is given -> how the reply begins.
GIVEN = {
    "51264": "Right.",
    "51,264": "Right.",
    " 51 264 ": "Right.",
    "51.264 k": "Right.",
    "5.1264e4": "Right.",
    "51200": "Not quite. You forgot the biases",
    "51263": "Not quite. That is too small.",
    "9e9": "Not quite. That is too large.",
    "": "Give a number",
    "many": "Give a number",
    "1e400": "Give a number",
    "1.2.3": "Give a number",
}


def test_a_number_is_read_as_people_write_it(page: Page, base_url: str) -> None:
    page.goto(base_url + PARAMETERS)
    form = question(page, "five-by-five")
    field = form.get_by_label("Your answer")
    for given, said in GIVEN.items():
        field.fill(given or "1")
        field.fill(given)
        assert reply(form).inner_text() == "", given  # what was said of another answer is gone
        field.press("Enter")
        assert reply(form).inner_text().startswith(said), given


def test_a_choice_is_made_by_keyboard_alone(page: Page, base_url: str) -> None:
    page.goto(base_url + CLAIMS)
    form = question(page, "compare")
    form.get_by_role("button", name="Check").press("Enter")
    expect(reply(form)).to_have_text("Choose one first.")
    form.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(reply(form)).to_have_text("")  # arrows alone give nothing away
    page.keyboard.press("Enter")
    expect(reply(form)).to_have_text(re.compile(r"^Right\. Both count multiply-adds"))
    page.keyboard.press("ArrowDown")
    expect(reply(form)).to_have_text("")  # what was said of another choice is gone


def test_controls_have_names_and_groups(page: Page, base_url: str) -> None:
    page.goto(base_url + CLAIMS)
    group = page.get_by_role("group", name=re.compile("^Quick question. A web page says"))
    assert group.get_by_role("radio").count() == 3
    expect(group.get_by_role("radio", name="How fast the computer is")).to_be_visible()


def test_answering_keeps_the_page_and_sends_nothing(page: Page, base_url: str) -> None:
    page.goto(base_url + CLAIMS)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    form = question(page, "table-row")
    form.get_by_role("textbox").fill("3.7")
    form.get_by_role("button", name="Check").click()
    expect(reply(form)).to_have_text(re.compile("^Right"))
    assert page.url == base_url + CLAIMS
    # Fonts, the icon, the chart library: what is asked for is the page's own.
    assert [url for url in asked if "/_static/" not in url or "?" in url] == []
    assert (
        page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    )


# ---- Without scripts, and on paper --------------------------------------------------------------


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_questions_and_claims_are_complete_without_scripts(
    browser: Browser, site: Path, medium: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.emulate_media(media=medium)
    page.goto((site / CLAIMS).as_uri())
    assert page.locator("main form :is(input, button, select)").locator("visible=true").count() == 0
    choices = question(page, "compare").locator("ol li")
    assert [choices.nth(k).is_visible() for k in range(choices.count())] == [True] * 3
    assert page.locator("tr[data-verdict]").locator("visible=true").count() == 86
    if medium == "screen":
        answer = question(page, "compare").locator("details p")
        assert not answer.is_visible()
        question(page, "compare").locator("summary").click()
    assert question(page, "compare").locator("details p").is_visible()
    context.close()


# ---- The docket ---------------------------------------------------------------------------------


def test_claims_are_chosen_by_verdict_topic_and_document(page: Page, base_url: str) -> None:
    page.goto(base_url + CLAIMS)
    form = page.get_by_role("form", name="Choose claims")
    rows = page.locator(".docket-filter ~ section tr[data-verdict]")
    shown = rows.locator("visible=true")
    expect(form.get_by_role("status")).to_have_text("All 84 claims are shown.")
    form.get_by_label("Verdict").select_option("false")
    assert {row.get_attribute("data-verdict") for row in shown.all()} == {"false"}
    expect(form.get_by_role("status")).to_have_text(f"{shown.count()} of 84 claims are shown.")
    form.get_by_label("Topic").select_option("training")
    assert [row.get_attribute("id") for row in shown.all()] == ["claim-46", "claim-47", "claim-48"]
    # A topic without claims to show shows no heading either.
    assert page.locator(".docket-filter ~ section h3").locator("visible=true").count() == 1
    form.get_by_label("Document").select_option("forum post A")
    expect(form.get_by_role("status")).to_have_text("0 of 84 claims are shown.")
    form.get_by_role("button", name="Show all").press("Enter")
    expect(form.get_by_role("status")).to_have_text("All 84 claims are shown.")
    assert shown.count() == 84


def test_the_docket_stays_a_table_for_those_who_listen(page: Page, base_url: str) -> None:
    page.goto(base_url + CLAIMS)
    table = page.get_by_role("table", name="Shortcuts")
    assert table.get_by_role("columnheader").count() == 3
    row = table.get_by_role("row").nth(1)
    assert row.get_by_role("rowheader").count() == 1
    assert row.get_by_role("cell").count() == 2


def test_a_claim_named_in_the_text_is_one_click_away(page: Page, base_url: str) -> None:
    page.goto(base_url + CLAIMS)
    page.get_by_role("link", name="claim 19").click()
    expect(page.locator("#claim-19")).to_be_in_viewport()
    page.locator("#claim-19 summary").press("Enter")
    expect(page.locator("#claim-19 pre")).to_be_visible()
