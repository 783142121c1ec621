"""The browser tests' fixtures: the site served under a prefix, and a page that forgives nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

from tools.browser import FLAGS, SCRIPTS_THERE, find_browser

# A project page is not served from the root of its host.
PREFIX = "/some/name/"
INSIDE = ("data:", "blob:", "about:", "file:")

# The screen of a reader who asks for less motion: what a test reads of a chart is then where it
# will stay. `test_before.py` drives the motion itself.
STILL = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


class PrefixHandler(SimpleHTTPRequestHandler):
    """Serve a folder under PREFIX, and nothing anywhere else."""

    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        if not path.startswith(PREFIX):
            return str(Path(self.directory, "outside-the-prefix"))
        return super().translate_path(path.removeprefix(PREFIX[:-1]))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def base_url(site: Path) -> Iterator[str]:
    """The address of the site, served on the loopback address under /some/name/."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(PrefixHandler, directory=site)) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Where Chromium is."""
    path = find_browser()
    if path is None:
        pytest.fail("No Chromium found: `make test` installs one or says what to install.")
    return path


@pytest.fixture(scope="session", autouse=True)
def complete_pages() -> Iterator[None]:
    """Have each page wait for its scripts, which come after what it otherwise waits for."""

    def waiting(method: str) -> Callable[..., Any]:
        go = getattr(Page, method)

        def went(page: Page, *args: Any, **options: Any) -> Any:
            response = go(page, *args, **options)
            if "wait_until" not in options:
                page.locator(SCRIPTS_THERE).wait_for(state="attached")
            return response

        return went

    with pytest.MonkeyPatch.context() as patch:
        for method in ("goto", "reload", "go_back", "go_forward"):
            patch.setattr(Page, method, waiting(method))
        yield


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
        yield browser
        browser.close()


def watch(page: Page, base_url: str) -> None:
    """Attach the lists of what went wrong on a page.

    ``page.console_errors``, ``page.page_errors``, ``page.failed_requests`` and
    ``page.outside_requests`` are lists of strings.
    """
    page.console_errors, page.page_errors = [], []
    page.failed_requests, page.outside_requests = [], []

    def on_request(request: Request) -> None:
        if not request.url.startswith((base_url, *INSIDE)):
            page.outside_requests.append(request.url)

    def on_failed(request: Request) -> None:
        # A page that is left drops what it was still loading.
        if request.failure != "net::ERR_ABORTED":
            page.failed_requests.append(f"{request.url}: {request.failure}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            page.failed_requests.append(f"{response.url}: {response.status}")

    page.on("console", lambda m: page.console_errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.page_errors.append(str(error)))
    page.on("request", on_request)
    page.on("requestfailed", on_failed)
    page.on("response", on_response)


def complaints(page: Page) -> list[str]:
    """Return what the lists of `watch` hold, one line each."""
    return [
        f"{kind}: {line}"
        for kind in ("console_errors", "page_errors", "failed_requests", "outside_requests")
        for line in getattr(page, kind)
    ]


def start_figures(page: Page) -> None:
    """Read the page to its end, at a reader's pace for a script, until all figures have started."""
    page.evaluate(
        """async () => {
            const height = document.documentElement.scrollHeight;
            for (let y = 0; y < height; y += innerHeight / 2) {
                scrollTo({ top: y, behavior: "instant" });
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    page.wait_for_function("!document.querySelector('.live-figure:not(:has(.live-chart))')")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")


# Adds up how far a page's content moves without the reader's doing.
WATCH_SHIFT = """globalThis.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });"""


@dataclass(frozen=True)
class Read:
    """A page whose figures have all started: what it loaded, and how far its content moved."""

    page: Page
    responses: list[Response]
    shift: float


@pytest.fixture(scope="module")
def read_page(browser: Browser, base_url: str, page_path: str) -> Iterator[Read]:
    """One of the site's pages, loaded once for all tests of a module that look at it as it is.

    Each of them sets the width and medium that it looks at; none may answer, move or reload.
    """
    context = browser.new_context(**STILL)
    page = context.new_page()
    watch(page, base_url)
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108
    page.add_init_script(WATCH_SHIFT)
    page.goto(base_url + page_path)
    start_figures(page)
    page.wait_for_load_state("networkidle")
    yield Read(page, responses, page.evaluate("shift"))
    context.close()
    if found := complaints(page):
        pytest.fail("The page complained:\n" + "\n".join(found))


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    """A new page, 1280 x 900, still, that fails its test if anything went wrong on it.

    A test that provokes an error looks at the list it lands in (see `watch`) and clears it.
    """
    context = browser.new_context(**STILL)
    page = context.new_page()
    watch(page, base_url)
    yield page
    context.close()
    if found := complaints(page):
        pytest.fail("The page complained:\n" + "\n".join(found))
