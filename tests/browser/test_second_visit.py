"""A second visit to a page's Python goes on from the memory that the first has kept."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_page_python import (
    CHAPTER,
    LOADED,
    editor,
    field,
    opener,
    run_to_its_end,
    status,
)

# Waits for what the first visit keeps, changes it by a function of its bytes, and puts it back.
CHANGE = """async (change) => {
  const cache = await caches.open("deeper-python");
  let keys = [];
  while (!(keys = await cache.keys()).length) await new Promise((seen) => setTimeout(seen, 50));
  const found = await cache.match(keys[0]);
  const bytes = new Uint8Array(await found.arrayBuffer());
  await cache.put(keys[0], new Response(eval(change)(bytes), { headers: found.headers }));
  return [keys.length, bytes.length];
}"""
# What a function in Python's memory says, in other letters.
LOUDER = """(bytes) => {
  const text = new TextDecoder("latin1").decode(bytes);
  const words = "nobody can type here";
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    bytes.set(new TextEncoder().encode(words.toUpperCase()), at);
  }
  return bytes;
}"""


def first_visit(page: Page, url: str) -> None:
    page.goto(url)
    opener(page).click()
    expect(status(page)).to_have_text("Done.", timeout=LOADED)


def second_visit(page: Page, code: str) -> str:
    """Load the page anew and run code; return what is shown."""
    page.reload()
    if not field(page).is_visible():  # nothing was written before
        opener(page).click()
        expect(editor(page).get_by_role("button", name="Stop")).to_be_hidden(timeout=LOADED)
    return run_to_its_end(page, code)


def test_a_second_visit_begins_with_the_memory_of_the_first(page: Page, base_url: str) -> None:
    first_visit(page, base_url + CHAPTER)
    count, size = page.evaluate(CHANGE, LOUDER)
    assert count == 1
    assert size > 10**7
    assert "NOBODY CAN TYPE HERE" in second_visit(page, "input()")
    drawn = [second_visit(page, "import random\nrandom.random()") for _ in range(2)]
    assert drawn[0] != drawn[1]
    # The way to JavaScript is as shut as in the first visit (see test_page_python.py).
    assert "AttributeError: fetch" in second_visit(page, "import js\njs.fetch('/')")
    run_js = "from pyodide.code import run_js\nrun_js('1')"
    assert "cannot import name 'eval' from 'js'" in second_visit(page, run_js)


@pytest.mark.parametrize(
    "change", ["(bytes) => bytes.slice(0, 1000)", "(bytes) => bytes.fill(0)"], ids=["cut", "empty"]
)
def test_what_is_kept_wrongly_is_made_anew(page: Page, base_url: str, change: str) -> None:
    first_visit(page, base_url + CHAPTER)
    page.evaluate(CHANGE, change)
    assert second_visit(page, "6 * 7").strip() == "42"
    assert page.evaluate(CHANGE, "(bytes) => bytes")[1] > 10**7


def test_where_nothing_can_be_kept_python_runs_all_the_same(page: Page, base_url: str) -> None:
    forbidden = 'caches.open = async () => { throw new DOMException("no", "SecurityError"); };'
    page.route(
        "**/_static/python/worker.js*",
        lambda route: route.fulfill(
            content_type="text/javascript", body=f"{forbidden}\n{route.fetch().text()}"
        ),
    )
    first_visit(page, base_url + CHAPTER)
    assert second_visit(page, "6 * 7").strip() == "42"
