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


# What a figure shows, and what it must show where its controls stand: its state is decoded here
# once more, and its chart drawn anew from the specification alone, where the live one stands. All
# in one go, and as text, since each way to and from the page takes longer than to look. Once the
# finding is right, frames are waited for until all else that follows a move has followed.
LOOKED = f"""
async (figure, wanted) => {{
  const saved = globalThis.convcostState.state;
  const {{ spec, signals, prepared, columns }} = saved[figure.dataset.model].state;
  const seen = {SEEN};
  const at = [...figure.querySelectorAll(".live-control")].map((control) => {{
    const input = control.querySelector("select, :checked") ?? control.querySelector("input");
    if (input.type === "range") return input.valueAsNumber;
    if (input.type === "radio") return Number(input.value);
    if (input.type === "checkbox") return input.checked;
    return input.selectedIndex ?? input.value;
  }});
  if (at.length !== signals.length) throw new Error(`${{signals}}, but ${{at.length}} controls`);
  const expected = wanted ?? {{}};
  if (!wanted) {{
    let rows = null;
    if (prepared) {{
      const number = prepared.grids.reduce((number, grid, k) =>
        number * grid.length + grid.findIndex((value) => Math.abs(value - at[k]) < 1e-6), 0);
      const pick = ({{ distinct, at }}) => distinct[at ? at[number] : 0];
      const cells = prepared.columns.map(pick);
      expected.finding = pick(prepared.findings);
      rows = cells[0].map((_, row) =>
        Object.fromEntries(prepared.keys.map((key, k) => [key, cells[k][row]])));
    }}
    const box = document.createElement("div");
    box.className = "live-chart";
    figure.querySelector(".live-stage").append(box);
    const runtimes = globalThis.parsedFigures ??= new Map();
    if (!runtimes.has(figure)) runtimes.set(figure, vega.parse(structuredClone(spec)));
    const view = new vega.View(runtimes.get(figure), {{ renderer: "svg" }}).initialize(box);
    signals.forEach((name, k) => view.signal(name, at[k]));
    if (rows) view.data("rows", rows.map((row, number) => ({{ ...row, cc_row: number }})));
    await view.runAsync();
    expected.seen = seen(box.querySelector("svg"));
    expected.finding ??= view.signal("cc_finding");
    rows ??= view.data("rows");
    expected.cells = rows.map((row) => columns.map(([key]) => row[key] ?? null));
    view.finalize();
    box.remove();
  }}
  const finding = figure.querySelector(".live-finding > span");
  // A finding keeps its numbers and their units on one line; nothing else may differ.
  const broken = (text) => text.replaceAll("\u00a0", " ");
  const said = () => broken(finding.textContent);
  const late = performance.now() + 5000;
  let frames = 3;
  while (frames && performance.now() < late) {{
    if (said() === broken(expected.finding)) frames -= 1;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }}
  const svg = figure.querySelector(".live-chart svg");
  const shown = {{
    finding: said(),
    label: broken(svg.getAttribute("aria-label")),
    seen: seen(svg),
    table: [...figure.querySelector("tbody").rows].map((row) =>
      [...row.cells].map((cell) => broken(cell.textContent))),
  }};
  expected.finding = broken(expected.finding);
  return JSON.stringify({{ at, shown, expected, columns }});
}}
"""


class Shown:
    """A started figure on a page, and what its saved state says that it must show."""

    def __init__(self, figure: Locator) -> None:
        self.figure = figure
        self.name = figure.get_attribute("id")
        figure.scroll_into_view_if_needed()
        figure.page.keyboard.press("Shift")  # what opens a page waits for its reader
        expect(figure).to_have_attribute("data-live", "yes")
        self.controls = figure.locator(".live-control").all()
        self.positions: list[Any] = []

    def look(self, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what is shown, once the finding is the wanted one, or that of the state."""
        looked = json.loads(self.figure.evaluate(LOOKED, wanted))
        self.positions = looked["at"]
        return looked

    def seen(self) -> list[str]:
        return self.figure.locator(".live-chart svg").evaluate(SEEN)

    def check(self) -> dict[str, Any]:
        """Fail unless chart, finding, text alternative and table show the present position.

        Returns
        -------
        dict
            The ``finding``, the ``label``, what is ``seen`` of the chart, and the ``table``.
        """
        looked = self.look()
        shown, expected = looked["shown"], looked["expected"]
        where = f"{self.name} at {self.positions}"
        assert shown["finding"] == shown["label"] == expected["finding"], where
        pairs = zip(shown["seen"], expected["seen"], strict=False)
        assert shown["seen"] == expected["seen"], (where, [(a, b) for a, b in pairs if a != b])
        formats = [spec for _, _, spec in looked["columns"]]
        assert shown["table"] == [
            [as_shown(*pair).replace("\xa0", " ") for pair in zip(row, formats, strict=True)]
            for row in expected["cells"]
        ], where
        return shown


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
    (files / "state.js").write_text(assets.state_script(saved), encoding="utf-8")
    html = "".join(figure._repr_mimebundle_()[0]["text/html"] for figure in figures)
    (folder / "index.html").write_text(
        '<!DOCTYPE html><html lang="en" data-content_root="./"><head><meta charset="utf-8">'
        '<title>Test</title><link rel="stylesheet" href="_static/figures/figures.css">'
        '<script defer src="_static/figures/state.js"></script>'
        '<script defer src="_static/figures/figures.js"></script></head><body><main>'
        f"<h1>Test</h1>{html}</main></body></html>",
        encoding="utf-8",
    )
    return (folder / "index.html").as_uri()
