"""What a reader sees of a page before scrolling: a picture, on a desktop, a laptop and a phone."""

import gzip

import pytest
from playwright.sync_api import Page, Response, expect

from tests.book.test_chapters import of_the_argument

DESKTOP, LAPTOP, PHONE = (1280, 900), (1366, 650), (390, 844)

#: Height in pixels from which on a drawing is one that is seen.
ENOUGH = 120

# Of each drawing of the page: its name, its height, and how much of that is in the window.
DRAWINGS = """() => [...document.querySelectorAll("main :is(.drawing svg, .live-stage)")]
    .map((drawing) => {
        const { top, bottom, height } = drawing.getBoundingClientRect();
        const seen = Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0));
        return [drawing.closest("figure").id, height, seen];
    })"""


def first_screen(page: Page, address: str, size: tuple[int, int]) -> dict[str, tuple[float, float]]:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.evaluate("document.fonts.ready")
    return {name: (tall, seen) for name, tall, seen in page.evaluate(DRAWINGS)}


@pytest.mark.parametrize("size", [DESKTOP, LAPTOP, PHONE], ids=["desktop", "laptop", "phone"])
def test_every_chapter_shows_a_picture(page: Page, base_url: str, size: tuple[int, int]) -> None:
    """At least half of it, if it is small."""
    without = {}
    for name in of_the_argument():
        drawings = first_screen(page, f"{base_url}{name}.html", size)
        if not any(
            seen >= (ENOUGH if tall >= ENOUGH else tall / 2) for tall, seen in drawings.values()
        ):
            without[name] = drawings
    assert not without


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_start_shows_both_networks_whole(
    page: Page, base_url: str, size: tuple[int, int]
) -> None:
    """With the switch that moves their areas."""
    (name, (tall, seen)), *_ = first_screen(page, f"{base_url}index.html", size).items()
    assert name == "fig-deeper-yet-cheaper"
    assert seen == tall > ENOUGH
    switch = page.locator(f"#{name} fieldset").bounding_box()
    assert switch is not None
    assert 0 < switch["y"] < switch["y"] + switch["height"] <= size[1]


def test_the_start_is_light_until_its_reader_moves(page: Page, base_url: str) -> None:
    """200 KB, compressed as hosts do; what is chosen before the chart is there is what it shows."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108
    page.goto(f"{base_url}index.html")
    page.wait_for_load_state("networkidle")
    weights = {r.url: len(gzip.compress(r.body())) for r in responses if r.ok}
    assert sum(weights.values()) <= 200 * 1024, weights
    figure = page.locator("#fig-deeper-yet-cheaper")
    assert figure.get_attribute("data-live") is None
    figure.get_by_label("Parameters").focus()
    page.keyboard.press("Space")
    expect(figure).to_have_attribute("data-live", "yes")
    expect(figure.locator(".live-finding > span")).to_contain_text("15% of VGG-19's parameters")
    expect(figure.locator(".live-chart")).to_contain_text("143.7 M parameters")
