"""How a process that works for the grader begins in its jail, and answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from . import rights

__all__ = ["answer", "begin"]


def begin(settings: Mapping[str, Any]) -> tuple[BinaryIO, BinaryIO]:
    """Give up rights, set limits, and return where questions come from and answers go.

    Parameters
    ----------
    settings
        With ``user`` and ``limits``, as for `rights.give_up`.
    """
    sys.path.pop(0)  # only this package was to be found there
    rights.give_up(settings["user"], settings["limits"])
    # What a library prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, answers


def answer(answers: BinaryIO, found: Mapping[str, Any]) -> None:
    """Write an answer, a line of JSON."""
    answers.write(json.dumps(found).encode() + b"\n")
    answers.flush()
