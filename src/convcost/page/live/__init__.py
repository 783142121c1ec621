"""Live figures: a chart, its controls, and two functions of the controls' values.

The package itself loads nothing: :mod:`convcost.page.live.assets` is read by the site's build,
which needs no chart library.

live
    :class:`~convcost.page.live.figure.LiveFigure`, the one widget class.
tracing
    Symbols that turn Python arithmetic into Vega expressions.
assets
    The files that a page with figures needs.
"""
