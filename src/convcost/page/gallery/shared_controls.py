"""Controls that several figures have."""

from __future__ import annotations

import ipywidgets as widgets

from convcost.page.gallery.stages import QUANTITIES

__all__ = ["IMAGES", "channel_slider", "image_slider", "quantity_switch"]

#: Heights and widths of an image, in pixels, in steps that halve evenly five times.
IMAGES = range(64, 321, 32)


def image_slider(value: int = 224) -> widgets.IntSlider:
    """Slider for the image's height and width in pixels."""
    return widgets.IntSlider(
        value=value, min=IMAGES[0], max=IMAGES[-1], step=IMAGES.step,
        description="Image height and width (pixels)",
    )  # fmt: skip


def quantity_switch(
    value: str = "params", quantities: tuple[str, ...] = tuple(QUANTITIES)
) -> widgets.ToggleButtons:
    """Switch between what to count."""
    options = [(QUANTITIES[quantity].capitalize(), quantity) for quantity in quantities]
    return widgets.ToggleButtons(options=options, value=value, description="Count")


def channel_slider(value: int, description: str) -> widgets.IntSlider:
    """Slider for a convolution's channels."""
    return widgets.IntSlider(value=value, min=16, max=512, step=16, description=description)
