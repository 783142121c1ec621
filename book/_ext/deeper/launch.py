"""The menu above each chapter that runs it elsewhere, and addresses for the text of pages.

sphinx-book-theme 1.3.0 can make buttons for Binder and Colab, but its Colab button asks for a
notebook that no branch holds, and it draws on four settings instead of one. Nothing is loaded from
another host: the menu is links, which a reader follows or does not.
"""

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from . import addresses as places
from .edition import edition
from .notebooks import has_cells

# The page that says what to do where a way of running the book fails.
HELP = "appendix/running"


def configure(app: Sphinx, config: Config) -> None:
    """Let pages name the addresses, and have them written anew when these or the commit change."""
    where = places.addresses(config)
    now = edition(Path(app.srcdir).parent)
    config.deeper_edition = now.sentence(where.commit(now.commit))
    clone = f"git clone {where.repository}.git\ncd {where.name}\n"
    config.myst_substitutions = {
        "as_one_file": f"[as one file]({where.archive})",
        "python_for_it": f"[Python for it]({where.python})",
        "as_a_pdf": f"[as a PDF]({where.pdf})",
        "the_whole_book": f"[the whole book]({where.binder()})",
        "build_and_serve": f"```shell\n{clone}make serve\n```",
        "run_in_jupyterlab": f"```shell\n{clone}make lab\n```",
    }


def complete_context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: nodes.document
) -> None:
    """Give the templates the edition and, on a chapter, the links of its menu."""
    context["edition"] = app.config.deeper_edition
    if pagename in app.env.found_docs and has_cells(app.env, pagename):
        where = places.addresses(app.config)
        context["launch"] = {
            "binder": where.binder(pagename),
            "colab": where.colab(pagename),
            "notebook": places.notebook(pagename),
            "help": HELP,
        }


class HubLink(SphinxDirective):
    """A form that makes links which open a chapter on an instructor's own JupyterHub."""

    def run(self) -> list[nodes.Node]:
        """Return the form, filled in with this book's repository."""
        where = places.addresses(self.config)
        chapters = (name for name in sorted(self.env.found_docs) if has_cells(self.env, name))
        options = "".join(f"<option>{escape(name)}.ipynb</option>" for name in chapters)
        example = hub_link("https://HUB", where, "index.ipynb")
        html = f"""
            <form class="hub-link" method="dialog">
            <noscript><p>Without scripts, put such a link together by hand:
            <code>{escape(example)}</code></p></noscript>
            <label>Address of the hub
            <input name="hub" type="url" autocomplete="off"
                   placeholder="https://hub.example.edu"></label>
            <label>Repository
            <input name="repo" type="url" value="{escape(where.repository)}"></label>
            <label>Branch
            <input name="branch" value="{places.FOR_HUBS}"></label>
            <label>Chapter
            <select name="path"><option value="">All, as a folder</option>
            {options}</select></label>
            <output>The link stands here once the hub's address is given.</output>
            <button type="button" hidden>Copy the link</button>
            </form>"""
        return [nodes.raw("", "\n".join(map(str.strip, html.splitlines())), format="html")]


def hub_link(hub: str, where: places.Addresses, path: str) -> str:
    """Return the nbgitpuller link that hub.js makes of the form's first state."""
    query = {
        "repo": where.repository,
        "branch": places.FOR_HUBS,
        "urlpath": f"lab/tree/{where.name}/{path}",
    }
    return f"{hub}/hub/user-redirect/git-pull?{urlencode(query)}"


def setup(app: Sphinx) -> None:
    """Add the menu and the form."""
    app.add_config_value("deeper_edition", "", "html")
    app.add_directive("hub-link", HubLink)
    app.connect("config-inited", configure)
    app.connect("html-page-context", complete_context)
