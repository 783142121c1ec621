"""What a cell shows: HTML for a page or notebook, and a plain text for all else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

__all__ = ["NOTEBOOK_ONLY", "STILL", "Shown", "marked_up", "still_figure"]

#: Class of a script in an output's HTML that a page of the site has from elsewhere: what renders
#: the site (book/_ext/deeper/markup.py) leaves it out.
NOTEBOOK_ONLY = "notebook-only"

#: Key in an output's metadata for what it is in a notebook that nobody has run yet, where neither
#: scripts nor style sheets are at work: a mime bundle. Front ends pass over it; what exports
#: chapters as notebooks (book/_ext/deeper/notebooks.py) puts it in the output's place.
STILL = "convcost_still"


@dataclass(frozen=True, slots=True)
class Shown:
    """The last value of a cell, to be looked at.

    Attributes
    ----------
    html : str
        Complete without scripts and style sheets.
    text : str
        For where HTML is not shown.
    still : mapping of str to str, optional
        Mime type -> content in a notebook that nobody has run yet, where `html` can't serve: it
        has controls, which nothing would answer there, or a drawing, which notebook viewers take
        out of HTML.
    """

    html: str
    text: str
    still: Mapping[str, str] | None = None

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the output's data and metadata."""
        metadata = {} if self.still is None else {STILL: dict(self.still)}
        return {"text/html": self.html, "text/plain": self.text}, metadata


def still_figure(svg: str, text: str, *sentences: str) -> dict[str, str]:
    """Return what a figure is in a notebook that nobody has run yet.

    Parameters
    ----------
    svg : str
        Its picture.
    text : str
        What the picture shows, for where no picture is shown.
    *sentences : str
        What stands below the picture, as HTML.

    Returns
    -------
    dict of str to str
        What stands under `STILL`: the picture, its text, and the sentences as ``text/html``.
    """
    below = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return {"image/svg+xml": svg, "text/plain": text, "text/html": below}


def marked_up(text: str) -> str:
    """Return text as HTML; what stands in backticks is code.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
