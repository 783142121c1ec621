"""The page that a host shows where there is none, under whatever address was asked for."""

import mimetypes
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from playwright.sync_api import Page, Route, expect

from tests.conftest import ROOT


@pytest.fixture
def published(page: Page, site: Path) -> str:
    """The published site's address, answered as GitHub Pages does, by the built one."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    root = urlsplit(address).path

    def answer(route: Route) -> None:
        asked = unquote(urlsplit(route.request.url).path).removeprefix(root) or "index.html"
        path = site / asked
        missing = not path.is_file()
        path = site / "404.html" if missing else path
        route.fulfill(
            status=404 if missing else 200,
            body=path.read_bytes(),
            content_type=mimetypes.guess_type(path.name)[0],
        )

    page.route(f"{address}**", answer)
    return address


def test_a_missing_page_says_so_and_leads_on_from_any_folder(page: Page, published: str) -> None:
    page.goto(f"{published}counting/no-such/ResNet.html")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    assert page.locator("body").evaluate("(b) => getComputedStyle(b).fontFamily").startswith("Lit")
    # The page that has this name now, a search with the name in it, the first page.
    expect(page.get_by_role("link", name="ResNet: one addition")).to_have_count(2)
    page.get_by_text("Did you mean").get_by_role("link").click()
    assert page.url == f"{published}networks/resnet.html"
    page.go_back()
    page.get_by_label("Search the book").press("Enter")
    page.locator("#search-results li a").first.wait_for()
    assert page.url == f"{published}search.html?q=ResNet"
    page.wait_for_load_state("networkidle")
    # What was missing, and what the tests' own server does not know, are no faults of the page.
    page.failed_requests[:] = [f for f in page.failed_requests if "no-such" not in f]
    page.console_errors[:] = [e for e in page.console_errors if "404" not in e]
    page.outside_requests.clear()


def test_a_name_that_no_page_has_gets_no_suggestion(page: Page, published: str) -> None:
    page.goto(f"{published}zzzz")
    expect(page.get_by_text("Did you mean")).to_be_hidden()
    expect(page.get_by_label("Search the book")).to_have_value("zzzz")
    for link in page.locator("nav.bd-links a").all():
        assert link.evaluate("(a) => a.href").startswith(published)
    page.wait_for_load_state("networkidle")
    page.failed_requests.clear()
    page.console_errors.clear()
    page.outside_requests.clear()
