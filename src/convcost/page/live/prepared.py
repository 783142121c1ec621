"""Rows for every position of a figure's controls, packed so that nothing is written twice."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["MAX_PREPARED", "checked_rows", "column_format", "tabulate"]

#: Positions of its controls that a figure may have prepared; beyond that a page is too heavy.
MAX_PREPARED = 4000

#: Types of nearly all cells, of which a figure may have millions.
PLAIN = (str, int)


def checked_rows(rows: Any, columns: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return rows as dictionaries of plain values, with the same keys in each.

    Parameters
    ----------
    rows : list of dict, or pandas.DataFrame
    columns : mapping, optional
        Keys that the rows must have.

    Raises
    ------
    ValueError
        If there is no row, the rows' keys differ, or a column is missing.
    """
    if hasattr(rows, "to_dict"):
        rows = rows.to_dict("records")
    plain = [
        {str(key): cell if type(cell) in PLAIN else _plain(cell) for key, cell in row.items()}
        for row in rows
    ]
    if not plain:
        raise ValueError("rows() gave no row; a chart needs at least one.")
    for number, row in enumerate(plain):
        if row.keys() != plain[0].keys():
            raise ValueError(
                f"Row {number} has the keys {list(row)}, row 0 has {list(plain[0])}; "
                "give every row the same keys, with None where there is nothing."
            )
    missing = [key for key in columns or () if key not in plain[0]]
    if missing:
        raise ValueError(f"The rows lack the columns {missing}; they have {list(plain[0])}.")
    return plain


def tabulate(
    grids: Sequence[Sequence[Any]], state_at: Callable[[tuple[Any, ...]], tuple[Any, str]]
) -> dict[str, Any]:
    """Compute rows and finding at every position and pack them by column.

    Parameters
    ----------
    grids : sequence of sequences
        The positions of each control.
    state_at : callable
        Maps one position of all controls to (rows, finding).

    Returns
    -------
    dict
        ``grids``; ``keys`` of the rows; ``columns`` and ``findings``, each ``{"distinct": …,
        "at": …}``: the different contents and, for each position (last control fastest), the
        number of its content; ``at`` is None where all positions have the same.

    Raises
    ------
    ValueError
        If there are more than :data:`MAX_PREPARED` positions.
    """
    count = math.prod(len(grid) for grid in grids)
    if count > MAX_PREPARED:
        raise ValueError(
            f"The controls have {count:,} positions together; at most {MAX_PREPARED:,} are "
            "prepared. Give a slider a larger step, use fewer controls, or trace the formula "
            "(traced=True)."
        )
    rows, findings = zip(*map(state_at, itertools.product(*grids)), strict=True)
    keys = list(rows[0][0])
    return {
        "grids": [list(grid) for grid in grids],
        "keys": keys,
        "columns": [_packed([[row[key] for row in table] for table in rows]) for key in keys],
        "findings": _packed(findings),
    }


def column_format(cells: Sequence[Any]) -> str | None:
    """Return the d3 format that a column of the numbers' table is shown in, None for texts."""
    numbers = [c for c in cells if isinstance(c, (int, float)) and not isinstance(c, bool)]
    if not numbers:
        return None
    return ",d" if all(isinstance(number, int) for number in numbers) else ",.3~f"


def _packed(contents: Sequence[Any]) -> dict[str, Any]:
    distinct: dict[str, int] = {}
    at = [distinct.setdefault(json.dumps(content), len(distinct)) for content in contents]
    return {
        "distinct": [json.loads(content) for content in distinct],
        "at": at if len(distinct) > 1 else None,
    }


def _plain(cell: Any) -> Any:
    """Return a NumPy scalar as a Python one, and a missing number as None."""
    cell = cell.item() if hasattr(cell, "item") else cell
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
