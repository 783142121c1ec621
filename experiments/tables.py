"""Tables of book/data, written whole or not at all."""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "book" / "data"


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows to a CSV file, which stands as it was until the last row is written."""
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, lines.getvalue())


def write_whole(path: Path, text: str) -> None:
    """Write a file, which stands as it was until the last line is written."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(0o644)  # temporary files are private
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise
