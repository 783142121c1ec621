"""Files that are written whole or not at all, and names of files that can be shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

# What steers a terminal, breaks a line, or turns the direction in which a name is read.
_STEERS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def readable(text: str, kept: str = "") -> str:
    """Return a text in which what steers a terminal is written out, by its number.

    Parameters
    ----------
    text
        A name that somebody else has given, or words with such names in them.
    kept
        Characters that stay as they are, as line breaks in words of our own.
    """

    def written(match: re.Match[str]) -> str:
        return match[0] if match[0] in kept else match[0].encode("unicode_escape").decode()

    return _STEERS.sub(written, text)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)
