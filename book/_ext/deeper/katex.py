"""Formulas are set while the book is built, so that a page carries them as text and style.

Jupyter Book 1.0 leaves them to MathJax in the page: 265 KB (gz) of script from another host, raw
TeX until it has run, and for good where scripts are off. Here KaTeX runs in V8, inside Python. Each
formula is put on the page twice, as MathML for those who listen and as spans for those who look.
"""

import re
from pathlib import Path

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

VENDOR = Path(__file__).parent / "vendor" / "katex"
# An engine's exception holds the whole of the script: errors come back as values instead.
RENDER = """
function render(tex, display) {
  try {
    return {html: katex.renderToString(tex, {
      displayMode: display, output: "htmlAndMathml", strict: "error", throwOnError: true,
    })};
  } catch (error) { return {error: error.message}; }
}
"""


class Renderer:
    """Sets formulas; holds the one engine, started with the first of them."""

    def __init__(self) -> None:
        self.engine: MiniRacer | None = None

    def render(self, tex: str, *, display: bool, location: str) -> str:
        """Return the HTML of a formula.

        Raises
        ------
        ExtensionError
            If KaTeX does not understand it: names the place, the formula and KaTeX's reason.
        """
        if self.engine is None:
            self.engine = MiniRacer()
            self.engine.eval((VENDOR / "katex.min.js").read_text(encoding="utf-8") + RENDER)
        result = self.engine.call("render", tex, display)
        if "error" in result:
            raise ExtensionError(f"{location}: {result['error']}\nin the formula {tex!r}")
        # KaTeX 0.19 writes an attribute without a value where a table has one column.
        return str(result["html"]).replace(' columnspacing=""', "")

    def visit_inline(self, translator: HTML5Translator, node: nodes.math) -> None:
        """Set a formula in a line of text."""
        html = self.render(node.astext(), display=False, location=place(node))
        translator.body.append(f'<span class="math">{html}</span>')
        raise nodes.SkipNode

    def visit_block(self, translator: HTML5Translator, node: nodes.math_block) -> None:
        """Set a displayed formula, in a box of its own that scrolls when it is too wide."""
        html = self.render(displayed(node.astext()), display=True, location=place(node))
        translator.body.append(translator.starttag(node, "div", CLASS="math math-block"))
        translator.body.append(f'<div class="math-scroll">{html}</div>')
        if node["number"]:
            number = get_node_equation_number(translator, node)
            translator.body.append(f'<span class="eqno">({number})')
            translator.add_permalink_ref(node, "Link to this equation")
            translator.body.append("</span>")
        translator.body.append("</div>\n")
        raise nodes.SkipNode


def displayed(tex: str) -> str:
    r"""Return a displayed formula as KaTeX wants it.

    The numbering is Sphinx's, so LaTeX's numbered environments become their parts without numbers;
    and a bare `\\` breaks the line, as it does with Sphinx and MathJax.
    """
    tex = re.sub(r"\\(begin|end)\{(align|alignat|gather)\*?\}", r"\\\1{\2ed}", tex)
    tex = re.sub(r"\\(begin|end)\{equation\*?\}", "", tex).strip()
    tex = re.sub(r"\n\s*\n", "\n", tex)
    if r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex


def place(node: nodes.Node) -> str:
    """Say where a formula stands in the sources."""
    while node.parent is not None and node.line is None:
        node = node.parent
    return f"{node.source}:{node.line}"


def setup(app: Sphinx) -> None:
    """Make this the renderer of all formulas: Sphinx prefers any to MathJax, its default."""
    renderer = Renderer()
    app.add_html_math_renderer(
        "katex",
        inline_renderers=(renderer.visit_inline, None),
        block_renderers=(renderer.visit_block, None),
    )
