"""The book's figures: a chart, its controls, and two pure functions of the controls' values.

A figure that shows real networks takes ``costs``, a function of a network's name and the image's
height and width in pixels that returns the frame of :meth:`convcost.ModelCost.to_frame`; the
chapter defines it, so that the reader sees where the numbers come from.
A figure that shows a closed form gets it from :mod:`convcost.arithmetic`.
"""

from convcost.page.gallery.atlas import atlas
from convcost.page.gallery.bottleneck import compose, equal_cost
from convcost.page.gallery.claims import mixed_units, verdicts
from convcost.page.gallery.convolution import convolution_operations, convolution_parameters
from convcost.page.gallery.counters import counters
from convcost.page.gallery.head import head_swap, heads_compared
from convcost.page.gallery.kernels import field_growth, kernel_stack, network_field
from convcost.page.gallery.ledger import layer_ledger, work_shares
from convcost.page.gallery.memory import running_total, training_memory
from convcost.page.gallery.networks import (
    contest,
    network_totals,
    parameter_shares,
    side_by_side,
)
from convcost.page.gallery.pairs import along_the_depth, any_two_stages, same_start
from convcost.page.gallery.resnet import (
    add_or_concatenate,
    gradient_through_blocks,
    shortcuts,
)
from convcost.page.gallery.start import thin_for_wide
from convcost.page.gallery.vgg import vgg_errors, vgg_shapes
from convcost.page.gallery.window import channel_groups, shared_weights, sliding_window

__all__ = [
    "add_or_concatenate",
    "along_the_depth",
    "any_two_stages",
    "atlas",
    "channel_groups",
    "compose",
    "contest",
    "convolution_operations",
    "convolution_parameters",
    "counters",
    "equal_cost",
    "field_growth",
    "gradient_through_blocks",
    "head_swap",
    "heads_compared",
    "kernel_stack",
    "layer_ledger",
    "mixed_units",
    "network_field",
    "network_totals",
    "parameter_shares",
    "running_total",
    "same_start",
    "shared_weights",
    "shortcuts",
    "side_by_side",
    "sliding_window",
    "thin_for_wide",
    "training_memory",
    "verdicts",
    "vgg_errors",
    "vgg_shapes",
    "work_shares",
]
