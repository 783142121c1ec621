"""A graded notebook as a page that runs nothing, fetches nothing, and stays what it is.

A page of feedback is read by the student who wrote half of it, and by whoever marks it. So what
students wrote is cleaned by nh3, which parses HTML as browsers do, before it gets into the page:
text, tables, pictures that it brings along, and nothing that acts, leads elsewhere, or stands
outside its box.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import nh3
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

# What remains to a page into which something got in spite of all.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; "
    "base-uri 'none'\">"
)

TEMPLATES = Path(__file__).parent / "templates"

#: No address leads anywhere; a class would be one of the page's own, some of which stand anywhere.
ATTRIBUTES = {"img": {"src", "alt", "title"}, "td": {"align"}, "th": {"align"}}
TAGS = nh3.ALLOWED_TAGS - {"a", "area", "map"}


def cleaned(text: str) -> str:
    """Return HTML without anything that acts, leads elsewhere, or leaves its box."""

    def kept(_tag: str, name: str, value: str) -> str | None:
        brought_along = value.strip().lower().startswith("data:image/")
        return value if name != "src" or brought_along else None

    return nh3.clean(
        text, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=kept, url_schemes={"data"}
    )


def as_page(notebook: NotebookNode, resources: Mapping[str, object]) -> str:
    """Return the page of a graded notebook.

    Parameters
    ----------
    notebook
        What a student may read.
    resources
        As nbgrader's templates take them.
    """
    from nbconvert.exporters import HTMLExporter

    class Exporter(HTMLExporter):
        """Cleans what it makes of Markdown, which the template shows as it comes."""

        def default_filters(self) -> Iterable[tuple[str, Callable[..., str]]]:
            for name, makes in super().default_filters():
                yield name, _cleaning(makes) if name == "markdown2html" else makes

    exporter = Exporter(
        template_name="graded",
        extra_template_basedirs=[str(TEMPLATES)],
        extra_template_paths=[str(TEMPLATES)],
        sanitize_html=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    code = {"code_light": _colors("xcode"), "code_dark": _colors("monokai")}
    page, _ = exporter.from_notebook_node(_without_danger(notebook), {**code, **resources})
    # No scripts of the template either: it would fetch them from another host.
    page = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL | re.IGNORECASE)
    return page.replace("<head>", f"<head>{POLICY}", 1)


def _colors(style: str) -> str:
    """Return the style sheet of code; both that are used here can be read on the page's grounds."""
    return str(HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight"))


def _without_danger(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook whose outputs and raw cells are clean, too; pictures are not drawings."""
    safe = copy.deepcopy(notebook)
    for cell in safe.cells:
        if cell.cell_type == "raw":
            cell.source = cleaned(cell.source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.pop("image/svg+xml", None) and not data:
                data["text/plain"] = "(a drawing in SVG, which is not shown)"
            if "text/html" in data:
                data["text/html"] = cleaned("".join(data["text/html"]))
    return safe


def _cleaning(makes: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(makes)  # Jinja sees by an attribute that it passes the context
    def clean(*arguments: Any, **options: Any) -> str:
        return cleaned(makes(*arguments, **options))

    return clean
