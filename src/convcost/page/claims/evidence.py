"""What the claims are checked with: short names for counting, and the expressions evaluated.

The column ``check`` of the docket holds Python expressions, so that a reader sees how each number
of the evidence comes about, and a test computes it anew.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from convcost import arithmetic, conventions, units
from convcost.architectures import build, catalogue
from convcost.cost import measure
from convcost.page.claims.docket import SEPARATOR, Claim

__all__ = ["findings", "tools"]


def tools(data: Path) -> dict[str, Any]:
    """Return the names that an expression may use.

    Parameters
    ----------
    data : pathlib.Path
        The book's folder of data files.

    Returns
    -------
    dict
        ``rows(network, where)``: the layers of a network, as a frame; ``total(network, quantity,
        where)``: the sum of a column of it, such as ``"params"`` or ``"macs"``; `where` is a
        condition that ``DataFrame.query`` takes, an option of `build` (``shortcut="A"``) or the
        ``image``'s size may follow. ``priced(network, convention)``: the operations that a counter
        of :mod:`convcost.conventions` finds. ``keras``: the rows of Keras's table. ``published``:
        the figures that the papers print. ``count``, ``flops`` (of multiply-adds), ``mebibytes``:
        numbers as text. And the functions of :mod:`convcost.arithmetic`.
    """

    @functools.cache
    def frame(network: str, image: int, **options: Any) -> pd.DataFrame:
        with torch.device("meta"):
            return measure(build(network, **options), (1, 3, image, image)).to_frame()

    def rows(network: str, where: str = "", image: int = 224, **options: Any) -> pd.DataFrame:
        every = frame(network, image, **options)
        return every.query(where) if where else every

    def priced(network: str, convention: str) -> int:
        named = conventions.find(convention)
        return conventions.total(rows(network).itertuples(), named)

    def total(
        network: str, quantity: str, where: str = "", image: int = 224, **options: Any
    ) -> int:
        return int(rows(network, where, image, **options)[quantity].sum())

    return {
        **{name: getattr(arithmetic, name) for name in arithmetic.__all__},
        "count": units.count,
        "flops": units.flops,
        "mebibytes": units.mebibytes,
        "priced": priced,
        "rows": rows,
        "total": total,
        "keras": _keras_table(data),
        "published": pd.read_csv(data / "published.csv").set_index(["place", "name"]),
    }


def findings(claim: Claim, names: dict[str, Any]) -> list[str]:
    """Evaluate the expressions of a claim.

    Parameters
    ----------
    claim : Claim
    names : dict
        What `tools` returns.

    Returns
    -------
    list of str
        A text for each expression.

    Raises
    ------
    ValueError
        If an expression gives anything but a text; how a number is rounded is part of it.
    """
    found = []
    for expression in claim.checks:
        value = eval(expression, dict(names))
        if not isinstance(value, str) or SEPARATOR in value:
            raise ValueError(f"claim {claim.id}: {expression} gave {value!r}, not one text")
        found.append(value)
    return found


def _keras_table(data: Path) -> pd.DataFrame:
    """Join what the package and the book hold of Keras's table, by the name of the model."""
    with (data / "keras_steps.csv").open(encoding="utf-8", newline="") as lines:
        steps = pd.DataFrame(list(csv.DictReader(lines))).set_index("model").astype(float)
    models = pd.DataFrame(catalogue.keras_models()).set_index("model")
    return models.join(steps)
