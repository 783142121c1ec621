"""One live figure on a page of its own: what it says, follows, refuses and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import Shown, small_figure, write_page


@pytest.mark.parametrize("traced", [False, True])
def test_a_figure_says_where_it_stands(page: Page, tmp_path: Path, traced: bool) -> None:
    """For those who hear it: names, values, and after a pause the finding."""
    page.goto(write_page(tmp_path, small_figure(traced=traced)))
    slider = page.get_by_role("slider", name="Kernel")
    expect(slider).to_be_enabled()
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "7")
    expect(page.locator("output")).to_have_text("7")
    expect(page.locator("output")).to_have_attribute("aria-live", "off")
    page.get_by_role("combobox", name="Image").select_option("32")
    expect(page.get_by_role("img", name="Kernel 7 on 32.")).to_be_visible()
    expect(page.locator("[role=status]")).to_have_text("Kernel 7 on 32.")
    expect(page.get_by_role("figure")).to_contain_text("Notice nothing.")
    shown = Shown(page.locator("figure"))
    page.get_by_text("Numbers").click()
    assert shown.check()["table"][2] == ["c", "672"]


def test_many_quick_moves_end_at_the_last(page: Page, tmp_path: Path) -> None:
    """Also where the last comes while the chart is being drawn."""
    page.goto(write_page(tmp_path, small_figure()))
    shown = Shown(page.locator("figure"))
    page.get_by_text("Numbers").click()
    for pause in range(12):
        page.locator("figure").evaluate(
            """async (figure, pause) => {
                const slider = figure.querySelector("[type=range]");
                for (const value of [5, 2, 7, 4 + (pause % 3)]) {
                    slider.value = value;
                    slider.dispatchEvent(new Event("input"));
                    for (let k = 0; k < pause; k++) await null;
                }
            }""",
            pause,
        )
        expect(page.locator(".live-finding > span")).to_have_text(f"Kernel {4 + pause % 3} on 16.")
        shown.check()


def test_axes_follow_rows_that_change(page: Page, tmp_path: Path) -> None:
    """Names that come, go, trade places and grow: as if the chart had just been drawn."""

    def rows(kernel: int, image: int) -> list[dict[str, Any]]:
        names = sorted("abcdefg", key=lambda name: ord(name) * 37 * kernel % 11)[:5]
        return [
            {"name": name * (9 if name == "c" and kernel % 2 else 1), "macs": image}
            for name in names
        ]

    page.goto(write_page(tmp_path, small_figure(rows=rows)))
    shown = Shown(page.locator("figure"))
    page.get_by_text("Numbers").click()
    page.get_by_role("slider").focus()
    for key in ("ArrowRight", "End", "ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
        shown.check()


def test_a_chart_is_as_wide_as_its_place(page: Page, tmp_path: Path) -> None:
    """And its text is no smaller on a telephone."""
    page.goto(write_page(tmp_path, small_figure()))
    for width in (1280, 390, 320, 900):
        page.set_viewport_size({"width": width, "height": 700})
        shown = Shown(page.locator("figure"))
        place = page.locator(".live-stage").evaluate("(stage) => stage.clientWidth")
        expect(page.locator(".live-chart svg")).to_have_attribute("width", str(place))
        heights = [int(line.split()[5]) for line in shown.seen() if line.startswith("text a ")]
        assert heights
        assert min(heights) >= 10
    page.locator("main").evaluate("(main) => { main.style.width = '500px'; }")
    place = page.locator(".live-stage").evaluate("(stage) => stage.clientWidth")
    expect(page.locator(".live-chart svg")).to_have_attribute("width", str(place))


def test_links_between_controls_work(page: Page, tmp_path: Path) -> None:
    """A reader's own jslink and jsdlink, as in a notebook."""
    figure = small_figure()
    first, second = figure.controls["kernel"], widgets.IntSlider(min=1, max=7, description="Kernel")
    image = widgets.Dropdown(options=[8], description="Image")
    other = small_figure(name="fig-other", controls={"kernel": second, "image": image})
    widgets.jslink((first, "value"), (second, "value"))
    page.goto(write_page(tmp_path, figure, other))
    both = [Shown(page.locator(f"#{name}")) for name in ("fig-small", "fig-other")]
    expect(page.locator("#fig-other .live-finding > span")).to_have_text("Kernel 3 on 8.")
    page.get_by_role("slider", name="Kernel").last.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#fig-small .live-finding > span")).to_have_text("Kernel 4 on 16.")
    for shown in both:
        shown.figure.locator(".live-numbers > summary").click()
        shown.check()


def test_a_position_that_was_not_prepared_is_said(page: Page, tmp_path: Path) -> None:
    """No kernel here: the figure stays where it was and says why."""
    figure = small_figure()
    figure.controls["kernel"].max = 9
    page.goto(write_page(tmp_path, figure))
    Shown(page.locator("figure"))
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.locator(".live-note")).to_contain_text("run this page as a notebook")
    expect(page.locator(".live-finding > span")).to_have_text("Kernel 3 on 16.")
    page.keyboard.press("Home")
    expect(page.locator(".live-note")).to_be_hidden()
    expect(page.locator(".live-finding > span")).to_have_text("Kernel 1 on 16.")


def test_a_figure_that_waits_keeps_what_was_chosen_before_its_chart_was_there(
    page: Page, tmp_path: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(write_page(tmp_path, small_figure(waits=True)))
    page.wait_for_load_state("networkidle")
    figure = page.locator("figure")
    expect(figure.get_by_role("slider")).to_be_enabled()
    assert figure.get_attribute("data-live") is None
    assert not any("vega" in address for address in asked)
    figure.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(figure).to_have_attribute("data-live", "yes")
    expect(figure.locator(".live-finding > span")).to_have_text("Kernel 4 on 16.")


def test_a_figure_that_cannot_start_keeps_its_picture(page: Page, tmp_path: Path) -> None:
    address = write_page(tmp_path, small_figure())
    (tmp_path / "_static" / "figures" / "vega.min.js").unlink()
    page.goto(address)
    expect(page.locator(".live-note")).to_contain_text("Its picture and its numbers stand")
    expect(page.locator(".live-picture svg")).to_be_visible()
    assert "did not load" in page.page_errors.pop()
    page.console_errors.clear()
    page.failed_requests.clear()


def test_a_widget_of_an_unknown_kind_is_an_error(page: Page, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, small_figure(), others=(widgets.Text(),)))
    expect(page.locator(".live-note")).to_contain_text("TextModel")
    assert "TextModel" in page.page_errors.pop()


def test_printing_starts_figures_and_keeps_them_on_the_paper(page: Page, tmp_path: Path) -> None:
    """On paper no script runs: a chart as wide as the screen is scaled down."""
    page.add_init_script("ResizeObserver = class { observe() {} }")
    names = [f"fig-{k}" for k in range(12)]
    page.goto(write_page(tmp_path, *(small_figure(name=name) for name in names)))
    expect(page.locator("#fig-0")).to_have_attribute("data-live", "yes")
    assert page.locator("#fig-11").get_attribute("data-live") is None
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for name in names:
        expect(page.locator(f"#{name}")).to_have_attribute("data-live", "yes")
    page.emulate_media(media="print")
    page.locator("main").evaluate("(main) => { main.style.width = '500px'; }")
    for figure in page.locator("figure").all():
        picture = figure.locator(".live-stage svg")
        box, drawn = picture.bounding_box(), picture.get_attribute("viewBox").split()
        assert box["x"] + box["width"] <= 8 + 500
        assert box["width"] / box["height"] == pytest.approx(
            int(drawn[2]) / int(drawn[3]), rel=0.02
        )
