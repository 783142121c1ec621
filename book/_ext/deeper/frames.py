"""Tables of data in cells' outputs look like the book's own: see convcost.page.frames."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from convcost.page.frames import clean_tables


class CleanFrames(SphinxPostTransform):
    """Write data frames as the book's tables, each in a box that scrolls."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Replace the frames of one document."""
        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if 'class="dataframe"' in text:
                text = f'<div class="pst-scrollable-table-container">{clean_tables(text)}</div>'
                raw.replace_self(nodes.raw("", text, format="html"))


def setup(app: Sphinx) -> None:
    """Clean the frames of all pages."""
    app.add_post_transform(CleanFrames)
