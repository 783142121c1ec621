"""Tables of data in cells' outputs look like the book's own.

pandas 3 writes a frame with a style sheet and a border attribute (both invalid HTML), the names of
the index in a row below the other headings, a counting index as if it told something, and integers
without anything between the thousands.
"""

import re
from collections.abc import Sequence
from xml.dom.minidom import Element, parseString

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# What stands for a missing value, here and in pandas.
MISSING = "–"
MISSINGS = {"NaN", "None", "NaT", "<NA>", MISSING, ""}
# A column of smaller numbers has no separators: these may be years.
SEPARATED_FROM = 10_000


class CleanFrames(SphinxPostTransform):
    """Write data frames as the book's tables, each in a box that scrolls."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Replace the frames of one document."""
        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if 'class="dataframe"' in text:
                text = re.sub(r"<style scoped>.*?</style>\s*", "", text, flags=re.DOTALL)
                text = re.sub(
                    r'<table border="1" class="dataframe">.*?</table>',
                    lambda match: clean_table(match[0]),
                    text,
                    flags=re.DOTALL,
                )
                text = f'<div class="pst-scrollable-table-container">{text}</div>'
                raw.replace_self(nodes.raw("", text, format="html"))


def clean_table(html: str) -> str:
    """Return pandas' table as one of the book's.

    Parameters
    ----------
    html : str
        As ``DataFrame._repr_html_`` writes it, from ``<table`` to ``</table>``.
    """
    table = parseString(html).documentElement
    table.removeAttribute("border")
    table.setAttribute("class", "table dataframe")
    (head,), (body,) = table.getElementsByTagName("thead"), table.getElementsByTagName("tbody")
    for row in head.getElementsByTagName("tr"):
        if row.hasAttribute("style"):
            row.removeAttribute("style")
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
        # A cell that spans rows is missing in those below: columns are counted from the right.
        for place in range(1, sum(cell.tagName == "td" for cell in rows[0]) + 1):
            column = [row[-place] for row in (cells(r) for r in body.getElementsByTagName("tr"))]
            are_numbers = write_column(column)
            for cell in () if are_numbers else [*column, *(row[-place] for row in columns)]:
                cell.setAttribute("class", "words")
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
    cell.appendChild(cell.ownerDocument.createTextNode(text))


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
        elif text in plain and are_numbers:
            whole, point, part = text.removeprefix("-").partition(".")
            write(cell, f"{'−' * text.startswith('-')}{int(whole):{comma}}{point}{part}")
    return are_numbers


def setup(app: Sphinx) -> None:
    """Clean the frames of all pages."""
    app.add_post_transform(CleanFrames)
