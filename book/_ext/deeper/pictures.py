"""Pictures for notebooks: SVG as pixels, and the drawings that stand in chapters' Markdown.

Notebook viewers take SVG out of Markdown and HTML, and know nothing of the site's colors.
"""

import base64
from xml.dom import minidom
from xml.parsers.expat import ExpatError

import vl_convert
from sphinx.errors import ExtensionError

from convcost.page.palette import in_light


def png(svg: str) -> str:
    """Return a picture as PNG in base64, in the colors of the light theme, on white."""
    drawing = minidom.parseString(in_light(svg)).documentElement
    drawing.setAttribute("xmlns", "http://www.w3.org/2000/svg")
    white = drawing.ownerDocument.createElement("rect")
    # As large as any picture.
    for name, value in {"x": "-9999", "y": "-9999", "width": "99999", "height": "99999"}.items():
        white.setAttribute(name, value)
    white.setAttribute("fill", "#fff")
    drawing.insertBefore(white, drawing.firstChild)
    return base64.b64encode(vl_convert.svg_to_png(drawing.toxml(), scale=2)).decode()


def drawing(html: str) -> str:
    """Return a chapter's drawing, a figure in HTML, as Markdown: a picture and its caption.

    Raises
    ------
    ExtensionError
        If the figure is not well-formed, or its picture has no text alternative.
    """
    try:
        figure = minidom.parseString(html).documentElement
    except ExpatError as error:
        raise ExtensionError(f"A drawing must be well-formed XML ({error}): {html[:80]}") from error
    svg = figure.getElementsByTagName("svg")
    label = svg[0].getAttribute("aria-label") if svg else ""
    if not label:
        raise ExtensionError(f"A drawing needs an svg with an aria-label: {html[:80]}")
    alternative = " ".join(label.split()).replace("[", "(").replace("]", ")")
    captions = figure.getElementsByTagName("figcaption")
    inside = (node.toxml() for caption in captions for node in caption.childNodes)
    below = " ".join("".join(inside).split())
    return f"![{alternative}](data:image/png;base64,{png(svg[0].toxml())})\n\n{below}\n"
