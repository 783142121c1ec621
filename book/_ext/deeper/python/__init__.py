"""Python in the page: a reader changes a cell, or writes an exercise, and runs it in the browser.

- `session.py` runs cells with the standard library and the part of convcost that needs no torch:
  in the page, and while the book is built.
- `cells.py` finds the cells that need no more, by running them so in a bare Python (`bare.py`).
- `files.py` puts into the site what a page loads when it is asked: Pyodide, as
  `tools/page_python.py` has fetched it, convcost, and `worker.js`.
- `page.js` is all that a page carries until then: buttons, the editor, what it says.
- `assignments.js` is for the pages of assignments: questions, their tests, the notebook to hand in.

The editor is a text field. CodeMirror 6 was tried beside it: see `page.js`.
"""

from sphinx.application import Sphinx

from . import cells, files


def setup(app: Sphinx) -> None:
    """Find the cells, and write the files."""
    cells.setup(app)
    files.setup(app)
