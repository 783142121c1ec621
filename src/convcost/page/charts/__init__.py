"""Charts of the book: named fields in, :class:`altair.Chart` out.

Every chart reads the data set ``rows`` (:class:`altair.NamedData`), so that one chart serves a
data frame, a live figure and a printed picture alike.  Colors are CSS variables with a fallback:
the page's theme restyles a chart without drawing it again.
"""

from convcost.page.charts.areas import layer_areas
from convcost.page.charts.bars import (
    centered_bars,
    distance_bars,
    labeled_bars,
    log_bars,
    paired_bars,
    product_bars,
    stacked_columns,
)
from convcost.page.charts.board import network_board
from convcost.page.charts.look import styled
from convcost.page.charts.measured import interval_dots, roofline
from convcost.page.charts.points import cumulative_steps, curves, labeled_dots
from convcost.page.charts.scatter import network_scatter
from convcost.page.charts.seeds import seed_curves, seed_points, seed_rows
from convcost.page.charts.shapes import (
    bundles,
    cell_grids,
    joined_maps,
    layer_shapes,
    nested_squares,
)

__all__ = [
    "bundles",
    "cell_grids",
    "centered_bars",
    "cumulative_steps",
    "curves",
    "distance_bars",
    "interval_dots",
    "joined_maps",
    "labeled_bars",
    "labeled_dots",
    "layer_areas",
    "layer_shapes",
    "log_bars",
    "nested_squares",
    "network_board",
    "network_scatter",
    "paired_bars",
    "product_bars",
    "roofline",
    "seed_curves",
    "seed_points",
    "seed_rows",
    "stacked_columns",
    "styled",
]
