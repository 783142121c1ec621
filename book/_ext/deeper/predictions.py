"""What a chapter asks before it begins, and answers at its end.

The directive `predict` holds a numbered list of questions, after a paragraph if they need one. What
stands below a question says how it is answered:

- a list of options: one of them is chosen;
- items with an ellipsis (…), such as "… times as many": it is the place of what the reader writes;
- nothing: the reader writes a line or more.

The directive `predictions` holds a numbered list of as many answers, each with a link to where the
page shows it. On the page a script (predictions.js) keeps in the browser what the reader predicts,
and puts it beside the answers. Without it, and on paper, there are boxes and lines to write on.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

BLANK = "…"
QUESTIONS, ANSWERS = "Predict before you look", "The predictions"
NOTE = (
    '<p class="predict-note">What you predict stays in this browser, and stands beside '
    '<a href="#predictions">the answers</a> at the end of the page.</p>\n'
)
CLEAR = (
    '<p class="predict-clear" hidden><button type="button">Clear my predictions</button> '
    '<span role="status"></span></p>\n'
)


class Predict(nodes.Element):
    """The questions."""


class Question(nodes.Element):
    """A question, with its text and how it is answered."""


class Asked(nodes.TextElement):
    """A question's text."""


class Options(nodes.Element):
    """The options to choose from, or lines with something to fill in."""


class Option(nodes.TextElement):
    """One of them."""


class Blank(nodes.Element):
    """The place of something to fill in."""


class Line(nodes.Element):
    """A place for words."""


class Predictions(nodes.Element):
    """The answers."""


class PredictDirective(SphinxDirective):
    """Ask the reader to predict."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the questions; what is no list of them is an error at this line."""
        box = Predict("", page=self.env.docname)
        self.state.nested_parse(self.content, self.content_offset, box)
        if not (box.children and isinstance(box.children[-1], nodes.enumerated_list)):
            raise self.error("expected a numbered list of questions at the end of this box")
        for number, item in enumerate(box.children[-1].children, start=1):
            item.children = [self.question(item, f"predict-{number}")]
        return [box]

    def question(self, item: nodes.Node, name: str) -> Question:
        """Return a question."""
        text, *below = item.children
        is_list = [isinstance(node, nodes.bullet_list) for node in below]
        if not isinstance(text, nodes.paragraph) or is_list not in ([], [True]):
            raise self.error(
                f"question {name.rpartition('-')[2]} has {[node.tagname for node in item.children]}"
                "; expected a paragraph, and a list of options if there are any"
            )
        asked = Asked("", "", *text.children)
        if not below:
            return Question("", asked, Line(name=name), name=name)
        entries = [entry.children[0] for entry in below[0].children]
        filled = [BLANK in entry.astext() for entry in entries]
        if any(filled) != all(filled) or (not any(filled) and len(entries) < 2):
            raise self.error(
                f"{[entry.astext() for entry in entries]} below a question; expected two options "
                f"or more, or lines that each have a {BLANK} to fill in"
            )
        options = Options("", name=name, blanks=all(filled))
        for number, entry in enumerate(entries, start=1):
            children = entry.children
            if options["blanks"]:
                children = [part for child in children for part in with_blank(child)]
            options += Option("", "", *children, name=name, number=number)
        return Question("", asked, options, name=name)


class PredictionsDirective(SphinxDirective):
    """Answer what the reader predicted."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the answers."""
        box = Predictions()
        self.state.nested_parse(self.content, self.content_offset, box)
        if [type(child) for child in box.children] != [nodes.enumerated_list]:
            raise self.error("expected a numbered list of answers, and nothing else")
        return [box]


def with_blank(node: nodes.Node) -> list[nodes.Node]:
    """Return a node with what is filled in, in the place of an ellipsis."""
    if not isinstance(node, nodes.Text) or BLANK not in node:
        return [node]
    before, _, after = node.partition(BLANK)
    return [nodes.Text(before), Blank(), nodes.Text(after)]


def visit_predict(translator: HTML5Translator, node: Predict) -> None:
    """Open the questions."""
    translator.body.append(
        f'<div class="question predict" id="predict" role="group" data-page="{node["page"]}" '
        f'aria-labelledby="predict-title"><p class="question-title" id="predict-title">'
        f"<strong>{QUESTIONS}</strong></p>\n"
    )


def depart_predict(translator: HTML5Translator, _node: Predict) -> None:
    """Say what becomes of a prediction, and close the questions."""
    translator.body.append(f"{NOTE}</div>\n")


def visit_question(translator: HTML5Translator, _node: Question) -> None:
    """Open a question."""
    translator.body.append("<fieldset>")


def depart_question(translator: HTML5Translator, _node: Question) -> None:
    """Close a question."""
    translator.body.append("</fieldset>")


def visit_asked(translator: HTML5Translator, _node: Asked) -> None:
    """Open a question's text."""
    translator.body.append("<legend>")


def depart_asked(translator: HTML5Translator, _node: Asked) -> None:
    """Close a question's text."""
    translator.body.append("</legend>\n")


def visit_options(translator: HTML5Translator, node: Options) -> None:
    """Open the options."""
    translator.body.append('<ul class="predict-blanks">' if node["blanks"] else '<ol type="a">')


def depart_options(translator: HTML5Translator, node: Options) -> None:
    """Close the options."""
    translator.body.append("</ul>" if node["blanks"] else "</ol>")


def visit_option(translator: HTML5Translator, node: Option) -> None:
    """Open an option; one to choose has a button."""
    chosen = f'<input type="radio" name="{node["name"]}" value="{node["number"]}" hidden> '
    blanks = node.parent["blanks"]
    translator.body.append(f"<li><label>{'' if blanks else chosen}<span>")


def depart_option(translator: HTML5Translator, _node: Option) -> None:
    """Close an option."""
    translator.body.append("</span></label></li>")


def visit_blank(translator: HTML5Translator, _node: Blank) -> None:
    """Write a field, and a line for paper."""
    field = '<input type="text" autocomplete="off" size="8" hidden>'
    translator.body.append(f'{field}<span class="predict-line"></span>')


def visit_line(translator: HTML5Translator, node: Line) -> None:
    """Write a field for words, and a line for paper."""
    translator.body.append(
        f'<textarea name="{node["name"]}" rows="1" aria-label="Your prediction" '
        'placeholder="Your prediction" hidden></textarea><span class="predict-line"></span>'
    )


def depart_nothing(_translator: HTML5Translator, _node: nodes.Element) -> None:
    """Close nothing."""


def visit_predictions(translator: HTML5Translator, _node: Predictions) -> None:
    """Open the answers."""
    translator.body.append(
        '<div class="question predictions" id="predictions" role="group" '
        'aria-labelledby="predictions-title"><p class="question-title" id="predictions-title">'
        f"<strong>{ANSWERS}</strong></p>\n"
    )


def depart_predictions(translator: HTML5Translator, _node: Predictions) -> None:
    """Close the answers."""
    translator.body.append(f"{CLEAR}</div>\n")


# ---- In a notebook -------------------------------------------------------------------------------


def on_paper(questions: str) -> str:
    """Return questions in Markdown with boxes to tick and lines to write on."""
    opening, *items = re.split(r"^(?=\d+\. )", questions, flags=re.M)
    return "".join([opening, *map(item_on_paper, items)]).strip()


def item_on_paper(item: str) -> str:
    """Return one question likewise."""
    line = r"\_" * 12
    below = re.search(r"^ +- ", item, re.M)
    if not below:
        return f"{item.rstrip()}\\\n   {line}\n"  # on a line of its own
    if BLANK in item[below.start() :]:
        return item.replace(BLANK, line)
    return re.sub(r"^( +- )", r"\1☐ ", item, flags=re.M)


def setup(app: Sphinx) -> None:
    """Bring in the directives and their writers."""
    app.add_directive("predict", PredictDirective)
    app.add_directive("predictions", PredictionsDirective)
    for node, visit, depart in (
        (Predict, visit_predict, depart_predict),
        (Question, visit_question, depart_question),
        (Asked, visit_asked, depart_asked),
        (Options, visit_options, depart_options),
        (Option, visit_option, depart_option),
        (Blank, visit_blank, depart_nothing),
        (Line, visit_line, depart_nothing),
        (Predictions, visit_predictions, depart_predictions),
    ):
        app.add_node(node, html=(visit, depart))
