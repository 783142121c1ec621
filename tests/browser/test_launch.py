"""The menu that runs a chapter elsewhere, and the form for links to a JupyterHub."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

CHAPTER = "networks/resnet.html"
HUB = "instructors/links.html"


@pytest.mark.parametrize("width", [1280, 320])
def test_the_menu_opens_by_keyboard_and_stays_on_the_screen(
    page: Page, base_url: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(base_url + CHAPTER)
    summary = page.locator("details.site-menu > summary")
    assert summary.inner_text().strip() == "Run"
    summary.focus()
    page.keyboard.press("Enter")
    menu = page.locator("details.site-menu > ul")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert menu.get_by_role("link").count() == 4
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_nothing_is_asked_of_another_host_until_a_link_is_followed(
    page: Page, base_url: str
) -> None:
    """Opening the menu fetches nothing either; the page fixture holds what was asked for."""
    page.goto(base_url + CHAPTER)
    page.locator("details.site-menu > summary").click()
    page.get_by_role("link", name="Open in Binder").hover()
    page.wait_for_load_state("networkidle")
    assert page.outside_requests == []
    assert page.locator("link[rel~=preconnect], link[rel~=dns-prefetch]").count() == 0


def test_the_notebook_comes_from_the_site_itself(page: Page, base_url: str) -> None:
    page.goto(base_url + CHAPTER)
    page.locator("details.site-menu > summary").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the notebook").click()
    assert started.value.suggested_filename == "resnet.ipynb"
    assert started.value.url == base_url + "notebooks/networks/resnet.ipynb"


def test_where_something_does_not_start_the_menu_says_what_to_do(page: Page, base_url: str) -> None:
    page.goto(base_url + CHAPTER)
    page.locator("details.site-menu > summary").click()
    page.get_by_role("link", name="Trouble starting?").click()
    expect(page.get_by_role("heading", name="When something does not start")).to_be_in_viewport()


def test_without_a_network_the_menu_says_so_and_figures_go_on(page: Page, base_url: str) -> None:
    page.goto(base_url + CHAPTER)
    figure = page.locator(".live-figure").first
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".live-chart svg")).to_be_visible()
    page.locator("details.site-menu > summary").click()
    note = page.get_by_text("You are offline")
    expect(note).to_be_hidden()
    page.context.set_offline(True)
    expect(note).to_be_visible()
    said = figure.locator(".live-finding").inner_text()
    slider = figure.get_by_role("slider").first
    at_end = slider.evaluate("(input) => input.value === input.max")
    slider.press("ArrowLeft" if at_end else "ArrowRight")
    expect(figure.locator(".live-finding")).not_to_have_text(said)
    page.context.set_offline(False)
    expect(note).to_be_hidden()


def test_a_hub_link_is_made_as_one_types(page: Page, base_url: str) -> None:
    page.goto(base_url + HUB)
    form = page.locator("form.hub-link")
    repository = form.get_by_label("Repository").input_value()
    expect(form.get_by_role("button")).to_be_hidden()
    form.get_by_label("Address of the hub").press_sequentially("https://hub.example.edu/")
    form.get_by_label("Chapter").select_option("networks/resnet.ipynb")
    link = form.get_by_role("status").get_by_role("link")
    found = urlsplit(link.get_attribute("href"))
    assert (found.netloc, found.path) == ("hub.example.edu", "/hub/user-redirect/git-pull")
    name = repository.rsplit("/", 1)[-1]
    assert parse_qs(found.query) == {
        "repo": [repository],
        "branch": ["notebooks"],
        "urlpath": [f"lab/tree/{name}/networks/resnet.ipynb"],
    }
    expect(form.get_by_role("button", name="Copy the link")).to_be_visible()

    form.get_by_label("Address of the hub").fill("not an address")
    expect(link).to_have_count(0)
    assert page.url == base_url + HUB


def test_without_scripts_the_form_says_how_to_write_a_link(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base_url + HUB)
    code = page.locator("form.hub-link code")
    expect(code).to_be_visible()
    assert code.inner_text().startswith(
        "https://HUB/hub/user-redirect/git-pull?repo=https%3A%2F%2F"
    )
    context.close()
