"""Python in the page: a reader changes a cell, or writes an exercise, and runs it in the browser.

- `session.py` runs cells with the standard library and the part of convcost that needs no torch:
  in the page, and while the book is built.
- `cells.py` finds the cells that need no more, by running them so in a bare Python (`bare.py`).
- `files.py` puts into the site what a page loads when it is asked: Pyodide, as
  `tools/page_python.py` has fetched it, convcost, and `worker.js`.
- The script of a page is put together from parts, and is all that a page carries until then:
  `client.js` asks the worker, `editor.js` is the text field and what belongs to it,
  `elsewhere.js` says where the rest runs, `cells.js` is for chapters, `practice.js` for exercises,
  `assignments.js` for questions, their tests and the notebook to hand in.

Files come back from the browser's own cache: a second visit asks the host at most whether they
have changed. A service worker would hold a copy of every page besides, and serve it when it is old.
Python itself is not started again but goes on from its memory, which the first visit has kept in
the browser (`worker.js`); it was kept before any of the reader's code ran.
"""

from sphinx.application import Sphinx

from . import cells, files


def setup(app: Sphinx) -> None:
    """Find the cells, and write the files."""
    cells.setup(app)
    files.setup(app)
