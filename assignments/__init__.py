"""Graded assignments: masters with solutions, what students get, and the grader.

Nothing of this folder is published: the book holds only the pages for students that
`assignments.generate` makes from the masters, and Binder's image drops the folder.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MASTERS = ROOT / "assignments" / "masters"

SEED = 2026
"""The seed of the public pages, and of every command that is given none."""
