"""Live figures in a browser: what is seen of one, what must be seen, and a small one to drive.

What a figure must show at a position of its controls is read off the state that Python saved into
the page, decoded here once more, and drawn anew from nothing: a chart that has moved must look like
one that has not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import ipywidgets as widgets
from ipywidgets.embed import dependency_state, embed_data
from playwright.sync_api import Locator, expect

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
        positions, prepared = self.positions(), self.state["prepared"]
        rows = finding = None
        if prepared:
            number = 0
            for grid, here in zip(prepared["grids"], positions.values(), strict=False):
                near = [k for k, value in enumerate(grid) if abs(value - here) < 1e-6]
                number = number * len(grid) + near[0]
            contents = [
                packed["distinct"][packed["at"][number] if packed["at"] else 0]
                for packed in (*prepared["columns"], prepared["findings"])
            ]
            finding = contents.pop()
            rows = [
                dict(zip(prepared["keys"], cells, strict=True))
                for cells in zip(*contents, strict=True)
            ]
        anew = self.figure.evaluate(DRAWN_ANEW, [self.state["spec"], positions, rows])
        return anew if rows is None else {**anew, "finding": finding}

    def seen(self) -> list[str]:
        return self.figure.locator(".live-chart svg").evaluate(SEEN)

    def table(self) -> list[list[str]]:
        return self.figure.locator("tbody").evaluate(
            "(body) => [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
        )

    def check(self) -> tuple[list[str], str]:
        """Fail unless chart, finding, text alternative and table show the present position.

        Returns
        -------
        tuple of list and str
            What is seen of the chart, and the finding.
        """
        expected = self.expected()
        where = f"{self.name} at {self.positions()}"
        expect(self.figure.locator(".live-finding > span"), where).to_have_text(expected["finding"])
        chart = self.figure.locator(".live-chart svg")
        assert chart.get_attribute("aria-label") == expected["finding"], where
        seen = self.seen()
        pairs = zip(seen, expected["seen"], strict=False)
        assert seen == expected["seen"], (where, [pair for pair in pairs if pair[0] != pair[1]])
        assert self.table() == [
            [as_shown(row.get(key), spec) for key, _, spec in self.state["columns"]]
            for row in expected["rows"]
        ], where
        return seen, expected["finding"]


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
        at_end = moved.evaluate("(menu) => menu.selectedIndex === menu.length - 1")
        keys = ["Home", "ArrowDown", "End"] if at_end else ["End", "Home", "ArrowDown"]
        yield from keys[: min(3, options)]


def small_figure(**changes: Any) -> LiveFigure:
    """Three bars and two controls, changed as told."""
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
    chart = parts.pop("chart", bars + bars.mark_text(dx=9).encode(text="macs:Q"))
    return LiveFigure(chart, **parts)


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
