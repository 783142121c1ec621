"""The small letters of stills."""

from convcost.page.palette import COLORS

__all__ = ["DIGIT", "SMALL"]

#: About the width of a digit, in units of the drawing.
DIGIT = 6.7

#: What is said less loudly than the rest.
SMALL = f'font-size="12" fill="{COLORS["muted"]}"'
