"""The tools around a page: the color theme, the navigation, the search, copied code."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readers_theme_is_there_before_the_first_paint(
    browser: Browser, base_url: str, scheme: str
) -> None:
    """The system's theme where the reader chose none, else the choice, on every later page."""
    other = {"light": "dark", "dark": "light"}[scheme]
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.add_init_script(
        """new MutationObserver((_, observer) => {
            if (!document.body) return;
            globalThis.first = document.documentElement.dataset.theme;
            observer.disconnect();
        }).observe(document, { childList: true, subtree: true });"""
    )
    page.goto(base_url + "index.html")
    assert page.evaluate("first") == scheme
    button = page.locator(".theme-button")
    while page.evaluate("document.documentElement.dataset.mode") != other:
        button.click()
    assert button.get_attribute("aria-label") == f"Color theme: {other}"
    page.reload()
    assert page.evaluate("first") == other
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_navigation_opens_on_a_telephone(browser: Browser, base_url: str, scripts: bool) -> None:
    """With scripts or without."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto(base_url + "index.html")
    link = page.locator("nav.bd-links a").last
    assert link.is_hidden()
    page.get_by_role("button", name="Site navigation").click()
    link.click()
    assert page.url != base_url + "index.html"
    context.close()


# ---- Search -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_chapter(page: Page, base_url: str, site: Path, scheme: str) -> None:
    """From any page, over the network and from a folder."""
    root = base_url if scheme == "http" else site.as_uri() + "/"
    page.goto(root + "index.html")
    page.keyboard.press("/")
    page.keyboard.type("resnet")
    page.keyboard.press("Enter")
    expect(page.locator("#search-status")).to_have_text(re.compile(r"\d+ sections found"))
    first = page.locator("#search-results a").first
    assert first.evaluate("(a) => a.href") == f"{root}networks/resnet.html"
    first.click()
    assert page.locator("h1").count() == 1


# ---- Code to take along -------------------------------------------------------------------------


def test_what_is_copied_can_be_run(browser: Browser, base_url: str) -> None:
    """A cell as it stands; of examples at Python's prompt what was typed, without what came out."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    copied = "navigator.clipboard.readText()"
    page.goto(base_url + "appendix/package.html")
    example = page.locator("div.highlight", has_text=">>> ").locator("visible=true").first
    shown = example.locator("pre").inner_text()
    example.locator(".copy-button").click()
    lines = page.evaluate(copied).splitlines()
    assert lines == [line[4:] for line in shown.splitlines() if line.startswith((">>> ", "... "))]
    assert len(lines) < len(shown.strip().splitlines())
    page.goto(base_url + "counting/convolution.html")
    cell = page.locator("div.cell_input").locator("visible=true").first
    cell.locator(".copy-button").click()
    assert page.evaluate(copied) == cell.locator("pre").inner_text().rstrip()
    context.close()
