"""Computes a live figure's numbers as a page does, with the very files that a page loads.

A JavaScript engine without a document runs the vendored Vega and the functions of `figure.js`;
nothing of the figure's Python functions is in reach of it.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from py_mini_racer import MiniRacer

from convcost.page.live import assets, controls
from convcost.page.live.figure import LiveFigure

#: Positions of one figure that are compared; of a figure with a bench, which says more at each.
MOST, MOST_WITH_BENCH = 1500, 300

#: Vega without anything to draw on: what a traced figure computes at a position.
TRACED = """
(({ vega }, spec, signals) => {
  for (const drawn of ["marks", "axes", "legends", "title", "layout", "scales"]) delete spec[drawn];
  spec.data = spec.data.filter(({ name }) => name === "rows");
  const view = new vega.View(vega.parse(spec), { renderer: "none" }).run();
  const said = ["now", "change", "unused", "goals", "code"];
  const bench = spec.signals.some(({ name }) => name === "cc_now");
  let before = null; // with a bench, the position before is pinned, and a change told from it
  globalThis.stateAt = (positions) => {
    if (before) {
      view.signal("cc_before", before).signal("cc_pinned", { ...before, is_pinned: true });
    }
    positions.forEach((here, k) => view.signal(signals[k], here));
    view.run();
    if (bench) before = view.signal("cc_now");
    return {
      rows: view.data("rows"),
      finding: view.signal("cc_finding"),
      said: bench
        ? Object.fromEntries(said.map((name) => [name, view.signal(`cc_${name}`)]))
        : null,
    };
  };
})
"""

#: The states at many positions, the rows as lists of cells: those of the given keys, since Vega's
#: rows hold more, what the chart's own transformations add.
STATES = """
globalThis.states = (all, keys) => JSON.stringify(all.map((positions) => {
  const { rows, finding, said } = stateAt(positions);
  return [rows.map((row) => keys.map((key) => row[key])), finding, said ?? null];
}))
"""


def some_positions(figure: LiveFigure) -> list[tuple[Any, ...]]:
    """Return every position of a figure's controls together, or as many as are compared."""
    grids = [controls.positions(control) for control in figure.controls.values()]
    most = MOST_WITH_BENCH if figure.bench else MOST
    if math.prod(map(len, grids)) <= most:
        return list(itertools.product(*grids))
    drawn = random.Random(figure.name)
    found: dict[tuple[Any, ...], None] = {}
    while len(found) < most:
        found[tuple(drawn.choice(grid) for grid in grids)] = None
    return list(found)


def in_page(
    figure: LiveFigure, positions: Sequence[Sequence[Any]], keys: Sequence[str]
) -> Iterator[tuple[list[list[Any]], str, dict[str, Any] | None]]:
    """Yield each row's cells under `keys`, the finding, and what the bench says, at positions."""
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


def plain(said: Any) -> Any:
    """Return what a bench says as JSON has it: a tuple is a list there."""
    return json.loads(json.dumps(said))


def _batches(positions: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(positions), length):
        yield positions[start : start + length]


def assert_page_agrees(figure: LiveFigure) -> int:
    """Fail unless the page has, at each position, just what the figure's functions give.

    Of a figure with more than `MOST` positions, so many are drawn: among them are those of each
    control many times over. Where there is a bench, what it says is compared, too.

    Parameters
    ----------
    figure : LiveFigure
        Traced or tabulated.

    Returns
    -------
    int
        The number of positions compared.
    """
    positions = some_positions(figure)
    keys = list(figure.state_at(*positions[0])[0][0])
    before = None
    for position, shown in zip(positions, in_page(figure, positions, keys), strict=True):
        rows, finding, said = shown
        expected_rows, expected_finding = figure.state_at(*position)
        where = f"{figure.name} at {dict(zip(figure.controls, position, strict=True))}"
        if figure.bench:
            values = figure.values_at(*position)
            expected_said = figure.bench.said(values, before or figure.bench.now(values))
            if before:
                expected_rows = figure.rows(**values, pinned={**before, "is_pinned": True})
            else:
                del said["change"], expected_said["change"]  # from nothing
            before = expected_said["now"]
            for part, expected in expected_said.items():
                assert plain(said[part]) == plain(expected), f"{where}: {part}"
        expected = [list(row.values()) for row in expected_rows]
        assert list(expected_rows[0]) == keys, where
        assert len(rows) == len(expected), where
        if rows != expected:
            number = next(n for n, row in enumerate(rows) if row != expected[n])
            actual = dict(zip(keys, rows[number], strict=True))
            raise AssertionError(f"{where}, row {number}: {actual}, not {expected_rows[number]}")
        assert finding == expected_finding, f"{where}: {finding!r}, not {expected_finding!r}"
    return len(positions)
