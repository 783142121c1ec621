"""A figure remembers the state before: its numbers, its outlines, and how to move from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import STILL, complaints, watch
from tests.browser.figures import Shown, small_figure, write_page

PAUSE_MS = 700  # after which a state has settled, and every motion has ended

# Where each bar ends, now, in pixels from the left of the chart.
ENDS = """(figure) => {
  const chart = figure.querySelector(".live-chart");
  const { left } = chart.getBoundingClientRect();
  return [...chart.querySelectorAll(".mark-rect > path")]
    .map((bar) => Math.round(bar.getBoundingClientRect().right - left));
}"""

# Presses nothing, but moves the slider and looks at the first bar in each frame, for half a second;
# then again once the second value has come after `pause` milliseconds.
FRAMES = """async (figure, [values, pause]) => {
  const slider = figure.querySelector("[type=range]");
  const bar = [...figure.querySelectorAll(".live-chart .mark-rect > path")].at(-1);
  const widths = [];
  const watch = async (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      await new Promise(requestAnimationFrame);
      widths.push(bar.getBoundingClientRect().width);
    }
  };
  for (const value of values) {
    widths.length = 0;
    slider.value = value;
    slider.dispatchEvent(new Event("input"));
    await watch(value === values.at(-1) ? 600 : pause);
  }
  return widths;
}"""


@pytest.fixture
def moving(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page for a reader who does not ask for less motion."""
    context = browser.new_context(**STILL | {"reduced_motion": "no-preference"})
    page = context.new_page()
    watch(page, base_url)
    yield page
    context.close()
    assert complaints(page) == []


def said(kernel: int, image: int) -> str:
    return f"The kernel of {kernel} on {image} takes {kernel**2 * image:,} multiply-adds."


def figure_on(page: Page, folder: Path, **changes: Any) -> Locator:
    """Show a figure whose finding has numbers, and let it settle."""
    page.goto(write_page(folder, small_figure(finding=said, **changes)))
    figure = page.locator("figure")
    Shown(figure)
    page.wait_for_timeout(PAUSE_MS)
    return figure


def move(page: Page, *keys: str) -> None:
    page.get_by_role("slider").focus()
    for key in keys:
        page.keyboard.press(key)


def test_a_finding_says_what_it_said_before(page: Page, tmp_path: Path) -> None:
    figure = figure_on(page, tmp_path)
    was = figure.locator(".live-was")
    expect(was).to_be_empty()
    move(page, "ArrowRight")  # 9 · 16, then 16 · 16
    expect(was.locator("span:not(.live-key)")).to_have_text(["256, was 144"])
    # A held key is one move, and a pause ends it.
    move(page, "ArrowRight", "ArrowRight")
    expect(was).to_contain_text("576, was 144")
    page.wait_for_timeout(PAUSE_MS)
    expect(was).to_contain_text("576, was 144")
    move(page, "ArrowLeft")
    expect(was).to_contain_text("400, was 576")
    # Back where it began nothing differs.
    move(page, "ArrowRight")
    expect(page.locator(".live-finding > span")).to_have_text(said(6, 16))
    expect(was).to_be_empty()
    # Whoever hears the page hears the finding alone, once.
    move(page, "ArrowRight")
    expect(was).to_contain_text("784, was 576")
    expect(page.locator("[role=status]")).to_have_text(said(7, 16))
    assert was.evaluate("(was) => was.closest('[aria-live], [role=status]')") is None


def test_a_number_that_repeats_a_control_is_no_news(page: Page, tmp_path: Path) -> None:
    """Of a slider its value, of a selection what it shows, not its position."""
    figure = figure_on(page, tmp_path)
    page.get_by_role("combobox").select_option("32")
    expect(figure.locator(".live-was")).to_contain_text("288, was 144")
    expect(figure.locator(".live-was")).not_to_contain_text("32")


def test_the_difference_takes_no_room(page: Page, tmp_path: Path) -> None:
    figure = figure_on(page, tmp_path)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(PAUSE_MS)
        height = figure.bounding_box()["height"]
        move(page, "ArrowRight")
        expect(figure.locator(".live-was")).not_to_be_empty()
        assert figure.bounding_box()["height"] == height
        line, *others = (
            figure.locator(part).bounding_box()
            for part in (".live-was", ".live-finding", ".live-numbers > summary")
        )
        for other in others:
            apart = other["x"] + other["width"] <= line["x"]
            assert apart or other["y"] + other["height"] <= line["y"] or (
                line["y"] + line["height"] <= other["y"]
            )  # fmt: skip
        assert line["x"] + line["width"] <= width


def test_outlines_stand_where_the_marks_stood(page: Page, tmp_path: Path) -> None:
    figure = figure_on(page, tmp_path)
    outlines = figure.locator(".live-outlines")
    expect(outlines).to_have_count(0)
    before = figure.evaluate(ENDS)
    move(page, "ArrowRight", "ArrowRight")
    expect(outlines).to_be_visible()
    expect(figure.locator(".live-key")).to_have_text("before")
    assert figure.evaluate(ENDS) != before
    stood = figure.evaluate(ENDS.replace(".live-chart", ".live-outlines"))
    # Half of the outline's own line stands out.
    assert all(abs(a - b) <= 1 for a, b in zip(stood, before, strict=True))
    assert outlines.get_attribute("aria-hidden") == "true"
    assert outlines.locator("text").count() == 0
    paint = outlines.locator(".mark-rect > path").first.evaluate(
        "(path) => { const { fill, stroke } = getComputedStyle(path); return [fill, stroke]; }"
    )
    ink = figure.evaluate("(figure) => getComputedStyle(figure).color")
    assert paint == ["none", ink]
    # What has not moved has none, and a settled state is what the next is compared with.
    page.wait_for_timeout(PAUSE_MS)
    before = figure.evaluate(ENDS)
    move(page, "ArrowLeft")
    expect(figure.locator(".live-was")).to_contain_text("256, was 400")
    stood = figure.evaluate(ENDS.replace(".live-chart", ".live-outlines"))
    assert all(abs(a - b) <= 1 for a, b in zip(stood, before, strict=True))
    page.set_viewport_size({"width": 700, "height": 800})
    expect(outlines).to_have_count(0)


@pytest.mark.parametrize("shared", [True, False])
def test_an_outline_never_lies(page: Page, tmp_path: Path, shared: bool) -> None:
    """None where the axis has another end, by its scale or by a number that all rows share."""
    if shared:
        rows = lambda kernel, image: [  # noqa: E731
            {"name": name, "macs": kernel * k, "axis_end": image} for k, name in enumerate("abc")
        ]
        figure = figure_on(page, tmp_path, rows=rows)
    else:
        chart = alt.Chart(alt.NamedData("rows")).mark_bar().encode(x="macs:Q", y="name:N")
        page.goto(write_page(tmp_path, small_figure(finding=said, chart=chart)))
        figure = page.locator("figure")
        Shown(figure)
        page.wait_for_timeout(PAUSE_MS)
    page.get_by_role("combobox").select_option("32")
    expect(figure.locator(".live-was")).to_contain_text("288, was 144")
    expect(figure.locator(".live-outlines")).to_have_count(0)


def test_a_change_moves(moving: Page, tmp_path: Path) -> None:
    """The bar grows from where it was, never back, and stands where it must within the time."""
    figure = figure_on(moving, tmp_path)
    start = figure.evaluate(ENDS)
    widths = figure.evaluate(FRAMES, [[7], 0])
    assert widths == sorted(widths)
    assert len(set(widths)) > 3
    moving.get_by_text("Numbers").click()
    Shown(figure).check()
    assert figure.evaluate(ENDS) != start


def test_a_change_during_a_motion_is_there_at_once(moving: Page, tmp_path: Path) -> None:
    figure = figure_on(moving, tmp_path)
    widths = figure.evaluate(FRAMES, [[4, 5, 6, 7], 60])
    assert len(set(widths[-20:])) == 1
    # At most the frame before the drawing shows what was there.
    assert len(set(widths)) <= 2


def test_nothing_moves_for_who_asks_for_less_motion(page: Page, tmp_path: Path) -> None:
    figure = figure_on(page, tmp_path)
    assert len(set(figure.evaluate(FRAMES, [[7], 0]))) <= 2


def test_the_first_drawing_does_not_move(moving: Page, tmp_path: Path) -> None:
    moving.add_init_script(
        """globalThis.moved = 0; addEventListener("transitionrun", ({ target }) => {
            if (target.closest(".live-chart")) moved += 1;
        });"""
    )
    figure_on(moving, tmp_path)
    assert moving.evaluate("moved") == 0
    move(moving, "ArrowRight")
    moving.wait_for_timeout(PAUSE_MS)
    assert moving.evaluate("moved") > 0
