"""The figure as HTML: what a reader has without scripts, and what the scripts start from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from convcost.page.live.bench import FIRST_WORDS, Bench
from convcost.page.live.tracing import formatted

__all__ = ["figure_html"]

Column = tuple[str, str, str | None]


def figure_html(
    *,
    name: str,
    view: Mapping[str, Any],
    model_id: str,
    controls: Mapping[str, str],
    svg: str,
    finding: str,
    longest_finding: str,
    otherwise: Sequence[tuple[str, str]],
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    bench: Bench | None = None,
    narrow: str = "",
) -> str:
    """Return a ``<figure>`` with picture, finding, caption and table of numbers.

    Parameters
    ----------
    name : str
        The figure's ``id``; ids inside begin with it.
    view : mapping
        The content of ``application/vnd.jupyter.widget-view+json``.
    model_id : str
        Model of the chart, in the saved widget state.
    controls : mapping of str to str
        Each control as HTML, by its name.
    svg : str
        The picture.
    finding, longest_finding : str
        What the figure shows now, and the longest text for which room is kept.
    otherwise : sequence of (str, str)
        Another setting, and what is found there; for the printed book.
    caption : str
    columns : sequence of (key, header, d3 format or None)
    rows : sequence of mappings
    bench : Bench, optional
        What stands around the chart and its controls.
    narrow : str, optional
        The picture on a telephone; with it, the figure waits for the reader's first move.

    Notes
    -----
    What is shown comes before what moves it: it stays in sight while the controls scroll below it.

    The controls are ``hidden`` where the book's style sheet is not loaded (a notebook viewer):
    there no script would ever enable them.
    """
    title = caption.partition(". ")[0].rstrip(".")
    head = "".join(
        f'<th scope="col"{_numeric(spec)}>{escape(header)}</th>' for _, header, spec in columns
    )
    body = "".join(f"<tr>{_cells(row, columns)}</tr>" for row in rows)
    marked, shelf = " data-waits" if narrow else "", "".join(controls.values())
    words = (
        f'<p class="live-finding" data-longest="{escape(longest_finding)}" '
        f'data-otherwise="{escape(json.dumps(otherwise, ensure_ascii=False))}">'
        f"<span>{escape(finding)}</span></p>"
    )
    above = below = ""
    if bench:
        marked, shelf = " data-bench", bench.grouped(controls)
        above = f'<div class="live-above" hidden>{bench.above()}</div>'
        below = f'<div class="live-below" hidden>{bench.below()}</div>'
        words += f'<p class="live-change" aria-hidden="true" hidden>{FIRST_WORDS}</p>'
        words = f'<div class="live-words">{words}</div>'
    return (
        f'<figure class="live-figure" id="{name}" data-model="{model_id}"{marked}>'
        '<div class="live-work"><div class="live-show">'
        f'<div class="live-stage"><div class="live-picture">{svg}{narrow}</div></div>{words}</div>'
        f'{above}<div class="live-controls" hidden>{shelf}</div></div>{below}'
        f'<details class="live-numbers"><summary>Numbers</summary>'
        f'<div class="live-table" role="region" aria-label="Numbers: {escape(title)}" '
        f'tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
        f'<script type="application/vnd.jupyter.widget-view+json">{json.dumps(view)}</script>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _cells(row: Mapping[str, Any], columns: Sequence[Column]) -> str:
    cells = []
    for number, (key, _, spec) in enumerate(columns):
        tag = 'th scope="row"' if number == 0 else "td"
        cells.append(f"<{tag}{_numeric(spec)}>{escape(_cell_text(row[key], spec))}</{tag[:2]}>")
    return "".join(cells)


def _cell_text(cell: Any, spec: str | None) -> str:
    """Return a cell's text; figure.js has the same rule for a table that follows the controls."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if spec is None or isinstance(cell, str):
        return str(cell)
    text: str = formatted(cell, spec)
    return text


def _numeric(spec: str | None) -> str:
    return ' class="live-number"' if spec else ""
