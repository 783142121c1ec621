"""What cells show, as notebooks hold it, and how much of it there may be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from assignments.grader.inside import values

MAX_SHOWN_BYTES = {"pictures": 4 * 2**20, "text": 2**19}
"""What the outputs of all cells may hold together."""


def stream(text: str) -> list[dict[str, Any]]:
    """Return the output that printing a text makes, if there is any text."""
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


def error(name: str, text: str, lines: list[str] | None = None) -> dict[str, Any]:
    """Return the output that an error makes."""
    lines = lines if lines is not None else [f"{name}: {text}"]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": lines}


def displayed(forms: Any) -> list[dict[str, Any]]:
    """Return the outputs that displaying results makes, of what a student's process says."""
    kept = map(values.kept_forms, forms[:50] if type(forms) is list else [])
    return [{"output_type": "display_data", "data": data, "metadata": {}} for data in kept]


def raised(said: dict[str, Any]) -> dict[str, Any]:
    """Return the output that an error makes, of what a student's process says of it."""
    lines = said.get("traceback")
    lines = [str(line)[:20_000] for line in lines[:50]] if type(lines) is list else []
    return error(str(said.get("ename"))[:200], str(said.get("evalue"))[:2000], lines)


class Room:
    """The room for what the cells of one submission show."""

    def __init__(self) -> None:
        self._left_bytes = dict(MAX_SHOWN_BYTES)

    def kept(self, outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return of a cell's outputs those for which there is room; it says how many are not."""
        kept, left_out = [], 0
        for output in outputs:
            pictures = len(output.get("data", {}).get("image/png", ""))
            takes = {"pictures": pictures, "text": len(json.dumps(output)) - pictures}
            left = {kind: self._left_bytes[kind] - takes[kind] for kind in takes}
            if min(left.values()) >= 0:
                self._left_bytes = left
                kept.append(output)
            else:
                left_out += 1
        if left_out:
            text = f"[{left_out} more outputs are too large to be shown here]\n"
            kept += stream(text)
        return kept
