"""A platform's table as a file: read, and written again as it was but for the cells that changed.

Both platforms write commas, or semicolons where the comma is a decimal sign, with or without a byte
order mark; a spreadsheet in between may have changed any of that.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from assignments.grader.marks import decoded

BOM = "\ufeff"
SEPARATORS = ",;\t"


@dataclasses.dataclass(frozen=True)
class Sheet:
    """The rows of a file, the header first, and how the file writes them."""

    path: Path
    rows: tuple[tuple[str, ...], ...]
    separator: str
    line_end: str
    has_bom: bool

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.rows[0]

    def text(self, changes: Mapping[tuple[int, int], str]) -> str:
        """Return the file's text, with other words in some cells.

        Parameters
        ----------
        changes
            By the places of row and column.
        """
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=self.separator, lineterminator=self.line_end)
        for place, row in enumerate(self.rows):
            writer.writerow(changes.get((place, at), cell) for at, cell in enumerate(row))
        return (BOM if self.has_bom else "") + file.getvalue()

    def looks(self) -> str:
        """Return what the file looks like, for errors."""
        columns = ", ".join(repr(name) for name in self.header[:12])
        more = f" and {len(self.header) - 12} more" if len(self.header) > 12 else ""
        return f"{self.path} has {len(self.rows) - 1} rows, and the columns {columns}{more}"


def read(path: Path) -> Sheet:
    """Return a table as it stands in a file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table: a workbook, an empty file, rows of several lengths.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist; export the list from the platform first")
    data = path.read_bytes()
    if data.startswith(b"PK"):
        raise ValueError(f"{path} is a workbook or an archive; expected the CSV file that the "
                         "platform exports: save it as CSV")  # fmt: skip
    text = decoded(data)
    # As Canvas does it: the separator is the one that gives all rows the same, larger width.
    tables = {separator: _rows(text, separator) for separator in SEPARATORS}
    even = {
        separator: rows
        for separator, rows in tables.items()
        if len(widths := {len(row) for row in rows}) == 1 and widths != {1}
    }
    separator = max(even or tables, key=lambda each: len(tables[each][0]) if tables[each] else 0)
    rows = tables[separator]
    if not rows or len(rows[0]) < 2:
        first = text.partition("\n")[0][:80]
        raise ValueError(f"{path} holds no table: its first line is {first!r}; expected the CSV "
                         "file that the platform exports")  # fmt: skip
    for place, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"row {place + 1} of {path} has {len(row)} cells, and its header "
                f"{len(rows[0])}; the platform would refuse it: export it again"
            )
    line_end = "\r\n" if "\r\n" in text else "\n"
    has_bom = data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    return Sheet(path, tuple(rows), separator, line_end, has_bom)


def _rows(text: str, separator: str) -> list[tuple[str, ...]]:
    found = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [tuple(row) for row in found if any(cell.strip() for cell in row)]


# -- numbers ---------------------------------------------------------------------------------------


def decimal_sign(cells: Iterable[str]) -> str:
    """Return the decimal sign of the numbers among some cells; a point, where none has any."""
    signs = [found[1] for cell in cells if (found := re.fullmatch(r"-?\d+([.,])\d+", cell.strip()))]
    return "," if signs.count(",") > signs.count(".") else "."


def number_in(cell: str) -> float | None:
    """Return the number that a cell holds, or None."""
    plain = cell.strip().replace(",", ".")
    return float(plain) if re.fullmatch(r"-?\d+(\.\d*)?", plain) else None
