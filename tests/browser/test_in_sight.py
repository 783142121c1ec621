"""While a control is moved, what it moves is in sight: on a telephone and on a low laptop.

Every figure of every page, wherever a reader has scrolled it to, and from key to key.
"""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import start_figures
from tests.browser.figures import keys_for

SIZES = [(390, 844), (1366, 650)]
# From this width on, in pixels, the controls of a bench stand beside its chart.
BESIDE = 1200
# How much of a chart is enough to see it move.
CHART = 0.4

# whole: an element is on the screen, and nothing lies over it; lost: what of a figure is not.
LOOK = """
const covered = document.querySelector(".site-tools");
const lid = () => getComputedStyle(covered).position === "sticky"
    ? covered.getBoundingClientRect().bottom : 0;
const onTop = (element, x, y) => {
    const there = document.elementFromPoint(x, y);
    return there && (element.contains(there) || there.contains(element));
};
const whole = (element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const middle = (left + right) / 2;
    return top >= lid() - 0.5 && bottom <= innerHeight + 0.5
        && [top + 3, (top + bottom) / 2, bottom - 3].every((y) => onTop(element, middle, y));
};
const share = (element) => {
    const { top, bottom, height } = element.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, lid())) / height;
};
const lost = (figure) => ({
    finding: !whole(figure.querySelector(".live-finding > span")),
    chart: share(figure.querySelector(".live-chart svg")),
});
"""

# At each place to which a reader can scroll a figure: controls within reach, and what of their
# figure is out of sight there.
ANYWHERE = f"""async (enough) => {{
    {LOOK}
    const found = new Set();
    for (const figure of document.querySelectorAll("figure.live-figure")) {{
        const controls = [...figure.querySelectorAll(".live-control")];
        const {{ top, bottom }} = figure.getBoundingClientRect();
        const end = bottom + scrollY;
        for (let y = top + scrollY - innerHeight; y < end; y += 60) {{
            scrollTo({{ top: y, behavior: "instant" }});
            await new Promise(requestAnimationFrame);
            for (const control of controls.filter((c) => c.checkVisibility() && whole(c))) {{
                const {{ finding, chart }} = lost(figure);
                const what = finding ? "finding" : chart < enough ? "chart" : "";
                const name = control.textContent.slice(0, 20);
                if (what) found.add(`${{figure.id}}: ${{what}} of ${{name}}`);
            }}
        }}
    }}
    return [...found];
}}"""

# A control that has just been moved: what is out of sight.
MOVED = f"""(control) => {{
    {LOOK}
    const moved = control.querySelector("select, input:focus, input");
    const {{ finding, chart }} = lost(control.closest("figure"));
    return {{ control: !whole(moved), finding, chart }};
}}"""


def out_of_sight(page: Page) -> list[tuple[str, dict[str, bool | float]]]:
    """Move each control by keyboard, down the page and back up; return where what was lost."""
    page.evaluate("for (const group of document.querySelectorAll('.live-group')) group.open = true")
    # What has the focus already would not be scrolled to.
    page.evaluate("document.activeElement.blur()")
    controls = page.locator("figure.live-figure .live-control").all()
    wrong = []
    for control in [*controls, *reversed(controls)]:
        if control.locator(":disabled").count():
            continue
        page.keyboard.press(next(iter(keys_for(control))))
        for _ in range(20):  # until the move is drawn, half a second at most
            seen = control.evaluate(MOVED)
            lost = seen["control"] or seen["finding"] or seen["chart"] < CHART
            if not lost:
                break
            page.wait_for_timeout(25)
        if lost:
            wrong.append((control.inner_text().splitlines()[0], seen))
    return wrong


def test_what_moves_is_in_sight(page: Page, base_url: str, live_path: str) -> None:
    """By finger or mouse, wherever the page is scrolled to, and from key to key."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(base_url + live_path)
    start_figures(page)
    page.wait_for_function("!document.querySelector('.live-figure:not([data-live=yes])')")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"innerWidth === {width}")
        # Side by side, a chart taller than the screen may begin at its lower end.
        beside = page.locator("[data-bench]").count() and width > BESIDE
        assert page.evaluate(ANYWHERE, 0 if beside else CHART) == [], (width, height)
        assert out_of_sight(page) == [], (width, height)
