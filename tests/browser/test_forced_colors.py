"""Where the reader's system gives all colors (contrast themes), each state is told apart."""

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import start_figures

# A page with sliders and choices.
PAGE = "counting/convolution.html"


@pytest.fixture
def forced(page: Page, base_url: str) -> Page:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto(base_url + PAGE)
    start_figures(page)
    return page


def looks(element: Locator) -> bytes:
    """How an element is painted, without the blinking of a caret."""
    return element.screenshot(animations="disabled")


def test_a_slider_shows_its_track_and_its_focus(forced):
    slider = forced.locator(".live-slider").first
    # As it stands once it has been scrolled to: a part of a pixel lower, it is drawn another way.
    slider.locator("input").focus()
    slider.locator("input").evaluate("(input) => input.blur()")
    at_rest = looks(slider)
    slider.locator("input").focus()
    forced.keyboard.press("ArrowRight")
    forced.keyboard.press("ArrowLeft")
    assert looks(slider) != at_rest
    slider.locator("input").evaluate("(input) => input.blur()")
    assert looks(slider) == at_rest
    forced.add_style_tag(
        content=".live-slider input::-webkit-slider-runnable-track "
        "{ border: 0 !important; background: none !important; }"
    )
    assert looks(slider) != at_rest


def test_a_chosen_one_differs_from_the_others(forced):
    style = "(label) => getComputedStyle(label).backgroundColor"
    for choice in forced.locator(".live-choice").all():
        chosen = choice.locator("label:has(:checked)").evaluate(style)
        for other in choice.locator("label:not(:has(:checked))").all():
            assert other.evaluate(style) != chosen
    assert forced.locator(".live-choice").count() > 0
