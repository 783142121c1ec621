"""No line ends between a number and its unit, or within 224 × 224: not "15.5" here and "G" there.

Sources have plain spaces, numbers come from cells and roles, findings from live figures; what a
page shows of all of them is put together here.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

HELD = "\N{NO-BREAK SPACE}"
# Within these, spaces are what their writers meant; script and style are no text.
AS_WRITTEN = {"pre", "code", "script", "style", "svg", "math", "textarea", "option", "kbd", "samp"}
# An option need not be closed: the end of its list closes it.
ENDS_OF_OPTIONS = {"</datalist>", "</select>"}
# Within a sentence these do not end a word.
INLINE = {"span", "em", "strong", "i", "b", "a", "mark", "cite"}
UNIT = (
    r"(?:[kMGT]|[KMGT]i?B|kB|B|%|percent|px|GHz|MHz|ms|µs|ns|s|W|bytes?|bits?"
    r"|[kMGT]?(?:MACs?|FLOPs?)|million|billion)(?![\w-])"
)
DIGIT = r"[\d⁰¹²³⁴-⁹]"
AFTER_NUMBER = re.compile(rf"(?<={DIGIT}) (?={UNIT})")
FIRST_UNIT = re.compile(rf"^ (?={UNIT})")
FACTOR = r"[\w.,]{0,6}\w"
SIZES = re.compile(rf"{FACTOR}(?: [×·] {FACTOR})+")
MANY = 3  # signs, from which on a line may have to end among them
TAG = re.compile(r"(<!--.*?-->|<[^>]+>)", re.DOTALL)


def held_together(text: str) -> str:
    """Return a text with no-break spaces before units and around the signs of sizes.

    Parameters
    ----------
    text : str
        Plain, or HTML without tags.
    """

    def held(size: re.Match[str]) -> str:
        return size[0] if len(re.findall("[×·]", size[0])) >= MANY else size[0].replace(" ", HELD)

    return AFTER_NUMBER.sub(HELD, SIZES.sub(held, text))


def hold_together(html: str) -> str:
    """Return a page's HTML with the same in all its texts, over the tags within a line."""
    written = []
    inside: list[str] = []
    ends_in_digit = False
    for part in TAG.split(html):
        if part.startswith("<"):
            name = re.sub(r"^</?([\w-]*).*", r"\1", part, flags=re.DOTALL)
            if part in ENDS_OF_OPTIONS:
                inside = [other for other in inside if other != "option"]
            elif name in AS_WRITTEN and not part.endswith("/>"):
                inside = inside[:-1] if part.startswith("</") else [*inside, name]
            if name not in INLINE:
                ends_in_digit = False
        elif part and not inside:
            text = FIRST_UNIT.sub(HELD, part) if ends_in_digit else part
            ends_in_digit = bool(re.search(rf"{DIGIT}$", text))
            written.append(held_together(text))
            continue
        written.append(part)
    return "".join(written)


def complete_context(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Write a page's text so."""
    if doctree is not None:
        context["body"] = hold_together(context.get("body", ""))


def setup(app: Sphinx) -> None:
    """Change pages as they are written, when all else has had its say."""
    app.connect("html-page-context", complete_context, priority=950)
