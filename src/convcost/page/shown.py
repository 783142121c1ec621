"""What a cell shows: HTML for a page or notebook, and a plain text for all else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

__all__ = ["Shown", "marked_up"]


@dataclass(frozen=True, slots=True)
class Shown:
    """The last value of a cell, to be looked at.

    Attributes
    ----------
    html : str
        Complete without scripts and style sheets.
    text : str
        For where HTML is not shown.
    """

    html: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


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
