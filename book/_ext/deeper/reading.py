"""What tells a reader where they are: how long a page takes, what the next one asks, what is read.

Chapters have numbers by Sphinx's own means: `numbered` in _toc.yml. What is read, and where the
reader was, the browser keeps (reading.js).
"""

import math
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from .markup import plain_text
from .predictions import Predictions

# Of an expository text with numbers in it, read for study.
WORDS_A_MINUTE = 180
# A live figure is played with, a few lines of code are gone through.
FIGURE_MINUTES, CODE_LINES_A_MINUTE = 1, 25


def minutes(doctree: nodes.document, body: str) -> int:
    """Return about how long a page takes to read, in minutes.

    Parameters
    ----------
    doctree : nodes.document
    body : str
        The page's text as HTML, whose figures are counted.
    """
    words = sum(
        len(text.split())
        for text in doctree.findall(nodes.Text)
        if not isinstance(text.parent, nodes.raw | nodes.FixedTextElement)
    )
    code = doctree.findall(nodes.literal_block)
    lines = sum(block.astext().count("\n") + 1 for block in code)
    figures = body.count('<figure class="live-figure"')
    return math.ceil(
        words / WORDS_A_MINUTE + lines / CODE_LINES_A_MINUTE + figures * FIGURE_MINUTES
    )


def opening_question(doctree: nodes.document) -> str:
    """Return the first question in the paragraph that opens a page, or nothing."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            # A number that a cell computes is not there before the page is written.
            if any("glue" in type(node).__name__.lower() for node in paragraph.findall()):
                return ""
            sentences = re.split(r"(?<=[.?!])\s+", plain_text(paragraph))
            return next((sentence for sentence in sentences if sentence.endswith("?")), "")
    return ""


def complete_context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Give the templates the minutes, and the questions of the pages before and after."""
    if doctree is None:
        return
    context["minutes"] = minutes(doctree, context.get("body", ""))
    # Pages that ask and answer; the start page, from which one leaves for them, is none.
    context["is_chapter"] = pagename != app.config.root_doc and any(doctree.findall(Predictions))
    _, *around = app.builder.relations.get(pagename, (None, None, None))
    for place, name in zip(("prev", "next"), around, strict=True):
        if name and context.get(place):
            question = opening_question(app.env.get_doctree(name))
            context[place] = {**context[place], "question": question}


def setup(app: Sphinx) -> None:
    """Tell each page what it needs."""
    app.connect("html-page-context", complete_context, priority=900)
