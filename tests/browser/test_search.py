"""The search page: the right section first, by whatever word, typing error or number."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

#: What a reader asks -> where the first answer has to be: a page, or a section of it.
QUERIES = {
    "receptive feild": "networks/why-3x3.html",
    "botleneck": "networks/bottleneck.html",
    "skip connection": "networks/resnet.html",
    "1x1 convolution": "networks/bottleneck.html",
    "memory": "counting/memory.html",
    "out of memory": "counting/memory.html",
    "MAC": "counting/operations.html",
    "flops": "counting/operations.html",
    "batch norm parameters": "counting/parameters.html",
    "depthwise": "counting/convolution.html#groups",
    "fc layers vgg": "networks/vgg-head.html",
    "Global Average Pooling": "networks/vgg-head.html",
    "degradation": "networks/degradation.html",
    "vanishing gradients": "networks/resnet.html#was-it-vanishing",
    "densenet": "networks/concatenation.html#densenet",
    "latency": "networks/inference-time.html",
    "why is resnet faster": "networks/side-by-side.html",
    "torchinfo": "counting/five-counters.html",
    "colab": "appendix/running.html#in-colab",
    "grading": "instructors/guide.html",
}


@pytest.fixture(scope="module")
def searched(browser: Browser, site: Path) -> Iterator[Page]:
    """The search page, from a folder."""
    page = browser.new_page()
    page.goto(f"{site.as_uri()}/search.html")
    yield page
    page.close()


def ask(page: Page, query: str) -> list[str]:
    """Type a query; return the addresses of what is found, from the site's root."""
    field = page.get_by_label("Search the book").locator("visible=true").last
    page.locator("#search-status").evaluate("(said) => { said.textContent = 'not yet'; }")
    field.fill(query)
    expect(page.locator("#search-status")).not_to_have_text("not yet")
    return [link.get_attribute("href") for link in page.locator("#search-results a").all()]


def test_twenty_questions_have_the_right_first_answer(searched: Page) -> None:
    assert len(QUERIES) == 20
    found = {query: ask(searched, query)[0] for query in QUERIES}

    assert {q: at for q, at in found.items() if not at.startswith(QUERIES[q])} == {}


def test_what_is_found_is_on_the_page_that_is_named(searched: Page, site: Path) -> None:
    for query in ("shortcut", "stride", "roofline"):
        for address in ask(searched, query):
            path, _, anchor = address.partition("#")
            html = (site / path).read_text("utf-8")
            assert not anchor or f'id="{anchor}"' in html, address


@pytest.mark.parametrize("query", ["25557032", "25,557,032", "25.6 M", "25.6 million"])
def test_a_number_is_found_however_it_is_written(searched: Page, query: str) -> None:
    """ResNet-50's parameters, 25,557,032 (torchvision), which chapters give as 25.6 M."""
    assert ask(searched, query)
    marked = searched.locator("#search-results mark").all_inner_texts()

    assert any(text.replace("\xa0", " ").startswith("25.6") for text in marked)


def test_a_word_in_the_making_finds_what_it_may_become(searched: Page) -> None:
    searched.get_by_label("Search the book").last.fill("")
    searched.get_by_label("Search the book").last.press_sequentially("bottlen", delay=1)

    expect(searched.locator("#search-results a").first).to_have_attribute(
        "href", "networks/bottleneck.html"
    )
    assert searched.url.endswith("search.html?q=bottlen")


def test_who_finds_nothing_is_told_and_helped(searched: Page) -> None:
    assert ask(searched, "zzzz") == []
    expect(searched.locator("#search-status")).to_contain_text("Nothing in the book matches “zzzz”")
    searched.get_by_role("button", name="skip connection").click()

    expect(searched.locator("#search-results a").first).to_have_attribute(
        "href", "networks/resnet.html"
    )
    expect(searched.locator("#search-hints")).to_be_hidden()
    ask(searched, "")
    expect(searched.locator("#search-hints")).to_be_visible()


def test_the_package_is_found_after_the_chapters(searched: Page) -> None:
    for query in ("memory", "receptive field", "bottleneck"):
        found = ask(searched, query)
        package = [k for k, address in enumerate(found) if address.startswith("appendix/package")]
        chapters = [k for k, a in enumerate(found) if a.startswith(("counting/", "networks/"))]
        assert chapters[0] == 0, query
        assert not package or package[0] > 2, query
