"""Time from a key press on a figure's control to the chart on the screen, in Chromium.

``python -m benchmarks.figure_latency [--rested] [page ...]`` takes paths within the built site, all
pages with figures unless told. Each figure gets 50 presses, of the designer each control; the bar
is a median of 8 ms and a 95th percentile of 16.7 ms, and 12 and 25 ms for the designer. A key is
pressed every 33 ms and more, as when it is held; with ``--rested`` 16 presses wait for the state
before to settle, so that marks move and leave outlines: measured is the first frame of that.

The clock runs from the browser's own time stamp of the key event to the end of the frame that
first shows the new chart, when its picture has been handed over to be drawn, as the browser's own
trace tells: a task of the page's would wait there until other threads have drawn, or for the next
frame where marks move. Frames come as soon as they are ready: what is measured is the work, not the
wait for the display's next beat.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

from tools.browser import FLAGS, SCRIPTS_THERE, find_browser

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
PRESSES, RESTED_PRESSES, WARM_UP = 50, 16, 2
CATEGORIES = ["disabled-by-default-devtools.timeline", "blink.user_timing"]
KEY_EVERY_S, REST_S = 0.033, 0.7
MEDIAN_MS, P95_MS = 8, 16.7
BARS = {"fig-designer": (12, 25)}
"""Figure -> its own bar: the designer draws seven stages and seven totals at once."""

# Marks the key and the frame that comes after the first change of the chart in the browser's trace,
# and resolves when that is over; a chart that does not change within a second is a failure.
WATCH = """
(figure) => {
  const drawing = figure.querySelector(".live-chart svg");
  const stood = `the chart of ${figure.id} did not change`;
  window.pressed = new Promise((resolve, reject) => {
    const start = ({ timeStamp }) => performance.mark("pressed", { startTime: timeStamp });
    addEventListener("keydown", start, { once: true, capture: true });
    const late = setTimeout(() => reject(new Error(stood)), 1000);
    const seen = new MutationObserver(() => {
      seen.disconnect();
      clearTimeout(late);
      requestAnimationFrame(() => {
        performance.mark("changed");
        setTimeout(resolve);
      });
    });
    const any = { subtree: true, childList: true, attributes: true, characterData: true };
    seen.observe(drawing, any);
  });
}
"""


def controls_and_keys(figure: Locator) -> Iterator[tuple[str, Locator, tuple[str, str]]]:
    """Yield a name, an input, and two keys that move it, to and fro.

    Of a figure with a bench these are all of its controls that have an effect now; of others the
    last slider, else the first input.
    """
    name = figure.get_attribute("id") or ""
    inputs = figure.locator(".live-control :is(input, select):enabled")
    if figure.get_attribute("data-bench") is not None:
        for number in range(inputs.count()):
            one = inputs.nth(number)
            yield (one.get_attribute("id") or name).removeprefix("fig-"), one, keys_of(one)
        return
    sliders = inputs.and_(figure.locator('[type="range"]'))
    checked = figure.locator(".live-control :is(input:checked, select)")
    one = sliders.last if sliders.count() else checked.first
    yield name, one, keys_of(one)


def keys_of(control: Locator) -> tuple[str, str]:
    """Return two keys that move an input, the first away from an end at which it stands."""
    kind = control.evaluate("(input) => input.type")
    if kind == "checkbox":
        return "Space", "Space"
    if kind == "range":
        at_end = control.evaluate("(input) => input.value === input.max")
        return ("ArrowLeft", "ArrowRight") if at_end else ("ArrowRight", "ArrowLeft")
    at_end = control.evaluate("(input) => input.selectedIndex === input.length - 1")
    return ("ArrowUp", "ArrowDown") if at_end else ("ArrowDown", "ArrowUp")


def press(
    page: Page, figure: Locator, control: Locator, keys: tuple[str, str], rested: bool
) -> list[float]:
    """Return the milliseconds of each press, to and fro."""
    browser = page.context.browser
    assert browser is not None
    control.focus()
    browser.start_tracing(page=page, categories=CATEGORIES)
    for number in range((RESTED_PRESSES if rested else PRESSES) + WARM_UP):
        page.wait_for_timeout(1000 * (REST_S if rested else KEY_EVERY_S))
        figure.evaluate(WATCH)
        page.keyboard.press(keys[number % 2])
        page.evaluate("window.pressed")
    return list(durations_ms(json.loads(browser.stop_tracing())))[WARM_UP:]


def durations_ms(trace: dict[str, Any]) -> Iterator[float]:
    """Yield the time of each press, from its key to the end of the task that draws its change."""
    named: dict[str, list[dict[str, Any]]] = {"pressed": [], "changed": [], "RunTask": []}
    for event in sorted(trace["traceEvents"], key=lambda event: event.get("ts", 0)):
        named.get(event["name"], []).append(event)
    for pressed, changed in zip(named["pressed"], named["changed"], strict=True):
        last = changed["ts"]
        (end,) = (
            task["ts"] + task["dur"]
            for task in named["RunTask"]
            if task["tid"] == changed["tid"] and task["ts"] <= last <= task["ts"] + task["dur"]
        )
        yield (end - pressed["ts"]) / 1000


def main() -> int:
    """Print a line for each figure; return 1 if there is nothing to measure."""
    rested = "--rested" in sys.argv
    paths = [path for path in sys.argv[1:] if path != "--rested"] or sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if 'class="live-figure"' in path.read_text(encoding="utf-8")
    )
    browser_path = find_browser()
    if not paths or browser_path is None:
        print("This takes a built site with figures (make book) and a Chromium (make test).")
        return 1
    missed = False
    print(f"{'figure':32}{'median':>10}{'95 %':>10}   ms for each key press")
    with sync_playwright() as playwright:
        flags = [*FLAGS, "--disable-frame-rate-limit", "--disable-gpu-vsync"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        for path in paths:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto((SITE / path).as_uri())
            page.locator(SCRIPTS_THERE).wait_for()
            for figure in page.locator("figure.live-figure").all():
                figure.scroll_into_view_if_needed()
                page.keyboard.press("Shift")  # what opens a page waits for its reader
                figure.and_(page.locator('[data-live="yes"]')).wait_for()
                bar = BARS.get(figure.get_attribute("id"), (MEDIAN_MS, P95_MS))
                for name, control, keys in controls_and_keys(figure):
                    times = press(page, figure, control, keys, rested)
                    found = statistics.median(times), statistics.quantiles(times, n=20)[-1]
                    over = any(ms > most for ms, most in zip(found, bar, strict=True))
                    missed |= over
                    print(f"{name:32}{found[0]:10.1f}{found[1]:10.1f}{'   missed' * over}")
            page.close()
        browser.close()
    print(f"bar{MEDIAN_MS:39.1f}{P95_MS:10.1f}   {'missed' if missed else 'met'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
