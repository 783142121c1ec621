"""Folds, tables and outputs become valid HTML that reads well for everyone.

Mended here:

- MyST-NB 1.4: the summary of a folded cell has paragraphs in it (invalid) and is called "Toggle
  hidden content" whatever it says (WCAG 2.5.3).
- MyST-NB 1.4: an output of one long line is cut.
- sphinx-togglebutton 0.4: boxes of class `dropdown` fold by script only.
- docutils 0.21: a reference has a role that is deprecated, in a list that may not hold it.
"""

import re
from collections.abc import Iterator
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.locale import admonitionlabels
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from convcost.page.shown import NOTEBOOK_ONLY

# An output of up to so many lines is no table.
FEW_LINES = 6


def visit_folded_cell(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """Open the fold around a cell's input or output; its summary is its name."""
    translator.body.append(
        f'<details class="hide {" ".join(node["classes"])}"><summary>'
        f'<span class="collapsed">{escape(node["prompt_show"])}</span>'
        f'<span class="expanded">{escape(node["prompt_hide"])}</span></summary>\n'
    )


def depart_fold(translator: HTML5Translator, _node: nodes.Element) -> None:
    """Close a fold."""
    translator.body.append("</details>\n")


class Fold(nodes.Element):
    """A box that is folded: its first child is its title."""


class FoldTitle(nodes.TextElement):
    """The title of a folded box."""


def visit_fold(translator: HTML5Translator, node: Fold) -> None:
    """Open a folded box."""
    translator.body.append(translator.starttag(node, "details"))


def visit_fold_title(translator: HTML5Translator, node: FoldTitle) -> None:
    """Open a folded box's title."""
    translator.body.append(translator.starttag(node, "summary", "", CLASS="admonition-title"))


def depart_fold_title(translator: HTML5Translator, _node: FoldTitle) -> None:
    """Close a folded box's title."""
    translator.body.append("</summary>\n")


class FoldBoxes(SphinxPostTransform):
    """Turn boxes of class `dropdown` into folds."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Replace the boxes of one document."""
        for box in list(self.document.findall(is_folded_box)):
            kind = box.tagname if box.tagname in admonitionlabels else ""
            fold = Fold("", ids=box["ids"], classes=["admonition", kind, *box["classes"]])
            children = list(box.children)
            if children and isinstance(children[0], nodes.title):
                title = children.pop(0)
                fold += FoldTitle("", "", *title.children)
            else:
                fold += FoldTitle("", str(admonitionlabels[kind]))
            fold += children
            box.replace_self(fold)


def is_folded_box(node: nodes.Node) -> bool:
    """Say whether `node` is a box that is to be folded."""
    return isinstance(node, nodes.Admonition) and "dropdown" in node["classes"]


class DropNotebookScripts(SphinxPostTransform):
    """Leave out of cells' outputs the scripts that the page itself loads, once for all of them."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Change the outputs of one document."""
        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if f'<script class="{NOTEBOOK_ONLY}">' in text:
                script = f'<script class="{NOTEBOOK_ONLY}">.*?</script>'
                text = re.sub(script, "", text, flags=re.DOTALL)
                raw.replace_self(nodes.raw("", text, format="html"))


class WrapFewLines(SphinxPostTransform):
    """Let a cell's output, or an example's, of a few lines go on below where the page ends.

    One of more lines may be a table, whose columns would be lost: it scrolls.
    """

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Mark the blocks of one document."""
        for block in self.document.findall(is_printed):
            if block.astext().count("\n") < FEW_LINES:
                block["classes"].append("few-lines")


def is_printed(node: nodes.Node) -> bool:
    """Say whether `node` is what code put out, or an example with what it puts out."""
    is_output = isinstance(node, nodes.literal_block) and "output" in node["classes"]
    return is_output or isinstance(node, nodes.doctest_block)


def on_screen(
    _name: str,
    source: str,
    text: str,
    _line: int,
    _inliner: object,
    _options: object = None,
    _content: object = (),
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return words that a reader of paper has no use for, such as "Move the slider."."""
    return [nodes.inline(source, text, classes=["on-screen"])], []


def visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry of the bibliography."""
    translator.body.append(translator.starttag(node, "div", CLASS="citation"))


def depart_citation(translator: HTML5Translator, _node: nodes.citation) -> None:
    """Close an entry of the bibliography."""
    translator.body.append("</div>\n")


def plain_text(node: nodes.Node) -> str:
    """Return the text of `node` with its formulas written in plain letters."""
    return re.sub(r"\s+", " ", "".join(pieces(node))).strip()


def pieces(node: nodes.Node) -> Iterator[str]:
    """Yield the texts in `node`, in order."""
    if isinstance(node, nodes.math):
        tex = node.astext().replace(r"\times", "×").replace(r"\cdot", "·").replace(r"\,", " ")
        yield re.sub(r"\\[a-z]+|[{}\\]", "", tex)
    elif isinstance(node, nodes.Text):
        yield node.astext()
    elif not isinstance(node, nodes.footnote_reference | addnodes.index):
        for child in node.children:
            yield from pieces(child)


def setup(app: Sphinx) -> None:
    """Replace the writers of folds, and of cells' outputs."""
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded_cell, depart_fold))
    app.add_node(Fold, html=(visit_fold, depart_fold))
    app.add_node(FoldTitle, html=(visit_fold_title, depart_fold_title))
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_role("on-screen", on_screen)
    app.add_post_transform(FoldBoxes)
    app.add_post_transform(DropNotebookScripts)
    app.add_post_transform(WrapFewLines)
