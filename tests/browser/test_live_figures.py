"""Every live figure of the built site, driven as a reader drives it: by keyboard.

The figures are found by walking the site.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.figures import Shown, keys_for


def put_back(control: Locator, position: Any) -> None:
    """Set a control to where it stood, so that the next is tried where the reader finds it."""
    control.evaluate(
        """(control, position) => {
            const choice = control.querySelectorAll("[type=radio]")[position];
            const input = choice ?? control.querySelector("select, input");
            if (choice) input.checked = true;
            else if (input.type === "checkbox") input.checked = position;
            else if (input.options) input.selectedIndex = position;
            else input.value = position;
            input.dispatchEvent(new Event("input"));
            input.dispatchEvent(new Event("change"));
        }""",
        position,
    )


def drive(page: Page) -> int:
    """Move each control of each figure of a page; return how many there were."""
    driven = 0
    for figure in page.locator("figure.live-figure").all():
        shown = Shown(figure)
        summary = figure.locator(".live-numbers > summary")
        summary.focus()
        page.keyboard.press("Enter")
        expect(figure.locator(".live-numbers")).to_have_attribute("open", "")
        as_it_was = shown.check()
        start = shown.positions
        for control, position in zip(shown.controls, start, strict=True):
            if control.locator(":disabled").count():
                continue
            states = []
            for key in keys_for(control):
                before = shown.positions
                page.keyboard.press(key)
                states.append(shown.check())
                assert shown.positions != before or key == "Home", f"{shown.name}: {key}"
            put_back(control, position)
            assert shown.look(as_it_was)["shown"] == as_it_was, f"{shown.name}, put back"
            name = control.inner_text().splitlines()[0]
            assert any(state != as_it_was for state in states), (
                f"{shown.name}: {name} moves nothing"
            )
            driven += 1
    return driven


def test_every_control_moves_its_figure(page: Page, site: Path, live_path: str) -> None:
    """From a folder, without any server: what a page loads, its figures need.

    That all start where they are served, under a prefix, every test with `read_page` holds, and
    those of the designer, the atlas and the menu move them there.
    """
    page.goto((site / live_path).as_uri())
    figures = page.locator("figure.live-figure").count()
    assert drive(page) >= figures


def test_a_figure_without_scripts_is_complete(
    browser: Browser, site: Path, pages: list[str]
) -> None:
    """Picture, finding, caption and numbers; no control that would not work."""
    live = [path for path in pages if 'class="live-figure"' in (site / path).read_text("utf-8")]
    assert len(live) >= 5  # the tests above look at what they find, too
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in live:
        page.goto((site / path).as_uri())
        for figure in page.locator("figure.live-figure").all():
            expect(figure.locator(".live-picture svg:visible")).to_have_count(1)
            expect(figure.locator(".live-finding > span")).to_be_visible()
            expect(figure.locator("figcaption")).to_be_visible()
            expect(figure.locator(".live-controls")).to_be_hidden()
            figure.locator(".live-numbers > summary").click()
            expect(figure.locator("tbody tr").first).to_be_visible()
    context.close()
