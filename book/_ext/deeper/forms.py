"""Quick questions, the docket of claims and cards bring a small script each, where they stand.

They are HTML that chapters' cells output (`convcost.page.questions`, `claims.page` in book/claims),
complete without scripts; their styles, and those of practice.py, go into the one sheet (see
assets.py).
"""

from importlib.resources import files
from pathlib import Path

from sphinx.application import Sphinx

QUESTIONS = files("convcost.page.questions")
CLAIMS = Path(__file__).parents[2] / "claims"
PYTHON = Path(__file__).parent / "python"
# Script -> the folder it lies in, and what a page has that needs it.
SCRIPTS = {
    "question.js": (QUESTIONS, '<form class="question"'),
    "docket.js": (CLAIMS, '<form class="docket-filter"'),
}
# Of this extension's own: among its static files (see launch.py), and made of parts (see python/).
OWN_SCRIPTS = {
    "hub.js": ('<form class="hub-link"',),
    "predictions.js": ('<div class="question predict"',),
    "cards.js": ("glossary.html#term-", "references.html#"),
    "python.js": ('class="python-data">{"cells"',),
    "python-assignment.js": ('class="python-data">{"questions"',),
}
STYLES = {
    "question.css": QUESTIONS,
    "docket.css": CLAIMS,
    "practice.css": Path(__file__).parent / "styles",
    "python.css": PYTHON,
    "predictions.css": Path(__file__).parent / "styles",
    "cards.css": Path(__file__).parent / "styles",
}


def scripts_for(body: str) -> list[str]:
    """Return the names of the scripts that a page's text needs."""
    signs = {name: (sign,) for name, (_, sign) in SCRIPTS.items()} | OWN_SCRIPTS
    return [name for name, any_of in signs.items() if any(sign in body for sign in any_of)]


def styles() -> str:
    """Return the styles of all forms."""
    return "".join(home.joinpath(name).read_text("utf-8") for name, home in STYLES.items())


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Put the scripts into the site."""
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir, "_static")
        static.mkdir(exist_ok=True)
        for name, (home, _) in SCRIPTS.items():
            text = home.joinpath(name).read_text("utf-8")
            (static / name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Write the forms' files."""
    app.connect("build-finished", write_files)
