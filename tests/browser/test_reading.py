"""Where a reader is: numbers of chapters, what is read in this browser, and where they were."""

import re
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_predictions import BLOCKED

TOC = Path(__file__).parents[2] / "_toc.yml"
MEMORY = "counting/memory.html"


def chapters() -> list[str]:
    """The numbered chapters, in the order of _toc.yml."""
    parts = yaml.safe_load(TOC.read_text())["parts"]
    return [one["file"] for part in parts if part.get("numbered") for one in part["chapters"]]


def soup(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


# ---- Numbers ------------------------------------------------------------------------------------


def test_chapters_are_counted_through(site: Path) -> None:
    assert len(chapters()) >= 18
    for number, name in enumerate(chapters(), start=1):
        title = soup(site, name).h1
        assert title.get_text().startswith(f"{number}. "), name
        # Sections have none: their names are addresses and references.
        assert not soup(site, name).select("h2 .section-number")


def test_numbers_stand_in_the_navigation_and_before_what_comes_next(site: Path) -> None:
    names = chapters()
    for number, name in enumerate(names, start=1):
        page = soup(site, name)
        listed = {a.get_text(" ", strip=True) for a in page.select("#site-navigation li > a")}
        assert {int(m[1]) for text in listed if (m := re.match(r"(\d+)\. ", text))} == set(
            range(1, len(names) + 1)
        )
        if number < len(names):
            assert (
                page.select_one(".right-next .prev-next-title")
                .get_text()
                .startswith(f"{number + 1}. ")
            )


# ---- What is read -------------------------------------------------------------------------------


def test_a_chapter_is_marked_as_read_and_the_mark_is_kept(page: Page, base_url: str) -> None:
    page.goto(base_url + MEMORY)
    said = page.get_by_role("checkbox", name="I have read this chapter")
    navigation = page.locator("#site-navigation")
    entry = navigation.get_by_role("link", name=re.compile("Counting memory"))
    said.focus()
    page.keyboard.press("Space")
    expect(entry).to_have_accessible_name(re.compile(r"Counting memory \(read\)$"))
    assert navigation.locator(".reading-mark").count() == 1
    page.goto(base_url)
    row = page.get_by_role("main").get_by_role("link", name=re.compile(r"Counting memory \(read\)"))
    expect(row).to_be_visible()
    page.goto(base_url + MEMORY)
    expect(said).to_be_checked()
    said.uncheck()
    expect(entry).to_have_accessible_name(re.compile("Counting memory$"))


def test_the_start_leads_to_where_the_reader_was(page: Page, base_url: str) -> None:
    page.goto(base_url)
    expect(page.locator(".reading-continue")).to_have_count(0)
    page.emulate_media(reduced_motion="reduce")
    page.goto(base_url + MEMORY + "#whole-networks")
    expect(page.get_by_role("heading", name="Whole networks")).to_be_in_viewport()
    page.goto(base_url)
    line = page.locator(".reading-continue")
    expect(line).to_have_text(re.compile(r"^Continue where you were: \d+\. Counting memory: Whole"))
    line.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Whole networks")).to_be_in_viewport()
    page.get_by_role("checkbox", name="I have read this chapter").check()
    page.goto(base_url)
    expect(line).to_have_text(re.compile(r"^Continue with \d+\. Count yours$"))


def test_the_line_is_there_before_the_first_paint(page: Page, base_url: str) -> None:
    page.goto(base_url + MEMORY)
    page.goto("about:blank")
    page.add_init_script(
        """globalThis.shift = 0; new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(base_url)
    expect(page.locator(".reading-continue")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shift") < 0.01


def test_where_nothing_can_be_kept_nothing_is_offered(page: Page, base_url: str) -> None:
    page.add_init_script(BLOCKED)
    page.goto(base_url + MEMORY)
    expect(page.get_by_role("checkbox", name="I have read this chapter")).not_to_be_visible()
    page.goto(base_url)
    expect(page.locator(".reading-continue")).to_have_count(0)


def test_without_scripts_nothing_is_offered(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / MEMORY).as_uri())
    expect(page.get_by_text("I have read this chapter")).not_to_be_visible()
    context.close()
