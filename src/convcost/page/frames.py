"""Tables of data look like the book's own, on its pages and in notebooks.

pandas 3 writes a frame with a style sheet and a border attribute (both invalid HTML), the names of
the index in a row below the other headings, a counting index as if it told something, headings as
they are spelled in code, and integers without anything between the thousands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.dom.minidom import Document, Element, parseString

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["clean_table", "clean_tables", "frame_html", "in_notebook", "show_frames"]

# What stands for a missing value, here and in pandas.
MISSING = "–"
MISSINGS = {"NaN", "None", "NaT", "<NA>", MISSING, ""}
TRUTHS = {"True": "yes", "False": "no"}
# A column of smaller numbers has no separators: these may be years.
SEPARATED_FROM = 10_000
# A shape, a product: what has no letters is read as one, and stands on one line.
LETTER = re.compile(r"[^\W\d_]")
# What the columns and items of measurements are called in sentences.
HEADINGS = {
    "macs": "multiply-adds",
    "multiply_adds": "multiply-adds",
    "params": "parameters",
    "top1_percent": "top-1 (%)",
    "top5_percent": "top-5 (%)",
    "vgg16": "VGG-16",
    **{f"resnet{depth}": f"ResNet-{depth}" for depth in (18, 34, 50)},
    **{f"resnet-{depth}": f"ResNet-{depth}" for depth in (18, 34, 50)},
}
STYLE = (
    "<style>.dataframe.table :is(th, td) {text-align: right; white-space: nowrap} "
    ".dataframe.table .words {text-align: left; white-space: normal}</style>"
)


def show_frames() -> None:
    """Let this notebook show its data frames so.

    Raises
    ------
    RuntimeError
        If no notebook is running.
    """
    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        raise RuntimeError("show_frames() changes how a notebook shows data frames: call it there.")
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type_by_name("pandas", "DataFrame", frame_html)


def frame_html(frame: pd.DataFrame) -> str | None:
    """Return a data frame as the book's table, for a notebook.

    Parameters
    ----------
    frame : pandas.DataFrame

    Returns
    -------
    str or None
        None where pandas itself shows text alone.
    """
    html = frame._repr_html_()
    return None if html is None else in_notebook(html)


def in_notebook(html: str) -> str:
    """Return what pandas writes as a notebook shows it, which has no style sheet of the book's."""
    return STYLE + clean_tables(html)


def clean_tables(html: str) -> str:
    """Return what pandas writes, with its tables as the book's and without its styles."""
    html = re.sub(r"<style scoped>.*?</style>\s*", "", html, flags=re.DOTALL)
    return re.sub(
        r'<table border="1" class="dataframe">.*?</table>',
        lambda match: clean_table(match[0]),
        html,
        flags=re.DOTALL,
    )


def clean_table(html: str) -> str:
    """Return pandas' table as one of the book's.

    Parameters
    ----------
    html : str
        As ``DataFrame._repr_html_`` writes it, from ``<table`` to ``</table>``.
    """
    (table,) = parseString(html).getElementsByTagName("table")
    table.removeAttribute("border")
    table.setAttribute("class", "table dataframe")
    (head,), (body,) = table.getElementsByTagName("thead"), table.getElementsByTagName("tbody")
    for row in head.getElementsByTagName("tr"):
        if row.hasAttribute("style"):
            row.removeAttribute("style")
    for row in head.getElementsByTagName("tr"):
        for cell in cells(row):
            write(cell, in_words(content(cell)))
    rows = [cells(row) for row in body.getElementsByTagName("tr")]
    if rows:
        levels = sum(cell.tagName == "th" for cell in rows[0])
        join_headings(head, levels)
        for row in head.getElementsByTagName("tr"):
            for cell in cells(row)[:levels]:
                cell.setAttribute("class", "words")
        if levels == 1 and counts_rows(cells(head.getElementsByTagName("tr")[0]), rows):
            for row in table.getElementsByTagName("tr"):
                row.removeChild(cells(row)[0])
        columns = [cells(row) for row in head.getElementsByTagName("tr")]
        for name in body.getElementsByTagName("th"):
            write(name, HEADINGS.get(content(name), content(name)))
        # A cell that spans rows is missing in those below: columns are counted from the right.
        for place in range(1, sum(cell.tagName == "td" for cell in rows[0]) + 1):
            column = [row[-place] for row in (cells(r) for r in body.getElementsByTagName("tr"))]
            are_numbers = write_column(column)
            for cell in () if are_numbers else [*column, *(row[-place] for row in columns)]:
                cell.setAttribute("class", "words")
                if not LETTER.search(content(cell)):
                    write(cell, content(cell).replace(" ", "\N{NO-BREAK SPACE}"))
    xml: str = table.toxml()
    return re.sub(r"<(t[hd])((?: [\w-]+=\"[^\"]*\")*)/>", r"<\1\2></\1>", xml)


def cells(row: Element) -> list[Element]:
    """Return the cells of a row, from left to right."""
    return [node for node in row.childNodes if node.nodeType == node.ELEMENT_NODE]


def content(cell: Element) -> str:
    """Return what stands in a cell."""
    return "".join(node.data for node in cell.childNodes if node.nodeType == node.TEXT_NODE).strip()


def write(cell: Element, text: str) -> None:
    """Let a cell say something else."""
    while cell.firstChild:
        cell.removeChild(cell.firstChild)
    cell.appendChild(Document().createTextNode(text))


def join_headings(head: Element, levels: int) -> None:
    """Put the names of the index beside the other headings, where their places are free."""
    lines = head.getElementsByTagName("tr")
    if len(lines) != 2:
        return
    upper, lower = (cells(line) for line in lines)
    if any(map(content, lower[levels:])) or any(map(content, upper[:levels])):
        return
    if len(upper) != len(lower):
        return
    for free, name in zip(upper[:levels], lower[:levels], strict=True):
        write(free, content(name))
    head.removeChild(lines[1])


def in_words(heading: str) -> str:
    """Return a heading as people say it: parameters for params, output shape for output_shape."""
    if heading in HEADINGS:
        return HEADINGS[heading]
    is_identifier = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", heading)
    return heading.replace("_", " ") if is_identifier else heading


def counts_rows(heading: Sequence[Element], rows: Sequence[Sequence[Element]]) -> bool:
    """Say whether an index without a name is 0, 1, 2, ..."""
    return not content(heading[0]) and [content(row[0]) for row in rows] == [
        str(number) for number in range(len(rows))
    ]


def write_column(column: Sequence[Element]) -> bool:
    """Write the numbers of a column as the book does, and say whether it is one of numbers."""
    texts = [content(cell) for cell in column]
    told = [text for text in texts if text not in MISSINGS]
    are_numbers = all(re.match(r"[-−+]?\.?\d", text) for text in told)
    plain = [text for text in told if re.fullmatch(r"-?\d+(\.\d+)?", text)]
    comma = "," if any(abs(float(text)) >= SEPARATED_FROM for text in plain) else ""
    for cell, text in zip(column, texts, strict=True):
        if text in MISSINGS:
            write(cell, MISSING if text else "")
        elif text in TRUTHS:
            write(cell, TRUTHS[text])
        elif text in plain and are_numbers:
            whole, point, part = text.removeprefix("-").partition(".")
            write(cell, f"{'−' * text.startswith('-')}{int(whole):{comma}}{point}{part}")
        elif are_numbers and text.startswith("-"):
            write(cell, "−" + text[1:])
    return are_numbers
