"""Live figures carry a lean state and their own small script.

MyST-NB 1.4 puts the saved state of all widgets into the page's head, each with its whole program,
and loads 928 KB (gz) of script from another host to draw them; and it prefers a widget's view,
which is nothing without that script, to its HTML. Here the state is a file beside the page, without
the programs, one small script that reads it is a file of the site (see convcost.page.live.assets),
and the page shows the HTML, which holds the picture: up to half of its weight comes after its text.
"""

import json
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from convcost.page.live import assets

STATE_TYPE = "application/vnd.jupyter.widget-state+json"


def configure(_app: Sphinx, config: Config) -> None:
    """Prefer HTML to widget views on pages, and load nothing to draw the views."""
    config.nb_ipywidgets_js = {}
    config.nb_mime_priority_overrides = [
        ("html", "text/html", 5),
        *config.nb_mime_priority_overrides,
    ]


def state_file(pagename: str) -> str:
    """Return where in `_static` the state of a page's widgets lies."""
    return f"figures/{pagename}.js"


def write_state(app: Sphinx, pagename: str, saved: str) -> None:
    """Write the widgets' saved state with only what the page reads, as a script.

    A page that lies in a folder can load a script, and no JSON.
    """
    path = Path(app.outdir, "_static", state_file(pagename))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(assets.state_script(json.loads(saved)), encoding="utf-8")


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Put the figures' script, and Vega, into the site; their style goes into the one sheet."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, "_static", "figures")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in assets.static_files().items():
            if not name.endswith(".css"):
                (folder / name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Configure MyST-NB and write the figures' files."""
    app.connect("config-inited", configure)
    app.connect("build-finished", write_files)
