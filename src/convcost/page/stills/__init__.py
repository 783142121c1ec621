"""Small pictures that pose a chapter's question in its first screen, before anything is counted.

They stand above the chapter's predictions, so none shows what is to be predicted.
"""

from convcost.page.stills._bars import Amount, amounts, columns, histogram
from convcost.page.stills._shapes import Block, Window, blocks, strips, windows

__all__ = [
    "Amount",
    "Block",
    "Window",
    "amounts",
    "blocks",
    "columns",
    "histogram",
    "strips",
    "windows",
]
