"""What a page with live figures loads, for the site's build.  No heavy imports.

The build needs two things from here:

1. :func:`static_files` gives the content of ``_static/figures/``: ``figures.js`` (one classic
   script made of :data:`WIDGET` and `page.js`), ``figures.css``, ``vega.min.js`` and
   its license.
2. A page with figures gets the styles (this book has them in its one sheet) and, once it is
   parsed, two scripts: first the state of its widgets, which :func:`state_script` makes of what
   MyST-NB writes into the page, then ``_static/figures/figures.js``.  Neither loads Vega: the
   second does, once, when the first figure comes near the screen.  It finds it by
   ``document.documentElement.dataset.content_root`` (``<html data-content_root="../">``, set by
   Sphinx), so that it works under any prefix and from ``file://``.

The html builder must prefer ``text/html`` to ``application/vnd.jupyter.widget-view+json``:
``nb_mime_priority_overrides = [("html", "text/html", 5)]``.  The html holds everything that a page
without scripts needs, and in it the widget view that says where the saved state is.
``nb_ipywidgets_js`` must be ``{}``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from convcost.page import palette

__all__ = [
    "page_script",
    "path",
    "read",
    "state_script",
    "static_files",
    "stripped",
    "styles",
    "widget_script",
]

HERE = Path(__file__).parent

#: The files that draw a figure, each of which uses those before it.
WIDGET = ("difference.js", "before.js", "play.js", "bench.js", "figure.js")

#: The style sheets of figures, in order.
STYLES = ("figure.css", "sight.css", "before.css", "bench.css")

#: Widgets that only matter to Jupyter's own runtime.
UNUSED_MODELS = ("LayoutModel", "StyleModel", "HBoxModel", "VBoxModel", "AccordionModel")

#: Fields that only matter to Jupyter's own runtime.
UNUSED_FIELDS = frozenset(
    {
        "_anywidget_id",
        "_css",
        "_dom_classes",
        "_esm",
        "_model_module",
        "_model_module_version",
        "_model_name",
        "_view_count",
        "_view_module",
        "_view_module_version",
        "_view_name",
        "behavior",
        "button_style",
        "caption",
        "continuous_update",
        "description",
        "description_allow_html",
        "icons",
        "indent",
        "layout",
        "orientation",
        "readout",
        "style",
        "tabbable",
        "tooltip",
        "tooltips",
    }
)


def path(name: str) -> Path:
    """Return the path of a file that lies beside this module."""
    return HERE / name


def read(name: str) -> str:
    """Return the text of a file that lies beside this module."""
    return path(name).read_text(encoding="utf-8")


def widget_script() -> str:
    """Return the script that draws a figure, in a notebook too."""
    return "".join(map(read, WIDGET))


def stripped(script: str) -> str:
    """Return a script without indentation and lines of comment, which readers need not load.

    No text in backticks may go over several lines.
    """
    return re.sub(r"^[ \t]*(?://.*)?\n?", "", script, flags=re.M)


def page_script() -> str:
    """Return the page's script: what also draws in a notebook, and `page.js`.

    It is a classic script, because module scripts do not load from ``file://``.
    """
    figure, export, rest = widget_script().partition("export default ")
    if not export or "export" in rest:
        raise ValueError("figure.js must have one export, its default")
    script = stripped(f"{figure}const figure = {rest}\n{read('page.js')}")
    return f'(() => {{\n"use strict";\n{script}}})();\n'


def styles() -> str:
    """Return the style sheet of figures, on the site as in a notebook: their colors and form."""
    return palette.style_sheet() + "".join(map(read, STYLES))


def static_files() -> dict[str, str]:
    """Return name -> text of each file in the site's ``_static/figures/``."""
    return {
        "figures.js": page_script(),
        "figures.css": styles(),
        "vega.min.js": read("vega.min.js"),
        "vega.LICENSE.txt": read("vega.LICENSE.txt"),
    }


def state_script(saved: dict[str, Any]) -> str:
    """Return, as a script, saved widget state with only what the page's other script reads.

    Parameters
    ----------
    saved : dict
        As in the notebook's metadata: ``{"version_major": 2, …, "state": {id: {…}}}``.
    """
    lean = {
        **saved,
        "state": {
            model_id: {
                "model_name": model["model_name"],
                "state": {k: v for k, v in model["state"].items() if k not in UNUSED_FIELDS},
            }
            for model_id, model in saved["state"].items()
            if not model["model_name"].endswith(UNUSED_MODELS)
        },
    }
    text = json.dumps(lean, separators=(",", ":"), ensure_ascii=False)
    return f"globalThis.convcostState={text};\n"
