"""Exercises in which a reader writes a few lines of code, and tests say at once what was confused.

Each is a file ``book/practice/<name>.py`` in jupytext's percent format, and stands in the chapter
that has ```` ```{practice} <name> ````. The first word behind ``# %%`` says what a cell is:

- ``[markdown]``: its title, as a heading, and what is asked, with a drawn number as ``{name}``;
- ``draw``: defines ``draw(random) -> dict``, which draws those numbers from a `random.Random`;
- ``before``: what the reader is given, shown above the stub: imports, helpers, tables;
- ``stub``: what the reader finds, and fills in;
- ``tests``: plain asserts, whose messages name what was confused and give nothing away;
- ``hint [markdown]``: two or three, from a nudge to nearly there;
- ``solution``: the model solution;
- ``wrong: what was confused says="a piece of the feedback"``: a wrong answer, for the tests of the
  book alone.

Whoever runs it (a page's own Python, a notebook, the tests) executes in one namespace: the drawn
numbers by their names, ``before``, the reader's code, ``tests``. An `AssertionError` is feedback.

On the page everything is there without a script, with one drawn set of numbers. A script finds the
sources, and those numbers, as JSON in ``script.practice-data``, and each number of the prompt in a
``span.practice-number`` with its name in ``data-name``, as `written` writes it.
On paper hints, tests and solution stay folded away; the printed book has the solutions at a
chapter's end (tools/pdf.py). In a notebook the same cells can be run.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

ONCE = {"before": False, "draw": False, "stub": True, "tests": True, "solution": True}
"""Kinds of cells of which there is at most one -> whether there must be one."""
HINTS = (2, 3)
# A number's place; not the role {term}`map`, nor the argument of a TeX command.
PLACE = re.compile(r"(?<![\\\w^}$])\{([a-z]\w*)\}(?!`)")
DIRECTIVE = re.compile(r"^```\{practice\} *([\w-]+) *\n```$", re.M)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer.

    Attributes
    ----------
    name : str
        What was confused.
    code : str
        What a reader wrote.
    says : str
        A piece of the feedback that it must get.
    """

    name: str
    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Practice:
    """An exercise.

    Attributes
    ----------
    name : str
        The stem of its file.
    title, prompt : str
        Markdown; in the prompt ``{name}`` is the place of a drawn number.
    draw, before : str
        Python, or empty.
    stub, tests, solution : str
        Python.
    hints : tuple of str
        Markdown.
    wrong : tuple of Wrong
        At least two.
    """

    name: str
    title: str
    prompt: str
    draw: str
    before: str
    stub: str
    tests: str
    hints: tuple[str, ...]
    solution: str
    wrong: tuple[Wrong, ...]

    def numbers(self, seed: int | str | None = None) -> dict[str, Any]:
        """Return the numbers that a seed draws; without one, those that the page begins with.

        Raises
        ------
        ValueError
            If not each number has its place in the prompt, and each place its number.
        """
        drawn: dict[str, Any] = {}
        if self.draw:
            cell: dict[str, Any] = {}
            exec(self.draw, cell)
            drawn = cell["draw"](random.Random(self.name if seed is None else seed))
        places = set(PLACE.findall(self.prompt))
        if places != set(drawn):
            raise ValueError(
                f"practice {self.name!r}: the prompt has places for {sorted(places)}, and draw "
                f"gives {sorted(drawn)}; give each number a place, and each place a number"
            )
        return drawn

    def asked(self, numbers: dict[str, Any], form: str = "{text}") -> str:
        """Return the prompt with its numbers, each in a form that may hold its name and text."""
        return PLACE.sub(
            lambda place: form.format(name=place[1], text=written(numbers[place[1]])), self.prompt
        )


def written(number: float | str | list[Any]) -> str:
    """Return a drawn number as a reader reads it: from 10,000 on with commas; a list likewise."""
    if isinstance(number, list):
        return ", ".join(map(written, number))
    return f"{number:,}" if isinstance(number, int) and abs(number) >= 10_000 else str(number)


def load(path: Path) -> Practice:
    """Read an exercise.

    Parameters
    ----------
    path : Path
        Its file.

    Returns
    -------
    Practice

    Raises
    ------
    FileNotFoundError
        If there is no such file: with the names of those that there are.
    ValueError
        If a cell is missing, is there twice, is of no known kind or is no Python: with the file,
        the cell, and what was expected.
    """
    if not path.is_file():
        others = ", ".join(sorted(other.stem for other in path.parent.glob("*.py")))
        raise FileNotFoundError(f"there is no {path}; there are: {others or 'none yet'}")
    cells = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells
    once: dict[str, str] = {}
    hints: list[str] = []
    wrong: list[Wrong] = []
    for number, cell in enumerate(cells, start=1):
        title = cell.metadata.get("title", "")
        kind, _, rest = title.partition(":")
        kind = kind if number > 1 or title else "prompt"
        place = f"{path}, cell {number} ({title or cell.cell_type})"
        markdown = kind in ("prompt", "hint")
        if kind not in {"prompt", "hint", "wrong", *ONCE}:
            kinds = ", ".join([*ONCE, "hint [markdown]", "wrong: ..."])
            raise ValueError(f"{place}: got no kind of cell that is known; name one of {kinds}")
        if (cell.cell_type == "markdown") != markdown:
            wanted = "Markdown: write [markdown] behind its kind" if markdown else "Python"
            raise ValueError(f"{place}: got {cell.cell_type}; expected {wanted}")
        if not markdown:
            try:
                compile(cell.source, str(path), "exec")
            except SyntaxError as error:
                raise ValueError(f"{place}, line {error.lineno}: {error.msg}") from error
        if kind == "hint":
            hints.append(cell.source)
        elif kind == "wrong":
            says = cell.metadata.get("says", "")
            if not (rest.strip() and says):
                raise ValueError(
                    f'{place}: expected wrong: what was confused says="a piece of its feedback"'
                )
            wrong.append(Wrong(rest.strip(), cell.source, says))
        elif kind in once:
            raise ValueError(f"{place}: there is one before it; expected a single one")
        else:
            once[kind] = cell.source
    missing = [kind for kind, needed in ONCE.items() if needed and not once.get(kind)]
    if missing or len(hints) not in HINTS or len(wrong) < 2:
        raise ValueError(
            f"{path}: got {len(hints)} hints, {len(wrong)} wrong answers and no cell for "
            f"{missing}; expected two or three hints, at least two wrong answers, and a stub, "
            "tests and a solution"
        )
    heading = re.fullmatch(r"# ([^\n]+)\n\n(.+)", once.get("prompt", ""), re.S)
    if heading is None:
        raise ValueError(
            f"{path}, cell 1: got {once.get('prompt', '')[:40]!r}; expected Markdown with the "
            "title behind a #, an empty line, and what is asked"
        )
    return Practice(
        *(path.stem, heading[1], heading[2], once.get("draw", ""), once.get("before", "")),
        *(once["stub"], once["tests"], tuple(hints), once["solution"], tuple(wrong)),
    )


# ---- On the page ---------------------------------------------------------------------------------


class PracticeBox(nodes.Element):
    """An exercise on its page."""


class PracticeFold(nodes.Element):
    """What an exercise keeps folded: tests, a hint, the solution."""


class PracticeDirective(SphinxDirective):
    """Put an exercise here, by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return its nodes; a fault in its file is an error at this line."""
        (name,) = self.arguments
        path = folder(self.env.srcdir) / f"{name}.py"
        self.env.note_dependency(str(path))
        try:
            exercise = load(path)
            numbers = exercise.numbers()
        except (OSError, ValueError) as error:
            raise self.error(str(error)) from error
        span = '<span class="practice-number" data-name="{name}">{text}</span>'
        box = PracticeBox(practice=exercise, numbers=numbers)
        box += self.read(exercise.asked(numbers, span), path, "practice-prompt")
        if exercise.before:
            box += nodes.container("", code(exercise.before), classes=["practice-before"])
        stub = f'<pre class="practice-stub"><code>{escape(exercise.stub)}</code></pre>'
        box += nodes.raw("", stub, format="html")
        for number, hint in enumerate(exercise.hints, start=1):
            box += fold("practice-hint", f"Hint {number}", self.read(hint, path))
        box += fold("practice-tests", "Tests", code(exercise.tests))
        box += fold("practice-solution", "A solution", code(exercise.solution))
        return [box]

    def read(self, markdown: str, path: Path, *classes: str) -> nodes.container:
        """Return Markdown, parsed as the chapter's is."""
        box = nodes.container(classes=list(classes))
        self.state.nested_parse(StringList(markdown.splitlines(), source=str(path)), 0, box)
        return box


def folder(source: str | Path) -> Path:
    """Return the folder of exercises of a book."""
    return Path(source) / "practice"


def fold(kind: str, summary: str, *content: nodes.Node) -> PracticeFold:
    """Return a fold of an exercise."""
    return PracticeFold("", *content, classes=[kind], summary=summary)


def code(source: str) -> nodes.literal_block:
    """Return Python to be read."""
    return nodes.literal_block(source, source, language="python")


def visit_box(translator: HTML5Translator, node: PracticeBox) -> None:
    """Open an exercise, and write its title."""
    exercise = node["practice"]
    label = f"practice-{exercise.name}"
    translator.body.append(
        f'<section class="practice" id="{label}" data-practice="{exercise.name}" '
        f'aria-labelledby="{label}-title"><p class="practice-title" id="{label}-title">'
        f"<strong>Practice.</strong> {escape(exercise.title)}</p>\n"
    )


def depart_box(translator: HTML5Translator, node: PracticeBox) -> None:
    """Write what a script needs, and close the exercise."""
    exercise = node["practice"]
    # Hints and the solution are on the page as it is.
    data = {key: getattr(exercise, key) for key in ("stub", "before", "tests", "draw")}
    data |= {"numbers": node["numbers"]}
    # Within a script nothing but its end, or a comment's beginning, is read as HTML.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    translator.body.append(
        f'<script type="application/json" class="practice-data">{text}</script>\n</section>\n'
    )


def visit_fold(translator: HTML5Translator, node: PracticeFold) -> None:
    """Open a fold."""
    translator.body.append(
        f'<details class="{" ".join(node["classes"])}"><summary>{escape(node["summary"])}'
        "</summary>\n"
    )
    node["from"] = len(translator.body)


def depart_fold(translator: HTML5Translator, node: PracticeFold) -> None:
    """Close a fold; of a hint, keep the HTML."""
    if "practice-hint" in node["classes"]:
        node["html"] = "".join(translator.body[node["from"] :]).strip()
    translator.body.append("</details>\n")


# ---- In a notebook -------------------------------------------------------------------------------


def with_cells(cells: list[NotebookNode], home: Path) -> Iterator[NotebookNode]:
    """Yield a chapter's cells, with those of each exercise in the place of its directive."""
    for cell in cells:
        pieces = DIRECTIVE.split(cell.source) if cell.cell_type == "markdown" else [cell.source]
        if len(pieces) == 1:
            yield cell
            continue
        for text, name in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
            if text.strip():
                yield nbformat.v4.new_markdown_cell(text.strip("\n"))
            if name:
                yield from cells_of(load(home / f"{name}.py"))


def cells_of(exercise: Practice) -> Iterator[NotebookNode]:
    """Yield what is asked, a cell to write in, the tests, and the rest folded."""
    new_code, new_markdown = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    numbers = exercise.numbers()
    yield new_markdown(f"**Practice.** {exercise.title}\n\n{exercise.asked(numbers)}")
    given = "\n".join(f"{name} = {value!r}" for name, value in numbers.items())
    if given or exercise.before:
        yield new_code("\n\n".join(filter(None, [given, exercise.before])))
    yield new_code(exercise.stub)
    # An exercise that is not done yet does not stop "Run all cells".
    yield new_code(exercise.tests, metadata={"tags": ["raises-exception"]})
    folds = [(f"Hint {number}", hint) for number, hint in enumerate(exercise.hints, start=1)]
    folds.append(("A solution", f"```python\n{exercise.solution}\n```"))
    yield new_markdown(
        "\n\n".join(
            f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
            for summary, text in folds
        )
    )


def setup(app: Sphinx) -> None:
    """Bring in the directive and its writers."""
    app.add_directive("practice", PracticeDirective)
    app.add_node(PracticeBox, html=(visit_box, depart_box))
    app.add_node(PracticeFold, html=(visit_fold, depart_fold))
