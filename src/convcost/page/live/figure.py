"""The live figure: a chart that follows real ipywidgets controls, with or without Python behind."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from convcost.page.shown import STILL, still_figure

try:
    import anywidget
    import ipywidgets as widgets
    import traitlets

    from convcost.page.live import assets
    from convcost.page.live import bench as benches
    from convcost.page.live import controls as kinds
    from convcost.page.live.markup import figure_html
    from convcost.page.live.prepared import checked_rows, column_format, tabulate
    from convcost.page.live.spec import (
        NARROW_WIDTH,
        OWN,
        RESERVED,
        compile_chart,
        picture,
        trace_into,
    )
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"A live figure needs the package {missing.name!r}, which this kernel lacks. Install it "
        f"with  %pip install {missing.name}  and restart the kernel; the pictures and tables that "
        "are already on this page stay valid.",
        name=missing.name,
    ) from missing

__all__ = ["LiveFigure"]

MOST_OTHERWISE = 2
"""How many other settings the printed book tells of."""


class _Chart(anywidget.AnyWidget):
    """What `figure.js` draws: a Vega view and its finding; one trait for each control."""

    _esm = assets.widget_script()
    _css = assets.styles()

    spec = traitlets.Dict().tag(sync=True)
    signals: traitlets.List[str] = traitlets.List().tag(sync=True)
    prepared = traitlets.Dict(allow_none=True).tag(sync=True)
    columns: traitlets.List[tuple[str, str, str | None]] = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)
    plays = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    bench = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, positions: Mapping[str, Any], **traits: Any) -> None:
        # Traits that are added later would miss the message that opens the channel to the page.
        self.add_traits(
            **{f"at_{name}": traitlets.Any(here).tag(sync=True) for name, here in positions.items()}
        )
        if traits.get("bench"):  # a control that has no effect is disabled
            self.add_traits(
                **{f"off_{name}": traitlets.Bool(False).tag(sync=True) for name in positions}
            )
        super().__init__(signals=list(positions), **traits)


class LiveFigure(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A chart with controls that works on a static page as in a running notebook.

    On a page without Python the figure either looks its numbers up in a table prepared for all
    positions of the controls, or, if `traced`, computes them by Vega expressions traced from
    `rows` and `finding` themselves.  In a notebook, a position that was not prepared is asked of
    Python.

    Parameters
    ----------
    chart : altair.Chart
        Reads ``alt.NamedData("rows")``; may use each control's name as a parameter.
    name : str
        The figure's ``id`` on the page.
    rows : callable
        Maps the controls' values (keyword arguments) to the chart's data: a list of dictionaries
        with the same keys, or a data frame.  Pure: it depends on nothing else.
    finding : callable
        Maps the same values to one sentence that states what the chart now shows.
    controls : dict of str to ipywidgets.Widget
        IntSlider, FloatSlider, SelectionSlider, Dropdown, ToggleButtons or Checkbox, each with a
        ``description``.  Names become Vega signals: a number, a bool, or a selection's index.
        The functions above get a selection's value.
    caption : str
        What to notice in the figure; its first sentence names it.
    columns : dict of str to str
        Key in the rows -> heading in the table of numbers, the first column naming the row.
    chart_controls : dict of str to ipywidgets.Widget, optional
        Controls that only the chart reads, as parameters: how rows are shown, not what they are.
        The classes above, or a Combobox, whose parameter is its text.
    traced : bool
        Compute in the page.  Both functions must then be arithmetic that can be called with
        :class:`~convcost.page.live.tracing.Expression`, and options be numbers or texts.
    bench : Bench, optional
        What stands around the chart of a traced figure with many controls.  `rows` then gets the
        pinned snapshot, too, as the keyword ``pinned``.
    plays : str, optional
        Name of a slider that a button moves on, one step each beat.
    waits : bool
        Whether the page loads the chart library only at the reader's first move, for a figure that
        opens a page.  Until then its picture stands, a narrow one on a telephone.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        Set ``figure.controls["n"].value`` to move the figure from Python.
    rows, finding : callable
        As given: call ``figure.rows(n=3)`` for the numbers behind the chart.
    chart_widget : anywidget.AnyWidget
        What the page's script draws; its traits are what that script is given.
    links : list of ipywidgets.jslink
        One from each control to the trait of `chart_widget` that holds its position.

    Raises
    ------
    TypeError
        If a control is of another class, or a traced function asks for the value of a symbol.
    ValueError
        If a control's name or description can't serve, the rows do not fit the columns, or there
        are too many positions to prepare.
    """

    def __init__(
        self,
        chart: Any,
        *,
        name: str,
        rows: Callable[..., Any],
        finding: Callable[..., Any],
        controls: Mapping[str, widgets.Widget],
        caption: str,
        columns: Mapping[str, str],
        chart_controls: Mapping[str, widgets.Widget] | None = None,
        traced: bool = False,
        bench: benches.Bench | None = None,
        plays: str | None = None,
        waits: bool = False,
    ) -> None:
        self.name = name
        self.waits = waits
        self.bench = bench
        self.controls = dict(controls)
        self.chart_controls = dict(chart_controls or {})
        _check_controls(self.controls, kinds.KINDS)
        _check_controls(self.chart_controls, kinds.CHART_KINDS)
        self.plays = plays
        if plays is not None and type(self.controls.get(plays)) not in kinds.SLIDERS:
            raise ValueError(f"plays={plays!r}: a figure plays one of its sliders, by its name.")
        self.caption = caption
        self.traced = traced
        self.rows, self.finding, self._column_names = rows, finding, dict(columns)

        every = {**self.controls, **self.chart_controls}
        signals = {key: kinds.position(control) for key, control in every.items()}
        spec = compile_chart(chart, signals)
        if bench:
            if not traced:
                raise ValueError(f"The figure {name!r} has a bench: it must be traced=True.")
            bench.check(self.controls)
        here = self.positions().values()
        now, _ = self.state_at(*here)
        if bench:  # with something in every column
            values = self.values_at(*here)
            now = checked_rows(rows(**values, pinned=bench.pinned(values, is_pinned=True)))
        prepared = None
        if traced:
            symbols = {key: kinds.traced(control, key) for key, control in controls.items()}
            pin = {"pinned": bench.remembered(symbols, benches.PINNED)} if bench else {}
            spec = trace_into(
                spec,
                checked_rows(rows(**symbols, **pin), columns=columns),
                finding(**symbols),
                bench.signals(symbols) if bench else {},
            )
        else:
            grids = [kinds.positions(control) for control in controls.values()]
            prepared = tabulate(grids, lambda here: self.state_at(*here))
        self._columns = [
            (key, header, column_format([row[key] for row in now]))
            for key, header in columns.items()
        ]
        self.chart_widget = _Chart(
            signals, spec=spec, prepared=prepared, columns=self._columns, caption=caption,
            labels=kinds.number_labels(every),
            plays=plays and {"name": plays, **kinds.played(every[plays])},
            bench=bench and bench.told(every),
        )  # fmt: skip
        self.chart_widget.on_msg(self._answer)
        self.links = [
            widgets.jslink((control, kinds.linked_trait(control)), (self.chart_widget, f"at_{key}"))
            for key, control in every.items()
        ]
        if bench:
            self.links += [
                widgets.jsdlink((self.chart_widget, f"off_{key}"), (control, "disabled"))
                for key, control in every.items()
            ]
        for control in every.values():
            control.style.description_width = "initial"
            control.layout.flex = "1 1 20rem"
        shelf = (
            bench.in_groups(every)
            if bench
            else widgets.HBox(list(every.values()), layout=widgets.Layout(flex_flow="row wrap"))
        )
        super().__init__([shelf, self.chart_widget])

    def positions(self) -> dict[str, Any]:
        """Return where each control stands: a number, a bool, or a selection's index."""
        return {name: kinds.position(control) for name, control in self.controls.items()}

    def values_at(self, *positions: Any) -> dict[str, Any]:
        """Return the controls' values at one position of all of them, as `rows` takes them."""
        return {
            name: kinds.value_at(control, here)
            for (name, control), here in zip(self.controls.items(), positions, strict=True)
        }

    def state_at(self, *positions: Any) -> tuple[list[dict[str, Any]], str]:
        """Return rows and finding, computed in Python, at one position of all controls.

        Parameters
        ----------
        *positions : int, float or bool
            A position for each control, in the controls' order; a selection's index.
        """
        values = self.values_at(*positions)
        pin = {"pinned": self.bench.pinned(values)} if self.bench else {}
        try:
            rows = checked_rows(self.rows(**values, **pin), columns=self._column_names)
            finding = self.finding(**values)
            if not isinstance(finding, str):
                raise TypeError(f"finding() gave {finding!r}; it must give a text.")
        except Exception as error:
            error.add_note(f"In the figure {self.name!r}, with {values}.")
            raise
        return rows, finding

    def chart_state(self) -> dict[str, Any]:
        """Return what the page's script draws from: specification, prepared states, columns."""
        return {
            name: getattr(self.chart_widget, name)
            for name in ("spec", "signals", "prepared", "columns", "labels", "plays", "bench")
        }

    def _answer(self, _: Any, question: dict[str, Any], __: Any) -> None:
        """Answer the page: the chart library, or the rows of a position that was not prepared.

        The answer carries the position, so that the page can tell when it comes too late.
        """
        if question["type"] == "vega":
            self.chart_widget.send(
                {"type": "vega"}, buffers=[assets.path("vega.min.js").read_bytes()]
            )
            return
        reply = {"type": "rows", "positions": question["positions"]}
        try:
            rows, finding = self.state_at(*question["positions"][: len(self.controls)])
        except Exception as error:
            self.chart_widget.send({**reply, "failed": f"{type(error).__name__}: {error}"})
            raise
        self.chart_widget.send({**reply, "rows": rows, "finding": finding})

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the output's data and metadata."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        view = bundle["application/vnd.jupyter.widget-view+json"]
        rows, finding = self.state_at(*self.positions().values())
        every = {**self.controls, **self.chart_controls}
        drawn = functools.partial(
            picture,
            self.chart_widget.spec,
            label=finding,
            rows=rows if self.chart_widget.prepared else None,
            signals={key: kinds.position(control) for key, control in every.items()},
        )
        svg = drawn(name=self.name)
        html = figure_html(
            name=self.name,
            view=view,
            model_id=self.chart_widget.model_id,
            controls={
                key: kinds.control_html(control, f"{self.name}-{key}", plays=key == self.plays)
                for key, control in every.items()
            },
            bench=self.bench,
            svg=svg,
            narrow=drawn(name=f"{self.name}-narrow", width=NARROW_WIDTH) if self.waits else "",
            finding=finding,
            longest_finding=self._longest_finding(),
            otherwise=self.otherwise(),
            caption=self.caption,
            columns=self._columns,
            rows=rows,
        )
        still = still_figure(svg, finding, escape(finding), escape(self.caption))
        named = f"Figure {self.name}"
        return {**bundle, "text/plain": named, "text/html": html}, {STILL: still}

    def otherwise(self) -> list[tuple[str, str]]:
        """Return some other settings, one control changed in each, and what the figure finds then.

        It is for paper, where nothing can be moved.

        Returns
        -------
        list of (str, str)
            The control and what it says, and the finding; at most `MOST_OTHERWISE`.
        """
        if self.bench:  # one control of so many says little
            return []
        here = self.positions()
        told: list[tuple[str, str]] = []
        known = {self.finding(**self.values_at(*here.values()))}
        changes = [
            [(name, other) for other in kinds.others(control)]
            for name, control in self.controls.items()
        ]
        for name, other in filter(None, itertools.chain(*itertools.zip_longest(*changes))):
            control = self.controls[name]
            finding = self.finding(**self.values_at(*(here | {name: other}).values()))
            if finding not in known:
                told.append((f"{control.description}: {kinds.said(control, other)}", finding))
                known.add(finding)
            if len(told) == MOST_OTHERWISE:
                break
        return told

    def _longest_finding(self) -> str:
        """Return the longest text to keep room for: of all positions, or of the extreme ones."""
        if self.chart_widget.prepared:
            return max(self.chart_widget.prepared["findings"]["distinct"], key=len)  # type: ignore[no-any-return]
        ends = [(grid[0], grid[-1]) for grid in map(kinds.positions, self.controls.values())]
        corners = itertools.islice(itertools.product(*ends), 64)
        return max((self.state_at(*corner)[1] for corner in corners), key=len)


def _check_controls(controls: Mapping[str, widgets.Widget], classes: tuple[type, ...]) -> None:
    for name, control in controls.items():
        if not (name.isidentifier() and name.isascii()) or name in RESERVED or name.startswith(OWN):
            raise ValueError(
                f"A control can't be called {name!r}: Vega uses that name itself, or it is not a "
                f"plain identifier. Call it something else, such as {name.strip('_')[:1] or 'n'}_."
            )
        if type(control) not in classes:
            raise TypeError(
                f"The control {name!r} is a {type(control).__name__}; a figure takes "
                f"{', '.join(kind.__name__ for kind in classes)}."
            )
        if not control.description:
            raise ValueError(
                f"The control {name!r} has no label: give it a description, such as 'Input size'."
            )
