"""The package's reference: signatures and docstrings from the code, and the code beside them.

Sphinx's own autodoc and napoleon read them. Added here: the link from each name to its source,
which is published with the site, so that it opens without another host and is the code that the
pages were built with; and no warning for types that are nobody's page here (int, DataFrame).
Mended: Sphinx 7.4 sets a list of several results into a paragraph, which is invalid.
"""

import inspect
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform

PACKAGE = "convcost"
# Beside the book's other downloads; .txt, so that a browser shows it.
FOLDER = f"_downloads/{PACKAGE}"


def configure(_app: Sphinx, config: Config) -> None:
    """Show docstrings as they are written: numpydoc sections, short types, no module prefixes."""
    config.nitpick_ignore_regex += [(r"py:.*", r".*")]
    config.napoleon_google_docstring = False
    config.napoleon_use_ivar = True
    config.napoleon_use_rtype = False
    config.autodoc_member_order = "bysource"
    config.autodoc_typehints = "none"
    config.autodoc_preserve_defaults = True
    config.add_module_names = False
    config.toc_object_entries = False
    config.html_domain_indices = False


def source_of(module: str) -> Path:
    """Return the file that a module was loaded from."""
    return Path(inspect.getfile(import_module(module)))


def published(source: Path) -> str:
    """Return where a source file of the package stands in the site."""
    package = source_of(PACKAGE).parent
    return f"{FOLDER}/{source.relative_to(package).as_posix()}.txt"


class LinkSources(SphinxPostTransform):
    """Put a link to its source behind each signature of a function, class or module's data."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Add the links to one document."""
        up = "../" * self.env.docname.count("/")
        for signature in list(self.document.findall(addnodes.desc_signature)):
            name = signature.get("fullname", "")
            if not signature.get("module") or "." in name:
                continue  # a method: its class has the link
            item = getattr(import_module(signature["module"]), name)
            home = str(getattr(item, "__module__", ""))
            module = home if home.partition(".")[0] == PACKAGE else signature["module"]
            source = source_of(module)
            link = nodes.reference("", "source", refuri=up + published(source), internal=True)
            link["classes"].append("source-link")
            link["aria-label"] = f"source of {name}"
            signature.append(link)


class FreeLists(SphinxPostTransform):
    """Take lists out of paragraphs that hold nothing else."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Mend one document."""
        for inner in list(self.document.findall(nodes.bullet_list)):
            if isinstance(inner.parent, nodes.paragraph) and len(inner.parent) == 1:
                inner.parent.replace_self(inner)


def publish_sources(app: Sphinx, failure: Exception | None) -> None:
    """Copy the package's Python files into the site."""
    if failure is not None or app.builder.format != "html":
        return
    for source in source_of(PACKAGE).parent.rglob("*.py"):
        target = Path(app.outdir) / published(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        # The mark at the beginning tells a browser the encoding, which hosts do not.
        target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8-sig")


def setup(app: Sphinx) -> None:
    """Bring in the readers of docstrings, and what is added to them."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("config-inited", configure)
    app.add_post_transform(LinkSources)
    app.add_post_transform(FreeLists)
    app.connect("build-finished", publish_sources)
