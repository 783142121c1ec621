"""Computes a live figure's numbers as a page does, with the very files that a page loads.

A JavaScript engine without a document runs the vendored Vega and the functions of `figure.js`;
nothing of the figure's Python functions is in reach of it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from py_mini_racer import MiniRacer

from convcost.page.live import assets, controls
from convcost.page.live.figure import LiveFigure

#: Vega without anything to draw on; one figure's numbers at one position after another.
SCRIPT = """
(({ vega }, spec, signals) => {
  for (const drawn of ["marks", "axes", "legends", "title", "layout"]) delete spec[drawn];
  const view = new vega.View(vega.parse(spec), { renderer: "none" }).run();
  const at = (positions) => {
    positions.forEach((here, k) => view.signal(signals[k], here));
    view.run();
    const rows = view.data("rows").map((row) => ({ ...row })); // Vega writes into its rows
    return { rows, finding: view.signal("cc_finding") };
  };
  globalThis.computed = (all) => JSON.stringify(all.map(at));
})
"""


def all_positions(figure: LiveFigure) -> list[tuple[Any, ...]]:
    """Return every position of a figure's controls together."""
    grids = [controls.positions(control) for control in figure.controls.values()]
    return list(itertools.product(*grids))


def in_page(
    figure: LiveFigure, positions: Sequence[Sequence[Any]]
) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """Yield rows and finding as the page has them, for each position."""
    given = figure.chart_state()
    with MiniRacer() as engine:
        if figure.traced:
            engine.eval(assets.read("vega.min.js"))
            arguments = json.dumps(given["spec"]), json.dumps(given["signals"])
            engine.eval(f"({SCRIPT})(globalThis, {', '.join(arguments)})")
        else:
            engine.eval(assets.read("figure.js").replace("export default", "globalThis.figure ="))
            engine.eval(f"globalThis.prepared = {json.dumps(given['prepared'])}")
            engine.eval(
                "globalThis.computed = (all) =>"
                "JSON.stringify(all.map((positions) => preparedState(prepared, positions)))"
            )
        for some in _batches(positions, 1000):
            for state in json.loads(engine.eval(f"computed({json.dumps(some)})")):
                yield state["rows"], state["finding"]


def _batches(positions: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(positions), length):
        yield positions[start : start + length]


def assert_page_agrees(figure: LiveFigure) -> int:
    """Fail unless the page has, at every position, just what the figure's functions give.

    Parameters
    ----------
    figure : LiveFigure
        Traced or tabulated.

    Returns
    -------
    int
        The number of positions compared.
    """
    positions = all_positions(figure)
    for position, (rows, finding) in zip(positions, in_page(figure, positions), strict=True):
        expected_rows, expected_finding = figure.state_at(*position)
        where = f"{figure.name} at {dict(zip(figure.controls, position, strict=True))}"
        assert len(rows) == len(expected_rows), where
        for number, expected in enumerate(expected_rows):
            # The page's rows hold more: what the chart's own transformations add.
            actual = {key: rows[number].get(key) for key in expected}
            assert actual == expected, f"{where}, row {number}: {actual}, not {expected}"
        assert finding == expected_finding, f"{where}: {finding!r}, not {expected_finding!r}"
    return len(positions)
