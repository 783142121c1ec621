"""A page's head: its title, description and preview, and none of the theme's scripts and styles.

Jupyter Book 1.0 with sphinx-book-theme 1.3.0 sends each page 9 style sheets and 20 scripts, among
them Thebe's constant twice (an error in the console); and the description it computes is used
nowhere.
"""

import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from . import fonts
from .figures import STATE_TYPE, state_file, write_state
from .forms import scripts_for
from .markup import plain_text

HERE = Path(__file__).parent
# The page that GitHub Pages, and most hosts, show where there is none.
MISSING = "404"


def configure(_app: Sphinx, config: Config) -> None:
    """Put this extension's templates first and its files beside the theme's."""
    config.templates_path.insert(0, str(HERE / "templates"))
    config.html_static_path.append(str(HERE / "static"))
    config.exclude_patterns.append("_ext")
    config.html_additional_pages[MISSING] = f"{MISSING}.html"
    # The theme writes it into the html tag, for readers without scripts.
    config.html_context["default_mode"] = "light"


def complete_context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Give the templates what they need to write a page's head, and no other scripts and styles."""
    env = app.env
    title = env.titles.get(pagename)
    context["page_title"] = numbered(title) if title else context.get("title", "")
    context["page_description"] = description(app, pagename, doctree)
    context["deeper_digest"] = app.config.deeper_digest
    context["html_baseurl"] = app.config.html_baseurl
    context["root_path"] = urlsplit(app.config.html_baseurl).path
    context["preview_alt"] = app.config.deeper_preview_alt
    context["fonts_here"] = fonts.FONTS_HERE
    states = [
        script.attributes["body"]
        for script in context["script_files"]
        if getattr(script, "attributes", {}).get("type") == STATE_TYPE
    ]
    # sphinx-thebe 0.3 puts its settings into each page's text, though no button asks for it.
    context["body"] = context.get("body", "").partition('<script type="text/x-thebe-config">')[0]
    context["has_bench"] = " data-bench" in context["body"]
    scripts = ["site.js", "reading.js", *scripts_for(context["body"])]
    if states:
        write_state(app, pagename, states[0])
        scripts += [state_file(pagename), "figures/figures.js"]
    context["late_scripts"] = scripts
    context["css_files"] = []
    context["script_files"] = []


def numbered(title: nodes.title) -> str:
    """Return a page's title in plain letters, with its number if it is a chapter."""
    number = ".".join(map(str, title.get("secnumber") or ()))
    return f"{number}. {plain_text(title)}" if number else plain_text(title)


def description(app: Sphinx, pagename: str, doctree: nodes.document | None) -> str:
    """Return what the front matter says of a page, else the beginning of its first paragraph."""
    if pagename == MISSING:
        return f"No page of {app.config.html_title} has this address; search for it here."
    if doctree is None:
        return f"Search in {app.config.html_title}"
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return str(meta["content"])
    in_text = (
        plain_text(paragraph)
        for paragraph in doctree.findall(nodes.paragraph)
        if isinstance(paragraph.parent, nodes.section)
    )
    beginning = next(in_text, f"Part of {app.config.html_title}.")
    return textwrap.shorten(beginning, 160, placeholder=" …")


def setup(app: Sphinx) -> None:
    """Use this extension's templates, after all others have had their say."""
    app.add_config_value("deeper_preview_alt", "", "html")
    app.connect("config-inited", configure)
    app.connect("html-page-context", complete_context, priority=900)
