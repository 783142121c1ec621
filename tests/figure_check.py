"""Computes a live figure's numbers as a page does, with the very files that a page loads.

A JavaScript engine without a document runs the vendored Vega and the functions of `figure.js`;
nothing of the figure's Python functions is in reach of it.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from py_mini_racer import MiniRacer

from convcost.page.live import assets, controls
from convcost.page.live.figure import LiveFigure

#: Positions of one figure that are compared.
MOST = 1500

#: Vega without anything to draw on: what a traced figure computes at a position.
TRACED = """
(({ vega }, spec, signals) => {
  for (const drawn of ["marks", "axes", "legends", "title", "layout", "scales"]) delete spec[drawn];
  spec.data = spec.data.filter(({ name }) => name === "rows");
  const view = new vega.View(vega.parse(spec), { renderer: "none" }).run();
  globalThis.stateAt = (positions) => {
    positions.forEach((here, k) => view.signal(signals[k], here));
    view.run();
    return { rows: view.data("rows"), finding: view.signal("cc_finding") };
  };
})
"""

#: The states at many positions, the rows as lists of cells: those of the given keys, since Vega's
#: rows hold more, what the chart's own transformations add.
STATES = """
globalThis.states = (all, keys) => JSON.stringify(all.map((positions) => {
  const { rows, finding } = stateAt(positions);
  return [rows.map((row) => keys.map((key) => row[key])), finding];
}))
"""


def all_positions(figure: LiveFigure) -> list[tuple[Any, ...]]:
    """Return every position of a figure's controls together."""
    grids = [controls.positions(control) for control in figure.controls.values()]
    return list(itertools.product(*grids))


def in_page(
    figure: LiveFigure, positions: Sequence[Sequence[Any]], keys: Sequence[str]
) -> Iterator[tuple[list[list[Any]], str]]:
    """Yield each row's cells under `keys`, and the finding, as the page has them at positions."""
    given = figure.chart_state()
    with MiniRacer() as engine:
        engine.eval(STATES)
        if figure.traced:
            engine.eval(assets.read("vega.min.js"))
            arguments = json.dumps(given["spec"]), json.dumps(given["signals"])
            engine.eval(f"({TRACED})(globalThis, {', '.join(arguments)})")
        else:
            engine.eval(assets.read("figure.js").replace("export default", "globalThis.figure ="))
            engine.eval(f"globalThis.prepared = {json.dumps(given['prepared'])}")
            engine.eval("globalThis.stateAt = (positions) => preparedState(prepared, positions)")
        for some in _batches(positions, 1000):
            asked = f"{json.dumps(some)}, {json.dumps(keys)}"
            yield from json.loads(engine.eval(f"states({asked})"))


def _batches(positions: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(positions), length):
        yield positions[start : start + length]


def assert_page_agrees(figure: LiveFigure) -> int:
    """Fail unless the page has, at each position, just what the figure's functions give.

    Of a figure with more than `MOST` positions, so many are drawn: among them are those of each
    control many times over.

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
    if len(positions) > MOST:
        positions = random.Random(figure.name).sample(positions, MOST)
    keys = list(figure.state_at(*positions[0])[0][0])
    for position, (rows, finding) in zip(positions, in_page(figure, positions, keys), strict=True):
        expected_rows, expected_finding = figure.state_at(*position)
        expected = [list(row.values()) for row in expected_rows]
        where = f"{figure.name} at {dict(zip(figure.controls, position, strict=True))}"
        assert list(expected_rows[0]) == keys, where
        assert len(rows) == len(expected), where
        if rows != expected:
            number = next(n for n, row in enumerate(rows) if row != expected[n])
            actual = dict(zip(keys, rows[number], strict=True))
            raise AssertionError(f"{where}, row {number}: {actual}, not {expected_rows[number]}")
        assert finding == expected_finding, f"{where}: {finding!r}, not {expected_finding!r}"
    return len(positions)
