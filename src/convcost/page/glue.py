"""Numbers for the prose: a chapter computes them, its sentences quote them.

The page's source names a number with MyST-NB's role ``glue:text``; this is the other half,
without the package (and Sphinx behind it) in the reader's environment.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from IPython.display import display

__all__ = ["glue", "glued"]

#: Prefix of a mime type that a notebook keeps and no front end shows (MyST-NB reads it back).
HIDDEN = "application/papermill.record/"


def glue(**numbers: str) -> None:
    """Keep numbers under names, for the sentences of this page.

    Parameters
    ----------
    **numbers : str
        Name -> the text that stands in the sentence, for instance ``vgg_params="143.7 M"``.

    Raises
    ------
    TypeError
        If a value is not text; how a number is rounded is the writer's decision.

    Notes
    -----
    The output format is that of ``myst_nb.glue`` with ``display=False``.
    """
    for name, text in numbers.items():
        if not isinstance(text, str):
            raise TypeError(
                f"glue({name}={text!r}): expected text, got {type(text).__name__}; "
                "format the number first, for instance with convcost.units"
            )
        # In quotes, or MyST-NB takes "53,120" for two numbers and "4.00" for 4.0.
        data = {f"{HIDDEN}text/plain": repr(text)}
        scrap = {"scrapbook": {"name": name, "mime_prefix": HIDDEN}}
        display(data, raw=True, metadata=scrap)  # type: ignore[no-untyped-call]


def glued(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return the numbers that an executed notebook keeps for its sentences.

    Parameters
    ----------
    notebook : mapping
        As nbformat 4 has it, with the outputs of its cells.

    Returns
    -------
    dict of str to str
        Name -> the text that :func:`glue` was given.
    """
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    kind = f"{HIDDEN}text/plain"
    return {
        output["metadata"]["scrapbook"]["name"]: ast.literal_eval(output["data"][kind])
        for output in outputs
        if kind in output.get("data", {})
    }
