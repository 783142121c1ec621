"""A figure that plays one of its sliders, on a page and in a notebook."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from convcost.page import gallery
from tests.browser.figures import Shown, small_figure, write_page
from tests.browser.test_notebook_figures import answer_vega, display

BEAT_MS = 800


def playing(page: Page, folder: Path) -> None:
    """Show a figure that plays, with a clock that the test turns."""
    page.clock.install()
    page.goto(write_page(folder, small_figure(plays="kernel")))
    page.clock.run_for(2000)
    Shown(page.locator("figure"))


def beat(page: Page) -> None:
    page.clock.run_for(BEAT_MS)


def test_it_plays_to_its_end_and_begins_anew(page: Page, tmp_path: Path) -> None:
    playing(page, tmp_path)
    button, slider = page.get_by_role("button"), page.get_by_role("slider")
    expect(button).to_have_accessible_name("Play: Kernel")
    button.focus()
    page.keyboard.press("Enter")
    for kernel in (4, 5, 6, 7):
        expect(page.locator(".live-finding > span")).to_have_text(f"Kernel {kernel} on 16.")
        expect(slider).to_have_value(str(kernel))
        expect(button).to_have_accessible_name("Pause: Kernel")
        beat(page)
    expect(button).to_have_text("Play")
    page.keyboard.press("Space")
    expect(slider).to_have_value("1")
    beat(page)
    expect(slider).to_have_value("2")
    page.keyboard.press("Space")
    expect(button).to_have_text("Play")
    beat(page)
    expect(slider).to_have_value("2")


def test_a_move_of_the_reader_pauses_it(page: Page, tmp_path: Path) -> None:
    playing(page, tmp_path)
    page.get_by_role("button").click()
    expect(page.get_by_role("slider")).to_have_value("4")
    page.get_by_role("combobox").select_option("32")  # another control, which it goes on with
    beat(page)
    expect(page.locator(".live-finding > span")).to_have_text("Kernel 5 on 32.")
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("button")).to_have_text("Play")
    beat(page)
    expect(page.locator(".live-finding > span")).to_have_text("Kernel 1 on 32.")


def test_the_window_stops_at_its_last_position(page: Page, tmp_path: Path) -> None:
    """Though the slider could go on: a shorter walk has fewer steps."""
    page.clock.install()
    page.goto(write_page(tmp_path, gallery.sliding_window()))
    page.clock.run_for(2000)
    figure = page.locator("figure")
    Shown(figure)
    figure.get_by_role("slider", name="Stride").focus()
    page.keyboard.press("End")  # 2 x 2 positions
    button, step = figure.get_by_role("button"), figure.get_by_role("slider", name="Step")
    step.focus()
    page.keyboard.press("Home")
    button.click()
    for number in (2, 3, 4):
        expect(figure.locator(".live-finding > span")).to_contain_text(f"Step {number} of 4")
        expect(button).to_have_text("Pause")
        beat(page)
    expect(button).to_have_text("Play")
    expect(step).to_have_value("4")
    # The products in the cells add up to the last sum.
    written = figure.locator(".live-chart .mark-text.role-mark text").all_text_contents()
    products = [cell.split("×") for cell in written if "×" in cell]
    assert len(products) == 9
    assert sum(int(pixel) * int(weight) for pixel, weight in products) == int(
        figure.locator(".live-finding").inner_text().split("add up to ")[1].split(",")[0]
    )


def test_a_notebook_plays_too(page: Page) -> None:
    page.clock.install()
    display(page, small_figure(plays="kernel"))
    answer_vega(page)
    page.get_by_role("button", name="Play: Kernel").click()
    expect(page.locator(".live-finding")).to_have_text("Kernel 4 on 16.")
    beat(page)
    expect(page.locator(".live-finding")).to_have_text("Kernel 5 on 16.")
    page.evaluate("ended.then((end) => end())")
    beat(page)
    assert page.evaluate("[model.get('at_kernel'), listening()]") == [5, 0]
