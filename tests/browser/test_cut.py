"""Code, tables and formulas: whole on a desktop; where a narrow screen cuts them, it says so."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from book._ext.deeper.spacing import AS_WRITTEN, HELD, held_together
from tests.browser.conftest import start_figures

# What scrolls within itself, and is wider than it can show.
WIDER = """() => [...document.querySelectorAll("main *")].filter((e) =>
    /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1
    && !e.closest(".live-numbers, .math-scroll, .katex-display")
    && e.checkVisibility()).map((e) => e.textContent.trim().slice(0, 60))"""
# All texts that are read, each without the tags within it.
TEXTS = """(apart) => {
    const article = document.querySelector("article");
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest(apart)) found.push(walker.currentNode.data);
    return found;
}"""


def test_nothing_is_cut_on_a_desktop(browser: Browser, site: Path, pages: list[str]) -> None:
    """All folds open, at 1280 px; a formula and a table of numbers below a figure may be wider."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    cut = {}
    for path in pages:
        page.goto((site / path).as_uri())
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        if found := page.evaluate(WIDER):
            cut[path] = found
    context.close()
    assert cut == {}


def edges(box: Locator) -> list[bytes]:
    """The last pixels at both ends of a box, in its lowest line, which is empty."""
    shown = Image.open(io.BytesIO(box.screenshot(animations="disabled"))).convert("RGB")
    width, height = shown.size
    ends = ((2, 5), (width - 5, width - 2))
    return [shown.crop((left, height - 4, right, height - 3)).tobytes() for left, right in ends]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_cut_says_so(page: Page, base_url: str, scheme: str) -> None:
    """A shade at the edge behind which there is more, by keyboard too; none where there is not."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(base_url + "counting/parameters.html")
    box = page.locator("div.cell_input pre[tabindex]").locator("visible=true").first
    ground = box.evaluate("(pre) => getComputedStyle(pre).getPropertyValue('--ground')")
    assert ground.strip()
    left, right = edges(box)
    assert left != right
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    box.evaluate("(pre) => { pre.scrollLeft = 20; }")
    assert edges(box) != [left, left]
    box.evaluate("(pre) => { pre.scrollLeft = pre.scrollWidth; }")
    # Now there is nothing more on the right, and something on the left.
    begin, end = edges(box)
    assert end == left
    assert begin != left


def test_numbers_keep_their_units(page: Page, base_url: str, page_path: str) -> None:
    """In all that is read on a page, figures started."""
    page.goto(base_url + page_path)
    start_figures(page)
    apart = ", ".join(sorted(AS_WRITTEN))
    # A button that is a query has it as it is typed, in one line by its style; a status is heard.
    texts = page.evaluate(TEXTS, f"{apart}, .katex, #search-hints button, .live-status")
    broken = [text for text in texts if held_together(text) != text]
    assert broken == []
    if page_path == "index.html":
        assert any(re.search(rf"\d{HELD}M", text) for text in texts)
