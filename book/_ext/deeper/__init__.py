"""What this book asks of Sphinx beyond Jupyter Book: pages that are clean and light.

Each module mends one thing, and says which fault of which version it mends, so that it can be
dropped when that is gone:

- `execution`: chapters are executed side by side, and again when the code behind them changed.
- `katex`: formulas are set while the book is built.
- `markup`: folds and outputs become valid HTML that reads well for everyone; `frames`: so do
  tables of data.
- `figures`: live figures carry a lean state and their own small script.
- `python/`: cells that need no torch, and exercises, can be changed and run in the page.
- `forms`: quick questions and the docket of claims bring a small script each, where they stand.
- `practice`: exercises that a reader writes code for, on the page, on paper and in notebooks.
- `cards`: citations by authors and year; what they and terms of the glossary show on hover.
- `predictions`: what a chapter asks before it begins, and answers at its end.
- `addresses`, `edition`: where the book lives, and which state of it this is.
- `launch`: the menu above each chapter that runs it elsewhere; what pages say of addresses.
- `notebooks`: each chapter as a notebook, to download, for Colab and for Binder; `plain` makes
  Markdown of its MyST, `pictures` pixels of its drawings.
- `downloads`: what else a reader can take home, and what Binder needs beside the notebooks.
- `pages`: a page's head, its scripts, its description; the templates in `templates/`.
- `reading`: how long a page takes, and what the pages around it ask.
- `spacing`: no line ends between a number and its unit.
- `searching`: what the search page finds: sections, with typing errors, other words and numbers.
- `assets`: one style sheet of the rules in use.
- `fonts`: of each font the letters in use, those of the first paint within sheet and page.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import (
    assets,
    cards,
    downloads,
    execution,
    figures,
    forms,
    frames,
    katex,
    launch,
    markup,
    notebooks,
    pages,
    practice,
    predictions,
    python,
    reading,
    reference,
    searching,
    spacing,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of the extension's parts."""
    for part in (
        *(execution, python, katex, cards, markup, frames, reference, figures, forms),
        *(practice, predictions, launch),
        *(pages, notebooks, reading, spacing, searching, assets, downloads),
    ):
        part.setup(app)
    # Pages made by an earlier version of this extension are made anew.
    app.add_config_value("deeper_digest", execution.digest([Path(__file__).parent]), "env")
    return {"parallel_read_safe": True, "parallel_write_safe": False}
