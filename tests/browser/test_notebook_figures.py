"""A live figure in a notebook: the same file, with a model whose Python the test plays."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from convcost.page.live import assets
from convcost.page.live.figure import LiveFigure
from tests.browser.figures import small_figure
from tests.unit.page.small_figures import with_bench

NOTEBOOK = """
([source, state]) => {
  const { render } = new Function(source)();
  const listeners = [];
  window.sent = [];
  window.model = {
    get: (name) => state[name],
    on: (event, listener) => listeners.push([event, listener]),
    off: (event, listener) => listeners.splice(listeners.findIndex(([, l]) => l === listener), 1),
    send: (content) => window.sent.push(content),
    set: (name, value) => { state[name] = value; window.emit(`change:${name}`); },
  };
  window.emit = (event, ...values) => {
    for (const [name, listener] of [...listeners]) if (name === event) listener(...values);
  };
  window.listening = () => listeners.length;
  window.ended = render({ model: window.model, el: document.body });
}
"""


def display(page: Page, figure: LiveFigure | None = None) -> None:
    """Display a figure on a page without a site."""
    figure = figure or small_figure()
    source = assets.widget_script().replace("export default", "return")
    state = figure.chart_state() | {f"at_{key}": at for key, at in figure.positions().items()}
    page.evaluate(NOTEBOOK, [source, state | {"caption": figure.caption}])


@pytest.fixture
def notebook(page: Page) -> Page:
    """A page on which a figure has been displayed and has got its chart library."""
    display(page)
    answer_vega(page)
    return page


def answer_vega(page: Page) -> None:
    """Send the chart library as Python does, as bytes."""
    page.wait_for_function("sent.length === 1")
    assert page.evaluate("sent.shift()") == {"type": "vega"}
    page.evaluate(
        """(text) => emit("msg:custom", { type: "vega" }, [new DataView(
            new TextEncoder().encode(text).buffer)])""",
        assets.read("vega.min.js"),
    )
    expect(page.locator(".live-chart svg")).to_be_visible()


def reply(page: Page, kernel: int, **changes: Any) -> None:
    """Answer for a kernel's position on the image of 16."""
    answer = {
        "type": "rows",
        "positions": [kernel, 1],
        "rows": [{"name": "only", "macs": kernel}],
        "finding": f"Python says {kernel}.",
    } | changes
    page.evaluate("(answer) => emit('msg:custom', answer, [])", answer)


def test_a_notebook_draws_the_same_figure(notebook: Page) -> None:
    expect(notebook.locator(".live-finding")).to_have_text("Kernel 3 on 16.")
    expect(notebook.locator("figcaption")).to_have_text("A small figure. Notice nothing.")
    notebook.get_by_text("Numbers").click()
    expect(notebook.locator("tbody tr").last).to_have_text("c144")
    notebook.evaluate("model.set('at_kernel', 5)")
    expect(notebook.locator(".live-finding")).to_have_text("Kernel 5 on 16.")
    expect(notebook.locator("tbody tr").last).to_have_text("c240")
    assert notebook.evaluate("sent") == []
    notebook.evaluate("ended.then((end) => end())")
    assert notebook.evaluate("listening()") == 0


def test_python_is_asked_where_nothing_was_prepared(notebook: Page) -> None:
    notebook.evaluate("model.set('at_kernel', 100)")
    notebook.wait_for_function("sent.length === 1")
    assert notebook.evaluate("sent.shift()") == {"type": "rows", "positions": [100, 1]}
    reply(notebook, 100)
    expect(notebook.locator(".live-finding")).to_have_text("Python says 100.")
    expect(notebook.locator(".live-chart svg")).to_contain_text("only")


def test_a_late_answer_never_overwrites_a_newer_position(notebook: Page) -> None:
    notebook.evaluate("model.set('at_kernel', 100)")
    notebook.wait_for_function("sent.length === 1")
    notebook.evaluate("model.set('at_kernel', 5)")  # prepared: shown at once
    expect(notebook.locator(".live-finding")).to_have_text("Kernel 5 on 16.")
    reply(notebook, 100)
    notebook.wait_for_timeout(100)
    expect(notebook.locator(".live-finding")).to_have_text("Kernel 5 on 16.")

    # One question at a time, and always for where the controls stand then.
    notebook.evaluate("sent.length = 0; model.set('at_kernel', 101)")
    notebook.wait_for_function("sent.length === 1")
    for kernel in (102, 103, 104):
        notebook.evaluate(f"model.set('at_kernel', {kernel})")
    notebook.wait_for_timeout(50)
    assert notebook.evaluate("sent") == [{"type": "rows", "positions": [101, 1]}]
    reply(notebook, 101)
    notebook.wait_for_function("sent.length === 2")
    assert notebook.evaluate("sent[1]") == {"type": "rows", "positions": [104, 1]}
    expect(notebook.locator(".live-finding")).to_have_text("Kernel 5 on 16.")
    reply(notebook, 104)
    expect(notebook.locator(".live-finding")).to_have_text("Python says 104.")


def test_what_python_could_not_compute_is_said(notebook: Page) -> None:
    notebook.evaluate("model.set('at_kernel', 100)")
    notebook.wait_for_function("sent.length === 1")
    reply(notebook, 100, failed="ValueError: the map shrinks below 1 × 1")
    expect(notebook.locator(".live-note")).to_contain_text("the map shrinks below 1 × 1")
    notebook.evaluate("model.set('at_kernel', 5)")
    expect(notebook.locator(".live-note")).to_be_hidden()


@pytest.mark.parametrize("asked", ["vega", "rows"])
def test_a_lost_kernel_is_said(page: Page, asked: str) -> None:
    """Of a silence of seconds, which the clock skips, a sentence says what to do."""
    page.clock.install()
    display(page)
    if asked == "rows":
        answer_vega(page)
        page.evaluate("model.set('at_kernel', 100)")
        page.wait_for_function("sent.length === 1")
    page.clock.run_for(30_000)
    expect(page.locator(".live-note")).to_contain_text("restart it and run this cell again")
    if asked == "vega":
        assert "Python does not answer" in page.page_errors.pop()


def test_a_notebook_has_the_bench_too(page: Page) -> None:
    """Presets, the last move, pin, challenges and code; no address, which is the notebook's own."""
    display(page, with_bench())
    answer_vega(page)
    page.get_by_role("button", name="Pin to compare").click()
    expect(page.locator(".live-pinned")).to_have_text("Pinned: A title")
    small = page.get_by_role("button", name="Small")
    small.click()
    expect(small).to_have_attribute("aria-pressed", "true")
    names = ("kernel", "kind", "bias")
    assert page.evaluate("(names) => names.map((name) => model.get(`at_${name}`))", names) == [
        1, 1, False,
    ]  # fmt: skip
    expect(page.locator(".live-change")).to_have_text("-9 weights.")
    assert page.evaluate("model.get('off_bias')")
    expect(page.locator(".live-unused")).to_have_text("With bias: not for b.")
    page.evaluate("model.set('at_kind', 0)")
    expect(page.locator(".live-unused")).to_be_empty()
    page.evaluate("model.set('at_bias', true)")
    expect(page.locator(".live-goals li")).to_have_attribute("data-state", "met")
    page.get_by_text("Code", exact=True).click()
    expect(page.locator(".live-code code")).to_have_text("kernel = 1")
    assert page.get_by_role("button", name="Copy the link").count() == 0
    assert page.evaluate("location.hash") == ""
