"""From the press of "Edit and run" to its output, in Chromium, on a page served from loopback.

The bars hold for a quiet machine: at most 5 s for the first press in a browser that has never been
here, 1 s on the next page, where the browser has the files and Python's memory, and 100 ms for a
press after that.
"""

from __future__ import annotations

import os
import statistics
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools.browser import FLAGS, SCRIPTS_THERE, find_browser

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
PAGES = ("networks/bottleneck.html", "networks/side-by-side.html")
VISITS, PRESSES = 3, 20

# Presses a button and resolves with the milliseconds until its cell says that it is done.
PRESS = """(button) => new Promise((resolve) => {
  const cell = button.closest(".python-cell");
  const began = performance.now();
  const seen = new MutationObserver(() => {
    const said = cell.querySelector("[role=status]")?.textContent ?? "";
    if (!said.startsWith("Done")) return;
    seen.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  seen.observe(cell, { subtree: true, childList: true, characterData: true });
  button.click();
})"""


class Handler(SimpleHTTPRequestHandler):
    """Serve the site as its public host does, which lets a browser keep a file for ten minutes."""

    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        """Add the header that says so."""
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def first_press(page: Page, url: str) -> float:
    """Open a page and press its first button; return milliseconds."""
    page.goto(url)
    page.locator(SCRIPTS_THERE).wait_for()
    button = page.get_by_role("button", name="Edit and run").first
    return float(button.evaluate(PRESS))


def visit(browser: Browser, root: str) -> tuple[float, float, list[float]]:
    """Return the milliseconds of a first press, of one on the next page, and of more there."""
    context = browser.new_context()
    page = context.new_page()
    first, second = (first_press(page, root + path) for path in PAGES)
    again = page.locator(".python-cell .python-run").first
    later = [float(again.evaluate(PRESS)) for _ in range(PRESSES)]
    context.close()
    return first, second, later


def main() -> None:
    """Print the medians beside their bars."""
    if not (SITE / PAGES[0]).exists():
        raise SystemExit("The site is not built: run `make test` or `make book` first.")
    path = find_browser()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=SITE)) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}/"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            visits = [visit(browser, root) for _ in range(VISITS)]
            browser.close()
        server.shutdown()
    first, second, presses = zip(*visits, strict=True)
    later = [press for some in presses for press in some]
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"press to output, milliseconds, {load}{'':8}bar")
    print(f"first in a browser {statistics.median(first):10.0f}   at most 5000")
    print(f"on the next page   {statistics.median(second):10.0f}   at most 1000")
    print(f"afterwards         {statistics.median(later):10.0f}   at most  100")


if __name__ == "__main__":
    main()
