"""Every live figure of the built site, driven as a reader drives it: by keyboard.

The figures are found by walking the site. What each must show at a position of its controls is
read off the state that Python saved into the page, decoded here once more, and drawn anew from
nothing: a chart that has moved must look like one that has not.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import ipywidgets as widgets
import pytest
from ipywidgets.embed import dependency_state, embed_data
from playwright.sync_api import Browser, Locator, Page, expect

from convcost.page.live import assets
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text

# All that is seen of a chart: each text and shape with its place, size and paint.
SEEN = """
(svg) => {
  const origin = svg.getBoundingClientRect();
  const lines = [];
  for (const element of svg.querySelectorAll("text, path, line, rect")) {
    const box = element.getBoundingClientRect();
    const { fill, stroke, opacity, visibility } = getComputedStyle(element);
    if ((!box.width && !box.height) || opacity === "0" || visibility !== "visible") continue;
    const place = [box.x - origin.x, box.y - origin.y, box.width, box.height].map(Math.round);
    lines.push([element.tagName, element.textContent, ...place, fill, stroke].join(" "));
  }
  return lines.sort();
}
"""

# Draws a chart from its specification alone, where the live one stands, and returns what is seen.
DRAWN_ANEW = f"""
async (figure, [spec, signals, rows]) => {{
  const stage = figure.querySelector(".live-stage");
  const box = document.createElement("div");
  box.className = "live-chart";
  stage.append(box);
  const view = new vega.View(vega.parse(spec), {{ renderer: "svg" }}).initialize(box);
  for (const [name, value] of Object.entries(signals)) view.signal(name, value);
  if (rows) view.data("rows", rows.map((row, number) => ({{ ...row, cc_row: number }})));
  await view.runAsync();
  const seen = ({SEEN})(box.querySelector("svg"));
  const finding = rows ? null : view.signal("cc_finding");
  const computed = rows ?? view.data("rows").map((row) => ({{ ...row }}));
  view.finalize();
  box.remove();
  return {{ seen, finding, rows: JSON.parse(JSON.stringify(computed)) }};
}}
"""


class Shown:
    """A started figure on a page, and what its saved state says that it must show."""

    def __init__(self, figure: Locator) -> None:
        self.figure = figure
        self.name = figure.get_attribute("id")
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("data-live", "yes")
        saved = figure.page.locator('script[type="application/vnd.jupyter.widget-state+json"]')
        self.saved = json.loads(saved.text_content())["state"]
        self.state = self.saved[figure.get_attribute("data-model")]["state"]
        self.controls = figure.locator(".live-control").all()

    def positions(self) -> dict[str, Any]:
        """What the native inputs say, by the name of each control's signal."""
        found = {}
        for name, control in zip(self.state["signals"], self.controls, strict=True):
            found[name] = control.evaluate(
                """(control) => {
                    const chosen = control.querySelector("select, :checked");
                    const input = chosen ?? control.querySelector("input");
                    if (input.type === "range") return input.valueAsNumber;
                    if (input.type === "radio") return Number(input.value);
                    if (input.type === "checkbox") return input.checked;
                    return input.selectedIndex ?? input.value;
                }"""
            )
        return found

    def expected(self) -> dict[str, Any]:
        """Return what must be seen, the finding and the rows at the present position."""
        positions, frames = self.positions(), self.state["frames"]
        rows = finding = None
        if frames:
            number = 0
            for grid, here in zip(frames["grids"], positions.values(), strict=False):
                near = [k for k, value in enumerate(grid) if abs(value - here) < 1e-6]
                number = number * len(grid) + near[0]
            contents = [
                packed["distinct"][packed["at"][number] if packed["at"] else 0]
                for packed in (*frames["columns"], frames["findings"])
            ]
            finding = contents.pop()
            rows = [
                dict(zip(frames["keys"], cells, strict=True))
                for cells in zip(*contents, strict=True)
            ]
        anew = self.figure.evaluate(DRAWN_ANEW, [self.state["spec"], positions, rows])
        return anew if rows is None else {**anew, "finding": finding}

    def seen(self) -> list[str]:
        return self.figure.locator(".live-chart svg").evaluate(SEEN)

    def finding(self) -> str:
        return self.figure.locator(".live-finding").inner_text()

    def table(self) -> list[list[str]]:
        return self.figure.locator("tbody").evaluate(
            "(body) => [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
        )

    def check(self) -> None:
        """Fail unless chart, finding, text alternative and table show the present position."""
        expected = self.expected()
        where = f"{self.name} at {self.positions()}"
        expect(self.figure.locator(".live-finding > span"), where).to_have_text(expected["finding"])
        chart = self.figure.locator(".live-chart svg")
        assert chart.get_attribute("aria-label") == expected["finding"], where
        assert self.seen() == expected["seen"], where
        assert self.table() == [
            [as_shown(row.get(key), spec) for key, _, spec in self.state["columns"]]
            for row in expected["rows"]
        ], where


def as_shown(cell: Any, spec: str | None) -> str:
    """Return the text of a cell in the table of numbers."""
    if cell is None or isinstance(cell, bool):
        return {None: "–", True: "yes", False: "no"}[cell]
    return formatted(cell, spec) if spec and not isinstance(cell, str) else str(cell)


def keys_for(control: Locator) -> Iterator[str]:
    """Focus a control and yield keys that move it, three moves at most."""
    moved = control.locator("select, input:checked, input").first
    if control.locator("input:checked").count():
        moved = control.locator("input:checked")
    moved.focus()
    kind = moved.get_attribute("type") or "select"
    if kind == "range":
        yield "ArrowRight" if moved.evaluate("(i) => i.value !== i.max") else "ArrowLeft"
        yield from ("Home", "End")
    elif kind == "radio":
        yield from ["ArrowRight"] * min(3, control.locator("input").count())
    elif kind == "checkbox":
        yield from ("Space", "Space")
    elif kind == "search":
        yield from ("v", "g", "Backspace")
    else:
        options = control.locator("option").count()
        yield from itertools.islice(itertools.chain(["End", "Home", "ArrowDown"]), min(3, options))


def put_back(control: Locator, position: Any) -> None:
    """Set a control to where it stood, so that the next is tried where the reader finds it."""
    control.evaluate(
        """(control, position) => {
            const choice = control.querySelectorAll("[type=radio]")[position];
            const input = choice ?? control.querySelector("select, input");
            if (choice) input.checked = true;
            else if (input.type === "checkbox") input.checked = position;
            else if (input.options) input.selectedIndex = position;
            else input.value = position;
            input.dispatchEvent(new Event("input"));
            input.dispatchEvent(new Event("change"));
        }""",
        position,
    )


def drive(page: Page) -> int:
    """Move each control of each figure of a page; return how many there were."""
    driven = 0
    for figure in page.locator("figure.live-figure").all():
        shown = Shown(figure)
        summary = figure.locator("summary")
        summary.focus()
        page.keyboard.press("Enter")
        expect(figure.locator("details")).to_have_attribute("open", "")
        shown.check()
        start = shown.positions().values()
        for control, position in zip(shown.controls, start, strict=True):
            if control.locator(":disabled").count():
                continue
            states = [(shown.seen(), shown.finding())]
            for key in keys_for(control):
                before = shown.positions()
                page.keyboard.press(key)
                assert shown.positions() != before or key == "Home", f"{shown.name}: {key}"
                shown.check()
                states.append((shown.seen(), shown.finding()))
            put_back(control, position)
            shown.check()
            name = control.inner_text().splitlines()[0]
            assert any(state != states[0] for state in states), (
                f"{shown.name}: {name} moves nothing"
            )
            driven += 1
    return driven


def test_every_control_moves_its_figure(page: Page, base_url: str, page_path: str) -> None:
    """Served under a prefix; the fixture fails the test on any outside request or error."""
    page.goto(base_url + page_path)
    figures = page.locator("figure.live-figure").count()
    assert drive(page) >= figures


def test_figures_work_from_a_file(page: Page, site: Path, page_path: str) -> None:
    """Without any server, too."""
    page.goto((site / page_path).as_uri())
    for figure in page.locator("figure.live-figure").all():
        shown = Shown(figure)
        control = shown.controls[0]
        for key in keys_for(control):
            page.keyboard.press(key)
        figure.locator("summary").click()
        shown.check()


def test_there_are_figures(pages: list[str], site: Path) -> None:
    """The tests above look at what they find."""
    live = [path for path in pages if 'class="live-figure"' in (site / path).read_text("utf-8")]
    assert len(live) >= 5


def test_a_figure_without_scripts_is_complete(
    browser: Browser, site: Path, pages: list[str]
) -> None:
    """Picture, finding, caption and numbers; no control that would not work."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in pages:
        page.goto((site / path).as_uri())
        for figure in page.locator("figure.live-figure").all():
            expect(figure.locator(".live-picture svg")).to_be_visible()
            expect(figure.locator(".live-finding > span")).to_be_visible()
            expect(figure.locator("figcaption")).to_be_visible()
            expect(figure.locator(".live-controls")).to_be_hidden()
            figure.locator("summary").click()
            expect(figure.locator("tbody tr").first).to_be_visible()
    context.close()


# ---- One figure on a page of its own ------------------------------------------------------------


def small_figure(**changes: Any) -> LiveFigure:
    """Three bars and two controls."""
    bars = alt.Chart(alt.NamedData("rows"), height=90).mark_bar().encode(
        x=alt.X("macs:Q").scale(domain=[0, 900]), y=alt.Y("name:N", sort=None)
    )  # fmt: skip
    parts = {
        "name": "fig-small",
        "rows": lambda kernel, image: [
            {"name": name, "macs": kernel * image * k} for k, name in enumerate("abc", start=1)
        ],
        "finding": lambda kernel, image: text("Kernel ", kernel, " on ", image, "."),
        "controls": {
            "kernel": widgets.IntSlider(value=3, min=1, max=7, description="Kernel"),
            "image": widgets.Dropdown(options=[8, 16, 32], value=16, description="Image"),
        },
        "caption": "A small figure. Notice nothing.",
        "columns": {"name": "Name", "macs": "Multiply-adds"},
    } | changes
    return LiveFigure(bars + bars.mark_text(dx=9).encode(text="macs:Q"), **parts)


def write_page(folder: Path, *figures: LiveFigure, others: tuple[widgets.Widget, ...] = ()) -> str:
    """Write a page as the site's build does, with its files; return its address."""
    files = folder / "_static" / "figures"
    files.mkdir(parents=True)
    for name, content in assets.static_files().items():
        (files / name).write_text(content, encoding="utf-8")
    views = [*figures, *others]
    own = dependency_state(views, drop_defaults=False)
    saved = embed_data(views=views, state=own)["manager_state"]
    state = json.dumps(assets.page_state(saved)).replace("<", "\\u003c")
    html = "".join(figure._repr_mimebundle_()[0]["text/html"] for figure in figures)
    (folder / "index.html").write_text(
        '<!DOCTYPE html><html lang="en" data-content_root="./"><head><meta charset="utf-8">'
        '<title>Test</title><link rel="stylesheet" href="_static/figures/figures.css">'
        '<script defer src="_static/figures/figures.js"></script></head><body><main>'
        f"<h1>Test</h1>{html}</main>"
        f'<script type="application/vnd.jupyter.widget-state+json">{state}</script></body></html>',
        encoding="utf-8",
    )
    return (folder / "index.html").as_uri()


@pytest.mark.parametrize("traced", [False, True])
def test_a_figure_says_where_it_stands(page: Page, tmp_path: Path, traced: bool) -> None:
    """For those who hear it: names, values, and after a pause the finding."""
    page.goto(write_page(tmp_path, small_figure(traced=traced)))
    slider = page.get_by_role("slider", name="Kernel")
    expect(slider).to_be_enabled()
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "7")
    expect(page.locator("output")).to_have_text("7")
    expect(page.locator("output")).to_have_attribute("aria-live", "off")
    page.get_by_role("combobox", name="Image").select_option("32")
    expect(page.get_by_role("img", name="Kernel 7 on 32.")).to_be_visible()
    expect(page.locator("[role=status]")).to_have_text("Kernel 7 on 32.")
    expect(page.get_by_role("figure")).to_contain_text("Notice nothing.")
    shown = Shown(page.locator("figure"))
    page.get_by_text("Numbers").click()
    shown.check()
    assert shown.table()[2] == ["c", "672"]


def test_many_quick_moves_end_at_the_last(page: Page, tmp_path: Path) -> None:
    """Also where the last comes while the chart is being drawn."""
    page.goto(write_page(tmp_path, small_figure()))
    shown = Shown(page.locator("figure"))
    page.get_by_text("Numbers").click()
    for pause in range(12):
        page.locator("figure").evaluate(
            """async (figure, pause) => {
                const slider = figure.querySelector("[type=range]");
                for (const value of [5, 2, 7, 4 + (pause % 3)]) {
                    slider.value = value;
                    slider.dispatchEvent(new Event("input"));
                    for (let k = 0; k < pause; k++) await null;
                }
            }""",
            pause,
        )
        expect(page.locator(".live-finding > span")).to_have_text(f"Kernel {4 + pause % 3} on 16.")
        shown.check()


def test_axes_follow_rows_that_change(page: Page, tmp_path: Path) -> None:
    """Names that come, go, trade places and grow: as if the chart had just been drawn."""

    def rows(kernel: int, image: int) -> list[dict[str, Any]]:
        names = sorted("abcdefg", key=lambda name: ord(name) * 37 * kernel % 11)[:5]
        return [
            {"name": name * (9 if name == "c" and kernel % 2 else 1), "macs": image}
            for name in names
        ]

    page.goto(write_page(tmp_path, small_figure(rows=rows)))
    shown = Shown(page.locator("figure"))
    page.get_by_text("Numbers").click()
    page.get_by_role("slider").focus()
    for key in ("ArrowRight", "End", "ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
        shown.check()


def test_a_chart_is_as_wide_as_its_place(page: Page, tmp_path: Path) -> None:
    """And its text is no smaller on a telephone."""
    page.goto(write_page(tmp_path, small_figure()))
    for width in (1280, 390, 320, 900):
        page.set_viewport_size({"width": width, "height": 700})
        shown = Shown(page.locator("figure"))
        place = page.locator(".live-stage").evaluate("(stage) => stage.clientWidth")
        expect(page.locator(".live-chart svg")).to_have_attribute("width", str(place))
        heights = [int(line.split()[5]) for line in shown.seen() if line.startswith("text a ")]
        assert heights
        assert min(heights) >= 10
    page.locator("main").evaluate("(main) => { main.style.width = '500px'; }")
    place = page.locator(".live-stage").evaluate("(stage) => stage.clientWidth")
    expect(page.locator(".live-chart svg")).to_have_attribute("width", str(place))


def test_links_between_controls_work(page: Page, tmp_path: Path) -> None:
    """A reader's own jslink and jsdlink, as in a notebook."""
    figure = small_figure()
    first, second = figure.controls["kernel"], widgets.IntSlider(min=1, max=7, description="Kernel")
    image = widgets.Dropdown(options=[8], description="Image")
    other = small_figure(name="fig-other", controls={"kernel": second, "image": image})
    widgets.jslink((first, "value"), (second, "value"))
    page.goto(write_page(tmp_path, figure, other))
    both = [Shown(page.locator(f"#{name}")) for name in ("fig-small", "fig-other")]
    expect(page.locator("#fig-other .live-finding > span")).to_have_text("Kernel 3 on 8.")
    page.get_by_role("slider", name="Kernel").last.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#fig-small .live-finding > span")).to_have_text("Kernel 4 on 16.")
    for shown in both:
        shown.figure.locator("summary").click()
        shown.check()


def test_a_position_that_was_not_prepared_is_said(page: Page, tmp_path: Path) -> None:
    """No kernel here: the figure stays where it was and says why."""
    figure = small_figure()
    figure.controls["kernel"].max = 9
    page.goto(write_page(tmp_path, figure))
    Shown(page.locator("figure"))
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.locator(".live-note")).to_contain_text("run this page as a notebook")
    expect(page.locator(".live-finding > span")).to_have_text("Kernel 3 on 16.")
    page.keyboard.press("Home")
    expect(page.locator(".live-note")).to_be_hidden()
    expect(page.locator(".live-finding > span")).to_have_text("Kernel 1 on 16.")


def test_a_figure_that_cannot_start_keeps_its_picture(page: Page, tmp_path: Path) -> None:
    address = write_page(tmp_path, small_figure())
    (tmp_path / "_static" / "figures" / "vega.min.js").unlink()
    page.goto(address)
    expect(page.locator(".live-note")).to_contain_text("Its picture and its numbers stand")
    expect(page.locator(".live-picture svg")).to_be_visible()
    assert "did not load" in page.page_errors.pop()
    page.console_errors.clear()
    page.failed_requests.clear()


def test_a_widget_of_an_unknown_kind_is_an_error(page: Page, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, small_figure(), others=(widgets.Text(),)))
    expect(page.locator(".live-note")).to_contain_text("TextModel")
    assert "TextModel" in page.page_errors.pop()


def test_printing_starts_figures_and_keeps_them_on_the_paper(page: Page, tmp_path: Path) -> None:
    """On paper no script runs: a chart as wide as the screen is scaled down."""
    page.add_init_script("ResizeObserver = class { observe() {} }")
    names = [f"fig-{k}" for k in range(12)]
    page.goto(write_page(tmp_path, *(small_figure(name=name) for name in names)))
    expect(page.locator("#fig-0")).to_have_attribute("data-live", "yes")
    assert page.locator("#fig-11").get_attribute("data-live") is None
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for name in names:
        expect(page.locator(f"#{name}")).to_have_attribute("data-live", "yes")
    page.emulate_media(media="print")
    page.locator("main").evaluate("(main) => { main.style.width = '500px'; }")
    for figure in page.locator("figure").all():
        picture = figure.locator(".live-stage svg")
        box, drawn = picture.bounding_box(), picture.get_attribute("viewBox").split()
        assert box["x"] + box["width"] <= 8 + 500
        assert box["width"] / box["height"] == pytest.approx(
            int(drawn[2]) / int(drawn[3]), rel=0.02
        )


# ---- In a notebook: the same file, with a model whose Python is played by the test --------------

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


def display(page: Page) -> None:
    """Display a figure on a page without a site."""
    figure = small_figure()
    source = assets.read("figure.js").replace("export default", "return")
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
